/// sync, status, sources, reload, cache, key.

#include "cfgctl/commands/declare.hpp"
#include "cfgctl/session.hpp"
#include "cfgctl/text/service_text.hpp"
#include "cfgctl/text/values.hpp"

#include <utility>

namespace cfgd::cfgctl {
namespace {

/// With what only people want to know of it.
struct sync_reply {
  client::revision_number revision = 0;
  std::optional<std::int64_t> waiting;
  std::optional<std::int64_t> emptied;
};
BOOST_DESCRIBE_STRUCT(sync_reply, (), (revision, waiting, emptied))
constexpr wire::method<wire::nothing, sync_reply> sync_method{methods::sync.name};

std::string revision_text(client::revision_number at) {
  return "revision " + std::to_string(at) + '\n';
}

/// "revision 7", and how many files wait for the end of an edit, or are about to lose their values.
std::string sync_text(sync_reply const& reply) {
  std::string text = revision_text(reply.revision);
  if (reply.waiting)
    text += "files that wait for 'cfgctl edit end': " + std::to_string(*reply.waiting) + '\n';
  if (reply.emptied)
    text +=
        "empty files that keep their values for some seconds: " + std::to_string(*reply.emptied) +
        '\n';
  return text;
}

exit_code sync(context const& all, no_options const&) {
  return ask(all, "sync", sync_method, {}, sync_text);
}

exit_code reload(context const& all, no_options const&) {
  return ask(all, "reload", methods::reload, {}, revision_text);
}

/// Sources and health are asked for only if something is wrong.
client::result<service_state> fetch_state(client::connection& service) {
  auto status = service.status();
  if (!status) return status.error();
  service_state out{.status = std::move(*status)};
  if (!out.status.degraded && out.status.status == "healthy") return out;
  if (auto sources = service.sources()) out.sources = std::move(*sources);
  if (auto health = service.health()) out.health = std::move(*health);
  return out;
}

exit_code status(context const& all, no_options const&) {
  if (all.as_json()) return ask_for_json(all, "status", methods::status.name, {});
  auto const found = call(all, fetch_state);
  if (!found) return report(all, "status", found.error());
  print(status_text(all.where, *found));
  return exit_code::ok;
}

exit_code sources(context const& all, no_options const&) {
  return ask(all, "sources", methods::sources, {}, sources_text);
}

exit_code cache_stats(context const& all, no_options const&) {
  return ask(all, "cache stats", methods::cache, {}, cache_text);
}

std::string entries_text(std::int64_t count) {
  return std::to_string(count) + (count == 1 ? " entry" : " entries");
}

exit_code cache_invalidate(context const& all, std::string const& name_space) {
  return ask(all, "cache invalidate", methods::invalidate, {name_space},
             [](std::int64_t entries) { return entries_text(entries) + " dropped\n"; });
}

exit_code cache_warm(context const& all, std::string const& name_space) {
  return ask(all, "cache warm", methods::warm, {name_space},
             [](std::int64_t entries) { return entries_text(entries) + " filled\n"; });
}

std::string rotation_text(screen const& where, client::key_rotation const& done) {
  std::string text = "new key " + done.key + ", " + std::to_string(done.records) +
                     (done.records == 1 ? " record" : " records") + " sealed with it\n";
  for (auto const& one : done.old)
    text.append("remove it when it is not needed, the old key opens it: ")
        .append(for_screen(where, one))
        .append(1, '\n');
  return text;
}

exit_code rotate_key(context const& all, no_options const&) {
  return ask(all, "key rotate", methods::rotate_key, {}, rotation_text);
}

} // namespace

void add_service_commands(declarations const& to) {
  declare(to, "sync",
          "Wait until every saved file is effective, rejected or waits for an edit's end", sync);
  declare(to, "status", "Print the state of the service", status);
  declare(to, "sources", "Print the configuration files and their state", sources);
  declare(to, "reload", "Read every file again", reload);

  auto* const key = to.app.add_subcommand("key", "The key that seals the secrets in the store");
  key->require_subcommand(1);
  key->fallthrough();
  declare(*key, to.chosen, "rotate", "Make a new key and seal the secrets with it", rotate_key);

  auto* const cache = to.app.add_subcommand("cache", "The cache of values");
  cache->require_subcommand(1);
  cache->fallthrough();
  declare(*cache, to.chosen, "stats", "Print its figures", cache_stats);
  auto const invalidate =
      declare(*cache, to.chosen, "invalidate", "Drop cached values", cache_invalidate);
  auto const warm = declare(*cache, to.chosen, "warm", "Fill the cache", cache_warm);
  for (auto const& one : {invalidate, warm})
    add_argument(one.app, "NAMESPACE", one.options, "Only this namespace");
}

} // namespace cfgd::cfgctl
