#include "core/json.hpp"
#include "daemon/methods/batches.hpp"
#include "daemon/methods/handlers.hpp"
#include "daemon/methods/parameters.hpp"
#include "daemon/methods/reply.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

// The cache of effective values.

namespace cfgd::methods {
namespace {

namespace bj = boost::json;

/// The namespaces that a call names: one, or all. Errors: not_found.
result<view::names> wanted_namespaces(view& values, authorized_call const& asked) {
  auto const wanted = string_of(asked.parameters, "namespace");
  view::names names;
  for (auto const& name : values.cache().namespaces())
    if (!wanted || (name == *wanted && asked.by.may_read(name))) names.insert(name);
  if (wanted && names.empty())
    return error{
        .code = errc::not_found, .message = "there is no such namespace", .subject = *wanted};
  return names;
}

using namespace_row = std::pair<std::string, value_cache::namespace_figures>;

void append_namespace(std::string& out, namespace_row const& row) {
  auto const& [name, one] = row;
  json::append_string(out, name);
  json::append_compact(out += ':', bj::object{{"entries", one.entries},
                                              {"bytes", one.bytes},
                                              {"hits", one.hits},
                                              {"misses", one.misses},
                                              {"invalidations", one.invalidations}});
}

bj::object entries(std::size_t count) { return {{"entries", count}}; }

} // namespace

void show_cache(method_context& with, authorized_call const& asked) {
  auto const stats = with.values.cache().stats();
  std::string totals = ",\"bytes\":" + std::to_string(stats.bytes);
  totals.append(",\"maximumBytes\":").append(std::to_string(stats.maximum_bytes));
  totals.append(",\"evictions\":").append(std::to_string(stats.evictions)).append("}");
  auto rows = with.values.cache().stats_by_namespace();
  std::erase_if(rows, [&](auto const& one) { return !asked.by.may_read(one.first); });
  send_list({.answer = asked.answer, .interface = service_interface}, with.bounds,
            std::make_unique<row_items<namespace_row>>(std::move(rows), append_namespace),
            [totals](std::string const& all) { return "{\"namespaces\":{" + all + '}' + totals; });
}

void invalidate_cache(method_context& with, authorized_call const& asked) {
  auto const names = wanted_namespaces(with.values, asked);
  if (!names) return fail(asked.answer, service_interface, names.error());
  std::size_t dropped = 0;
  for (auto const& name : *names)
    dropped += with.values.cache().invalidate(name);
  reply(asked.answer, entries(dropped));
}

void warm_cache(method_context& with, authorized_call const& asked) {
  auto const names = wanted_namespaces(with.values, asked);
  if (!names) return fail(asked.answer, service_interface, names.error());
  with.values.with_texts(
      with.writer, *names,
      [&with, answer = asked.answer,
       left = std::vector<std::string>(names->begin(), names->end())](view::texts const&) {
        work_in_steps(answer, [&with, answer, left, made = std::size_t{0}]() mutable {
          for (time_share const share; !left.empty(); left.pop_back()) {
            if (share.is_over()) return true;
            made += with.values.cache().warm(left.back());
          }
          reply(answer, entries(made));
          return false;
        });
      },
      [answer = asked.answer](error const& why) { fail(answer, service_interface, why); });
}

} // namespace cfgd::methods
