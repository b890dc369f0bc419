#include "engine/fit_overrides.hpp"

#include "core/json.hpp"
#include "engine/diff.hpp"
#include "engine/merge.hpp"
#include "engine/stored_text.hpp"

#include <boost/json/monotonic_resource.hpp>

#include <string>
#include <utility>
#include <vector>

// Only the override layer is edited, because files belong to the administrator. First the overrides
// of all leaves that differ are removed, and overrides further up that hide them: often the layers
// below give the wanted value then. Leaves that still differ are set, or hidden by a null that is
// placed as far up as nothing is wanted below it.
//
// Setting a leaf may uncover others, because an object replaces a null on the way. So this repeats
// until nothing differs; each round leaves fewer differences than the one before.

namespace cfgd::engine {
namespace {

using parts = std::span<std::string const>;

/// More rounds than any document needs; a guard against a loop without end.
constexpr int most_rounds = 64;

bool is_object(std::string_view text) { return text.starts_with('{'); }

/// One call of fit_overrides(). The layers are merged again in each round, because only the merge
/// shows what the layers below give once an override is gone.
class fitting {
 public:
  fitting(override_editor& edit, namespace_state const& state, std::string_view wanted,
          override_origin const& by)
      : edit_(edit), state_(state), wanted_(wanted.empty() ? "{}" : wanted), by_(by) {}

  bool run() {
    for (auto const& one : differences(merged()))
      clear(parse(one));
    for (int round = 0; round < most_rounds; ++round) {
      auto const text = merged();
      auto const differing = differences(text);
      if (differing.empty()) return true;
      adjust(differing, text);
    }
    return false;
  }

 private:
  std::string merged() {
    boost::json::monotonic_resource memory;
    auto layers = state_;
    layers.overrides = edit_.finish();
    return json::canonical(merge_layers(layers, &memory));
  }

  std::vector<key_change> differences(std::string_view text) const {
    std::vector<key_change> all;
    append_differences(all, state_.value.name_space, text, wanted_);
    return all;
  }

  /// The key of a difference is always valid, so there is no error to handle.
  static key parse(key_change const& one) { return parse_stored_key(one.key).value(); }

  /// The parent of a key with `length` parts below the namespace.
  static key above(key const& which, std::size_t length) {
    auto const& all = which.parts();
    return key({all.begin(), all.begin() + 1 + static_cast<std::ptrdiff_t>(length)});
  }

  /// Removes the override of a key, or of a parent that is not an object and so hides the key.
  void clear(key const& which) {
    auto const path = which.path();
    for (std::size_t length = 1; length < path.size(); ++length) {
      auto const answer = edit_.layer().look_up(path.first(length));
      if (answer.what == layer_answer::kind::nothing) return;
      if (!answer.is_object) {
        edit_.unset(above(which, length));
        return;
      }
    }
    edit_.unset(which);
  }

  void adjust(std::vector<key_change> const& differing, std::string_view text) {
    static boost::json::value const empty(boost::json::object_kind);
    // An object whose members are all hidden exists and is empty; it must not be set itself.
    for (auto const& one : differing) {
      if (one.after != "{}") continue;
      auto const which = parse(one);
      auto const there = canonical::find(text, which.path());
      if (!there || !is_object(*there)) edit_.set(which, empty, by_);
    }
    for (auto const& one : differing)
      if (one.deleted()) hide(parse(one));
    for (auto const& one : differing)
      if (!one.deleted() && one.after != "{}")
        edit_.set(parse(one), parse_stored_value(one.after).value(), by_);
  }

  /// Hides a key, at the topmost parent below which nothing is wanted.
  void hide(key const& which) {
    static boost::json::value const null;
    auto const path = which.path();
    for (std::size_t length = 1; length <= path.size(); ++length) {
      auto const wanted = canonical::find(wanted_, path.first(length));
      auto const at = above(which, length);
      // A null above a locked key does not count.
      bool const is_allowed = !state_.locks || find_lock_below(*state_.locks, at) == nullptr;
      if (!wanted && is_allowed) {
        edit_.set(at, null, by_);
        return;
      }
      // The wanted value replaces everything below.
      if (wanted && !is_object(*wanted)) return;
    }
  }

  override_editor& edit_;
  namespace_state const& state_;
  std::string_view wanted_;
  override_origin const& by_;
};

} // namespace

bool fit_overrides(override_editor& edit, namespace_state const& state, std::string_view wanted,
                   override_origin const& by) {
  return fitting(edit, state, wanted, by).run();
}

} // namespace cfgd::engine
