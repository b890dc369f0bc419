#pragma once

#include "core/change.hpp"
#include "core/document.hpp"
#include "core/key.hpp"

#include <boost/json/value.hpp>

#include <chrono>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

/// What goes into the store and what comes out of it.
namespace cfgd::engine {

/// State of a source, as Sources tells it. The numbers are in the store's format.
enum class source_status : std::uint8_t {
  active = 0,
  quarantined = 1,
  missing = 2,
  untrusted = 3,
};
std::string_view to_string(source_status status);

/// What is known of one source.
struct source_row {
  source_id id;
  std::string path;
  file_identity identity;
  content_hash hash{}; ///< of the newest content seen, refused or not
  source_status status = source_status::active;
  /// Why it is not active.
  std::optional<error> why;
  /// Whether there is content in force from it; a source may be refused from its first day on.
  bool is_effective = false;
  /// Revision that its content in force came with; 0 if none.
  revision_number revision = 0;
};

/// What a source says now.
struct source_update {
  /// New content that was read without fault; its bytes are kept if schemas or rules refuse it.
  struct good {
    sourced_document document;
    std::string bytes;
  };
  /// New content that was refused: kept with its diagnostics, what was good stays in force.
  struct refused {
    std::string bytes;
    error why;
  };
  /// Content could not be had; what was good stays in force. `status` is missing or untrusted (the
  /// latter also for what cannot be read for other reasons).
  struct blocked {
    source_status status = source_status::untrusted;
    error why;
  };
  /// Only the file's identity is new; makes a blocked source active again, no quarantined one.
  struct touched {};
  /// The file is gone, and what it said with it.
  struct gone {};

