#pragma once

#include "types.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// What calls of io.cfgd.History take and give. Times are RFC 3339, UTC, with milliseconds. Secret
/// values are never in it.
namespace cfgd::client {

/// Keys of a change that come from one file.
struct key_origins {
  origin from;               ///< the file, without a place
  boost::json::object lines; ///< key to the line in the file; 0: not known
};

/// What one revision changed, and who made it.
struct change {
  revision_number revision = 0;
  std::string time;
  origin from;
  std::optional<std::int64_t> pid; ///< of the writer, if it came over the socket
  std::optional<std::string> unit; ///< systemd unit of that process
  std::optional<std::string> comment;
  // Keys whose effective value appeared, changed, is gone.
  std::vector<std::string> created;
  std::vector<std::string> updated;
  std::vector<std::string> deleted;
  // Key to effective value; empty unless log_detail::values was asked for.
  boost::json::object before;
  boost::json::object after;
  std::vector<issue> warnings; ///< issues that did not reject the change
  /// The origins of keys that have another one than the change: another line or another file.
  std::vector<key_origins> origins = {};
};

enum class log_detail : std::uint8_t { keys, values };

/// Which changes are wanted: all conditions together.
struct log_query {
  std::string prefix = {};                    ///< empty: all that the caller may read
  std::optional<revision_number> after = {};  ///< revisions greater than this
  std::optional<revision_number> before = {}; ///< revisions less than this: the next page
  std::string since = {};                     ///< at or after this time; empty: any
  std::optional<std::int64_t> limit = {};     ///< 10 if absent
  log_detail detail = log_detail::keys;
};

struct change_log {
  std::vector<change> changes;          ///< the newest first
  revision_number oldest = 0;           ///< the oldest revision that is kept
  std::vector<revision_number> damaged; ///< their records are damaged and left out
};

/// Effective values that differ between two revisions, key to value. A key that is only in one of
/// the two has no value at the other revision.
struct difference {
  boost::json::object before;
  boost::json::object after;
  std::vector<std::string> secrets = {}; ///< keys whose values differ and are not shown
};

/// Values of an earlier revision.
struct past_values {
  boost::json::object values;
  std::vector<std::string> missing; ///< keys that were asked for and had no value
};

/// Which change gave a key its value.
struct blame_line {
  std::string key;
  std::optional<boost::json::value> value; ///< absent where it is secret
  origin from;
  std::optional<std::int64_t> pid;
  std::optional<std::string> unit;
  std::optional<std::string> time; ///< absent where the change is no longer kept
  std::optional<std::string> comment;
};

/// The keys of a namespace and who set them.
struct blame_report {
  std::vector<blame_line> lines;
  /// Changes whose records are damaged. A key that one of them may have changed has the origin that
  /// its layer says, without a time.
  std::vector<revision_number> damaged = {};
};

/// Whether the overrides of a rollback outlive the next edit of the files that they hide.
enum class rollback_kind : std::uint8_t {
  lasting, ///< they stay until they are unset
  soft,    ///< an edit of a file that changes a key removes the override of that key
};

/// Make the effective values what they were at a revision.
struct rollback_request {
  revision_number revision = 0;
  std::string name_space = {}; ///< empty: all
  std::optional<revision_number> if_revision = {};
  commit_mode mode = commit_mode::apply;
  std::string comment = {};
  std::optional<std::chrono::seconds> confirm = {}; ///< as transaction::confirm
  rollback_kind kind = rollback_kind::lasting;
  std::optional<bool> until_applied = {}; ///< as transaction::until_applied
};

/// A whole override layer, as a backup has it.
struct restore_request {
  boost::json::object overrides; ///< namespace to document; a null in it hides the layers below
  commit_mode mode = commit_mode::apply;
  std::string comment = {};
};

} // namespace cfgd::client
