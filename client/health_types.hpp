#pragma once

#include <boost/json/object.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// What the service says about its own health: checks and recorded errors. Times are RFC 3339, UTC.
namespace cfgd::client {

/// The latest result of one check.
struct health_check {
  std::string name;
  std::string status;  ///< healthy, warning, critical, unknown
  std::string message; ///< one line for people
  boost::json::object details;
  std::chrono::duration<double, std::milli> duration{0}; ///< of the run
  std::string time;                                      ///< when the run ended
};

struct health_report {
  std::string status; ///< of all checks, whichever of them are told here
  std::vector<health_check> checks;
};

/// One recorded error.
struct problem {
  std::int64_t id = 0;
  std::string kind; ///< parse, schema, validation, store, or another one
  std::string message;
  std::string source; ///< what it happened to: a file, a namespace, a peer
  bool recoverable = false;
  std::string recovery; ///< what the service did about it
  std::string time;
  std::int64_t count = 0; ///< how often it happened
  boost::json::object context;
  std::optional<std::string> last_time; ///< where it happened more than once
  std::optional<std::string> resolved;  ///< since when it is over
};

struct problem_report {
  std::vector<problem> problems; ///< the newest first
  /// How many there were of each kind since the start of the service.
  std::vector<std::pair<std::string, std::int64_t>> counts;
  bool critical = false; ///< one is open that the service cannot recover from
};

/// Which problems are wanted.
struct problem_query {
  std::string kind = {};                  ///< empty: all
  std::optional<std::int64_t> limit = {}; ///< the newest ones
};

} // namespace cfgd::client
