#pragma once

#include "daemon/health/result.hpp"

#include <cstdint>
#include <optional>

namespace cfgd::health {

/// Decides the current status of one check from its results: it becomes critical at once, and
/// changes otherwise only when a second result confirms the first, so that a flapping check is
/// reported once. No I/O.
class current_status {
 public:
  /// Unknown until the check has run.
  explicit current_status(report first) : shown_(std::move(first)) {}

  enum class cause : std::uint8_t {
    timed,
    asked, ///< by a caller or because of a changed input: no second result is needed
  };
  /// Takes the result of a run. Returns the previous state if the current one is different.
  std::optional<state> take(report newest, cause why);

  /// The newest result that has the current state.
  report const& shown() const { return shown_; }
  /// Whether the last result differs from the current status: the next one decides.
  bool is_in_doubt() const { return candidate_.has_value(); }

 private:
  report shown_;
  bool has_run_ = false;
  std::optional<state> candidate_;
};

} // namespace cfgd::health
