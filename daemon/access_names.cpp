#include "daemon/access_names.hpp"

#include "core/log.hpp"
#include "daemon/problems/problems_report.hpp"

#include <boost/asio/post.hpp>

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

// The thread is detached: getpwnam(3) may hang for as long as a directory server does, and the
// service has to stop all the same. What it uses is shared, so that it may outlive this object. It
// posts to the loop under the lock only, and never after the owner has gone.
//
// A lookup that has failed keeps the number that was known before; without one the name stays
// unknown, and the entry that has it stays narrowed (access.cpp).

namespace cfgd {
namespace {

using engine::access_rules;
using engine::subject;
using outcome = access_names::lookup::outcome;

constexpr std::size_t most_buffer_bytes = std::size_t{1024} * 1024;
constexpr std::chrono::milliseconds farewell{100};

/// Calls a reentrant function of NSS with a buffer that is large enough. `ask(buffer)` returns its
/// error number.
template <class Ask>
int with_buffer(std::vector<char>& buffer, Ask const& ask) {
  buffer.resize(std::size_t{4} * 1024);
  for (;;) {
    int const failed = ask(buffer);
    if (failed == EINTR) continue;
    if (failed != ERANGE || buffer.size() >= most_buffer_bytes) return failed;
    buffer.resize(buffer.size() * 4);
  }
}

/// What errors mean that no such name exists differs between modules, see getpwnam(3).
outcome outcome_of(int failed, bool is_there) {
  if (is_there) return outcome::found;
  bool const is_missing =
      failed == 0 || failed == ENOENT || failed == ESRCH || failed == EBADF || failed == EPERM;
  return is_missing ? outcome::missing : outcome::failed;
}

using stamp = std::tuple<ino_t, time_t, long, off_t>;

std::vector<stamp> stamps_of(std::vector<std::string> const& files) {
  std::vector<stamp> all;
  for (auto const& one : files) {
    struct stat found {};
    bool const is_there = ::stat(one.c_str(), &found) == 0;
    all.push_back(
        is_there ? stamp(found.st_ino, found.st_mtim.tv_sec, found.st_mtim.tv_nsec, found.st_size)
                 : stamp());
  }
  return all;
}

/// The subjects of entries that have names, each once.
std::vector<subject> named_subjects(access_rules const& rules) {
  std::vector<subject> all;
  known_names const nothing;
  std::set<std::string> seen;
  for (auto const& entry : rules.entries)
    for (auto const& whom : entry.subjects)
      if (!nothing.has(whom) && seen.insert(engine::to_string(whom)).second) all.push_back(whom);
  return all;
}

void take(known_names& into, subject const& whom, access_names::lookup const& found) {
  if (found.how == outcome::missing) into.missing.insert(engine::to_string(whom));
  if (found.how != outcome::found) return;
  if (whom.what == subject::kind::user)
    into.numbers.users.emplace(whom.name, found.number);
  else
    into.numbers.groups.emplace(whom.name, found.number);
}

/// What was known of one name.
access_names::lookup recall(known_names const& from, subject const& whom) {
  auto const find = [&](auto const& numbers) -> access_names::lookup {
    auto const found = numbers.find(whom.name);
    if (found == numbers.end()) return {};
    return {.how = outcome::found, .number = found->second};
  };
  if (from.missing.contains(engine::to_string(whom))) return {.how = outcome::missing};
  return whom.what == subject::kind::user ? find(from.numbers.users) : find(from.numbers.groups);
}

bool equal(known_names const& left, known_names const& right) {
  return left.numbers.users == right.numbers.users && left.numbers.groups == right.numbers.groups &&
         left.missing == right.missing;
}

std::optional<ipc::peer> find_account(std::string const& name) {
  std::uint32_t number = 0;
  auto const* const last = name.data() + name.size();
  auto const [end, failed] = std::from_chars(name.data(), last, number);
  bool const is_number = failed == std::errc{} && end == last;
  passwd entry{};
  passwd* found = nullptr;
  std::vector<char> buffer;
  with_buffer(buffer, [&](std::vector<char>& in) {
    return is_number ? ::getpwuid_r(number, &entry, in.data(), in.size(), &found)
                     : ::getpwnam_r(name.c_str(), &entry, in.data(), in.size(), &found);
  });
  if (found == nullptr) {
    if (!is_number) return std::nullopt;
    return ipc::peer{.uid = number, .gid = number, .pid = 0, .groups = {}};
  }
  ipc::peer who{.uid = found->pw_uid, .gid = found->pw_gid, .pid = 0, .groups = {}};
  int count = 64;
  who.groups.resize(static_cast<std::size_t>(count));
  if (::getgrouplist(found->pw_name, who.gid, who.groups.data(), &count) < 0) {
    who.groups.resize(static_cast<std::size_t>(count));
    (void)::getgrouplist(found->pw_name, who.gid, who.groups.data(), &count);
  }
  who.groups.resize(static_cast<std::size_t>(std::max(count, 0)));
  return who;
}

} // namespace

access_names::lookup access_names::look_up(subject const& whom) {
  std::vector<char> buffer;
  if (whom.what == subject::kind::user) {
    passwd entry{};
    passwd* found = nullptr;
    int const failed = with_buffer(buffer, [&](std::vector<char>& in) {
      return ::getpwnam_r(whom.name.c_str(), &entry, in.data(), in.size(), &found);
    });
    return {.how = outcome_of(failed, found != nullptr),
            .number = found == nullptr ? 0 : found->pw_uid};
  }
  group entry{};
  group* found = nullptr;
  int const failed = with_buffer(buffer, [&](std::vector<char>& in) {
    return ::getgrnam_r(whom.name.c_str(), &entry, in.data(), in.size(), &found);
  });
  return {.how = outcome_of(failed, found != nullptr),
          .number = found == nullptr ? 0 : found->gr_gid};
}

/// What the thread works with, and may outlive the owner with.
struct access_names::shared {
  shared(boost::asio::any_io_executor executor, options with)
      : loop(std::move(executor)), how(std::move(with)) {}

