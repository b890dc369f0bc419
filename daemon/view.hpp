#pragma once

#include "core/change.hpp"
#include "core/outline.hpp"
#include "daemon/committer.hpp"
#include "daemon/fallback.hpp"
#include "daemon/pending_changes.hpp"
#include "daemon/value_cache.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cfgd {

/// The published state that the loop serves: the revision, the effective values in the cache, the
/// sources that are not active, the pending changes. It changes only in publish(), so that
/// everything read in one turn of the loop belongs to one revision. The cache has no secrets; the
/// texts with secrets are kept beside it. Loop thread only.
class view {
 public:
  explicit view(std::size_t cache_bytes) : cache_(cache_bytes) {}

  /// The state of the store when the service starts.
  struct beginning {
    revision_number revision = 0;
    std::vector<engine::effective> const& effectives;
    std::vector<engine::source_row> const& sources;
    std::vector<engine::pending_change> const& pending;
    std::vector<engine::override_summary> overrides = {};
    std::string store_id = {};
  };
  void begin(beginning const& with);

  /// Makes a committed change visible. Call it in the order of revisions.
  void publish(engine::committed_change const& done);
  /// Replaces the list of without_values().
  void publish(fallbacks newest) {
    fallbacks_ = std::move(newest);
    ++sources_version_;
  }

  /// Bytes of the values that changes brought since the last call.
  std::size_t take_changed_bytes() { return std::exchange(changed_bytes_, 0); }

  revision_number revision() const { return revision_; }
  /// Of the store that the revisions are of.
  std::string const& store_id() const { return store_id_; }
  /// The effective values, without secrets.
  value_cache& cache() { return cache_; }

  struct source_problem {
    std::string path;
    engine::source_status status;
    bool is_effective = false; ///< its last good content is
  };
  /// Sources that are not active, by name.
  std::map<std::string, source_problem> const& problems() const { return problems_; }
  /// Whether some content of a source is effective. True for a source that is not known.
  bool has_effective_content(source_id const& id) const;
  /// Namespaces that have files of values, none of which is effective.
  fallbacks const& without_values() const { return fallbacks_; }
  pending_changes& pending() { return pending_; }

  /// The overrides of all namespaces that `may_read` accepts (empty: all) together; it has no name.
  engine::override_summary
  overrides(std::function<bool(std::string_view)> const& may_read = {}) const;

  /// Why changes of files cannot be recorded; absent while they can.
  std::optional<error> const& unrecorded() const { return unrecorded_; }
  void note_unrecorded(std::optional<error> why) {
    unrecorded_ = std::move(why);
    ++sources_version_;
  }

  /// Files that were saved during an edit of several files and wait for its end.
  std::size_t waiting_files() const { return waiting_files_; }
  void note_waiting_files(std::size_t count) { waiting_files_ = count; }

  /// Changes with every change of problems(), without_values() or unrecorded().
  std::uint64_t sources_version() const { return sources_version_; }

  /// The two texts of a namespace that has secrets.
  struct secret_texts {
    std::shared_ptr<std::string const> whole;
    std::shared_ptr<std::string const> shown;       ///< without secrets
    std::shared_ptr<canonical::finder> values = {}; ///< of `whole`
  };
  /// Null: it has no secrets. Valid until the next publish().
  secret_texts const* secrets_of(std::string_view name_space) const;
  bool has_secrets() const { return !secrets_.empty(); }
  /// Whether a key has a value now that is a secret, or part of one.
  bool is_secret(key const& which) const;

  using texts = std::map<std::string, std::shared_ptr<std::string const>, std::less<>>;
  using names = std::set<std::string, std::less<>>;
  /// Passes the texts of namespaces, without secrets, to `use`; all are of the revision that is
  /// current when `use` is called: at once if all are loaded, otherwise when the committer has read
  /// them. Without `which`: all namespaces. Namespaces that do not exist are left out. `failed` is
  /// called instead if the store cannot be read; neither if `by` has gone.
  void with_texts(committer& reader, std::optional<names> which,
                  std::function<void(texts const&)> use, std::function<void(error const&)> failed,
                  std::optional<asker> by = {});
  /// The value of a key in a text of its namespace, as canonical::find(); the current texts are not
  /// scanned for it.
  std::optional<std::string_view> find_in(std::string_view text, key const& which);
  /// The texts of older revisions that somebody still holds, in bytes.
  std::size_t old_text_bytes();
  /// Texts that with_texts() has just passed, with the secrets of the namespaces that `may`
  /// accepts, and without namespaces that `may_read` refuses (empty: it refuses none).
  texts reveal(texts const& shown, std::function<bool(std::string_view)> const& may,
               std::function<bool(std::string_view)> const& may_read = {}) const;

 private:
  /// Keeps the secrets, and returns the value without them, for the cache.
  engine::effective take(engine::effective const& newest);
  void note_old_texts(std::string const& name_space);
  /// Remembers the namespaces of changes whose values come with a later change: another program has
  /// made several before they were looked at.
  void note_late_values(engine::committed_change const& done);
  void note_source(engine::source_row const& row, bool gone);
  void note_overrides(std::vector<engine::override_summary> const& newest);

  value_cache cache_;
  std::size_t changed_bytes_ = 0;
  revision_number revision_ = 0;
  std::string store_id_;
  std::map<std::string, secret_texts, std::less<>> secrets_;
  std::vector<std::weak_ptr<std::string const>> old_texts_;
  std::set<std::string, std::less<>> late_values_; ///< namespaces of note_late_values()
  std::map<std::string, source_problem> problems_;
  fallbacks fallbacks_;
  pending_changes pending_;
  std::map<std::string, engine::override_summary> overrides_; ///< of namespaces that have any
  std::optional<error> unrecorded_;
  std::uint64_t sources_version_ = 0;
  std::size_t waiting_files_ = 0;
};

} // namespace cfgd
