#pragma once

#include "core/key.hpp"
#include "engine/records.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cfgd {

/// The loop's memory of effective values: by namespace the canonical text and, filled when asked,
/// ready reply bytes by key as it was asked. A new revision of a namespace drops what was kept of
/// the keys that differ. Bounded in bytes: the namespace that was not asked for the longest goes
/// first, and is then known by name only until it is filled or published again. The last used
/// stays, whatever its size. One thread, the loop's. No I/O.
class value_cache {
 public:
  explicit value_cache(std::size_t maximum_bytes);
  ~value_cache();
  value_cache(value_cache const&) = delete;
  value_cache& operator=(value_cache const&) = delete;

  using changes = std::vector<std::shared_ptr<change const>>;
  /// Takes the newest effective value of a namespace (no text: forgets it) and drops its entries;
  /// with `done`, which says all that differs, only those of the keys in it and above them.
  void publish(engine::effective const& newest, changes const* done = nullptr);
  /// Takes back a value that had been evicted or invalidated, without counting an invalidation.
  /// Does nothing if a newer one was published meanwhile.
  void fill(engine::effective const& current);

  enum class status : std::uint8_t {
    found,
    no_value,   ///< no such namespace, or no such key in it
    not_loaded, ///< the namespace must be filled first (its name is in `name_space`)
    bad_key,    ///< also an index that leads to no element
  };
  struct lookup_result {
    status what = status::no_value;
    /// found: `"site.title":"Harbour"`, a member ready to send; valid until the next call.
    std::string_view member = {};
    /// not_loaded: the namespace.
    std::string_view name_space = {};
    /// bad_key: why.
    error why = {};
  };
  /// Looks a key up as the caller wrote it, which may have indexes. Counts a hit where the ready
  /// bytes were there, else a miss.
  lookup_result find(std::string_view key_text);
  /// The ready member of a key by the bytes that stand between the quotes of a JSON string, which
  /// nobody has looked at: empty if there is none, or if the key is written with escapes in JSON.
  /// Counts a hit, and else nothing. Valid until the next call.
  std::string_view find_plain(std::string_view key_in_json);

  /// The text of a namespace for lists and watches; counts as use. A large one that a Set has made
  /// is not_loaded: the loop must not wait until it is put together.
  struct text_result {
    status what = status::no_value; ///< never bad_key
    std::shared_ptr<std::string const> text = {};
  };
  text_result text_of(std::string_view name_space);
  /// The value of a key in a text of its namespace, as canonical::find(). In the text that is
  /// loaded it is looked up, in others the members before it are scanned. Counts as nothing.
  std::optional<std::string_view> find_in(std::string_view text, key const& which);

  /// All namespaces that are there, loaded or not, in order; valid until publish().
  std::vector<std::string> const& namespaces() const;
  std::size_t size() const;

  /// Drops text and entries of one namespace; returns the number of entries dropped.
  std::size_t invalidate(std::string_view name_space);
  /// Makes the entries of all keys of a loaded namespace; returns how many it has then.
  std::size_t warm(std::string_view name_space);

  /// The text of a namespace if it is loaded; counts as nothing.
  canonical::shared_text peek(std::string_view name_space) const;

  /// Puts an entry of its own, finds it and drops it; whether all of that went well.
  bool probe();

  struct namespace_figures {
    std::size_t entries = 0;
    std::size_t bytes = 0;
    std::uint64_t hits = 0;
    std::uint64_t misses = 0;
    std::uint64_t invalidations = 0;
  };
  struct figures {
    std::size_t namespaces = 0;
    namespace_figures all; ///< the sums
    std::size_t bytes = 0; ///< with what belongs to no namespace
    std::size_t maximum_bytes = 0;
    std::uint64_t evictions = 0;
  };
  figures stats() const;
  /// Of each namespace, by name.
  std::vector<std::pair<std::string, namespace_figures>> stats_by_namespace() const;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace cfgd
