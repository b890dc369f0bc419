#include "engine/fit_overrides.hpp"

#include "core/json.hpp"
#include "engine/diff.hpp"
#include "engine/merge.hpp"
#include "engine/stored_key.hpp"

#include <boost/json/monotonic_resource.hpp>

#include <string>
#include <utility>
#include <vector>

// The way to an effective value leads through the override layer alone: files belong to the
// administrator. First every override of a leaf that is not as it should be goes, and what hides it
// from further up: often the layers below give the wanted value then. What still differs is set, or
// hidden by a null, as far up as nothing is wanted below.
//
// Setting a leaf may bring others to light, for an object takes the place of a null on the way. So
// it is looked again until nothing differs; each round ends nearer to it than the one before.

namespace cfgd::engine {
namespace {

using parts = std::span<std::string const>;

constexpr int rounds = 64;

bool is_object(std::string_view text) { return text.starts_with('{'); }

class reaching {
 public:
  reaching(override_edit& edit, namespace_state const& state, std::string_view wanted,
           override_origin const& by)
      : edit_(edit), state_(state), wanted_(wanted.empty() ? "{}" : wanted), by_(by) {}

  bool run() {
    for (auto const& one : differences(merged()))
      clear(parse(one));
    for (int round = 0; round < rounds; ++round) {
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

  /// Keys come from a text that has them, so they are ones.
  static key parse(key_change const& one) { return parse_stored_key(one.key).value(); }

  static key above(key const& which, std::size_t length) {
    auto const& all = which.parts();
    return key({all.begin(), all.begin() + 1 + static_cast<std::ptrdiff_t>(length)});
  }

  /// Removes what the layer says about a key, or about what it lies in unless that is an object.
  void clear(key const& which) {
    auto const path = which.path();
    for (std::size_t length = 1; length < path.size(); ++length) {
      auto const answer = look_up(edit_.document(), path.first(length));
      if (answer.what == layer_answer::kind::nothing) return;
      if (answer.value == nullptr || !answer.value->is_object()) {
        edit_.unset(above(which, length));
        return;
      }
    }
    edit_.unset(which);
  }

  void adjust(std::vector<key_change> const& differing, std::string_view text) {
    static boost::json::value const empty(boost::json::object_kind);
    // An object whose members are all hidden is there and empty; it must not be set by itself.
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
        edit_.set(parse(one), json::parse(one.after).value(), by_);
  }

  /// Hides a key, with all around it of which nothing is wanted.
  void hide(key const& which) {
    static boost::json::value const null;
    auto const path = which.path();
    for (std::size_t length = 1; length <= path.size(); ++length) {
      auto const wanted = canonical::find(wanted_, path.first(length));
      if (!wanted) {
        edit_.set(above(which, length), null, by_);
        return;
      }
      // What is wanted here replaces all below it.
      if (!is_object(*wanted)) return;
    }
  }

  override_edit& edit_;
  namespace_state const& state_;
  std::string_view wanted_;
  override_origin const& by_;
};

} // namespace

bool reach(override_edit& edit, namespace_state const& state, std::string_view wanted,
           override_origin const& by) {
  return reaching(edit, state, wanted, by).run();
}

} // namespace cfgd::engine
