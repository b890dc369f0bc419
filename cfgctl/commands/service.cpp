/// sync, status, sources, reload, cache.

#include "cfgctl/text/service_text.hpp"
#include "cfgctl/session.hpp"
#include "client/detail/decode.hpp"

#include <utility>

namespace cfgd::cfgctl {
namespace {

using client::detail::decode_cache_stats;
using client::detail::decode_count;
using client::detail::decode_revision;
using client::detail::decode_sources;
using client::detail::decode_status;

client::result<std::string> revision_text(boost::json::object&& reply) {
  auto const at = decode_revision(std::move(reply));
  if (!at) return at.error();
  return "revision " + std::to_string(*at) + '\n';
}

/// A renderer of a decode function and what makes text of its result.
template <class Decode, class Text>
renderer rendered(screen const& where, Decode decode, Text text) {
  return [&where, decode, text](boost::json::object&& reply) -> client::result<std::string> {
    auto const told = decode(std::move(reply));
    if (!told) return told.error();
    return text(where, *told);
  };
}

} // namespace

exit_code run(context const& all, sync_command const&) {
  return ask(all, {.what = "sync", .method = "io.cfgd.Config.Sync", .parameters = {}},
             revision_text);
}

exit_code run(context const& all, status_command const&) {
  return ask(all, {.what = "status", .method = "io.cfgd.Service.Status", .parameters = {}},
             rendered(all.where, decode_status, status_text));
}

exit_code run(context const& all, sources_command const&) {
  return ask(all, {.what = "sources", .method = "io.cfgd.Service.Sources", .parameters = {}},
             rendered(all.where, decode_sources, sources_text));
}

exit_code run(context const& all, reload_command const&) {
  return ask(all, {.what = "reload", .method = "io.cfgd.Service.Reload", .parameters = {}},
             revision_text);
}

exit_code run(context const& all, cache_command const& what) {
  using action = cache_command::action;
  if (what.what == action::stats) {
    return ask(all,
               {.what = "cache stats", .method = "io.cfgd.Service.CacheStats", .parameters = {}},
               rendered(all.where, decode_cache_stats, cache_text));
  }
  boost::json::object parameters;
  if (!what.name_space.empty()) parameters["namespace"] = what.name_space;
  bool const warm = what.what == action::warm;
  auto const render = [&](boost::json::object&& reply) -> client::result<std::string> {
    auto const entries = decode_count(std::move(reply), "entries");
    if (!entries) return entries.error();
    return std::to_string(*entries) + (warm ? " entries filled\n" : " entries dropped\n");
  };
  return ask(all,
             {.what = warm ? "cache warm" : "cache invalidate",
              .method = warm ? "io.cfgd.Service.Warm" : "io.cfgd.Service.Invalidate",
              .parameters = parameters},
             render);
}

} // namespace cfgd::cfgctl
