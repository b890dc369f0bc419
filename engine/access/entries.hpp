#pragma once

#include "core/error.hpp"
#include "core/key.hpp"
#include "core/source.hpp"

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// What access files say: who may do what with which namespaces and keys, and which keys are
/// locked. Data and decisions only; no I/O, any thread.
namespace cfgd::engine {

enum class operation : std::uint8_t { read, write, rollback, secret, admin };
/// read, write, rollback, secret, admin
std::string_view to_string(operation which);
std::optional<operation> parse_operation(std::string_view text);

/// Whom an entry is about: "user:anna", "user:1000", "group:web", "unit:nginx.service", "any".
struct subject {
  enum class kind : std::uint8_t { any, user, group, unit };
  kind what = kind::any;
  std::string name = {}; ///< as written; a glob for units

  friend bool operator==(subject const&, subject const&) = default;
};
std::string to_string(subject const& whom);
/// Errors: parse (the message is one for people).
[[nodiscard]] result<subject> parse_subject(std::string_view text);
/// The number of a user or group that is written as one; absent: it is a name.
std::optional<std::uint32_t> number_of(subject const& whom);

/// Why a text is not a valid glob (* ? [a-z] [!a-z], no escapes), for people; empty: it is one.
std::string glob_fault(std::string_view glob);
bool glob_matches(std::string const& glob, std::string_view text);

struct access_entry {
  bool allow = false;
  std::vector<operation> operations = {};
  std::vector<subject> subjects = {};
  std::vector<std::string> namespaces = {}; ///< globs; empty if keys are given
  std::vector<key> keys = {};               ///< prefixes
  std::string path = {};                    ///< "/etc/cfgd/access/10-web.toml"
  std::size_t line = 0;

  /// "/etc/cfgd/access/10-web.toml:12"
  std::string place() const;
  friend bool operator==(access_entry const&, access_entry const&) = default;
};

/// Keys that the layers above one cannot change, nor what lies below them.
struct lock {
  std::vector<key> keys = {};
  layer above = layer::vendor; ///< this layer and those below it still count
  std::string reason = {};
  std::string path = {};
  std::size_t line = 0;

  /// "/usr/lib/cfgd/access/50-theme.toml:3"
  std::string place() const;
  friend bool operator==(lock const&, lock const&) = default;
};

/// What all effective access files say. Immutable once it is shared.
struct access_rules {
  std::vector<access_entry> entries = {}; ///< in the order in which they are asked
  std::vector<lock> locks = {};
  /// Paths of files that have never been valid: nobody but root gets anything that they could have
  /// refused.
  std::vector<std::string> broken = {};
  /// The entries that are asked before the first broken file; only they can allow something then.
  std::size_t entries_before_broken = 0;

  friend bool operator==(access_rules const&, access_rules const&) = default;
};

/// Names of subjects with their numbers, resolved elsewhere because that may block. A name that is
/// not here fits nobody.
struct resolved_names {
  std::map<std::string, uid_t> users = {};
  std::map<std::string, gid_t> groups = {};
};

/// Who asks. `groups` has all groups, the primary one, too.
struct asker {
  uid_t uid = std::numeric_limits<uid_t>::max();
  std::span<gid_t const> groups = {};
  std::string_view unit = {}; ///< empty: not known, so no entry for a unit fits
};

struct access_answer {
  enum class verdict : std::uint8_t { allowed, denied, no_entry } what = verdict::no_entry;
  /// The entry that says so; valid as long as the rules. Null: no entry, or a broken file refuses.
  access_entry const* by = nullptr;
};

/// What the first entry that fits says. An entry with keys allows what is at and below them, and
/// denies besides what is above them, because a change there reaches the keys. Root and the
/// daemon's own user are not excepted here: do not ask for them.
access_answer decide(access_rules const& rules, resolved_names const& names, asker const& who,
                     operation what, key const& which);
/// The same for a whole namespace. `name_space` need not be a valid name.
access_answer decide(access_rules const& rules, resolved_names const& names, asker const& who,
                     operation what, std::string_view name_space);

/// The strictest lock that covers a key: of those at or above it the one for the most layers, and
/// of equal ones the first. Null: none. Valid as long as the locks.
lock const* find_lock(std::span<lock const> locks, key const& which);
lock const* find_lock(access_rules const& rules, key const& which);
/// The same of the locks of keys below `which`.
lock const* find_lock_below(std::span<lock const> locks, key const& which);

/// Why a lock forbids a change, for people: "is locked by FILE:LINE: REASON".
std::string describe(lock const& by);

} // namespace cfgd::engine
