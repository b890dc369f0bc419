#pragma once

#include <boost/json/object.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// What the service reports about its own health: checks and recorded errors. Times are RFC 3339,
/// UTC, with milliseconds.
namespace cfgd::client {

/// The latest result of one check.
struct health_check {
  std::string name;
  std::string status;                                    ///< healthy, warning, critical, unknown
  std::string message;                                   ///< one line for people
  boost::json::object details;                           ///< figures, by check
  std::chrono::duration<double, std::milli> duration{0}; ///< of the run
  std::string time;                                      ///< when the run ended
};

struct health_report {
  std::string status; ///< of the service: the worst of all checks, also those not listed here
  std::vector<health_check> checks;
};

/// One recorded error. Repetitions are counted, not recorded again.
struct problem {
  std::int64_t id = 0; ///< unique since the start of the service
  std::string kind;    ///< parse, schema, validation, store, cache, watch, permission, ...
  std::string message;
  std::string source;       ///< the file, namespace or peer that it is about
  bool recoverable = false; ///< the service can go on without help
  std::string recovery;     ///< what the service did: "kept the last good content"
  std::string time;         ///< the first time
  std::int64_t count = 0;   ///< the number of times
  boost::json::object context;
  std::optional<std::string> last_time; ///< if count > 1
  std::optional<std::string> resolved;  ///< when it ended; absent while it lasts
};

struct problem_report {
  std::vector<problem> problems; ///< the newest first
  /// By kind, since the start of the service.
  std::vector<std::pair<std::string, std::int64_t>> counts;
  bool critical = false; ///< one of them lasts and is not recoverable
};

/// Which problems are wanted.
struct problem_query {
  std::string kind = {};                  ///< empty: all
  std::optional<std::int64_t> limit = {}; ///< the newest ones
};

/// How many durations fell between bounds.
struct duration_histogram {
  std::vector<double> bounds; ///< seconds, ascending
  /// One more than bounds: counts[i] of at most bounds[i] and more than the bound before; the last
  /// one of those above all bounds.
  std::vector<std::int64_t> counts;
  double sum = 0; ///< of the durations, in seconds
};

/// One figure of the service.
struct figure {
  std::string name; ///< as in the OpenMetrics text; a counter without "_total"
  std::string kind; ///< counter, gauge, histogram
  std::vector<std::pair<std::string, std::string>> labels; ///< name and value
  std::optional<double> value; ///< of a counter or a gauge; absent: not a finite number
  std::optional<duration_histogram> histogram;
};

} // namespace cfgd::client
