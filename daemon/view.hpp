#pragma once

#include "core/change.hpp"
#include "daemon/committer.hpp"
#include "daemon/fallback.hpp"
#include "daemon/pending_changes.hpp"
#include "daemon/value_cache.hpp"

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

/// What the loop knows: the revision, the effective values in the cache, the sources that are not
/// active, the changes that end by themselves. It changes in one place, publish(), so that
/// everything read in one turn of the loop is of one revision. The cache has no secrets; the texts
/// with them lie beside it. Loop thread only.
class view {
 public:
  explicit view(std::size_t cache_bytes) : cache_(cache_bytes) {}

  /// Taken over at start.
  struct beginning {
    revision_number revision = 0;
    std::vector<engine::effective> const& effectives;
    std::vector<engine::source_row> const& sources;
    std::vector<engine::pending_change> const& pending;
  };
  void begin(beginning const& with);

  /// What was committed.
  void publish(engine::committed_change const& done);
  void publish(fallbacks newest) { fallbacks_ = std::move(newest); }

  revision_number revision() const { return revision_; }
  value_cache& cache() { return cache_; }

  struct source_problem {
    std::string path;
    engine::source_status status;
  };
  /// Sources that are not active, by name.
  std::map<std::string, source_problem> const& problems() const { return problems_; }
  /// Namespaces without a source in force.
  fallbacks const& without_values() const { return fallbacks_; }
  pending_changes& pending() { return pending_; }

  /// Why what the files say could not be recorded, while it is so.
  std::optional<error> const& unrecorded() const { return unrecorded_; }
  void note_unrecorded(std::optional<error> why) { unrecorded_ = std::move(why); }

  /// The two texts of a namespace that has secrets.
  struct secret_texts {
    std::shared_ptr<std::string const> whole;
    std::shared_ptr<std::string const> shown; ///< without secrets
  };
  /// Null: it has no secrets. Valid until the next publish().
  secret_texts const* secrets_of(std::string_view name_space) const;
  bool has_secrets() const { return !secrets_.empty(); }
  /// Whether a key has a value now that is a secret, or part of one.
  bool is_secret(key const& which) const;

  using texts = std::map<std::string, std::shared_ptr<std::string const>, std::less<>>;
  using names = std::set<std::string, std::less<>>;
  /// Hands the texts of namespaces, without secrets, to `use`, all of one revision, the current one
  /// when it is called: at once if all are loaded, else when the committer has read them. Without
  /// `which`: of all that are there at that moment. A namespace that is not there is not in it.
  /// `failed` is called instead if the store cannot be read.
  void with_texts(committer& reader, std::optional<names> which,
                  std::function<void(texts const&)> use, std::function<void(error const&)> failed);
  /// Texts that with_texts() has just given, with the secrets of the namespaces that `may` names.
  texts reveal(texts const& shown, std::function<bool(std::string_view)> const& may) const;

 private:
  /// Takes it, and returns what stays for those who may not see secrets.
  engine::effective take(engine::effective const& newest);
  void note_source(engine::source_row const& row, bool gone);

  value_cache cache_;
  revision_number revision_ = 0;
  std::map<std::string, secret_texts, std::less<>> secrets_;
  std::map<std::string, source_problem> problems_;
  fallbacks fallbacks_;
  pending_changes pending_;
  std::optional<error> unrecorded_;
};

} // namespace cfgd
