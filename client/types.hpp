#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// What calls take and give. All of it is plain data that owns what it holds.
///
/// Fields that a service may leave out are optional or may be empty; fields that this library does
/// not know are ignored. Keys are TOML dotted keys whose first part is the namespace:
/// `site.title`, `hosts."db.example.org".port`. Times are RFC 3339, UTC, with milliseconds. Texts
/// with an enumerated set of words may have further words in newer services.
namespace cfgd::client {

/// The one counter of the service: +1 for each change of effective values. 0: no change yet.
using revision_number = std::uint64_t;

/// Who or what set a value.
struct origin {
  std::string layer; ///< default, vendor, admin, runtime, environment, override, or a newer one
  std::optional<std::string> path;    ///< the file, if a file set it
  std::optional<std::int64_t> line;   ///< from 1
  std::optional<std::int64_t> column; ///< from 1
  std::optional<std::int64_t> uid;    ///< of the writer, if it came over the socket
  revision_number revision = 0;       ///< the revision that brought the value
  std::optional<std::int64_t> gid = {};
  std::optional<std::int64_t> pid = {};
  std::optional<std::string> unit = {}; ///< systemd unit of that process
  std::optional<std::string> time = {}; ///< when it was written, where that is kept
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
  std::optional<bool> locked = {}; ///< it does not count, because of a lock; absent: it does
};

/// Keys that the layers above one cannot change.
struct key_lock {
  std::string above;     ///< the highest layer that still counts
  std::string path;      ///< the access file
  std::int64_t line = 0; ///< from 1
  std::string reason;    ///< for people; may be empty
};

/// Why a key has the value it has.
struct explanation {
  std::optional<boost::json::value> value;   ///< the effective one; absent if none, or secret
  std::vector<candidate> candidates;         ///< the winner first
  std::optional<boost::json::object> schema; ///< the part that governs the key
  bool secret = false;
  bool writable = false; ///< by the caller
  revision_number revision = 0;
  std::optional<bool> read_only = {}; ///< the schema leaves it to files; absent: no
  std::optional<key_lock> lock = {};  ///< that covers the key
};

/// One finding of a schema or a rule.
struct issue {
  std::string severity;               ///< error: rejects the change; warning: does not
  std::string rule;                   ///< the rule, or the schema keyword
  std::optional<std::string> key;     ///< the key it is about
  std::optional<std::string> pointer; ///< JSON pointer inside of the key's value
  std::string message;
  // The file that has it, and the place in the file, from 1.
  std::optional<std::string> path = {};
  std::optional<std::int64_t> line = {};
  std::optional<std::int64_t> column = {};
};

/// Why a change was rejected.
struct refusal {
  std::vector<issue> issues;
  std::int64_t more = 0; ///< the number of issues that were left out
};

struct call_error;

/// The issues of an Invalid error of the service; absent for any other failure.
std::optional<refusal> refusal_of(call_error const& why);

enum class commit_mode : std::uint8_t {
  apply,
  check, ///< validate everything, change nothing
};

/// How the values of a transaction were written.
enum class value_spelling : std::uint8_t {
  typed,
  /// Without types (KEY=VALUE): the schema may make a string of a number or a boolean, and a number
  /// or a boolean of a string. An older service rejects the call.
  text,
};

/// Changes that are made together or not at all.
struct transaction {
  boost::json::object values = {};     ///< key to new value
  std::vector<std::string> unset = {}; ///< keys to remove from the override layer
  /// Fail with RevisionMismatch unless the service is still at this revision.
  std::optional<revision_number> if_revision = {};
  commit_mode mode = commit_mode::apply;
  std::string comment = {}; ///< for the history
  /// Undo the change after this time, unless confirm() is called before.
  std::optional<std::chrono::seconds> confirm = {};
  /// Let the change expire after this time: the values that it replaced show again.
  std::optional<std::chrono::seconds> expire = {};
  value_spelling spelling = value_spelling::typed;
  /// Places in arrays of `values`, as "site.list[0].port", that were written without types. With
  /// value_spelling::text the keys of `values` with an index are added.
  std::vector<std::string> text_elements = {};
  /// With `confirm`: the service confirms the change when every consumer that it concerns has
  /// applied it, and undoes it at once when one fails or a health check becomes critical. Absent:
  /// no. An older service rejects that.
  std::optional<bool> until_applied = {};
};

/// A value of a file that has no effect, because a higher layer sets or removes its key.
struct hidden_value {
  std::string key;
  origin from;                           ///< the file, with the place of the value
  std::optional<origin> by = {};         ///< the override or the file that decides the key
  std::optional<std::string> unset = {}; ///< the key to unset; absent: a file hides the value
  std::optional<bool> removed = {};      ///< the file had the value, and has it no longer
};

/// One key that was set in the override layer.
struct override_key {
  std::string key;
  std::optional<boost::json::value> value; ///< null hides lower layers; absent: a secret
  origin from;                             ///< who set it; `time` is there
  std::optional<bool> soft = {};           ///< the next edit of a file removes it
  std::vector<hidden_value> hides = {};    ///< at most 100
  std::int64_t hidden = 0;                 ///< how many there are
  std::optional<bool> locked = {};         ///< a lock makes it ineffective, or a part of it
};

/// What a transaction did. It is durable.
struct commit {
  revision_number revision = 0;             ///< of the service, also if nothing changed
  std::vector<std::string> changed;         ///< keys whose effective value changed
  std::vector<issue> warnings;              ///< issues that did not reject the change
  std::optional<std::string> deadline = {}; ///< of a pending change
  /// Values of files that the new overrides hide: at most 100, and their number.
  std::vector<hidden_value> hides = {};
  std::optional<std::int64_t> hidden = {};
};

/// What schemas and rules say about a document.
struct validation {
  bool valid = false; ///< no issue is an error
  std::vector<issue> issues;
};

/// A change that is undone unless confirmed, or that expires.
struct pending_change {
  revision_number revision = 0;
  std::string kind; ///< confirm: undone at the deadline unless confirmed; expire: ends then
  std::string deadline;
  std::vector<std::string> keys;   ///< at most 100
  std::optional<std::int64_t> uid; ///< of who made it
  std::optional<std::string> comment;
  std::optional<bool> until_applied = {}; ///< confirmed by the service; absent: no
};

/// The outcome of an edit of several files.
struct edit_outcome {
  revision_number revision = 0;
  std::vector<std::string> changed; ///< keys whose effective value changed
  std::vector<issue> issues;        ///< why files were rejected, and warnings
};

struct service_status {
  std::string version;
  std::int64_t pid = 0;
  std::string start_time;
  std::string status;    ///< healthy, warning, critical
  bool ready = false;    ///< every source was read once
  bool degraded = false; ///< some effective value is not what the sources say
  revision_number revision = 0;
  std::vector<std::string> namespaces;
  std::int64_t connections = 0;
  std::int64_t watchers = 0;
  /// Namespaces whose files have never been valid: the defaults of their schemas are served.
  std::vector<std::string> fallback = {};
  std::vector<pending_change> pending = {};
  std::optional<std::string> edit_deadline = {}; ///< of an edit of several files under way
  std::optional<std::int64_t> overrides = {};    ///< keys that are set in the override layer
  std::optional<std::int64_t> hidden = {};       ///< values of files that they hide
  std::optional<std::string> hidden_since = {};  ///< when the oldest of those overrides was set
  /// Of the store, an absolute path. Absent in older services.
  std::optional<std::string> state_directory = {};
  /// The store that the revisions are of. Absent in older services.
  std::optional<std::string> store_id = {};
};

/// One configuration file.
struct source_file {
  std::string path;
  std::string name_space;
  std::string layer;
  std::string state;                  ///< active, quarantined, missing, untrusted, ignored, masked
  std::optional<std::string> message; ///< why it is not active
  std::optional<std::int64_t> line;   ///< from 1
  std::optional<std::int64_t> column; ///< from 1
  revision_number revision = 0;       ///< that brought its active content
  std::int64_t size = 0;              ///< bytes
  std::string watch;                  ///< inotify or poll
  std::string kind = {};              ///< values, schema, rules; empty in an old service
  std::vector<issue> issues = {};     ///< of its newest content, if schemas or rules rejected it
  std::optional<std::int64_t> keys = {};       ///< leaves in it
  std::optional<std::int64_t> overridden = {}; ///< of those, how many a higher layer hides
};

/// Figures of the cache for one namespace.
struct namespace_cache {
  std::string name_space;
  std::int64_t entries = 0;
  std::int64_t bytes = 0;
  std::int64_t hits = 0;
  std::int64_t misses = 0;
  std::int64_t invalidations = 0;
};

/// What a rotation of the key has done.
struct key_rotation {
  std::string key;              ///< names the new key
  std::int64_t records = 0;     ///< sealed again
  std::vector<std::string> old; ///< stores that the old key still opens
};

/// One right of a user, and what decides it.
struct access_right {
  std::string key;       ///< a key or a namespace; empty: the service itself
  std::string operation; ///< read, write, rollback, secret or admin
  bool allowed = false;
  std::optional<std::string> reason; ///< entry, default, owner or broken
  std::optional<std::string> entry;  ///< PATH:LINE of an access file
};

struct access_report {
  std::int64_t uid = 0;
  std::vector<access_right> rights;
};

/// What one user has of the service.
struct user_use {
  std::int64_t uid = 0;
  std::int64_t connections = 0;
  std::int64_t maximum_connections = 0;
  std::int64_t read_bytes = 0;    ///< of requests that are not complete
  std::int64_t call_bytes = 0;    ///< of calls that are being answered
  std::int64_t queued_bytes = 0;  ///< of replies that the user has not read
  std::int64_t maximum_bytes = 0; ///< of all three together, at the moment
  bool paused = false;            ///< nothing is read from the user
  std::int64_t refused = 0;       ///< connections and replies, since the start
};

struct usage_report {
  std::int64_t connections = 0;
  std::int64_t maximum_connections = 0;
  std::int64_t bytes = 0;
  std::int64_t maximum_bytes = 0;
  std::vector<user_use> users; ///< who has most bytes first
};

struct cache_stats {
  std::vector<namespace_cache> namespaces; ///< in the order of the reply
  std::int64_t bytes = 0;
  std::int64_t maximum_bytes = 0;
  std::int64_t evictions = 0;
};

/// Why a consumer could not apply a revision.
struct consumer_failure {
  revision_number revision = 0;
  std::string message; ///< may be empty: not for the caller
  std::string time;
};

/// A program that watches under a name and acknowledges what it has applied.
struct consumer {
  std::string name;
  std::string state; ///< watching, absent
  std::int64_t uid = 0;
  std::optional<std::int64_t> pid = {};
  std::optional<std::string> unit = {};   ///< systemd unit of that process
  std::vector<std::string> prefixes = {}; ///< empty: everything that it may read
  revision_number delivered = 0;          ///< the newest that was sent to it
  revision_number applied = 0;            ///< the newest that it has acknowledged
  std::string since;                      ///< when it came into this state
  /// The last one, until that revision or a later one is applied.
  std::optional<consumer_failure> failure = {};
};

/// Whether a revision is applied.
struct wait_result {
  bool applied = false;
  std::vector<consumer> waiting = {}; ///< those who have not applied it
};

/// One event of a watch. It is always whole: a state, or one revision.
struct watch_event {
  boost::json::object values;       ///< the state at `revision`, or what this revision set
  std::vector<std::string> removed; ///< keys that lost their value
  revision_number revision = 0;
  std::optional<origin> from; ///< who made the change
  /// The events behind this one are changes: the state, if one was asked for, is complete.
  bool ready = false;
  /// What was reported before is void; see watch_options::resync.
  bool resync = false;
  /// What a changed file says without effect. Such an event has nothing else, and the revision of
  /// the service; see watch_options::hidden.
  std::vector<hidden_value> without_effect = {};
  /// The store that the revisions are of; in states and in events with `ready`. Absent in older
  /// services.
  std::optional<std::string> store_id = {};
};

} // namespace cfgd::client