  source_id id;
  std::string path;
  file_identity identity;
  content_hash hash{};
  std::variant<good, refused, blocked, touched, gone> what;
};

enum class grouping : std::uint8_t {
  one_change,           ///< all of it is one revision
  change_per_namespace, ///< at start: what changed while the daemon was down
  all_or_none,          ///< one revision; if a part of it is refused all its new content is
};

/// Sources that changed together, none of them twice; without updates, what was refused by schemas
/// and rules is tried again (as it is with every batch). What is refused - a namespace that would
/// be too large (limit, "namespace_bytes") or does not pass schemas and rules (invalid) - is
/// quarantined, and the others go on; a file that is gone but hid what does not fit stays in force,
/// as missing.
struct file_change {
  std::vector<source_update> updates;
  grouping how = grouping::one_change;
};

/// How a change ends by itself.
struct expiry {
  enum class kind : std::uint8_t {
    confirm = 0, ///< is undone at the deadline unless it is confirmed
    expire = 1,  ///< ends at the deadline
  };
  kind what = kind::confirm;
  std::chrono::milliseconds after{};
};
/// confirm, expire
std::string_view to_string(expiry::kind what);

/// A transaction in the override layer: all of it happens, or none. No two keys of `values` and
/// `hide` may overlap; `unset` comes first, and may name what they lie in, but none of them nor
/// what lies below.
struct set_request {
  /// Replaces what the override layer says at the key and below. An object still merges with the
  /// layers below. The value of a whole namespace must be an object.
  std::vector<std::pair<key, boost::json::value>> values;
  /// What lies below shows again.
  std::vector<key> unset;
  /// Keys, none of them a whole namespace, that shall have no value whatever lies below: an
  /// override that is null. A rollback needs it.
  std::vector<key> hide;
  std::optional<revision_number> if_revision;
  /// Tells what would be, with the next revision's number in the changes, and does nothing.
  bool dry_run = false;
  std::string comment;
  origin from; ///< uid, gid, pid, unit; the rest is filled in
  /// A change of which no reader sees anything is not made at all then.
  std::optional<expiry> ends = {};
};

/// Makes effective values what they were at a revision, by overrides: all of it, or none.
struct rollback_request {
  revision_number revision = 0;
  /// Empty: all namespaces.
  std::string name_space = {};
  std::optional<revision_number> if_revision = {};
  bool dry_run = false;
  std::string comment = {};
  origin from = {};
  std::optional<expiry> ends = {};
};

/// Replaces the whole override layer.
struct restore_request {
  /// By namespace; null hides what lies below.
  std::map<std::string, boost::json::object> overrides;
  bool dry_run = false;
  std::string comment = {};
  origin from = {};
};

/// What becomes of a change that waits for its end.
struct pending_request {
  enum class action : std::uint8_t {
    confirm, ///< it stays
    extend,  ///< it ends at `deadline`
    /// It ends now: what it did to the override layer is undone, where that still stands and
    /// nobody has set the same for good. If that is refused the change stays and waits on.
    end,
  };
  revision_number revision = 0;
  action what = action::confirm;
  wall_time deadline{};
  origin from = {}; ///< who asks, for the note in the history; uid and pid count
};

using request =
    std::variant<file_change, set_request, rollback_request, restore_request, pending_request>;

/// The effective value of one namespace, as the loop keeps it. Immutable and shared with threads.
struct effective {
  std::string name_space;
  /// Revision that gave it its value.
  revision_number revision = 0;
  /// Canonical text of an object; null: there is no such namespace (any more).
  std::shared_ptr<std::string const> text = {};
  /// The same without secrets, for those who may not see them; the same object if there are none.
  std::shared_ptr<std::string const> shown = {};
};

/// A change that ends by itself.
struct pending_change {
  revision_number revision = 0;
  expiry::kind what = expiry::kind::confirm;
  wall_time deadline{};
  origin from = {};
  std::string comment = {};
  std::vector<std::string> keys = {}; ///< that it changed in the override layer
  /// The namespaces whose override layer it changed. Derived, not stored.
  std::vector<std::string> namespaces = {};
};

/// A source whose state changed, for the log.
struct source_transition {
  source_row now;
  source_status before = source_status::active;
  bool was_known = false;
  bool gone = false; ///< `now` is what it was last
};

/// What one request did.
struct committed_change {
  /// The service's revision after it; the old one if nothing effective changed.
  revision_number revision = 0;
  std::vector<std::shared_ptr<change const>> changes = {};
  /// The namespaces whose effective value changed, came or went.
  std::vector<effective> effectives = {};
  std::vector<source_transition> transitions = {};
  /// Effective values changed without a change record: watchers have to start over.
  bool needs_resync = false;
  /// What rules say of it and let pass.
  std::vector<issue> warnings = {};
  /// All changes that end by themselves, the next one first, if that list is another one now.
  std::optional<std::vector<pending_change>> pending = {};
  /// When this change ends by itself.
  std::optional<wall_time> deadline = {};
};

/// Errors: conflict (used = the revision that is), limit, bad_value, bad_key, store_failed, invalid
/// (`issues` has what schemas and rules say), not_found (no such revision is kept: used is the
/// oldest, maximum the newest that is; or no such
/// pending change: subject is the revision as text; or no such namespace: subject is its name).
using decision = result<committed_change>;

/// What one layer says about a key.
struct layer_value {
  origin from = {};
  /// When it was written; overrides only.
  std::optional<wall_time> time = {};
  /// Canonical text; absent where the layer removes the key.
  std::optional<std::string> value = {};
};

struct explanation {
  /// The effective value; absent if the key has none.
  std::optional<std::string> value;
  /// The winner first.
  std::vector<layer_value> layer_values;
  revision_number revision = 0;
  /// The subschema that governs the key, JSON text; absent: none does.
  std::optional<std::string> schema = {};
  bool secret = false;
};

/// What Log asks for: changes from the newest on.
struct history_query {
  /// Only changes of this key and below; only such keys are in them then.
  std::optional<key> prefix = {};
  revision_number after = 0; ///< only behind it
  revision_number before = std::numeric_limits<revision_number>::max();
  std::optional<wall_time> since = {};
  std::size_t limit = 10;
};
struct history_page {
  /// Newest first.
  std::vector<std::shared_ptr<change const>> changes;
  /// There are older ones that fit the query and were left out, for the limit or for size.
  bool more = false;
  revision_number oldest = 0; ///< kept; newest + 1 if none
  revision_number newest = 0;
};

/// Who gave a leaf its value.
struct blamed_key {
  std::string key;
  std::string value; ///< canonical; empty: a secret
  origin from;
  std::optional<wall_time> time; ///< absent: the change is no longer kept
  std::string comment;
};

/// A piece of history, oldest first.
struct history_slice {
  std::vector<std::shared_ptr<change const>> changes;
  /// Whether changes behind the last one were left out for size.
  bool more = false;
  /// The asked-for start lies before what is kept; `changes` is empty then.
  bool compacted = false;
  revision_number oldest = 0; ///< oldest revision kept; newest + 1 if none
  revision_number newest = 0;
};

} // namespace cfgd::engine
