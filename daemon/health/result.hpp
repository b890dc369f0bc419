#pragma once

#include "core/change.hpp"

#include <boost/json/object.hpp>

#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <string>
#include <string_view>

/// Timed checks of what the service needs and does. Loop thread only, where nothing else is said.
namespace cfgd::health {

/// In order: the worst comes last.
enum class state : std::uint8_t {
  healthy,
  unknown, ///< it has not run yet, or could not tell
  warning,
  critical,
};
/// healthy, unknown, warning, critical
std::string_view to_string(state which);

/// What one run of a check found.
struct finding {
  state what = state::healthy;
  std::string message = {}; ///< one line for people
  boost::json::object details = {};

  /// Keeps the worse state of the two; the message of the worse one, of equally bad ones both.
  void add(state other, std::string_view text);
};
/// Takes the finding of a run; called on the loop, once.
using completion = std::function<void(finding)>;
/// A check that has thrown is critical.
finding failed_run(std::exception const& why);

/// The result of a check.
struct report {
  std::string name;
  finding found;
  std::chrono::steady_clock::duration duration{};
  wall_time time{}; ///< when the run ended
};

/// A Check of io.cfgd.Service.
boost::json::object to_json(report const& which);

/// "< 0.1 ms", "1.5 ms", "20 ms", "3.2 s": times as people read them.
std::string time_text(std::chrono::nanoseconds time);
/// "1 client", "2 clients"
std::string count_text(std::uint64_t count, std::string_view thing);
/// Milliseconds with their fraction, for details.
double milliseconds_of(std::chrono::nanoseconds time);

/// Whole percent of `maximum`, rounded down; 0 if that is 0.
unsigned percent_of(std::uint64_t used, std::uint64_t maximum);

} // namespace cfgd::health
