#pragma once

#include "daemon/health/result.hpp"

#include <cstdint>
#include <optional>

namespace cfgd::health {

/// The status of one check that stands, out of the results that come in: it changes at once to
/// critical, and else only when a result was confirmed by a second one like it, so that a check
/// that flaps is told once. No I/O.
class current_status {
 public:
  /// It stands as unknown until it has run.
  explicit current_status(report first) : shown_(std::move(first)) {}

  enum class cause : std::uint8_t {
    timed,
    asked, ///< somebody wants to know now: no second result is waited for
  };
  /// Takes the result of a run. The state before, if it is another one now.
  std::optional<state> take(report newest, cause why);

  /// The newest result of the state that stands.
  report const& shown() const { return shown_; }
  /// Whether the last result differs from what stands: the next one decides.
  bool is_in_doubt() const { return candidate_.has_value(); }

 private:
  report shown_;
  bool has_run_ = false;
  std::optional<state> candidate_;
};

} // namespace cfgd::health
