/// A watcher for each target says that something has changed; what is rendered is read anew, of the
/// newest revision, for all targets together. So a burst of changes is few applications, and the
/// last one has the last values. Each target is a consumer of its own for cfgd: a change is applied
/// when all targets that watch what it changed have acknowledged it.
#include "apply/service.hpp"

#include "apply/values.hpp"
#include "client/connection.hpp"
#include "core/log.hpp"
#include "core/message_ids.hpp"

#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <csignal>
#include <utility>

namespace cfgd::apply {
namespace {

constexpr std::chrono::milliseconds pause{500}; ///< between two applications
constexpr std::chrono::seconds retry{10};       ///< after a failure that may pass
constexpr std::chrono::seconds call_limit{10};

/// A step takes at most three times the time limit of a target.
constexpr std::chrono::minutes longest_step{31};
constexpr std::string_view consumer_prefix = "cfgd-apply:";
/// Nobody sets it: what a target watches whose keys are not known.
constexpr char no_key[] = "cfgd-apply";

/// What is not allowed in the name of a consumer is not allowed in that of a target either: a
/// faulty one, or a directory, gets a colon, which no target has.
std::string consumer_of(std::string const& target) {
  auto out = std::string(consumer_prefix) + target.substr(0, 100);
  std::ranges::replace_if(
      out,
      [](char one) {
        return std::isalnum(static_cast<unsigned char>(one)) == 0 &&
               std::string_view("._@-").find(one) == std::string_view::npos;
      },
      ':');
  return out;
}

sigset_t stopping_signals() {
  sigset_t out;
  ::sigemptyset(&out);
  ::sigaddset(&out, SIGTERM);
  ::sigaddset(&out, SIGINT);
  return out;
}

/// Keeps the signals that end the program pending, where an application looks for them: the loop
/// does not run meanwhile. They arrive when this ends.
class held_signals {
 public:
  held_signals() {
    auto const which = stopping_signals();
    ::sigprocmask(SIG_BLOCK, &which, nullptr);
  }
  ~held_signals() {
    auto const which = stopping_signals();
    ::sigprocmask(SIG_UNBLOCK, &which, nullptr);
  }
  held_signals(held_signals const&) = delete;
  held_signals& operator=(held_signals const&) = delete;

  static bool any() {
    sigset_t pending;
    ::sigpending(&pending);
    return ::sigismember(&pending, SIGTERM) == 1 || ::sigismember(&pending, SIGINT) == 1;
  }
};

void log_unread(client::call_error const& why) {
  log::write(log::level::warning, "cannot read settings, keeping all files: " + why.message,
             {{"MESSAGE_ID", message_id::values_unread}});
}

} // namespace

struct service::watch {
  watch(boost::asio::io_context& loop, std::string of, client::watch_options how)
      : name(std::move(of)), keys(how.prefixes), source(loop.get_executor(), std::move(how)) {}

