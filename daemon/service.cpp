#include "daemon/service.hpp"

#include "core/json.hpp"
#include "core/log.hpp"
#include "core/message_ids.hpp"
#include "daemon/announce.hpp"
#include "daemon/version.hpp"
#include "ipc/interfaces.hpp"
#include "watchers/read_source.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <unistd.h>

#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <variant>

// Start: what was in force at the last run is in the view at once. Then every source is looked at;
// what changed while the daemon was down, in files and in the environment, is one batch with one
// revision a namespace; behind it the socket opens, so that a client never sees a half-read state.
// Only if that takes longer than a second is the old state served in the meantime.

namespace cfgd {
namespace {

namespace asio = boost::asio;
using watchers::source_watcher;

constexpr std::chrono::seconds start_patience{1};
constexpr std::chrono::seconds retry_pause{1};
constexpr std::chrono::seconds drain{2};
constexpr std::chrono::milliseconds store_quiet{1};
constexpr std::chrono::seconds store_tick{5};

/// What the environment layer says, by namespace. Variables that cannot be read are left out with a
/// warning.
std::map<std::string, sourced_document> read_environment(std::vector<std::string> const& variables,
                                                         limits const& bounds) {
  std::map<std::string, sourced_document> documents;
  for (auto const& variable : variables) {
    auto const equals = variable.find('=');
    auto const name = variable.substr(0, equals);
    auto const which = equals == variable.npos ? std::nullopt : watchers::key_of_variable(name);
    if (!which || which->path().empty()) continue;
    auto value = watchers::read_variable(std::string_view(variable).substr(equals + 1), bounds);
    if (!value) {
      log::write(log::level::warning,
                 "environment variable '" + name + "': " + value.error().message + ", ignoring it",
                 {{"MESSAGE_ID", message_id::variable_ignored}, {"CFGD_KIND", "parse"}});
      continue;
    }
    auto* object = &documents[which->name_space()].root;
    auto const path = which->path();
    for (auto const& part : path.first(path.size() - 1)) {
      auto& below = (*object)[part];
      if (!below.is_object()) below.emplace_object();
      object = &below.get_object();
    }
    (*object)[path.back()] = std::move(*value);
  }
  return documents;
}

/// What has to be told to the store about the environment, compared with what it has.
std::vector<store::source_update> compare_environment(std::vector<std::string> const& variables,
                                                      std::vector<store::source_row> const& rows,
                                                      limits const& bounds) {
  std::map<std::string, content_hash> known;
  for (auto const& row : rows)
    if (row.id.where == layer::environment) known.emplace(row.id.relative, row.hash);

  std::vector<store::source_update> updates;
  for (auto& [name, document] : read_environment(variables, bounds)) {
    auto const hash = hash_content(json::canonical(document.root));
    auto const before = known.extract(name);
    if (!before.empty() && before.mapped() == hash) continue;
    updates.push_back({.id = {layer::environment, name},
                       .path = "environment",
                       .identity = {},
                       .hash = hash,
                       .what = store::source_update::good{std::move(document)}});
  }
  for (auto const& [name, hash] : known)
    updates.push_back({.id = {layer::environment, name},
                       .path = "environment",
                       .identity = {},
                       .hash = hash,
                       .what = store::source_update::gone{}});
  return updates;
}

std::vector<watchers::known_source> known_files(std::vector<store::source_row> const& rows) {
  std::vector<watchers::known_source> known;
  for (auto const& row : rows) {
    if (row.id.where == layer::environment) continue;
    bool const was_read = row.status == store::source_status::active ||
                          row.status == store::source_status::quarantined;
    known.push_back({row.id, was_read ? row.identity : file_identity{}, row.hash});
  }
  return known;
}

source_watcher::options watch_options(file_layout const& where, settings const& how) {
  return {.roots = {{layer::vendor, where.vendor / "namespaces"},
                    {layer::admin, where.admin / "namespaces"},
                    {layer::runtime, where.runtime / "namespaces"}},
          .quiet = how.quiet,
          .late = how.late,
          .grace = how.grace,
          .sweep = how.sweep,
          .poll = how.poll,
          .trusted_uid = ::geteuid(),
          .bounds = how.bounds};
}

std::vector<log::field> fields_of(char const* id, error const& why) {
  std::vector<log::field> fields{{"MESSAGE_ID", id},
                                 {"CFGD_KIND", why.code == errc::parse ? "parse" : "permission"},
                                 {"CFGD_PATH", why.subject}};
  if (why.where.line != 0) fields.push_back({"CFGD_LINE", std::to_string(why.where.line)});
  return fields;
}

void log_faulty_settings(error const& why) {
  log::write(log::level::warning, to_string(why) + "; keeping the settings as they were",
             fields_of(message_id::settings_faulty, why));
}

void log_failed_task(std::string const& name, std::exception_ptr const& why) {
  try {
    std::rethrow_exception(why);
  } catch (std::exception const& broken) {
    log::write(log::level::error, "task '" + name + "' ended: " + broken.what(),
               {{"MESSAGE_ID", message_id::task_ended}, {"CFGD_KIND", "internal"}});
  }
}

} // namespace

result<opened_store> open_store(std::filesystem::path const& directory, limits const& bounds) {
  auto opened = store::config_store::open(directory, bounds);
  if (!opened) return opened.error();
  opened_store out;
  out.store = std::move(*opened);
  out.revision = out.store->revision();
  out.effectives = out.store->effectives();
  out.sources = out.store->sources();
  return out;
}

service::service(asio::io_context& loop, options with, opened_store opened)
    : loop_(loop), options_(std::move(with)), access_(options_.how.admin_group),
      view_(options_.how.bounds.cache_bytes),
      environment_(compare_environment(options_.environment, opened.sources, options_.how.bounds)),
      data_file_(opened.store->data_file()),
      committer_(loop.get_executor(), std::move(opened.store), options_.how.bounds,
                 [this](store::applied const& done) { publish(done); }),
      watches_(view_, committer_, options_.how.bounds),
      server_(loop.get_executor(), options_.how.bounds,
              {.vendor = "cfgd",
               .product = "cfgd",
               .version = std::string(version),
               .url = "https://varlink.org"}),
      files_(loop.get_executor(), watch_options(options_.where, options_.how),
             known_files(opened.sources),
             [this](std::vector<watchers::observation> observed) { take(std::move(observed)); }),
      store_watch_(loop.get_executor(), data_file_, store_quiet, store_tick,
                   [this] { committer_.refresh(); }),
      config_(view_, committer_, watches_, files_, access_, options_.how.bounds),
      service_({.what = view_,
                .writer = committer_,
                .streams = watches_,
                .files = files_,
                .server = server_,
                .access = access_},
               [this](auto done) { reload(std::move(done)); }),
      systemd_(access_, [this](auto done) { reload(std::move(done)); }),
      supervisor_(loop.get_executor(),
                  {.status = [this] { return describe_state(view_); },
                   .ping =
                       [this](std::function<void()> answered) {
                         committer_.query([](store::config_store&) { return true; },
                                          [answered](result<bool> const&) { answered(); });
                       }},
                  systemd::supervisor::pace{}),
      patience_(loop), retry_(loop),
      tasks_(loop.get_executor(), [this](std::string const& name, std::exception_ptr const& why) {
        log_failed_task(name, why);
        // Half a service is none: it ends, and is started anew.
        failed_({.code = errc::io, .message = "the task '" + name + "' has ended"});
      }) {
  view_.begin(opened.revision, opened.effectives, opened.sources);
  server_.add_interface(ipc::interfaces::io_cfgd_config);
  server_.add_interface(ipc::interfaces::io_cfgd_history);
  server_.add_interface(ipc::interfaces::io_cfgd_service);
  server_.add_interface(ipc::interfaces::io_systemd_service);
  config_.bind_to(server_);
  service_.bind_to(server_);
  systemd_.bind_to(server_);
}

service::~service() = default;

void service::start(std::function<void(error const&)> failed) {
  failed_ = std::move(failed);
  tasks_.spawn("sources", files_.run());
  tasks_.spawn("store", store_watch_.run());
  tasks_.spawn("service manager", supervisor_.run());
  files_.look_now(source_watcher::depth::changed, [this] { finish_start(); });
  patience_.expires_after(start_patience);
  tasks_.spawn("patience", wait_for_start());
}

asio::awaitable<void> service::wait_for_start() {
  auto const [cancelled] = co_await patience_.async_wait(asio::as_tuple(asio::use_awaitable));
  if (cancelled || listening_) co_return;
  bool const waits = !options_.sockets.empty();
  log::write(log::level::warning,
             std::string("the sources take long to read; ") +
                 (waits ? "clients wait" : "answering with what was in force before"),
             {{"MESSAGE_ID", message_id::start_slow}});
  if (!waits) open_socket();
}

void service::take(std::vector<watchers::observation> observed) {
  if (!started_) {
    std::move(observed.begin(), observed.end(), std::back_inserter(first_look_));
    return;
  }
  record(std::move(observed), store::grouping::one_change, [] {});
}

void service::record(std::vector<watchers::observation> observed, store::grouping how,
                     std::function<void()> done) {
  // What cannot be recorded now is told again later. Contents are read anew then; the rest is kept,
  // unless it is told anew itself.
  std::set<source_id> told;
  std::vector<watchers::observation> kept;
  for (auto const& one : observed) {
    told.insert(one.id);
    if (!std::holds_alternative<watchers::observation::content>(one.what)) kept.push_back(one);
  }
  auto environment = environment_;
  committer_.submit(std::move(observed), std::move(environment), how,
                    [this, told = std::move(told), kept = std::move(kept),
                     done = std::move(done)](store::outcome const& made) {
                      std::erase_if(unrecorded_,
                                    [&](auto const& one) { return told.contains(one.id); });
                      if (made) {
                        environment_.clear();
                        view_.note_unrecorded({});
                      } else {
                        unrecorded_.insert(unrecorded_.end(), kept.begin(), kept.end());
                        view_.note_unrecorded(made.error());
                        retry_later(made.error());
                      }
                      done();
                    });
}

void service::finish_start() {
  started_ = true;
  auto const ready = [this] {
    service_.set_ready();
    if (!listening_) open_socket();
    supervisor_.ready();
  };
  if (first_look_.empty() && environment_.empty())
    ready();
  else
    record(std::exchange(first_look_, {}), store::grouping::change_per_namespace, ready);
}

void service::open_socket() {
  listening_ = true;
  patience_.cancel();
  if (auto const heard = listen(); !heard) {
    failed_(heard.error());
    return;
  }
  log::write(log::level::info,
             "listening on " +
                 (options_.sockets.empty() ? "'" + options_.where.socket.string() + "'"
                                           : std::string("the socket that was passed")) +
                 " at revision " + std::to_string(view_.revision()) + " with " +
                 std::to_string(view_.cache().namespaces().size()) + " namespaces");
}

result<void> service::listen() {
  if (!options_.sockets.empty()) return adopt_sockets();
  return server_.listen(options_.where.socket, options_.how.socket_mode);
}

result<void> service::adopt_sockets() {
  result<void> outcome = error{.code = errc::protocol, .message = "no socket was passed"};
  for (int const one : options_.sockets) {
    auto const adopted = server_.adopt(one);
    if (adopted) {
      outcome = {};
      continue;
    }
    log::write(log::level::warning, to_string(adopted.error()) + ", closing it",
               {{"MESSAGE_ID", message_id::socket_unusable}});
    if (!outcome) outcome = adopted;
  }
  return outcome;
}

void service::retry_later(error const& why) {
  log::write(log::level::error,
             "changes of files could not be recorded: " + why.message + "; trying again",
             {{"MESSAGE_ID", message_id::not_recorded}, {"CFGD_KIND", "store"}});
  if (retrying_) return;
  retrying_ = true;
  tasks_.spawn("retry", retry());
}

asio::awaitable<void> service::retry() {
  retry_.expires_after(retry_pause);
  auto const [cancelled] = co_await retry_.async_wait(asio::as_tuple(asio::use_awaitable));
  retrying_ = false;
  if (cancelled) co_return;
  if (!unrecorded_.empty() || !environment_.empty())
    record(std::exchange(unrecorded_, {}), store::grouping::one_change, [] {});
  files_.look_now(source_watcher::depth::all, [] {});
}

void service::publish(store::applied const& done) {
  view_.publish(done);
  for (auto const& one : done.changes)
    watches_.on_change(*one);
  if (done.untold) watches_.start_over();
  announce(done);
  supervisor_.status_changed();
}

void service::apply(settings const& newest) {
  settings but_for_log = newest;
  but_for_log.log_level = options_.how.log_level;
  but_for_log.log_filters = options_.how.log_filters;
  if (but_for_log != options_.how)
    log::write(log::level::notice,
               "'" + options_.where.settings.string() +
                   "': all but the log's level and filters take effect at the next start",
               {{"MESSAGE_ID", message_id::settings_later},
                {"CFGD_PATH", options_.where.settings.string()}});
  if (!options_.level_is_fixed) options_.how.log_level = newest.log_level;
  options_.how.log_filters = newest.log_filters;
  log::set_threshold(options_.how.log_level, options_.how.log_filters);
}

void service::reload(std::function<void(result<revision_number> const&)> done) {
  log::write(log::level::info, "reading everything again");
  supervisor_.begin_reload();
  committer_.query(
      [path = options_.where.settings](store::config_store&) { return read_settings(path); },
      [this, done = std::move(done)](result<settings> const& newest) {
        std::optional<error> refused;
        if (newest)
          apply(*newest);
        else
          refused = newest.error();
        if (refused) log_faulty_settings(*refused);
        files_.look_now(source_watcher::depth::all, [this, done, refused] {
          committer_.query([](store::config_store& store) { return store.revision(); },
                           [this, done, refused](result<revision_number> const& revision) {
                             supervisor_.end_reload();
                             auto const& failed = refused ? refused : view_.unrecorded();
                             done(failed ? result<revision_number>(*failed) : revision);
                           });
        });
      });
}

void service::stop(std::function<void()> done) {
  listening_ = true; // nothing opens it any more
  supervisor_.stopping();
  server_.stop(drain, [this, done = std::move(done)] {
    tasks_.cancel();
    tasks_.on_empty([this, done] { committer_.stop(done); });
  });
}

} // namespace cfgd
