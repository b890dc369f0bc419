#pragma once

#include <boost/assert/source_location.hpp>

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Logging: each record is one line of text with fields for machines. Values of configuration keys
/// are never logged. Functions may be called by any thread.
namespace cfgd::log {

/// The numbers are the priorities of syslog(3).
enum class level : std::uint8_t { error = 3, warning = 4, notice = 5, info = 6, debug = 7 };

std::string_view to_string(level which);
std::optional<level> parse_level(std::string_view text);

/// A field as in the journal: a name in capitals (CFGD_NAMESPACE, CFGD_KEY, ERRNO, MESSAGE_ID ...).
struct field {
  std::string_view name;
  std::string value;
};

/// One record. Its views are valid only during the call that it is passed to.
struct record {
  level severity;
  std::string_view message;
  std::vector<field> const& fields;
  boost::source_location where;
};

/// Writes a record if `severity` passes the threshold; else it costs one atomic load, unless a
/// listener receives it. Warnings and errors with the same MESSAGE_ID about the same peer or file
/// are limited in number; the next one that is written says how many were suppressed.
void write(level severity, std::string_view message, std::vector<field> const& fields = {},
           boost::source_location const& where = BOOST_CURRENT_LOCATION);

bool enabled(level severity);

/// The areas of the program: the folder of the source file that writes the record.
inline constexpr std::array<std::string_view, 5> areas{"core", "store", "watchers", "ipc",
                                                       "daemon"};
/// Areas with a threshold of their own.
using filters = std::map<std::string, level>;
/// Sets the least important level that is written. Areas that `own` does not name use `everywhere`;
/// other names in `own` have no effect.
void set_threshold(level everywhere, filters const& own = {});
/// The threshold for all areas.
level threshold();

/// The path of a source file in the project: "daemon/service.cpp".
std::string_view source_name(std::string_view file);

/// Sends records to standard error: "<N>message" if that is the journal ($JOURNAL_STREAM), "level:
/// message" otherwise. Call once, in main.
void to_standard_error();

/// Sends records with their fields to the journal's own socket. Returns false, and does nothing, if
/// standard error is not the journal or no process listens at `socket`. Call once, in main.
[[nodiscard]] bool to_journal(std::string const& socket, std::string const& identifier);

/// Counts of lines since the start.
struct counts {
  std::map<level, std::uint64_t> written; ///< past the threshold and the gate
  std::uint64_t suppressed = 0;           ///< too many of one kind (log_gate.hpp)
  std::uint64_t lost = 0;                 ///< the journal did not accept them
  std::uint64_t unreported = 0;           ///< lost, and not yet reported by a line in the journal
};
counts figures();
/// Tries to report lost lines to the journal now, without waiting for the next record.
void report_lost();

/// Receives every record of level notice and above, before thresholds and limits apply, until
/// destroyed. The writing thread calls `on_record` and waits for it; `on_record` must not write
/// records. Only one listener exists at a time.
class listener {
 public:
  explicit listener(std::function<void(record const&)> on_record);
  ~listener();
  listener(listener const&) = delete;
  listener& operator=(listener const&) = delete;
};

/// Collects every record that passes the threshold, until destroyed; for tests. Its constructor
/// resets the limits on repeated records.
class capture {
 public:
  struct entry {
    level severity;
    std::string message;
    std::vector<field> fields; ///< names point to constants
  };
  capture();
  ~capture();
  capture(capture const&) = delete;
  capture& operator=(capture const&) = delete;

  /// Returns and removes the records collected so far.
  std::vector<entry> take();

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace cfgd::log