  std::string name;
  std::vector<std::string> keys;
  client::watcher source;
};

layout layout::system() {
  return {.targets = {"/usr/lib/cfgd/targets", "/etc/cfgd/targets"},
          .state = "/var/lib/cfgd-apply",
          .report = "/run/cfgd-apply/targets.json",
          .socket = {}};
}

layout layout::below(std::filesystem::path const& place) {
  auto const root = std::filesystem::absolute(place);
  return {.targets = {root / "vendor" / "targets", root / "etc" / "targets"},
          .state = root / "state" / "apply",
          .report = root / "run" / "targets.json",
          .socket = (root / "run" / "io.cfgd").string()};
}

service::service(boost::asio::io_context& loop, layout const& places, journal& record,
                 unit_control& units)
    : loop_(loop), places_(places), units_(units),
      applier_({.record = record,
                .units = units,
                .trusted = {::geteuid()},
                .bounds = {},
                .on_step =
                    [this](step const&) {
                      if (is_ready_ && !held_signals::any()) return;
                      ::sd_notifyf(
                          0, "EXTEND_TIMEOUT_USEC=%lld",
                          static_cast<long long>(std::chrono::microseconds(longest_step).count()));
                    },
                .should_stop = &held_signals::any}),
      timer_(loop), signals_(loop, SIGTERM, SIGINT, SIGHUP),
      definitions_(loop.get_executor(), places.targets, [this] { reload(); }),
      tasks_(loop.get_executor(), [](std::string const& name, std::exception_ptr const&) {
        log::write(log::level::error, "the watch of target '" + name + "' ended with an exception",
                   {{"MESSAGE_ID", message_id::task_ended}});
      }) {}

service::~service() = default;

void service::start() {
  read_definitions();
  applier_.recover(targets_, how_to_start());
  begin_watches();
  await_signal();
  wake();
}

void service::read_definitions() {
  auto read = read_targets(places_.targets, {::geteuid()}, {});
  is_whole_ = !keep_unreadable(read, targets_);
  targets_ = std::move(read);
  look_for_removed_ = true;
  auto const requested = take_requests();
  requests_.insert(requested.begin(), requested.end());
}

void service::reload() {
  read_definitions();
  begin_watches();
  wake();
}

std::set<std::string> service::take_requests() {
  std::set<std::string> out;
  std::error_code none;
  for (auto const& entry : std::filesystem::directory_iterator(places_.state / "force", none))
    if (auto name = entry.path().filename().string(); !name.starts_with('.'))
      out.insert(std::move(name));
  return out;
}

void service::begin_watches() {
  for (auto const& [name, one] : targets_) {
    auto const found = watches_.find(name);
    // A faulty one goes on to be waited for with what it was rendered from, and says why not.
    if (found != watches_.end() && (!one || found->second->keys == one->keys())) continue;
    if (found != watches_.end()) {
      found->second->source.stop(); // its coroutine removes it
      continue;
    }
    client::watch_options how;
    how.prefixes = one ? one->keys() : std::vector<std::string>{no_key};
    how.consumer = consumer_of(name);
    how.address = places_.socket;
    how.first = client::first_connect::retry;
    how.on_resumed = [this] {
      acknowledged_.clear();
      look_for_removed_ = true;
      wake();
    };
    auto& placed =
        *watches_.emplace(name, std::make_unique<watch>(loop_, name, std::move(how))).first->second;
    tasks_.spawn(name, follow(placed));
  }
  for (auto const& [name, one] : watches_)
    if (!targets_.contains(name)) one->source.stop();
}

boost::asio::awaitable<void> service::follow(watch& which) {
  bool is_refused = false;
  for (;;) {
    auto const event = co_await which.source.next();
    if (!event) {
      is_refused = event.error().kind == client::failure::refused;
      if (is_refused) log_unread(event.error());
      break;
    }
    if (event->ready) acknowledged_.erase(which.name); // cfgd may have forgotten it
    if (event->revision > revision_ || event->ready)
      wake();
    else
      acknowledge();
  }
  watches_.erase(std::string(which.name));
  // It begins again before the next application, perhaps with other keys.
  wake_after(is_refused ? std::chrono::milliseconds(retry) : std::chrono::milliseconds(0));
}

void service::wake() { wake_after(std::chrono::milliseconds(0)); }

void service::wake_after(std::chrono::milliseconds time) {
  if (is_stopping_) return;
  auto const when = std::max(clock::now() + time, next_);
  if (waiting_until_ && *waiting_until_ <= when) return;
  waiting_until_ = when;
  timer_.expires_at(when);
  timer_.async_wait([this](boost::system::error_code const& ended) {
    if (ended || is_stopping_) return;
    waiting_until_.reset();
    apply_now();
  });
}

void service::apply_now() {
  begin_watches();
  std::set<std::string> all_keys;
  for (auto const& [name, one] : targets_)
    if (one)
      for (auto const& key : one->keys())
        all_keys.insert(key);
  auto const values = read_values(places_.socket, {all_keys.begin(), all_keys.end()}, call_limit);
  if (!values) {
    if (!std::exchange(was_unread_, true)) log_unread(values.error());
    notify_ready();
    wake_after(retry);
    return;
  }
  was_unread_ = false;
  held_signals const held;
  auto const forced = std::exchange(requests_, {});
  applier_.apply(targets_, *values, forced, how_to_start());
  if (held_signals::any()) return; // perhaps not all of it
  revision_ = values->revision;
  publish(values->revision);
  std::error_code ignored;
  for (auto const& name : forced)
    std::filesystem::remove(places_.state / "force" / name, ignored);
  acknowledge();
  notify_ready();
  next_ = clock::now() + pause;
  if (applier_.wants_retry()) wake_after(retry);
}

void service::publish(std::uint64_t revision) {
  auto const done =
      write_report(places_.report, make_report(targets_, applier_.outcomes(), revision));
  if (!done)
    log::write(log::level::warning,
               "cannot report the state of targets: " + to_string(done.error()),
               {{"MESSAGE_ID", message_id::file_unwritten}});
}

/// A revision that cfgd has not sent yet, or a consumer that it does not know yet, is acknowledged
/// with the next event.
void service::acknowledge() {
  std::map<std::string, std::string> due;
  for (auto const& [name, outcome] : applier_.outcomes()) {
    auto said = std::to_string(revision_) + ' ' + outcome.message;
    if (watches_.contains(name) && acknowledged_[name] != said) due.emplace(name, std::move(said));
  }
  if (due.empty() && !look_for_removed_) return;
  auto link = client::connection::connect(places_.socket, call_limit);
  for (auto const& [name, said] : due) {
    if (!link || !link->is_open()) return; // the watches see it, too, and go on later
    auto const& outcome = applier_.outcomes().at(name);
    auto const done = link->acknowledge(consumer_of(name), revision_,
                                        outcome.state == condition::applied, outcome.message);
    if (done) acknowledged_[name] = said;
    if (!done && done.error().name.ends_with(".NotDelivered")) wake_after(pause);
  }
  if (link && link->is_open()) forget_removed(*link);
}

void service::forget_removed(client::connection& link) {
  // Those of a directory that cannot be read are not known.
  if (!is_whole_ || !std::exchange(look_for_removed_, false)) return;
  auto const known = link.consumers();
  if (!known) return;
  std::set<std::string> wanted;
  for (auto const& [name, one] : targets_)
    wanted.insert(consumer_of(name));
  for (auto const& one : *known) {
    if (!one.name.starts_with(consumer_prefix) || one.uid != ::geteuid() ||
        wanted.contains(one.name))
      continue;
    if (one.state == "absent") {
      static_cast<void>(link.forget_consumer(one.name));
    } else if (one.pid == ::getpid()) { // cfgd has not seen the end of its watch yet
      look_for_removed_ = true;
      wake_after(pause);
    }
  }
}

unit_control::starting service::how_to_start() {
  return is_ready_ || !units_.is_booting() ? unit_control::starting::allowed
                                           : unit_control::starting::forbidden;
}

void service::notify_ready() {
  if (!std::exchange(is_ready_, true)) ::sd_notify(0, "READY=1");
}

void service::await_signal() {
  signals_.async_wait([this](boost::system::error_code const& failed, int number) {
    if (!failed) on_signal(number);
  });
}

void service::on_signal(int number) {
  if (number == SIGHUP) {
    next_ = clock::now();
    waiting_until_.reset();
    reload();
    return await_signal();
  }
  is_stopping_ = true;
  ::sd_notify(0, "STOPPING=1");
  timer_.cancel();
  definitions_.stop();
  for (auto const& [name, one] : watches_)
    one->source.stop();
  tasks_.cancel();
}

} // namespace cfgd::apply
