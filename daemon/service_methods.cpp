#include "daemon/service_methods.hpp"

#include "daemon/reply.hpp"
#include "daemon/version.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <unistd.h>

#include <chrono>
#include <set>

namespace cfgd {
namespace {

namespace bj = boost::json;

bj::object to_json(store::source_row const& row, std::string_view watched_by) {
  bj::object out{{"path", row.path},
                 {"namespace", namespace_of(row.id).value_or("")},
                 {"layer", to_string(row.id.where)},
                 {"state", store::to_string(row.status)},
                 {"revision", row.revision},
                 {"size", row.identity.size},
                 {"watch", watched_by}};
  if (row.why) {
    out["message"] = row.why->message;
    if (row.why->where.line != 0) out["line"] = row.why->where.line;
    if (row.why->where.column != 0) out["column"] = row.why->where.column;
  }
  return out;
}

std::optional<std::string> namespace_parameter(ipc::call const& asked) {
  auto const* const name = asked.parameters.if_contains("namespace");
  if (name == nullptr) return std::nullopt;
  return std::string(name->get_string());
}

bj::object entries(std::size_t count) { return {{"entries", count}}; }

} // namespace

service_methods::service_methods(parts with, reloader reload)
    : parts_(with), reload_(std::move(reload)),
      started_(std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now())) {}

void service_methods::bind_to(ipc::server& server) {
  server.bind("io.cfgd.Service.Status", [this](ipc::call const& asked) { status(asked); });
  server.bind("io.cfgd.Service.Sources", [this](ipc::call const& asked) { sources(asked); });
  server.bind("io.cfgd.Service.Reload", [this](ipc::call const& asked) { reload(asked); });
  server.bind("io.cfgd.Service.CacheStats", [this](ipc::call const& asked) { cache_stats(asked); });
  server.bind("io.cfgd.Service.Invalidate", [this](ipc::call const& asked) { invalidate(asked); });
  server.bind("io.cfgd.Service.Warm", [this](ipc::call const& asked) { warm(asked); });
}

bool service_methods::allowed(ipc::call const& asked) const {
  auto const may = parts_.access.authorize(asked.from, operation::administer, {});
  if (may) return true;
  refuse(asked, service_interface, may.error(), parts_.access.refusals());
  return false;
}

void service_methods::status(ipc::call const& asked) {
  bool const degraded = !parts_.what.problems().empty() || parts_.what.unrecorded();
  bj::array namespaces;
  for (auto const& name : parts_.what.cache().namespaces())
    namespaces.emplace_back(name);
  bj::object out{{"version", version},
                 {"pid", ::getpid()},
                 {"startTime", to_rfc3339(started_)},
                 {"status", degraded ? "warning" : "healthy"},
                 {"ready", ready_},
                 {"degraded", degraded},
                 {"revision", parts_.what.revision()},
                 {"connections", parts_.server.figures().connections},
                 {"watchers", parts_.streams.size()}};
  out["namespaces"] = std::move(namespaces);
  ipc::responder answer = asked.answer;
  reply(answer, out);
}

void service_methods::sources(ipc::call const& asked) {
  parts_.writer.query(
      [](store::config_store& store) { return store.sources(); },
      [this, answer = asked.answer](result<std::vector<store::source_row>> const& rows) mutable {
        if (!answer.alive()) return;
        if (!rows) {
          fail(answer, service_interface, rows.error());
          return;
        }
        bj::array list;
        for (auto const& row : *rows)
          list.push_back(to_json(
              row, row.id.where == layer::environment ? "none" : parts_.files.watched_by(row.id)));
        bj::object out;
        out["sources"] = std::move(list);
        reply(answer, out);
      });
}

void service_methods::reload(ipc::call const& asked) {
  if (!allowed(asked)) return;
  reload_([answer = asked.answer](result<revision_number> const& done) mutable {
    if (done)
      answer.reply("{\"revision\":" + std::to_string(*done) + "}");
    else
      fail(answer, service_interface, done.error());
  });
}

void service_methods::cache_stats(ipc::call const& asked) {
  auto const stats = parts_.what.cache().stats();
  bj::object namespaces;
  for (auto const& [name, one] : stats.namespaces)
    namespaces[name] = bj::object{{"entries", one.entries},
                                  {"bytes", one.bytes},
                                  {"hits", one.hits},
                                  {"misses", one.misses},
                                  {"invalidations", one.invalidations}};
  bj::object out{{"bytes", stats.bytes},
                 {"maximumBytes", stats.maximum_bytes},
                 {"evictions", stats.evictions}};
  out["namespaces"] = std::move(namespaces);
  ipc::responder answer = asked.answer;
  reply(answer, out);
}

void service_methods::invalidate(ipc::call const& asked) {
  if (!allowed(asked)) return;
  ipc::responder answer = asked.answer;
  auto const wanted = namespace_parameter(asked);
  std::size_t dropped = 0;
  bool known = !wanted;
  for (auto const& name : parts_.what.cache().namespaces()) {
    if (wanted && name != *wanted) continue;
    known = true;
    dropped += parts_.what.cache().invalidate(name);
  }
  if (known)
    reply(answer, entries(dropped));
  else
    fail(answer, service_interface, {.code = errc::not_found, .subject = *wanted});
}

void service_methods::warm(ipc::call const& asked) {
  if (!allowed(asked)) return;
  auto const wanted = namespace_parameter(asked);
  std::set<std::string, std::less<>> names;
  for (auto& name : parts_.what.cache().namespaces())
    if (!wanted || name == *wanted) names.insert(std::move(name));
  ipc::responder answer = asked.answer;
  if (wanted && names.empty()) {
    fail(answer, service_interface, {.code = errc::not_found, .subject = *wanted});
    return;
  }
  parts_.what.with_texts(
      parts_.writer, names,
      [this, answer, names](view::texts const&) mutable {
        std::size_t made = 0;
        for (auto const& name : names)
          made += parts_.what.cache().warm(name);
        reply(answer, entries(made));
      },
      [answer](error const& why) mutable { fail(answer, service_interface, why); });
}

} // namespace cfgd
