#include "daemon/methods/dispatcher.hpp"

#include "core/key.hpp"
#include "daemon/methods/reply.hpp"

#include <memory>
#include <utility>

namespace cfgd {
namespace {

std::string_view interface_of(std::string_view method) {
  return method.substr(0, method.rfind('.'));
}

using shared_need = std::shared_ptr<access_policy::need const>;

/// What was found out of a large request on the thread that has read it.
struct decided_call {
  result<shared_need> allowed;
  std::shared_ptr<void> made; ///< by the row's reader
};

error refusal(std::string message) { return {.code = errc::denied, .message = std::move(message)}; }

/// Any thread, if method_row::touches is pure. Errors: denied, and what that returns.
result<shared_need> authorize(access_policy const& by, method_row const* row,
                              ipc::call const& asked) {
  if (row == nullptr || !row->serve) return refusal("the method has no handler");
  if (row->needs == right::unspecified) return refusal("the method has no right");
  if (!row->touches) return refusal("the method has no namespaces");
  by.prepare(asked.from);
  auto where = row->touches(asked);
  if (!where) return where.error();
  auto const needs = std::make_shared<access_policy::need>();
  needs->what = row->needs;
  if (where->what == scope::extent::some) {
    if (where->names.empty() && where->keys.empty()) return refusal("the call names no namespace");
    needs->names = std::move(where->names);
    needs->keys = std::move(where->keys);
  }
  if (row->needs == right::read)
    return shared_need(needs); // what is hidden looks as if it did not exist
  if (auto const allowed = by.check(asked.from, *needs); !allowed) return allowed.error();
  return shared_need(needs);
}

} // namespace

dispatcher::dispatcher(access_policy const& policy, std::vector<method_row> rows)
    : policy_(policy), rows_(std::move(rows)) {
  for (auto const& row : rows_)
    by_name_.emplace(row.name, &row);
}

void dispatcher::bind_to(ipc::server& server) {
  std::vector<std::string> declared;
  server.each_method([&](std::string_view name, ipc::method_figures const&) {
    if (name.find('.') != name.npos && interface_of(name) != "org.varlink.service")
      declared.emplace_back(name);
  });
  for (auto const& name : declared)
    server.bind(name, [this](ipc::call const& asked) { serve(asked); });
  for (auto const& row : rows_)
    if (row.may_overlap) server.bind_overlap(row.name, row.may_overlap);
  for (auto const& row : rows_)
    if (row.read)
      // A copy: the thread may have a request when this object has gone.
      server.bind_reader(row.name, [&by = policy_, row](ipc::call const& asked) {
        auto ahead = std::make_shared<decided_call>(decided_call{authorize(by, &row, asked), {}});
        if (ahead->allowed) ahead->made = row.read(asked);
        return ahead;
      });
  for (auto const& row : rows_)
    if (row.quick.key_of != nullptr)
      server.bind_quick(row.name, [this, &row](std::string_view parameters, ipc::peer const& from,
                                               std::string& reply) {
        return serve_quickly(row, parameters, from, reply);
      });
}

void dispatcher::serve(ipc::call const& asked) const {
  auto const found = by_name_.find(asked.method);
  auto const* const row = found == by_name_.end() ? nullptr : found->second;
  auto* const ahead = static_cast<decided_call*>(asked.made.get());
  if (ahead != nullptr) policy_.prepare(asked.from);
  auto const allowed = ahead != nullptr ? ahead->allowed : authorize(policy_, row, asked);
  if (!allowed && allowed.error().code == errc::denied) return refuse(asked, allowed.error());
  if (!allowed) return fail(asked.answer, interface_of(asked.method), allowed.error());
  authorized_call known(asked, caller(policy_, asked.from), *allowed);
  if (ahead != nullptr) known.made = {asked.made, ahead->made.get()};
  row->serve(known);
}

bool dispatcher::serve_quickly(method_row const& row, std::string_view parameters,
                               ipc::peer const& from, std::string& reply) const {
  auto const key_text = row.quick.key_of(parameters);
  if (key_text.empty()) return false;
  // Of what is served, it is the namespace: a key of the quick form has no quotes.
  if (!policy_.allows(from, row.needs, namespace_of(key_text))) return false;
  return row.quick.serve(key_text, caller(policy_, from), reply);
}

} // namespace cfgd
