#include "daemon/service.hpp"

#include "core/log.hpp"
#include "core/message_ids.hpp"
#include "core/time.hpp"
#include "daemon/announce.hpp"
#include "daemon/environment.hpp"
#include "daemon/methods/method_table.hpp"
#include "daemon/scheduling.hpp"
#include "daemon/source_roots.hpp"
#include "daemon/store_report.hpp"
#include "daemon/version.hpp"
#include "ipc/interfaces.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <unistd.h>

#include <algorithm>
#include <optional>
#include <utility>

// Constructs the parts, connects them, starts and stops them. What the parts exchange while the
// service runs is in service_changes.cpp.
//
// Start: the view has the effective values of the last run at once. Then every source is looked at;
// what changed while the daemon was down, in files and in the environment, is committed together,
// with one revision for each namespace. The socket opens after that, so that a client never sees a
// half-read state. Only if that takes longer than a second, the old state is served meanwhile.

namespace cfgd {
namespace {

namespace asio = boost::asio;
using watchers::source_watcher;

constexpr std::chrono::seconds start_patience{1};
/// For queued replies at the end. A service manager and an upgrade wait for it.
constexpr std::chrono::seconds drain{1};
constexpr std::chrono::milliseconds store_quiet{1};
constexpr std::chrono::seconds store_tick{5};

/// Reports that the settings file has an error, or that it is valid again.
void report_settings(std::optional<error> const& refused, problems const& known) {
  constexpr char const* situation = "settings_faulty";
  if (!refused) {
    if (known.is_open(situation, {})) report_over(situation, "the settings file is valid again");
    return;
  }
  std::vector<log::field> fields{{"CFGD_PATH", refused->subject}};
  if (refused->where.line != 0)
    fields.push_back({"CFGD_LINE", std::to_string(refused->where.line)});
  report(situation, to_string(*refused), std::move(fields));
}

/// Without the record consumers are known again when they watch again.
std::string read_consumers(store::config_store& from) {
  try {
    return from.consumers();
  } catch (std::exception const& damaged) {
    report("record_lost", std::string("the record of consumers is damaged: ") + damaged.what());
    return {};
  }
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
  auto opened =
      store::open_or_recover(directory, bounds, wall_now(), store::key_sources_of_process());
  if (!opened) return opened.error();
  opened_store out;
  out.store = std::move(opened->store);
  out.recovered = std::move(opened->recovered);
  out.mended = std::move(opened->mended);
  out.revision = out.store->revision();
  out.id = out.store->store_id();
  out.effectives = out.store->effectives();
  out.sources = out.store->sources();
  out.pending = out.store->pending();
  out.overrides = out.store->override_summaries();
  out.access = out.store->access();
  out.consumers = read_consumers(*out.store);
  return out;
}

service::service(asio::io_context& loop, options with, opened_store opened)
    : loop_(loop), options_(std::move(with)), disk_(loop.get_executor()),
      problems_(loop.get_executor(), disk_, options_.where.state / "problems.json"),
      access_(options_.how.admin_group), view_(options_.how.bounds.cache_bytes),
      lines_(loop.get_executor(), view_),
      unrecorded_(compare_environment(options_.environment, opened.sources, options_.how.bounds)),
      data_file_(opened.store->data_file()), reader_(opened.store->make_reader()),
      store_watch_(loop.get_executor(), data_file_, store_quiet, store_tick,
                   [this] { committer_.refresh(); }),
      committer_(loop.get_executor(), std::move(opened.store), options_.how.bounds,
                 [this](committer::publication const& news) { publish(news); }),
      queries_(loop.get_executor(), std::move(reader_), committer_, options_.how.bounds,
               [this] { committer_.refresh(); }),
      consumers_(options_.how.bounds), watches_(view_, committer_, queries_, options_.how.bounds,
                                                [this](std::function<void()> work) {
                                                  asio::post(loop_, [this, work = std::move(work)] {
                                                    work();
                                                    wake(); // bookmarks may be due
                                                  });
                                                }),
      names_(
          loop.get_executor(), access_, [this] { rights_changed(); }, access_names::options{}),
      server_(loop.get_executor(), options_.how.bounds,
              {.vendor = "cfgd",
               .product = "cfgd",
               .version = std::string(version),
               .url = "man:cfgd(8)"}),
      files_(loop.get_executor(), watch_options(), known_files(opened.sources),
             [this](std::vector<watchers::observation> observed) { take(std::move(observed)); }),
      parts_{view_, committer_, watches_, files_, server_, queries_, consumers_},
      health_(loop.get_executor(), parts_, health_options(),
              [this](health::monitor::transition const& what) {
                health_streams_.on_change(what);
                if (what.now.found.what == health::state::critical && !what.is_first)
                  until_applied_.on_critical(what.now.name);
                supervisor_.status_changed();
              }),
      edits_(edit_parts(), options_.how.bounds),
      health_streams_(health_.checks(), options_.how.bounds), until_applied_(until_applied_parts()),
      reporting_(
          loop.get_executor(), reporting_parts(),
          {.path = options_.how.metrics_textfile, .interval = options_.how.metrics_interval}),
      context_(make_context()), dispatcher_(access_, method_table(context_)),
      supervisor_(loop.get_executor(), supervisor_parts(), systemd::supervisor::pace{}),
      patience_(loop), retry_(loop), clock_(loop),
      credentials_(loop.get_executor(), credential_options(),
                   [this](auto const& asked, auto const& done) { serve_credential(asked, done); }),
      tasks_(loop.get_executor(), [this](std::string const& name, std::exception_ptr const& why) {
        log_failed_task(name, why);
        // The service cannot work without one of its tasks: it exits and is restarted.
        failed_({.code = errc::io, .message = "the task '" + name + "' has ended"});
      }) {
  view_.begin({.revision = opened.revision,
               .effectives = opened.effectives,
               .sources = opened.sources,
               .pending = opened.pending,
               .overrides = opened.overrides,
               .store_id = opened.id});
  problems_.compare(opened.sources);
  names_.begin(opened.access);
  committer_.on_access([this](std::shared_ptr<engine::access_rules const> rules) {
    names_.follow(std::move(rules));
  });
  if (opened.recovered) report_recovery(*opened.recovered);
  committer_.set_credentials(options_.credentials);
  committer_.set_watch(store_watch_);
  report_mended(opened.mended);
  committer_.on_failure([this] {
    consumers_.set_changed(true); // a store that replaces a lost one does not have them
    health_.look_at_inputs();
  });
  consumers_.load(opened.consumers, opened.revision);
  for (auto const interface :
       {ipc::interfaces::io_cfgd_config, ipc::interfaces::io_cfgd_history,
        ipc::interfaces::io_cfgd_service, ipc::interfaces::io_systemd_service})
    server_.add_interface(interface);
  dispatcher_.bind_to(server_);
  server_.on_reader_start(give_way);
  server_.set_privileges(
      {.has_reserve = [own = ::geteuid()](uid_t uid) { return uid == 0 || uid == own; },
       .is_administrator = [this](ipc::peer const& who) { return access_.is_administrator(who); }});
}

source_watcher::options service::watch_options() {
  auto made = source_roots(options_.where, options_.how);
  made.is_good = [this](source_id const& id) { return view_.has_effective_content(id); };
  return made;
}

edit_methods::parts service::edit_parts() {
  return {.what = view_,
          .files = files_,
          .record = [this](auto observed, auto how,
                           auto done) { record(std::move(observed), how, std::move(done)); },
          .deadline_changed = [this] { wake(); }};
}

reporting::parts service::reporting_parts() {
  return {parts_,
          health_.checks(),
          problems_,
          disk_,
          [this] { return ready_; },
          [this] {
            health_.look_at_inputs();
            look_at_consumers();
            wake();
          }};
}

method_context service::make_context() {
  return {parts_,
          access_,
          names_,
          edits_,
          health_.checks(),
          health_streams_,
          problems_,
          reporting_.figures(),
          [this](auto done) { reload(std::move(done)); },
          [this] { return ready_; },
          [this] { wake(); },
          options_.how.bounds,
          wall_now(),
          options_.where.state};
}

systemd::supervisor::parts service::supervisor_parts() {
  auto const ping = [this](std::function<void()> const& answered) {
    committer_.query([](store::config_store&) { return true; },
                     [this, answered](result<bool> const&) { health_.when_alive(answered); });
  };
  return {.status =
              [this] { return describe_state(view_) + health::describe_health(health_.checks()); },
          .ping = ping};
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
  until_applied_.follow(view_.pending().list());
  files_.look_now(source_watcher::depth::changed, [this] { finish_start(); });
  patience_.expires_after(start_patience);
  tasks_.spawn("patience", wait_for_start());
}

asio::awaitable<void> service::wait_for_start() {
  auto const [cancelled] = co_await patience_.async_wait(asio::as_tuple(asio::use_awaitable));
  if (cancelled || listening_) co_return;
  bool const waits = !passed(systemd::varlink_socket).empty();
  log::write(log::level::warning,
             std::string("reading the sources takes long; ") +
                 (waits ? "clients wait" : "answering with the values of the last run"),
             {{"MESSAGE_ID", message_id::start_slow}});
  if (!waits) open_socket();
}

void service::finish_start() {
  looked_ = true;
  if (auto changed = unrecorded_.end_first_look())
    record(*std::move(changed), engine::grouping::change_per_namespace, {});
  else
    become_ready();
}

void service::become_ready() {
  ready_ = true;
  if (!listening_) open_socket();
  open_credentials();
  supervisor_.ready();
  health_.start();
}

void service::open_socket() {
  listening_ = true;
  patience_.cancel();
  if (auto const listening = listen(); !listening) {
    failed_(listening.error());
    return;
  }
  auto const count = view_.cache().size();
  log::write(log::level::info, "listening on " +
                                   (passed(systemd::varlink_socket).empty()
                                        ? "'" + options_.where.socket.string() + "'"
                                        : std::string("the socket that was passed")) +
                                   " at revision " + std::to_string(view_.revision()) + " with " +
                                   std::to_string(count) +
                                   (count == 1 ? " namespace" : " namespaces"));
}

std::vector<int> const& service::passed(std::string_view name) const {
  static std::vector<int> const none;
  auto const found = options_.sockets.find(name);
  return found == options_.sockets.end() ? none : found->second;
}

result<void> service::listen() {
  if (!passed(systemd::varlink_socket).empty()) return adopt_sockets();
  auto listening = server_.listen(options_.where.socket, options_.how.socket_mode);
  if (listening) listen_to_administrators();
  return listening;
}

void service::listen_to_administrators() {
  auto const listening =
      server_.listen_for_administrators(options_.where.socket_of_administrators(), access_.group());
  if (listening) return;
  log::write(log::level::warning,
             to_string(listening.error()) + "; administrators have no socket of their own",
             {{"MESSAGE_ID", message_id::socket_unusable}});
}

result<void> service::adopt_sockets() {
  result<void> outcome = error{.code = errc::protocol, .message = "no socket was passed"};
  auto const adopt = [&](int one, ipc::server::entrance whom) {
    auto const adopted = server_.adopt(one, whom);
    if (adopted) {
      outcome = {};
      return;
    }
    log::write(log::level::warning, to_string(adopted.error()) + ", closing it",
               {{"MESSAGE_ID", message_id::socket_unusable}});
    if (!outcome) outcome = adopted;
  };
  for (int const one : passed(systemd::varlink_socket))
    adopt(one, ipc::server::entrance::everybody);
  for (int const one : passed(systemd::admin_socket))
    adopt(one, ipc::server::entrance::administrators);
  return outcome;
}

void service::apply(settings const& newest) {
  settings but_for_log = newest;
  but_for_log.log_level = options_.how.log_level;
  but_for_log.log_filters = options_.how.log_filters;
  if (but_for_log != options_.how)
    log::write(log::level::notice,
               "'" + options_.where.settings.string() +
                   "': only the log level and the log filters were applied; the other settings "
                   "take effect at the "
                   "next start",
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
      .trusted = ::geteuid()};
  made.trusted.groups = options_.how.trusted_groups;
  made.trusted.link_roots = options_.how.link_roots;
  for (auto const& root : source_roots(options_.where, options_.how).roots)
    made.directories.push_back(root.directory);
  return made;
}

void service::reload(std::function<void(result<revision_number> const&)> done) {
  log::write(log::level::info, "reloading settings and sources");
  supervisor_.begin_reload();
  committer_.query([path = options_.where.settings, must_exist = options_.where.must_have_settings](
                       store::config_store&) { return read_settings(path, must_exist); },
                   [this, done = std::move(done)](result<settings> const& newest) {
                     std::optional<error> refused;
                     if (newest)
                       apply(*newest);
                     else
                       refused = newest.error();
                     report_settings(refused, problems_.kept());
                     files_.look_now(source_watcher::depth::all, [this, done, refused] {
                       health_.read_own_checks(
                           [this, done, refused] { finish_reload(refused, done); });
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
  listening_ = true; // the socket must not be opened any more
  supervisor_.stopping();
  credentials_.stop();
  if (credentials_socket_) credentials_socket_->remove();
  server_.stop(drain, [this, done = std::move(done)] {
    queries_.stop();
    tasks_.cancel();
    tasks_.on_empty([this, done] {
      problems_.save([this, done] { save_consumers([this, done] { committer_.stop(done); }); });
    });
  });
}

} // namespace cfgd
