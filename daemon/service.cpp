#include "daemon/service.hpp"

#include "core/log.hpp"
#include "core/message_ids.hpp"
#include "daemon/announce.hpp"
#include "daemon/environment.hpp"
#include "daemon/methods/method_table.hpp"
#include "daemon/version.hpp"
#include "ipc/interfaces.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>
#include <utility>
#include <variant>

// Start: what was in force at the last run is in the view at once. Then every source is looked at;
// what changed while the daemon was down, in files and in the environment, is one batch with one
// revision a namespace; behind it the socket opens, so that a client never sees a half-read state.
// Only if that takes longer than a second is the old state served in the meantime.
//
// All that waits for a time and not for an event is one timer: changes that end by themselves, the
// end of an edit, watchers that nobody has told anything for long. Deadlines are wall time, which
// may be set at any moment; so it wakes up now and then to see what time it is.

namespace cfgd {
namespace {

namespace asio = boost::asio;
using watchers::source_watcher;

constexpr std::chrono::seconds start_patience{1};
constexpr std::chrono::seconds retry_pause{1};
constexpr std::chrono::seconds drain{2};
constexpr std::chrono::milliseconds store_quiet{1};
constexpr std::chrono::seconds store_tick{5};
constexpr std::chrono::seconds longest_sleep{30};
constexpr std::chrono::milliseconds shortest_sleep{1};

wall_time wall_clock() {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

std::vector<watchers::known_source> known_files(std::vector<engine::source_row> const& rows) {
  std::vector<watchers::known_source> known;
  for (auto const& row : rows) {
    if (row.id.where == layer::environment) continue;
    bool const was_read = row.status == engine::source_status::active ||
                          row.status == engine::source_status::quarantined;
    known.push_back({row.id, was_read ? row.identity : file_identity{}, row.hash});
  }
  return known;
}

source_watcher::options watch_options(file_layout const& where, settings const& how) {
  // What judges values comes from packages and the administrator alone.
  return {.roots = {{layer::vendor, where.vendor / "namespaces", source_kind::values},
                    {layer::admin, where.admin / "namespaces", source_kind::values},
                    {layer::runtime, where.runtime / "namespaces", source_kind::values},
                    {layer::vendor, where.vendor / "schemas", source_kind::schema},
                    {layer::admin, where.admin / "schemas", source_kind::schema},
                    {layer::vendor, where.vendor / "rules", source_kind::rules},
                    {layer::admin, where.admin / "rules", source_kind::rules}},
          .quiet = how.quiet,
          .late = how.late,
          .grace = how.grace,
          .sweep = how.sweep,
          .poll = how.poll,
          .trusted_uid = ::geteuid(),
          .bounds = how.bounds};
}

/// What came of reading the settings anew.
void tell_settings(std::optional<error> const& refused, problems const& known) {
  constexpr char const* situation = "settings_faulty";
  if (!refused) {
    if (known.is_open(situation, {})) report_over(situation, "the settings are sound again");
    return;
  }
  std::vector<log::field> fields{{"CFGD_PATH", refused->subject}};
  if (refused->where.line != 0)
    fields.push_back({"CFGD_LINE", std::to_string(refused->where.line)});
  report(situation, to_string(*refused), std::move(fields));
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
  out.pending = out.store->pending();
  return out;
}

service::service(asio::io_context& loop, options with, opened_store opened)
    : loop_(loop), options_(std::move(with)), disk_(loop.get_executor()),
      problems_(loop.get_executor(), disk_, options_.where.state / "problems.json"),
      access_(options_.how.admin_group), view_(options_.how.bounds.cache_bytes),
      environment_(compare_environment(options_.environment, opened.sources, options_.how.bounds)),
      data_file_(opened.store->data_file()),
      committer_(loop.get_executor(), std::move(opened.store), options_.how.bounds,
                 [this](committer::publication const& news) { publish(news); }),
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
      health_(loop.get_executor(),
              {.what = view_, .writer = committer_, .files = files_, .server = server_},
              health_options(),
              [this](health::monitor::transition const& what) {
                health_streams_.on_change(what);
                supervisor_.status_changed();
              }),
      edits_({.what = view_,
              .files = files_,
              .record = [this](auto observed, auto how,
                               auto done) { record(std::move(observed), how, std::move(done)); },
              .deadline_changed = [this] { wake(); }},
             options_.how.bounds),
      health_streams_(health_.checks(), options_.how.bounds),
      reporting_(
          loop.get_executor(),
          {.what = view_,
           .writer = committer_,
           .streams = watches_,
           .files = files_,
           .server = server_,
           .checks = health_.checks(),
           .wrong = problems_,
           .disk = disk_,
           .ready = [this] { return ready_; }},
          {.path = options_.how.metrics_textfile, .interval = options_.how.metrics_interval}),
      context_{.values = view_,
               .writer = committer_,
               .streams = watches_,
               .files = files_,
               .server = server_,
               .edits = edits_,
               .checks = health_.checks(),
               .health = health_streams_,
               .problems = problems_,
               .figures = reporting_.figures(),
               .reload = [this](auto done) { reload(std::move(done)); },
               .is_ready = [this] { return ready_; },
               .bounds = options_.how.bounds,
               .started = wall_clock()},
      dispatcher_(access_, method_table(context_)),
      supervisor_(
          loop.get_executor(),
          {.status =
               [this] { return describe_state(view_) + health::describe_health(health_.checks()); },
           .ping =
               [this](std::function<void()> answered) {
                 committer_.query(
                     [](store::config_store&) { return true; },
                     [this, answered](result<bool> const&) { health_.when_alive(answered); });
               }},
          systemd::supervisor::pace{}),
      patience_(loop), retry_(loop), clock_(loop),
      tasks_(loop.get_executor(), [this](std::string const& name, std::exception_ptr const& why) {
        log_failed_task(name, why);
        // Half a service is none: it ends, and is started anew.
        failed_({.code = errc::io, .message = "the task '" + name + "' has ended"});
      }) {
  view_.begin({.revision = opened.revision,
               .effectives = opened.effectives,
               .sources = opened.sources,
               .pending = opened.pending});
  problems_.compare(opened.sources);
  server_.add_interface(ipc::interfaces::io_cfgd_config);
  server_.add_interface(ipc::interfaces::io_cfgd_history);
  server_.add_interface(ipc::interfaces::io_cfgd_service);
  server_.add_interface(ipc::interfaces::io_systemd_service);
  dispatcher_.bind_to(server_);
}

service::~service() = default;

void service::start(std::function<void(error const&)> failed) {
  failed_ = std::move(failed);
  tasks_.spawn("sources", files_.run());
  tasks_.spawn("store", store_watch_.run());
  tasks_.spawn("service manager", supervisor_.run());
  tasks_.spawn("clock", keep_time());
  tasks_.spawn("reporting", reporting_.run());
  tasks_.spawn("health", health_.run());
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
  if (edits_.hold(observed)) return;
  record(std::move(observed), engine::grouping::one_change, {});
}

void service::record(std::vector<watchers::observation> observed, engine::grouping how,
                     committer::finished done) {
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
                     done = std::move(done)](engine::decision const& made) {
                      std::erase_if(unrecorded_,
                                    [&](auto const& one) { return told.contains(one.id); });
                      if (made) {
                        environment_.clear();
                        if (view_.unrecorded())
                          report_over("not_recorded", "changes of files are recorded again");
                        view_.note_unrecorded({});
                      } else {
                        unrecorded_.insert(unrecorded_.end(), kept.begin(), kept.end());
                        view_.note_unrecorded(made.error());
                        retry_later(made.error());
                      }
                      if (done) done(made);
                    });
}

void service::finish_start() {
  started_ = true;
  auto const ready = [this] {
    ready_ = true;
    if (!listening_) open_socket();
    supervisor_.ready();
    health_.start();
  };
  if (first_look_.empty() && environment_.empty())
    ready();
  else
    record(std::exchange(first_look_, {}), engine::grouping::change_per_namespace,
           [ready](engine::decision const&) { ready(); });
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
    record(std::exchange(unrecorded_, {}), engine::grouping::one_change, {});
  files_.look_now(source_watcher::depth::all, [] {});
}

void service::publish(committer::publication const& news) {
  auto const& done = news.what;
  view_.publish(done);
  if (news.without_values) view_.publish(*news.without_values);
  for (auto const& one : done.changes)
    watches_.on_change(*one);
  if (done.needs_resync) watches_.start_over();
  announce(done, view_);
  supervisor_.status_changed();
  wake();
}

asio::awaitable<void> service::keep_time() {
  auto const state = co_await asio::this_coro::cancellation_state;
  while (state.cancelled() == asio::cancellation_type::none) {
    clock_.expires_at(act());
    // An early end means that something is due earlier, or the end of all: the state tells.
    co_await clock_.async_wait(asio::as_tuple(asio::use_awaitable));
  }
}

void service::wake() {
  if (next_due() < clock_.expiry()) clock_.cancel();
}

std::chrono::steady_clock::time_point service::act() {
  edits_.end_overdue(std::chrono::steady_clock::now());
  for (auto const& one : view_.pending().take_due(wall_clock()))
    expire_pending(one);
  watches_.tell_progress(std::chrono::steady_clock::now());
  return next_due();
}

std::chrono::steady_clock::time_point service::next_due() {
  auto const now = std::chrono::steady_clock::now();
  auto const time = wall_clock();
  auto next = now + longest_sleep;
  if (auto const deadline = view_.pending().next())
    next = std::min(next, now + std::max(*deadline - time, shortest_sleep));
  if (auto const end = edits_.ends_at()) next = std::min(next, std::max(*end, now));
  if (auto const progress = watches_.next_progress()) next = std::min(next, *progress);
  return next;
}

void service::expire_pending(engine::pending_change const& what) {
  committer_.submit(engine::pending_request{.revision = what.revision,
                                            .what = engine::pending_request::action::end},
                    [this, what](engine::decision const& ended) {
                      if (ended) {
                        announce_end(what, ended);
                        return;
                      }
                      if (ended.error().code == errc::not_found) return; // confirmed meanwhile
                      bool const is_refused = ended.error().code == errc::invalid;
                      auto const again =
                          wall_clock() + (is_refused ? pending_changes::pause : retry_pause);
                      if (view_.pending().postpone(what.revision, again)) announce_end(what, ended);
                      wake();
                    });
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

health::status_table::options service::health_options() const {
  health::status_table::options made{
      .how = options_.how.health,
      .bounds = options_.how.bounds,
      .state = options_.where.state,
      .directories = {},
      .checks = {options_.where.vendor / "checks", options_.where.admin / "checks"},
      .trusted_uid = ::geteuid()};
  for (auto const& root : watch_options(options_.where, options_.how).roots)
    made.directories.push_back(root.directory);
  return made;
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
        tell_settings(refused, problems_.kept());
        files_.look_now(source_watcher::depth::all, [this, done, refused] {
          health_.read_own_checks([this, done, refused] { finish_reload(refused, done); });
        });
      });
}

void service::finish_reload(std::optional<error> const& refused,
                            std::function<void(result<revision_number> const&)> done) {
  committer_.query(
      [](store::config_store& store) { return store.revision(); },
      [this, refused, done = std::move(done)](result<revision_number> const& revision) {
        supervisor_.end_reload();
        auto const& failed = refused ? refused : view_.unrecorded();
        done(failed ? result<revision_number>(*failed) : revision);
      });
}

void service::stop(std::function<void()> done) {
  listening_ = true; // nothing opens it any more
  supervisor_.stopping();
  server_.stop(drain, [this, done = std::move(done)] {
    tasks_.cancel();
    tasks_.on_empty([this, done] { problems_.save([this, done] { committer_.stop(done); }); });
  });
}

} // namespace cfgd
