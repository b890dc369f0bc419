#pragma once

#include "core/change.hpp"
#include "core/error.hpp"
#include "core/limits.hpp"
#include "core/time.hpp"

#include <sys/types.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cfgd {

/// The programs that watch under a name: what was sent to each, what it has acknowledged, and who
/// waits for that. Several watches of one name are one consumer: it has what each of them was sent,
/// and process and unit are those of the newest one. Decides only: gets the time as an argument,
/// does no I/O, and does not log. Loop thread only.
class consumers {
 public:
  using steady = std::chrono::steady_clock;
  using permission = std::function<bool(std::string_view name_space)>;

  struct moment {
    wall_time wall{};
    steady::time_point now{};
  };

  explicit consumers(limits const& bounds) : bounds_(bounds) {}

  /// Who watches, acknowledges or waits.
  struct party {
    uid_t uid = 0;
    pid_t pid = 0;
  };
  struct failure {
    revision_number revision = 0;
    std::string message;
    wall_time time{};
  };
  /// What is known of one consumer. Its pid, failure and what it may read are not kept on disk.
  struct facts {
    uid_t uid = 0;
    std::optional<pid_t> pid = {};
    std::string unit = {};                  ///< empty: none, or not known
    std::vector<std::string> prefixes = {}; ///< as is_below takes them; empty: everything
    bool is_watching = false;
    revision_number delivered = 0;
    revision_number applied = 0;
    wall_time since{}; ///< it watches, or does not
    std::optional<failure> failed = {};
  };

  /// An open Watch of a consumer. Must not outlive the consumers.
  class watch {
   public:
    enum class content : std::uint8_t { none, some };
    watch(consumers& of, std::string name, std::uint64_t number)
        : of_(of), name_(std::move(name)), number_(number) {}
    /// The consumer no longer has this watch.
    ~watch();
    watch(watch const&) = delete;
    watch& operator=(watch const&) = delete;
    /// Everything up to `revision` was sent, and something of `revision` itself or nothing.
    void sent(revision_number revision, content what, steady::time_point now);
    /// Something cannot be sent at once, because the peer does not read.
    void delayed(steady::time_point now);
    /// A watch that resumes may have been sent revisions, before the daemon's last start, that were
    /// never acknowledged. The revision after which that is not known; absent: all is known.
    std::optional<revision_number> unsure_after() const;
    /// The answer: the newest revision up to the one that it resumes from that concerns it.
    void resumed(revision_number last, steady::time_point now);

   private:
    consumers& of_;
    std::string name_;
    std::uint64_t number_;
  };
  /// What a consumer wants to watch.
  struct subscription {
    std::vector<std::string> prefixes;
    permission may_read;
    /// It has everything up to this revision.
    std::optional<revision_number> after = {};
  };
  /// Begins a watch. Root takes over the name of a login user. Errors: bad_value (not a valid
  /// name), denied (of another user, the message says it), limit (consumers, consumers_per_uid,
  /// watch_prefixes).
  [[nodiscard]] result<std::shared_ptr<watch>> begin(std::string const& name, party who,
                                                     subscription what, moment at);
  /// The systemd unit of the newest watch, which is looked up elsewhere.
  void set_unit(std::string_view name, pid_t pid, std::string unit);

  struct acknowledgement {
    revision_number revision = 0;
    bool ok = true;
    std::string message = {}; ///< why not; its first KiB is kept
  };
  /// Errors: not_found, denied (of another user), conflict (the revision was not sent to it: `used`
  /// was).
  [[nodiscard]] result<void> acknowledge(std::string_view name, party who, acknowledgement what,
                                         moment at);
  /// Null: not known.
  facts const* find(std::string_view name) const;
  /// In the order of their names.
  void each(std::function<void(std::string const& name, facts const&)> const& visit) const;
  void forget(std::string_view name);

  // Waiting for it

  struct outcome {
    bool applied = false;
    std::vector<std::string> waiting = {}; ///< those who have not applied it
  };
  using answer = std::function<void(outcome const&)>;
  struct wanted {
    revision_number revision = 0;
    std::vector<std::string> names; ///< those that are not known do not count
    /// Absent: it only ends with an outcome, or when it is cancelled.
    std::optional<steady::time_point> until = {};
    std::optional<uid_t> by = {}; ///< whose call it is; absent: the daemon's own
  };
  /// Calls `then` once: at once or later, when all have applied the revision, one of them fails, or
  /// the time is over. Returns a number for cancel(). Errors: limit (waits_per_uid).
  [[nodiscard]] result<std::uint64_t> wait(wanted what, answer then);
  void cancel(std::uint64_t wait);
  /// Ends the waits whose time is over.
  void end_overdue(steady::time_point now);
  std::optional<steady::time_point> next_end() const;
  /// The consumers that have to apply a change; null: all of them. Only keys in namespaces that
  /// `may_read` allows count, and only consumers that counts_for() says.
  std::vector<std::string> concerned_by(change const* what, permission const& may_read,
                                        uid_t caller) const;
  /// Whether the consumer has everything up to a revision, as wait() sees it.
  bool has_applied(std::string_view name, revision_number revision) const;

