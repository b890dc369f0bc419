#pragma once

#include "core/change.hpp"
#include "core/document.hpp"
#include "core/key.hpp"
#include "core/shared_text.hpp"
#include "core/value_path.hpp"
#include "engine/access/entries.hpp"

#include <boost/json/value.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

/// Requests for changes, their results, and the questions to history with their answers.
namespace cfgd::engine {

/// State of a source, as Config.Sources reports it. The numbers are part of the store's format.
enum class source_status : std::uint8_t {
  active = 0,
  quarantined = 1,
  missing = 2,
  untrusted = 3,
};
std::string_view to_string(source_status status);

/// The facts about one source.
struct source_row {
  source_id id;
  std::string path;
  file_identity identity;
  content_hash hash{}; ///< of the newest content, rejected or not; 0: it has credentials
  source_status status = source_status::active;
  /// Why it is not active. Of an active source: the notes on its content, as issues that are
  /// warnings; absent if there are none.
  std::optional<error> why;
  /// Whether some content of it is effective. A source that has never been valid has none.
  bool is_effective = false;
  /// Revision that its effective content came with; 0 if none.
  revision_number revision = 0;
};

/// What was found of one source.
struct source_update {
  /// New content that was parsed. Its bytes are kept in quarantine if the policy rejects it.
  struct good {
    sourced_document document;
    std::string bytes;
  };
  /// New content that could not be parsed: kept in quarantine with its diagnostics. The last good
  /// content stays effective.
  struct refused {
    std::string bytes;
    error why;
  };
  /// The content could not be read; the last good content stays effective. `status` is missing or
  /// untrusted (which also stands for other reasons why a file cannot be read).
  struct blocked {
    source_status status = source_status::untrusted;
    error why;
  };
  /// Only the identity of the file changed. Makes a blocked source active again; a quarantined one
  /// stays quarantined.
  struct touched {};
  /// The file was removed, and its content with it, or does not count any more.
  struct gone {
    std::string masked_by = {}; ///< the file of a higher layer that masks it; empty: none
  };

