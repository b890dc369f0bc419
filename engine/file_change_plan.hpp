#pragma once

#include "core/limits.hpp"
#include "engine/evaluate.hpp"
#include "engine/plan.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace cfgd::engine {

/// One batch of sources while it is decided what of it counts: which record each source gets, and
/// which are held back because schemas, rules or limits refuse what they say. No I/O.
class file_change_plan {
 public:
  /// `number` names an edit of several files: it is another one for each.
  file_change_plan(file_change const& asked, limits const& bounds, std::uint64_t number)
      : asked_(asked), bounds_(bounds), number_(number) {}

  using finder = std::function<std::shared_ptr<source_record const>(source_id const&)>;
  /// Errors: bad_key (a name that is none of a source).
  [[nodiscard]] result<void> add_updates(finder const& find);
  /// What was refused before and is not in the batch: those of its namespaces first, then others,
  /// as many as a batch tries, from another one on at each revision.
  void add_retryable(std::set<source_id> const& which, revision_number revision,
                     finder const& find);

  struct trial {
    candidate made;
    evaluation found;
  };
  /// Puts all records into a draft, those that are held back as they were, and weighs it.
  trial try_once(candidate made, validator& policy_validator) const;
  /// Holds back until nothing objects.
  trial settle(std::function<trial()> const& try_now);

  /// The origin of a change: the topmost of the sources of the namespace that says the key now; if
  /// none does (it was removed), the last one whose content is new, or its schema.
  origin origin_of(std::string const& name_space, std::string const& key_text) const;

  /// Gives sources their revision and tells what became of them.
  void finish(committed_change& done);

 private:
  /// In this order they are held back.
  enum class rank : std::uint8_t {
    retryable,     ///< refused before
    values,        ///< new content
    active_policy, ///< new schemas and rules
    removal,       ///< a file that is gone
  };
  /// One source of the batch.
  struct edit {
    source_id id;
    std::string name_space;                      ///< empty: rules, and schemas to refer to
    std::shared_ptr<source_record const> before; ///< null: it was not known
    std::shared_ptr<source_record> now;          ///< null: it is gone
    bool content = false;                        ///< what it says is new
    std::string bytes = {};                      ///< of new content
    rank when = rank::values;
    std::uint64_t edit_of = 0; ///< the edit of several files that it goes in with; 0: none
    /// Why it is held back.
    std::optional<error> held = {};
    std::shared_ptr<source_record> kept = {}; ///< its record then; null: `before`
  };
  class update_visitor;

  bool whole() const { return asked_.how == grouping::all_or_none; }
  bool is_live(edit const& one) const { return one.content && !one.held; }
  void hold(edit& one, error why);
  void release(edit& one);
  bool hold_objected(trial const& tried);
  void hold_companions();
  void add_one_retryable(source_id const& id, std::shared_ptr<source_record const> before);
  void hold_new(error const& why);
  bool is_new_held() const;
  void try_released(trial& best, std::function<trial()> const& try_now);
  static bool is_about(rejection const& what, edit const& one);
  void put(edit const& one, source_records& into) const;

  file_change const& asked_;
  limits const& bounds_;
  std::uint64_t number_;
  std::vector<edit> edits_;
};

} // namespace cfgd::engine
