/// sync, status, sources, reload, cache.

#include "cfgctl/commands/declare.hpp"
#include "cfgctl/session.hpp"
#include "cfgctl/text/service_text.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace cfgd::cfgctl {
namespace {

struct cache_options {
  std::string name_space; ///< empty: all
};

boost::json::object parameters_of(cache_options const& what) {
  boost::json::object out;
  if (!what.name_space.empty()) out["namespace"] = what.name_space;
  return out;
}

std::string revision_text(client::revision_number at) {
  return "revision " + std::to_string(at) + '\n';
}

/// "revision 7", and how many files wait for the end of an edit.
std::string sync_text(boost::json::object const& reply) {
  auto const* const revision = reply.if_contains("revision");
  auto const* const waiting = reply.if_contains("waiting");
  std::string text = "revision " + (revision == nullptr ? "?" : serialize(*revision)) + '\n';
  if (waiting != nullptr && !waiting->is_null())
    text += "files that wait for 'cfgctl edit end': " + serialize(*waiting) + '\n';
  return text;
}

exit_code sync(context const& all, no_options const&) {
  return ask(
      all, {.what = "sync", .method = "io.cfgd.Config.Sync"},
      [](client::connection& service) { return service.call("io.cfgd.Config.Sync"); }, sync_text);
}

exit_code reload(context const& all, no_options const&) {
  return ask(all, {.what = "reload", .method = "io.cfgd.Service.Reload"},
             &client::connection::reload, revision_text);
}

exit_code status(context const& all, no_options const&) {
  return ask(all, {.what = "status", .method = "io.cfgd.Service.Status"},
             &client::connection::status,
             [&](client::service_status const& found) { return status_text(all.where, found); });
}

exit_code sources(context const& all, no_options const&) {
  return ask(all, {.what = "sources", .method = "io.cfgd.Service.Sources"},
             &client::connection::sources, [&](std::vector<client::source_file> const& found) {
               return sources_text(all.where, found);
             });
}

exit_code cache_stats(context const& all, no_options const&) {
  return ask(all, {.what = "cache stats", .method = "io.cfgd.Service.CacheStats"},
             &client::connection::cache,
             [&](client::cache_stats const& found) { return cache_text(all.where, found); });
}

exit_code cache_invalidate(context const& all, cache_options const& what) {
  return ask(
      all,
      {.what = "cache invalidate",
       .method = "io.cfgd.Service.Invalidate",
       .parameters = parameters_of(what)},
      [&](client::connection& service) { return service.invalidate(what.name_space); },
      [](std::int64_t entries) { return std::to_string(entries) + " entries dropped\n"; });
}

exit_code cache_warm(context const& all, cache_options const& what) {
  return ask(
      all,
      {.what = "cache warm", .method = "io.cfgd.Service.Warm", .parameters = parameters_of(what)},
      [&](client::connection& service) { return service.warm(what.name_space); },
      [](std::int64_t entries) { return std::to_string(entries) + " entries filled\n"; });
}

} // namespace

void add_service_commands(declarations const& to) {
  declare(to, "sync",
          "Wait until every saved file is effective, rejected or waits for an edit's end", sync);
  declare(to, "status", "Print the state of the service", status);
  declare(to, "sources", "Print the configuration files and their state", sources);
  declare(to, "reload", "Read every file again", reload);

  auto* const cache = to.app.add_subcommand("cache", "The cache of values");
  cache->require_subcommand(1);
  cache->fallthrough();
  declare(*cache, to.chosen, "stats", "Print its figures", cache_stats);
  auto const invalidate =
      declare(*cache, to.chosen, "invalidate", "Drop cached values", cache_invalidate);
  auto const warm = declare(*cache, to.chosen, "warm", "Fill the cache", cache_warm);
  for (auto const& one : {invalidate, warm})
    add_argument(one.app, "NAMESPACE", one.options.name_space, "Only this namespace");
}

} // namespace cfgd::cfgctl