  /// Whether a consumer of one user matters to another one: those of login users only to
  /// themselves, or anybody could hold up the changes of administrators.
  static bool counts_for(uid_t owner, uid_t caller);

  // Watching over it; those of login users do not count as failed, behind or late.

  struct count {
    std::size_t watching = 0;
    std::size_t absent = 0;
    std::size_t failed = 0;
    std::size_t behind = 0;               ///< watch, and have not applied what was sent to them
    std::chrono::milliseconds longest{0}; ///< that one of them has been behind
  };
  count counts(steady::time_point now) const;
  /// Changes whenever one fails or is late, or no longer is.
  std::uint64_t version() const { return version_; }
  enum class trouble : std::uint8_t { failed, late };
  /// Whether a consumer of the user has failed, or is late as take_late() says.
  bool has_trouble(uid_t uid, trouble what) const;
  /// How long a consumer has had something that it has not applied; absent: it has applied all.
  std::optional<steady::duration> lag(std::string_view name, steady::time_point now) const;
  /// When the next consumer will have been behind for `limit`; those of take_late() do not count.
  std::optional<steady::time_point> next_late(steady::duration limit) const;
  /// The consumers that have been behind for `limit` now; each once, until it is no longer.
  std::vector<std::string> take_late(steady::duration limit, steady::time_point now);
  /// The consumers of take_late() that are behind no longer, and their users; each once.
  std::map<std::string, uid_t> take_recovered();

  // Keeping them on disk

  /// The record of the store (docs/store-format.md).
  std::string encode() const;
  /// Takes over the record of an earlier run. `current`: the revision of the service. What is
  /// damaged in it is left out.
  void load(std::string_view record, revision_number current);
  /// Whether encode() says something else than when it was called last.
  bool is_changed() const { return changed_; }
  void set_changed(bool changed) { changed_ = changed; }

 private:
  struct open_watch {
    subscription what;
    revision_number sent = 0;
    revision_number content = 0; ///< the newest revision that something was sent of
    revision_number resumed = 0; ///< the same, or a later one, of what was sent before this watch
    bool is_delayed = false;
    revision_number last_content() const { return std::max(content, resumed); }
  };
  struct entry {
    facts known;
    std::map<std::uint64_t, open_watch> open = {};
    permission may_read = {}; ///< of the newest watch; empty: not known
    /// What may be acknowledged, beside what was delivered: sent before the daemon's last start.
    revision_number sent_before = 0;
    /// The newest revision that something was sent of; absent: it was sent by another run.
    std::optional<revision_number> last_content = {};
    std::optional<steady::time_point> behind_since = {};
    bool is_late = false;
    std::set<std::uint64_t> waited_by = {};
  };
  struct waiting {
    wanted what;
    std::set<std::string, std::less<>> names;
    answer then;
  };
  using by_name = std::map<std::string, entry, std::less<>>;

  result<void> check_new(std::string const& name, uid_t uid) const;
  static bool has_applied(entry const& one, revision_number revision);
  static bool is_concerned(entry const& one, change const& what, permission const& may_read);
  /// It is late no longer.
  void recover(std::string_view name, entry& one);
  void note_progress(std::string_view name, entry& one, steady::time_point now);
  /// Takes a consumer out of the waits that it ends or that no longer need it.
  void look_at_waits(std::string_view name);
  void drop_from_waits(std::string_view name, std::set<std::uint64_t> const& numbers);
  void finish(std::uint64_t number, bool applied);
  void end(std::string_view name, std::uint64_t number);
  open_watch* find_watch(std::string_view name, std::uint64_t number);

  limits bounds_;
  by_name all_;
  std::map<std::uint64_t, waiting> waits_;
  std::map<std::string, uid_t> recovered_;
  std::uint64_t last_number_ = 0;
  std::uint64_t version_ = 0;
  bool changed_ = false;
};

/// Whether a user is a person who logs in: neither a system user nor one that systemd makes for a
/// service (DynamicUser=), nor the service's own.
bool is_login_user(uid_t uid);

/// Whether a text may be the name of a consumer.
bool is_consumer_name(std::string_view text);

} // namespace cfgd
