#pragma once

#include "core/key.hpp"
#include "core/source.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace cfgd::test {

/// Keys of leaves to their canonical texts.
using leaf_map = std::map<std::string, std::string>;
/// Keys of leaves to their texts before and after; empty: absent.
using leaf_changes = std::map<std::string, std::pair<std::string, std::string>>;

leaf_changes differences(leaf_map const& before, leaf_map const& after);
/// What is at a key or below it; an empty key is everything.
leaf_map below(leaf_map const& all, std::string const& key_text);

/// What was done to a file.
struct file_step {
  enum class kind : std::uint8_t { good, unreadable, gone, touched };
  source_id id;
  kind what = kind::good;
  boost::json::object says = {};
};

/// What the service has to do, in documents and maps: files, schemas that give types and defaults
/// to some keys, overrides, history. It knows nothing of how the service does it.
class service_model {
 public:
  /// What became of something that was asked for.
  struct outcome {
    bool refused = false;
    bool is_bad_key = false; ///< why it is refused
    std::size_t own = 0;     ///< revisions that it is itself: 1 or 0
    /// Of those, and of files that were tried again because of it.
    std::vector<leaf_changes> revisions = {};
  };
  enum class mode : std::uint8_t { real, dry_run };
  enum class grouping : std::uint8_t { one_change, change_per_namespace };

  /// Files that were found together.
  std::vector<leaf_changes> apply(std::vector<file_step> const& steps, grouping how);
  struct set_step {
    std::map<key, boost::json::value> values = {};
    std::vector<key> unset = {};
  };
  outcome set(set_step const& what, mode how = mode::real);
  /// `name_space` may be empty: all.
  outcome roll_back(std::uint64_t revision, std::string const& name_space, mode how = mode::real);
  outcome restore(std::map<std::string, boost::json::object> const& overrides);
  void compact(std::uint64_t keep);
  /// Files that are gone and still effective: a start finds them gone once more.
  std::vector<file_step> missing() const;

  bool is_valid(std::string const& name_space, boost::json::object const& document) const;

  std::uint64_t revision() const { return revision_; }
  std::uint64_t oldest() const { return oldest_; }
  /// By namespace.
  std::map<std::string, std::string> texts() const { return texts_of(state_); }
  leaf_map const& leaves() const { return history_.rbegin()->second; }
  leaf_map const& leaves_at(std::uint64_t revision) const { return history_.at(revision); }
  leaf_changes changes_of(std::uint64_t revision) const;
  std::map<std::string, boost::json::object> overrides() const;
  /// active, quarantined or missing; absent: it is not known.
  std::optional<std::string> state_of(source_id const& id) const;
  bool knows(source_id const& id) const { return state_of(id).has_value(); }
  bool has_retryable() const;

 private:
  struct file {
    std::optional<boost::json::object> is_effective = {};
    /// Refused by a schema, or a schema that is refused: tried again.
    std::optional<boost::json::object> retryable = {};
    bool unreadable = false;
    bool missing = false; ///< its removal was refused
    bool is_tried_again() const { return retryable || missing; }
  };
  struct name_space {
    std::map<source_id, file> files;
    std::optional<boost::json::object> overrides;
  };
  using state = std::map<std::string, name_space>;
  struct edit;

  static boost::json::object const* schema_of(name_space const& in);
  static std::optional<boost::json::object> effective(name_space const& in);
  static bool is_valid(name_space const& in);
  static std::map<std::string, std::string> texts_of(state const& all);
  static edit make_edit(file_step const& step, file const* before);
  static state with(state all, std::vector<edit> const& edits);
  static bool reject_invalid(state const& tried, std::vector<edit>& edits);
  static bool is_fine(state const& tried, std::vector<edit> const& edits);
  std::vector<edit> make_edits(std::vector<file_step> const& steps) const;
  outcome take(state next, mode how);
  std::optional<leaf_changes> record(state next);

  state state_;
  std::uint64_t revision_ = 0;
  std::uint64_t oldest_ = 1;
  std::map<std::uint64_t, leaf_map> history_{{0, {}}}; ///< effective leaves by revision
};

} // namespace cfgd::test