  struct question {
    std::string name;
    std::function<void(std::optional<ipc::peer>)> done;
  };

  /// `self` is this: it keeps it alive, and messages to the loop have a weak pointer to it.
  void run(std::shared_ptr<shared> const& self);
  /// Looks up the names of `rules`; absent: other rules came meanwhile, or the owner has gone.
  std::optional<known_names> look_up_all(access_rules const& rules, std::uint64_t mine);
  /// Calls `what` on the loop, unless the owner has gone by then.
  void post(std::weak_ptr<shared> self, std::function<void(access_names&)> what);
  bool is_current(std::uint64_t mine) {
    std::lock_guard const locked(mutex);
    return owner != nullptr && mine == number;
  }

  boost::asio::any_io_executor loop;
  options const how;
  std::mutex mutex; ///< guards all below
  std::condition_variable wake;
  access_names* owner = nullptr; ///< null: it has gone. Changed by the loop only
  std::shared_ptr<access_rules const> rules;
  std::uint64_t number = 0; ///< of `rules`
  std::deque<question> questions;
  bool is_running = false;
  // The thread's.
  known_names known;
  std::uint64_t answered = 0;
  bool has_failed = false; ///< a lookup has: it is repeated
};

void access_names::shared::post(std::weak_ptr<shared> self,
                                std::function<void(access_names&)> what) {
  std::lock_guard const locked(mutex);
  if (owner == nullptr) return;
  boost::asio::post(loop, [self = std::move(self), what = std::move(what)] {
    // On the loop's thread, which alone changes `owner`.
    if (auto const alive = self.lock(); alive && alive->owner != nullptr) what(*alive->owner);
  });
}

std::optional<known_names> access_names::shared::look_up_all(access_rules const& all,
                                                             std::uint64_t mine) {
  known_names found;
  has_failed = false;
  for (auto const& whom : named_subjects(all)) {
    auto one = how.how(whom);
    if (!is_current(mine)) return std::nullopt;
    has_failed |= one.how == outcome::failed;
    take(found, whom, one.how == outcome::failed ? recall(known, whom) : one);
  }
  return found;
}

void access_names::shared::run(std::shared_ptr<shared> const& self) {
  auto seen = stamps_of(how.files);
  std::unique_lock locked(mutex);
  while (owner != nullptr) {
    if (!questions.empty()) {
      auto asked = std::move(questions.front());
      questions.pop_front();
      locked.unlock();
      auto found = find_account(asked.name);
      post(self, [done = std::move(asked.done), found = std::move(found)](access_names&) {
        done(found);
      });
      locked.lock();
      continue;
    }
    auto const mine = number;
    auto const wanted = rules;
    bool const is_new = answered != mine;
    locked.unlock();
    auto const newest = stamps_of(how.files);
    bool const moved = newest != seen;
    seen = newest;
    if (!wanted) {
      answered = mine;
    } else if (is_new || moved || has_failed) {
      if (auto found = look_up_all(*wanted, mine); found && (is_new || !equal(known, *found))) {
        known = *found;
        answered = mine;
        post(self, [wanted, mine, found = *std::move(found)](access_names& to) {
          if (mine == to.shared_->number) to.use(wanted, found);
        });
      }
    }
    locked.lock();
    if (owner != nullptr && questions.empty() && answered == number)
      wake.wait_for(locked, how.pause);
  }
  is_running = false;
  wake.notify_all();
}

access_names::access_names(boost::asio::any_io_executor loop, access_policy& policy,
                           std::function<void()> changed, options how)
    : policy_(policy), changed_(std::move(changed)),
      shared_(std::make_shared<shared>(std::move(loop), std::move(how))) {
  shared_->owner = this;
}

access_names::~access_names() {
  std::unique_lock locked(shared_->mutex);
  shared_->owner = nullptr;
  shared_->questions.clear();
  shared_->wake.notify_all();
  shared_->wake.wait_for(locked, farewell, [this] { return !shared_->is_running; });
}

void access_names::start_thread() {
  // The lock is the caller's.
  if (std::exchange(shared_->is_running, true)) {
    shared_->wake.notify_all();
    return;
  }
  std::thread([self = shared_] { self->run(self); }).detach();
}

void access_names::begin(std::shared_ptr<access_rules const> rules) {
  policy_.use(rules, {});
  follow(std::move(rules));
}

void access_names::follow(std::shared_ptr<access_rules const> rules) {
  std::unique_lock locked(shared_->mutex);
  ++shared_->number;
  if (named_subjects(*rules).empty()) {
    shared_->rules.reset();
    locked.unlock();
    use(std::move(rules), {});
    return;
  }
  shared_->rules = std::move(rules);
  start_thread();
}

void access_names::find_user(std::string name, std::function<void(std::optional<ipc::peer>)> done) {
  std::lock_guard const locked(shared_->mutex);
  shared_->questions.push_back({std::move(name), std::move(done)});
  start_thread();
}

void access_names::use(std::shared_ptr<access_rules const> rules, known_names names) {
  report_missing(*rules, names.missing);
  policy_.use(std::move(rules), std::move(names));
  changed_();
}

void access_names::report_missing(access_rules const& rules, std::set<std::string> missing) {
  for (auto const& name : missing) {
    if (missing_.contains(name)) continue;
    auto const has_name = [&](engine::access_entry const& entry) {
      return std::ranges::find(entry.subjects, name, [](subject const& one) {
               return engine::to_string(one);
             }) != entry.subjects.end();
    };
    auto const by = std::ranges::find_if(rules.entries, has_name);
    auto const place = by == rules.entries.end() ? std::string() : by->place();
    report("access_name_unknown", "'" + name + "' of " + place + " does not exist",
           {{"CFGD_PATH", place}});
  }
  if (missing.empty() && !missing_.empty())
    report_over("access_name_unknown", "all names of access files exist");
  missing_ = std::move(missing);
}

} // namespace cfgd
