#pragma once

#include "types.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// What calls of io.cfgd.History give and take. Times are RFC 3339, UTC. Values that are secret are
/// in none of it.
namespace cfgd::client {

/// One revision.
struct change {
  revision_number revision = 0;
  std::string time;
  origin from;
  std::optional<std::int64_t> pid;
  std::optional<std::string> unit;
  std::optional<std::string> comment;
  // Effective keys.
  std::vector<std::string> created;
  std::vector<std::string> updated;
  std::vector<std::string> deleted;
  // Key to value; only if values were asked for.
  boost::json::object before;
  boost::json::object after;
  std::vector<issue> warnings;
};

enum class log_detail : std::uint8_t { keys, values };

/// Which changes are wanted.
struct log_query {
  std::string prefix = {};                    ///< empty: all that the caller may read
  std::optional<revision_number> after = {};  ///< only those behind this revision
  std::optional<revision_number> before = {}; ///< only those before this revision
  std::string since = {};                     ///< only those at or after this time
  std::optional<std::int64_t> limit = {};     ///< 10 if it is not said
  log_detail detail = log_detail::keys;
};

struct change_log {
  std::vector<change> changes; ///< the newest first
  revision_number oldest = 0;  ///< the oldest revision that is kept
};

/// Effective values that are not the same at two revisions: key to value. A key that is only in one
/// of them has no value at the other revision.
struct difference {
  boost::json::object before;
  boost::json::object after;
};

/// Values of an earlier revision.
struct past_values {
  boost::json::object values;
  std::vector<std::string> missing;
};

/// Who gave a key its value.
struct blame_line {
  std::string key;
  std::optional<boost::json::value> value; ///< absent where it is secret
  origin from;
  std::optional<std::int64_t> pid;
  std::optional<std::string> unit;
  std::optional<std::string> time; ///< absent where the change is no longer kept
  std::optional<std::string> comment;
};

/// The way back to a revision.
struct rollback_request {
  revision_number revision = 0;
  std::string name_space = {}; ///< empty: all
  std::optional<revision_number> if_revision = {};
  commit_mode mode = commit_mode::apply;
  std::string comment = {};
  std::optional<std::chrono::seconds> confirm = {}; ///< as in transaction
};

/// A whole override layer, as a backup has it.
struct restore_request {
  boost::json::object overrides; ///< namespace to document; null hides what lies below
  commit_mode mode = commit_mode::apply;
  std::string comment = {};
};

} // namespace cfgd::client
