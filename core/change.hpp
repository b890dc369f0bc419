#pragma once

#include "core/source.hpp"
#include "core/time.hpp"

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace cfgd {

/// The revision of the service: +1 for each change of effective values. 0: before the first one.
using revision_number = std::uint64_t;

/// Who or what set a value.
struct origin {
  layer where = layer::admin;
  /// The absolute path of the file; empty: not set by a file.
  std::string path;
  place at;
  /// The writer, if the change was a request through the socket.
  std::optional<uid_t> uid;
  std::optional<gid_t> gid;
  std::optional<pid_t> pid;
  /// systemd unit of the writer, if known.
  std::string unit;
  /// The revision that the value came with.
  revision_number revision = 0;

  friend bool operator==(origin const&, origin const&) = default;
};

/// One leaf whose effective value changed. Canonical JSON texts; empty: absent.
struct key_change {
  std::string key;
  std::string before;
  std::string after;
  /// Whether the schema called it a secret when it changed: never shown from history.
  bool secret = false;
  /// 0: its origin is that of the change. Else that of change::files at this number, from 1, at the
  /// place `at`.
  std::uint32_t file = 0;
  place at = {};

  bool created() const { return before.empty(); }
  bool deleted() const { return after.empty(); }
  friend bool operator==(key_change const&, key_change const&) = default;
};

/// The record of one revision.
struct change {
  revision_number revision = 0;
  wall_time time{};
  origin from;
  std::string comment;
  /// In key order; never empty.
  std::vector<key_change> keys;
  /// The warnings of schemas and rules.
  std::vector<issue> warnings = {};
  /// The files that keys came from, without places; empty if all keys have the origin of the
  /// change.
  std::vector<origin> files = {};

  friend bool operator==(change const&, change const&) = default;
};

/// The origin of one key of a change. `leaf` is a key of it, or of a view of it.
template <class Change, class Leaf>
origin origin_of(Change const& in, Leaf const& leaf) {
  if (leaf.file == 0 || leaf.file > in.files.size()) return in.from;
  origin from = in.files[leaf.file - 1];
  from.at = leaf.at;
  from.revision = in.from.revision;
  return from;
}

} // namespace cfgd
