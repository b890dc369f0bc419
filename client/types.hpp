#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

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
};

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
};

/// What a transaction did, durably.
struct commit {
  revision_number revision = 0;
  std::vector<std::string> changed; ///< keys whose effective value changed
  std::vector<issue> warnings;
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
