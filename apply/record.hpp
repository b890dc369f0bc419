#pragma once

#include "core/error.hpp"
#include "core/source.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What the journal of cfgd-apply records, one JSON object a line. No I/O.
namespace cfgd::apply {

/// The state of a target after its last application.
enum class condition : std::uint8_t {
  applied,  ///< every file is as the revision says, and the unit has acted
  failed,   ///< a check, the unit or a verification refused; the files are what they were
  conflict, ///< a file was changed by somebody else
  faulty,   ///< the target, a template or a value cannot be used
};
std::string_view to_string(condition which);

/// 32 hexadecimal digits.
std::string hex_of(content_hash const& hash);

/// What is known of a target across restarts.
struct target_record {
  condition state = condition::applied;
  std::uint64_t revision = 0;
  std::string message = {}; ///< why it is not applied
  std::string time = {};    ///< RFC 3339, of the end of the application
  /// Identifies what was tried: it is not tried again until it differs.
  std::string fingerprint = {};
  /// The content that cfgd-apply has written, by path, as hex_of().
  std::map<std::string, std::string> files = {};
};

/// A file of an application that has begun.
struct replaced_file {
  std::string path = {};
  std::string before = {}; ///< hex_of() its old content; empty: it did not exist
  std::string after = {};
};

struct replaced_target {
  std::string name = {};
  std::string fingerprint = {};
  std::string user = {}; ///< whose files they are; empty: the program's
  std::vector<replaced_file> files = {};
};

/// How far an application has come, durably.
enum class phase : std::uint8_t {
  replacing, ///< files may be old or new; the unit knows nothing of it
  acting,    ///< all files are new; the unit may have acted
  restoring, ///< something failed; files may be old or new, the unit must act again
};
std::string_view to_string(phase which);

/// One application: targets of one unit, or one target without a unit.
struct application_record {
  phase at = phase::replacing;
  std::uint64_t revision = 0;
  std::string unit = {};   ///< empty: none
  std::string action = {}; ///< as to_string()
  std::string signal = {};
  std::string message = {}; ///< why it is restored
  std::vector<replaced_target> targets = {};
};

/// What the lines of a journal add up to.
struct journal_state {
  std::map<std::string, target_record> targets;
  std::optional<application_record> open; ///< begun, and not ended
};

// Lines, without a newline.
std::string begin_line(application_record const& what);
std::string phase_line(phase at, std::string_view message);
std::string end_line();
std::string target_line(std::string const& name, target_record const& what);

/// Takes the next line. Errors: parse. A line that ends an application comes behind the lines of
/// its targets.
[[nodiscard]] result<void> take_line(journal_state& into, std::string_view line);

/// The lines that have the same effect as all before, each with a newline.
std::string compacted(journal_state const& state);

boost::json::object json_of(target_record const& what);

} // namespace cfgd::apply
