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

/// The way to the log: one line of text and fields for machines, through Boost.Log. Values of
/// configuration keys are never logged. Functions may be called by any thread.
namespace cfgd::log {

/// As syslog(3) counts them, so that the number is the priority.
enum class level : std::uint8_t { error = 3, warning = 4, notice = 5, info = 6, debug = 7 };

std::string_view to_string(level which);
std::optional<level> parse_level(std::string_view text);

/// A field in journal terms: name in capitals (CFGD_NAMESPACE, CFGD_KEY, ERRNO, MESSAGE_ID ...).
struct field {
  std::string_view name;
  std::string value;
};

/// What is about to be written. Views are valid during the call only.
struct record {
  level severity;
  std::string_view message;
  std::vector<field> const& fields;
  boost::source_location where;
};

/// Writes where `severity` is at or above the threshold; costs one atomic load where it is not, but
/// for what a listener hears. Of warnings and errors with the same MESSAGE_ID about the same peer
/// or file only so many are written; how many were left out is told with the next one.
void write(level severity, std::string_view message, std::vector<field> const& fields = {},
           boost::source_location const& where = BOOST_CURRENT_LOCATION);

bool enabled(level severity);

/// The parts of the house, which are the folders of the sources that write.
inline constexpr std::array<std::string_view, 5> areas{"core", "store", "watchers", "ipc",
                                                       "daemon"};
/// Areas with a threshold of their own.
using filters = std::map<std::string, level>;
/// What is less important than the threshold of its area is not written. Areas that `own` does not
/// name (and names that are no area) have the one for all.
void set_threshold(level everywhere, filters const& own = {});
/// The one for all.
level threshold();

/// A source file's name as it lies in the project: "daemon/service.cpp".
std::string_view source_name(std::string_view file);

/// Sends records to standard error: "<N>message" where it is the journal ($JOURNAL_STREAM), "level:
/// message" elsewhere. Call once, in main.
void to_standard_error();

/// Sends records to the journal's own socket, with their fields, if standard error is the journal
/// and somebody listens at `socket`; whether it does. Call once, in main.
[[nodiscard]] bool to_journal(std::string const& socket, std::string const& identifier);

/// What became of lines since the start.
struct counts {
  std::map<level, std::uint64_t> written; ///< past the threshold and the gate
  std::uint64_t suppressed = 0;           ///< too many of a sort (log_gate.hpp)
  std::uint64_t lost = 0;                 ///< the journal took them not
  std::uint64_t untold =
      0; ///< of these: no line has told of them yet, the journal still takes none
};
counts figures();
/// Tries to tell the journal how many lines it lost, without waiting for the next one.
void tell_lost();

/// Hears of every record of level notice and above, whatever thresholds and gate say, until
/// destroyed. Called by the thread that writes, which has to wait; must not write itself. There is
/// one at a time.
class listener {
 public:
  explicit listener(std::function<void(record const&)> hear);
  ~listener();
  listener(listener const&) = delete;
  listener& operator=(listener const&) = delete;
};

/// Receives every record that passes the threshold, until destroyed; for tests. The gate begins
/// anew with it.
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

  /// What came so far, and forgets it.
  std::vector<entry> take();

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace cfgd::log