  source_id id;
  std::string path;
  file_identity identity;
  content_hash hash{};
  std::variant<good, refused, blocked, touched, gone> what;
};

enum class grouping : std::uint8_t {
  one_change,           ///< all of it is one revision
  change_per_namespace, ///< at start: a revision for each namespace that changed meanwhile
  all_or_none,          ///< one revision; if a part is rejected, all its new content is
};

/// Sources that changed together. Sources that the policy rejected earlier are retried with it; a
/// file change without updates only retries.
///
/// A file change never fails because of its content: sources that would make a namespace too large
/// (limit, "namespace_bytes") or that the policy rejects (invalid) go to quarantine, and the others
/// are accepted. If the policy rejects the removal of a file, its content stays effective and its
/// status is missing.
struct file_change {
  std::vector<source_update> updates;
  grouping how = grouping::one_change;
};

/// Makes a change a pending one.
struct expiry {
  enum class kind : std::uint8_t {
    confirm = 0, ///< undone at the deadline unless it is confirmed
    expire = 1,  ///< undone at the deadline
    /// As confirm; the daemon confirms it when all consumers have applied it, and undoes it when
    /// one of them cannot.
    applied = 2,
  };
  kind what = kind::confirm;
  std::chrono::milliseconds after{}; ///< from the time of the commit to the deadline
};
/// confirm (also of applied), expire
std::string_view to_string(expiry::kind what);

/// Whether whoever made a request may have it done, by the access rules of the state that the
/// request meets: a change of rights wins over a request that was made before it. Its error becomes
/// the decision. Called by the committer thread; empty: permitted.
using permission = std::function<result<void>(access_rules const&)>;

/// A transaction in the override layer: all of it is accepted, or nothing. No two keys of `values`
/// and `hide` may overlap. `unset` is applied first: its keys may be parents of those, but not the
/// same keys nor keys below them.
struct set_request {
  /// Replaces the overrides of a key and of all keys below it. An object still merges with the
  /// layers below. The value of a whole namespace must be an object.
  std::vector<std::pair<key, boost::json::value>> values;
  /// Removes overrides, so that the layers below are visible again.
  std::vector<key> unset;
  /// Keys that get no value whatever the layers below say: an override that is null. None of them
  /// may be a whole namespace. Rollbacks need it.
  std::vector<key> hide;
  /// Reject the request (conflict) unless the service is at this revision.
  std::optional<revision_number> if_revision;
  /// Report what would change, with the number of the next revision in the changes, and do nothing.
  bool dry_run = false;
  /// The values were written as text (core/untyped.hpp): a number or a boolean becomes text, and a
  /// text a number or a boolean, where the schema asks for it.
  bool text = false;
  /// Places in arrays of `values` whose values were written as text. They have no append.
  std::vector<value_path> text_elements = {};
  std::string comment;
  origin from; ///< uid, gid, pid, unit; the plan fills in the rest
  /// Makes it a pending change. If no effective value changes, nothing is done at all then.
  std::optional<expiry> ends = {};
  permission permitted = {};
};

/// Whether the overrides of a rollback outlive the next edit of the files that they hide.
enum class rollback_kind : std::uint8_t {
  lasting, ///< they stay until they are unset
  soft,    ///< an edit of a file that changes a key removes the override of that key
};

/// Restores the effective values of a revision with overrides: all of them, or nothing.
struct rollback_request {
  revision_number revision = 0;
  /// Empty: all namespaces.
  std::string name_space = {};
  std::optional<revision_number> if_revision = {};
  bool dry_run = false;
  std::string comment = {};
  origin from = {};
  std::optional<expiry> ends = {};
  rollback_kind kind = rollback_kind::lasting;
  permission permitted = {};
};

/// Replaces the whole override layer, as a backup has it.
struct restore_request {
  /// By namespace; null hides the values of the layers below.
  std::map<std::string, boost::json::object> overrides;
  bool dry_run = false;
  std::string comment = {};
  origin from = {};
  permission permitted = {};
};

/// Decides about a pending change.
struct pending_request {
  enum class action : std::uint8_t {
    confirm, ///< it becomes permanent
    extend,  ///< `deadline` is its new deadline
    /// It is undone now: its overrides are removed where they still have its values and nobody has
    /// set the same permanently. If the policy rejects that, the change stays pending.
    end,
  };
  revision_number revision = 0;
  action what = action::confirm;
  wall_time deadline{};
  origin from = {}; ///< who asks, for the note in the history; uid and pid count
  permission permitted = {};
};

using request =
    std::variant<file_change, set_request, rollback_request, restore_request, pending_request>;

/// The effective value of one namespace. The texts are immutable, so threads share them.
struct effective {
  std::string name_space;
  /// Revision that it got its value with.
  revision_number revision = 0;
  /// The text of an object; none: there is no such namespace, or not any more.
  canonical::shared_text text = {};
  /// The text without secrets, for readers who may not see them; the same object if there are none.
  canonical::shared_text shown = {};
};

/// A pending change, as Pending lists it.
struct pending_change {
  revision_number revision = 0;
  expiry::kind what = expiry::kind::confirm;
  wall_time deadline{};
  origin from = {};
  std::string comment = {};
  std::vector<std::string> keys = {}; ///< the overrides that it changed
  /// The namespaces whose override layer it changed. Derived, not stored.
  std::vector<std::string> namespaces = {};
};

/// A source whose status or diagnostics changed; the daemon logs it.
struct source_transition {
  source_row now;
  source_status before = source_status::active;
  bool was_known = false;
  bool gone = false;          ///< the file was removed; `now` is its last row
  std::string masked_by = {}; ///< or masked by this file
};

/// A value of a source that has no effect, because a higher layer sets or removes its key.
struct hidden_value {
  std::string key; ///< a leaf of the source
  origin from;     ///< the source, with the place of the value
  /// The higher layer: an override with its writer and revision, or a file with the place.
  origin by;
  std::optional<wall_time> time = {}; ///< when the override was set
  std::string override_key = {};      ///< what to unset; empty: a file hides the value
  bool is_removed = false;            ///< the source had the value, and has it no longer
};
/// Hidden values: their number, and as many of them as are reported.
struct hidden_values {
  static constexpr std::size_t most_listed = 100;
  std::vector<hidden_value> listed = {};
  std::size_t count = 0;
};

/// The overrides of a namespace in numbers.
struct override_summary {
  std::string name_space;
  std::size_t overrides = 0;           ///< keys that were set
  std::size_t hidden = 0;              ///< values of sources that they hide
  std::optional<wall_time> since = {}; ///< of the oldest override that hides a value
  friend bool operator==(override_summary const&, override_summary const&) = default;
};

/// One key that was set in the override layer.
struct override_row {
  std::string key;
  std::string value; ///< canonical text; null hides; empty: a secret
  origin from;
  wall_time time{};
  bool is_soft = false;
  bool is_locked = false; ///< a lock makes it ineffective, or a part of it
  hidden_values hides = {};
};

/// How many leaves a source has, and how many of them have no effect.
struct source_keys {
  std::size_t all = 0;
  std::size_t hidden = 0;
};

/// What an accepted request changed: all that readers, watchers and the log must learn of it.
struct committed_change {
  /// The service's revision after it; the old one if nothing effective changed.
  revision_number revision = 0;
  std::vector<std::shared_ptr<change const>> changes = {};
  /// The namespaces whose effective value changed, appeared or disappeared.
  std::vector<effective> effectives = {};
  std::vector<source_transition> transitions = {};
  /// Effective values changed without a change record that says so: watchers must resync.
  bool needs_resync = false;
  /// The warnings of schemas and rules.
  std::vector<issue> warnings = {};
  /// All pending changes, the next deadline first; absent if that list did not change.
  std::optional<std::vector<pending_change>> pending = {};
  /// The deadline of this change, if it is a pending one.
  std::optional<wall_time> deadline = {};
  /// Values of sources that the overrides of this change hide.
  hidden_values hides = {};
  /// What changed files say that has no effect.
  hidden_values without_effect = {};
  /// Of each namespace whose sources or overrides changed.
  std::vector<override_summary> overrides = {};
};

/// The result of one request: the committed change, or why it was rejected.
/// Errors: conflict (used = the current revision), limit, bad_value, bad_key, read_only,
/// store_failed, invalid (`issues` of schemas and rules), not_found (no such revision: used is the
/// oldest that is kept, maximum the newest; or no such pending change: subject is the revision as
/// text; or no such namespace: subject is its name).
using decision = result<committed_change>;

/// The value of a key in one layer.
struct layer_value {
  origin from = {};
  /// When it was set; only of overrides.
  std::optional<wall_time> time = {};
  /// Canonical text; absent where the layer removes the key.
  std::optional<std::string> value = {};
  bool is_locked = false; ///< it does not count, because of a lock
};

/// The answer of Explain for one key.
struct explanation {
  /// The effective value; absent if the key has none.
  std::optional<std::string> value;
  /// The highest layer first; its value is the effective one unless objects are merged.
  std::vector<layer_value> layer_values;
  revision_number revision = 0;
  /// The subschema that applies to the key, as JSON text; absent: none does.
  std::optional<std::string> schema = {};
  bool secret = false;
  bool read_only = false;                ///< for clients, as the schema says
  std::optional<engine::lock> lock = {}; ///< that covers the key
};

/// A question to history. The answer starts with the newest change.
struct history_query {
  /// Only changes of this key and of keys below it; other keys are left out of them.
  std::optional<key> prefix = {};
  revision_number after = 0; ///< only later revisions
  /// Only earlier revisions.
  revision_number before = std::numeric_limits<revision_number>::max();
  /// Only changes at this time or later. Times of changes and this one are both rounded down to a
  /// millisecond, so no change at or after the instant that was meant is left out.
  std::optional<wall_time> since = {};
  std::size_t limit = 10; ///< changes
  /// Bytes of records that one page may read, about; a page ends at it also if nothing was found.
  std::size_t scan_bytes = std::numeric_limits<std::size_t>::max();
};
/// One answer to a history_query.
struct history_page {
  /// Newest first.
  std::vector<std::shared_ptr<change const>> changes;
  /// Older changes match, too, and were left out because of the limit or for their size, or were
  /// not looked at.
  bool more = false;
  /// `before` of the next page; absent: the revision of the last change.
  std::optional<revision_number> resume_before = {};
  revision_number oldest = 0; ///< kept; newest + 1 if none
  revision_number newest = 0;
  /// Revisions whose records are damaged: they are left out of `changes`.
  std::vector<revision_number> damaged = {};
};

/// The origin of the value of a leaf.
struct blamed_key {
  std::string key;
  std::string value; ///< canonical text; empty: a secret
  origin from;
  std::optional<wall_time> time; ///< absent: the history does not reach back that far
  std::string comment;
};
/// The leaves of a namespace and who set them.
struct blamed_keys {
  std::vector<blamed_key> lines; ///< in key order
  /// Revisions whose records are damaged. What they may have changed has the origin that its layer
  /// says, without a time.
  std::vector<revision_number> damaged = {};
};

/// A range of history, oldest change first.
struct history_slice {
  std::vector<std::shared_ptr<change const>> changes;
  /// Later changes were left out for their size.
  bool more = false;
  /// The range starts before the oldest revision that is kept, or has a damaged record; `changes`
  /// is empty then.
  bool compacted = false;
  revision_number oldest = 0; ///< oldest revision kept; newest + 1 if none
  revision_number newest = 0;
};

/// A part of the search for damaged records of the history.
struct examined_history {
  std::vector<revision_number> damaged;
  revision_number last = 0; ///< that was examined
  bool more = false;        ///< later ones were not
};

} // namespace cfgd::engine
