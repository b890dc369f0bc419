#include "daemon/methods/handlers.hpp"
#include "daemon/methods/parameters.hpp"
#include "daemon/methods/reply.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <utility>

// The cache of effective values.

namespace cfgd::methods {
namespace {

namespace bj = boost::json;

/// The namespaces that a call names: one, or all. Errors: not_found.
result<view::names> wanted_namespaces(view& values, ipc::call const& asked) {
  auto const wanted = string_of(asked.parameters, "namespace");
  view::names names;
  for (auto& name : values.cache().namespaces())
    if (!wanted || name == *wanted) names.insert(std::move(name));
  if (wanted && names.empty())
    return error{
        .code = errc::not_found, .message = "there is no such namespace", .subject = *wanted};
  return names;
}

bj::object entries(std::size_t count) { return {{"entries", count}}; }

} // namespace

void show_cache(method_context& with, authorized_call const& asked) {
  auto const stats = with.values.cache().stats();
  bj::object namespaces;
  for (auto const& [name, one] : stats.namespaces)
    if (asked.by.may_read(name))
      namespaces[name] = bj::object{{"entries", one.entries},
                                    {"bytes", one.bytes},
                                    {"hits", one.hits},
                                    {"misses", one.misses},
                                    {"invalidations", one.invalidations}};
  bj::object out{{"bytes", stats.bytes},
                 {"maximumBytes", stats.maximum_bytes},
                 {"evictions", stats.evictions}};
  out["namespaces"] = std::move(namespaces);
  reply(asked.answer, out);
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
      [&with, answer = asked.answer, names = *names](view::texts const&) {
        std::size_t made = 0;
        for (auto const& name : names)
          made += with.values.cache().warm(name);
        reply(answer, entries(made));
      },
      [answer = asked.answer](error const& why) { fail(answer, service_interface, why); });
}

} // namespace cfgd::methods
