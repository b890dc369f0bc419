#pragma once

#include "core/change.hpp"
#include "daemon/committer.hpp"
#include "store/cache.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace cfgd {

/// What the loop knows: the revision, the effective values in the cache, the sources that are not
/// active. It changes in one place, publish(), so that everything read in one turn of the loop is
/// of one revision. Loop thread only.
class view {
 public:
  explicit view(std::size_t cache_bytes) : cache_(cache_bytes) {}

  /// Taken over at start.
  void begin(revision_number revision, std::vector<store::effective> const& effectives,
             std::vector<store::source_row> const& sources);
  /// What was committed.
  void publish(store::applied const& done);

  revision_number revision() const { return revision_; }
  store::cache& cache() { return cache_; }

  struct source_problem {
    std::string path;
    store::source_status status;
  };
  /// Sources that are not active, by name.
  std::map<std::string, source_problem> const& problems() const { return problems_; }

  /// Why what the files say could not be recorded, while it is so.
  std::optional<error> const& unrecorded() const { return unrecorded_; }
  void note_unrecorded(std::optional<error> why) { unrecorded_ = std::move(why); }

  using texts = std::map<std::string, std::shared_ptr<std::string const>, std::less<>>;
  using names = std::set<std::string, std::less<>>;
  /// Hands the texts of namespaces to `use`, all of one revision, the current one when it is
  /// called: at once if all are loaded, else when the committer has read them. Without `which`: of
  /// all that are there at that moment. A namespace that is not there is not in it. `failed` is
  /// called instead if the store cannot be read.
  void with_texts(committer& reader, std::optional<names> which,
                  std::function<void(texts const&)> use, std::function<void(error const&)> failed);

 private:
  void note_source(store::source_row const& row, bool gone);

  store::cache cache_;
  revision_number revision_ = 0;
  std::map<std::string, source_problem> problems_;
  std::optional<error> unrecorded_;
};

} // namespace cfgd
