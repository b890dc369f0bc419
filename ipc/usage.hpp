#pragma once

#include "core/limits.hpp"

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace cfgd::ipc {

/// The memory of connections, in bytes.
struct held_bytes {
  std::size_t read = 0;   ///< read and not handled
  std::size_t called = 0; ///< of calls without an answer
  std::size_t queued = 0; ///< replies that the kernel has not taken

  std::size_t sum() const { return read + called + queued; }
  friend bool operator==(held_bytes const&, held_bytes const&) = default;
};

/// A limit that was reached, as LimitExceeded names it.
struct excess {
  std::string scope; ///< "connection", "user 1000", "all users"
  std::string_view limit;
  std::uint64_t used = 0;
  std::uint64_t maximum = 0;
};

/// What the users have of the service: connections and their memory. Decides who may have more,
/// does no I/O. Privileged users, who have the reserves, are said by the caller.
class usage {
 public:
  struct account {
    std::size_t connections = 0;
    held_bytes bytes;
    std::uint64_t refused = 0; ///< connections and replies
    bool privileged = false;
  };

  explicit usage(limits const& bounds) : bounds_(bounds) {}

  /// Why `uid` cannot have one more connection; absent: it can. Counts a refusal.
  std::optional<excess> refuse_connection(uid_t uid, bool privileged);
  void connected(uid_t uid, bool privileged);
  /// `last`: what was reported of the connection, whose memory is free now.
  void disconnected(uid_t uid, held_bytes const& last);
  /// The memory of a connection of `uid` has changed.
  void change(uid_t uid, held_bytes const& before, held_bytes const& now);

  /// The bytes that `uid` may have now. Above three quarters of the whole: what it has and what is
  /// free, divided by the number of users with memory and one, as dbus-broker divides.
  std::size_t maximum_of(uid_t uid) const;
  /// Whether nothing more should be read from `uid`: it has three quarters of its maximum.
  bool pauses(uid_t uid) const;
  /// Whether a user who was paused has so little now that it can go on: half of its maximum.
  bool may_resume(uid_t uid) const;
  /// Whether most of what a user has was read and not handled: readers of its replies cannot make
  /// that less, so its calls go on although it is paused.
  bool mostly_reads(uid_t uid) const;
  /// Why a reply of `bytes` cannot be queued on a connection that has `held`; absent: it can.
  /// Counts a refusal.
  std::optional<excess> refuse_reply(uid_t uid, held_bytes const& held, std::size_t bytes);
  /// Whose largest connection has to be closed, because nine tenths of the whole are used although
  /// users were paused and refused: the one that has most.
  std::optional<uid_t> to_close() const;

  held_bytes const& all() const { return all_; }
  /// The most bytes since the last call of forget_peak(), or since the start.
  std::size_t peak_bytes() const { return peak_; }
  void forget_peak() { peak_ = all_.sum(); }
  std::size_t connections() const { return connections_; }
  /// Counts a refusal that was decided elsewhere.
  void note_refusal(uid_t uid);
  /// Who was refused most often; absent: nobody was.
  std::optional<uid_t> most_refused() const;
  /// The account of `uid`, an empty one if it has no connection.
  account of(uid_t uid) const;
  /// Every user with a connection.
  void each(std::function<void(uid_t, account const&)> const& visit) const;

 private:
  /// What those who are not privileged may have together, less what privileged users have above
  /// their reserve.
  std::size_t whole() const;
  std::uint64_t refusals_of(uid_t uid) const;
  bool is_above(uid_t uid, std::size_t numerator, std::size_t denominator) const;
  static void replace(held_bytes& in, held_bytes const& before, held_bytes const& now);

  limits bounds_;
  held_bytes all_;
  held_bytes privileged_;
  std::size_t peak_ = 0;
  std::size_t connections_ = 0;
  std::size_t privileged_connections_ = 0;
  std::size_t users_with_bytes_ = 0; ///< of those who are not privileged
  std::unordered_map<uid_t, account> accounts_;
  std::unordered_map<uid_t, std::uint64_t> refusals_; ///< of a bounded number of users
};

/// The parameters of LimitExceeded.
std::string limit_parameters(excess const& what);

} // namespace cfgd::ipc
