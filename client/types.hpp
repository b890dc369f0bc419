#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// What calls give and take. Fields that a service may leave out are optional; fields that this
/// library does not know are ignored. Keys are TOML dotted keys, the first part is the namespace.
namespace cfgd::client {

/// The one counter of the service: +1 for each change of effective values.
using revision_number = std::uint64_t;

/// Who or what set a value.
struct origin {
  std::string layer; ///< default, vendor, admin, runtime, environment, override, or a newer one
  std::optional<std::string> path;
  std::optional<std::int64_t> line;   ///< from 1
  std::optional<std::int64_t> column; ///< from 1
  std::optional<std::int64_t> uid;
  revision_number revision = 0;
  std::optional<std::int64_t> gid = {};
  std::optional<std::int64_t> pid = {};
  std::optional<std::string> unit = {}; ///< systemd unit of that process
  std::optional<std::string> time = {}; ///< RFC 3339, UTC, where it is kept
};

/// Values of one revision.
struct snapshot {
  boost::json::object values;       ///< key to value
  std::vector<std::string> missing; ///< keys that were asked for and have no value
  revision_number revision = 0;
};

/// What one layer says about a key.
struct candidate {
  origin from;
  /// Absent where the layer removes the key, and where the value is secret.
  std::optional<boost::json::value> value;
};

/// Why a key has the value it has.
struct explanation {
  std::optional<boost::json::value> value; ///< the effective one
  std::vector<candidate> candidates;       ///< the winner first
  std::optional<boost::json::object> schema;
  bool secret = false;
  bool writable = false;
  revision_number revision = 0;
};

/// Something that validation has to say.
struct issue {
  std::string severity; ///< error or warning
  std::string rule;
  std::optional<std::string> key;
  std::optional<std::string> pointer;
  std::string message;
  /// The file that says it and the place in it, counted from 1.
  std::optional<std::string> path = {};
  std::optional<std::int64_t> line = {};
  std::optional<std::int64_t> column = {};
};

/// Why a change was refused.
struct refusal {
  std::vector<issue> issues;
  std::int64_t more = 0; ///< how many more there are
};

struct call_error;

/// What an Invalid of the service says; absent for any other failure.
std::optional<refusal> refusal_of(call_error const& why);

enum class commit_mode : std::uint8_t {
  apply,
  check, ///< check everything, change nothing
};

/// Changes that happen together or not at all.
struct transaction {
  boost::json::object values = {};
  std::vector<std::string> unset = {};
  /// Refuse with RevisionMismatch unless the service is still at this revision.
  std::optional<revision_number> if_revision = {};
  commit_mode mode = commit_mode::apply;
  std::string comment = {};
  /// Undo it after so long, unless confirm() comes before.
  std::optional<std::chrono::seconds> confirm = {};
  /// Let it end after so long: what it replaced shows again.
  std::optional<std::chrono::seconds> expire = {};
};

/// What a transaction did, durably.
struct commit {
  revision_number revision = 0;
  std::vector<std::string> changed; ///< keys whose effective value changed
  std::vector<issue> warnings;
  std::optional<std::string> deadline = {}; ///< RFC 3339, if it ends by itself
};

/// What schemas and rules say about a document.
struct validation {
  bool valid = false;
  std::vector<issue> issues;
};

/// A change that ends by itself.
struct pending_change {
  revision_number revision = 0;
  std::string kind;     ///< confirm, expire, or a newer one
  std::string deadline; ///< RFC 3339
  std::vector<std::string> keys;
  std::optional<std::int64_t> uid;
  std::optional<std::string> comment;
};

/// What came of an edit of several files.
struct edit_outcome {
  revision_number revision = 0;
  std::vector<std::string> changed;
  std::vector<issue> issues; ///< why files were refused, and warnings
};

struct service_status {
  std::string version;
  std::int64_t pid = 0;
  std::string start_time; ///< RFC 3339
  std::string status;     ///< healthy, warning, critical
  bool ready = false;
  bool degraded = false;
  revision_number revision = 0;
  std::vector<std::string> namespaces;
  std::int64_t connections = 0;
  std::int64_t watchers = 0;
  /// Namespaces that are served from the defaults of their schemas.
  std::vector<std::string> fallback = {};
  std::vector<pending_change> pending = {};
  /// RFC 3339; until when an edit of several files may take, if one is under way.
  std::optional<std::string> edit_deadline = {};
};

/// One configuration file.
struct source_file {
  std::string path;
  std::string name_space;
  std::string layer;
  std::string state; ///< active, quarantined, missing, untrusted
  std::optional<std::string> message;
  std::optional<std::int64_t> line;
  std::optional<std::int64_t> column;
  revision_number revision = 0;
  std::int64_t size = 0; ///< bytes
  std::string watch;     ///< inotify or poll
  std::string kind = {}; ///< values, schema, rules; empty where the service does not tell
  std::vector<issue> issues = {};
};

struct namespace_cache {
  std::string name_space;
  std::int64_t entries = 0;
  std::int64_t bytes = 0;
  std::int64_t hits = 0;
  std::int64_t misses = 0;
  std::int64_t invalidations = 0;
};

struct cache_stats {
  std::vector<namespace_cache> namespaces; ///< as the service orders them
  std::int64_t bytes = 0;
  std::int64_t maximum_bytes = 0;
  std::int64_t evictions = 0;
};

/// One thing that happened to watched keys: always whole.
struct watch_event {
  /// The state at `revision`, or what this revision changed.
  boost::json::object values;
  /// Keys that lost their value.
  std::vector<std::string> removed;
  revision_number revision = 0;
  std::optional<origin> from;
  /// From here on events are changes: the state, if one was asked for, is complete.
  bool ready = false;
  /// What was known before is void; see watch_options::resync.
  bool resync = false;
};

} // namespace cfgd::client
