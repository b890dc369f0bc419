#include "daemon/methods/service_methods.hpp"

#include "daemon/announce.hpp"
#include "daemon/methods/reply.hpp"
#include "daemon/version.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <set>

namespace cfgd {
namespace {

namespace bj = boost::json;

std::string_view name_of(source_kind what) {
  switch (what) {
  case source_kind::values:
    return "values";
  case source_kind::schema:
    return "schema";
  case source_kind::rules:
    return "rules";
  }
  return "unknown";
}

bj::object to_json(engine::source_row const& row, std::string_view watched_by) {
  bj::object out{{"path", row.path},
                 {"namespace", namespace_of(row.id).value_or("")},
                 {"layer", to_string(row.id.where)},
                 {"state", engine::to_string(row.status)},
                 {"revision", row.revision},
                 {"size", row.identity.size},
                 {"watch", watched_by},
                 {"kind", name_of(row.id.what)}};
  if (row.why) {
    out["message"] = row.why->message;
    auto const at = place_of(row);
    if (at.line != 0) out["line"] = at.line;
    if (at.column != 0) out["column"] = at.column;
    if (!row.why->issues.empty()) out["issues"] = to_json(row.why->issues);
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
    : parts_(with), reload_(std::move(reload)), started_(wall_now()) {}

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
  refuse(asked, service_interface, may.error());
  return false;
}

void service_methods::status(ipc::call const& asked) {
  bool const degraded = !parts_.what.problems().empty() || parts_.what.unrecorded() ||
                        !parts_.what.without_values().empty();
  using health::state;
  auto const of_sources = degraded ? state::warning : state::healthy;
  // What has not run yet is no news.
  auto const overall = parts_.checks.overall();
  auto const of_checks = overall == state::unknown ? state::healthy : overall;
  bj::array fallback;
  for (auto const& [name, how] : parts_.what.without_values())
    fallback.emplace_back(name);
  bj::array pending;
  for (auto const& one : parts_.what.pending().list())
    pending.push_back(to_json(one));
  bj::array namespaces;
  for (auto const& name : parts_.what.cache().namespaces())
    namespaces.emplace_back(name);
  bj::object out{{"version", version},
                 {"pid", ::getpid()},
                 {"startTime", to_rfc3339(started_)},
                 {"status", to_string(std::max(of_sources, of_checks))},
                 {"ready", ready_},
                 {"degraded", degraded},
                 {"revision", parts_.what.revision()},
                 {"connections", parts_.server.figures().connections},
                 {"watchers", parts_.streams.size()}};
  out["namespaces"] = std::move(namespaces);
  out["fallback"] = std::move(fallback);
  out["pending"] = std::move(pending);
  if (auto const until = parts_.edits.deadline()) out["editDeadline"] = to_rfc3339(*until);
  ipc::responder answer = asked.answer;
  reply(answer, out);
}

void service_methods::sources(ipc::call const& asked) {
  parts_.writer.query(
      [](store::config_store& store) { return store.sources(); },
      [this, answer = asked.answer](result<std::vector<engine::source_row>> const& rows) mutable {
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
