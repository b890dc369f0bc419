#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace cfgd::cfgctl {

/// Decides when the program of `exec` is started, stopped and signalled. It starts nothing itself:
/// each function returns what the caller does next. Times are passed to it.
///
/// A program is settled when it has run for a while. Before that it gets no signal of a change,
/// because it may not have its handler yet, and is not restarted, so that a burst of changes is few
/// restarts. One that a change restarted and that fails before it is settled is started again, a
/// few times and after longer and longer waits; the end of any other program is the end.
class supervision {
 public:
  using clock = std::chrono::steady_clock;
  enum class on_change : std::uint8_t { restart, signal };
  struct rules {
    on_change reaction = on_change::restart;
    clock::duration settle = std::chrono::seconds(1);
    clock::duration grace = std::chrono::seconds(10); ///< from the request to stop to the kill
    clock::duration first_wait = std::chrono::milliseconds(200); ///< doubles
    int most_failures = 5;
  };
  enum class act : std::uint8_t {
    nothing,
    start,
    stop,   ///< ask it to end
    kill,   ///< end it
    signal, ///< tell it that settings have changed
    finish, ///< end with exit_code()
  };
  /// What became of the settings, for their acknowledgement.
  enum class outcome : std::uint8_t { none, applied, failed };

  explicit supervision(rules with) : rules_(with) {}

  /// There are other settings than those of the last start or signal. The first call starts.
  act changed(clock::time_point now);
  /// The program has ended. `code`: as shells have it.
  act ended(clock::time_point now, int code);
  /// The user asked for the end, by a signal that the program gets as well.
  act asked_to_end();
  /// deadline() is over.
  act expired(clock::time_point now);

  std::optional<clock::time_point> deadline() const { return deadline_; }
  int exit_code() const { return code_; }
  /// Whether the program was started with the latest settings, or has had its signal for them.
  bool has_latest() const { return is_running() || (state_ == state::settling && !is_dirty_); }
  /// Whether it is settled.
  bool is_running() const { return state_ == state::running; }
  /// What has become known since the last call.
  outcome take_outcome();

 private:
  enum class state : std::uint8_t { idle, settling, running, stopping, waiting };

  act start(clock::time_point now);
  act react(clock::time_point now);

  rules rules_;
  state state_ = state::idle;
  std::optional<clock::time_point> deadline_;
  outcome outcome_ = outcome::none;
  bool is_dirty_ = false;   ///< a change waits until the program is settled
  bool is_restart_ = false; ///< the program was started because of a change
  bool is_ending_ = false;
  int failures_ = 0;
  int code_ = 0;
};

} // namespace cfgd::cfgctl
