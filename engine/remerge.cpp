#include "engine/remerge.hpp"

#include "core/json.hpp"
#include "core/splice.hpp"
#include "engine/diff.hpp"
#include "engine/merge.hpp"
#include "engine/overrides.hpp"
#include "engine/typed_source.hpp"

#include <boost/range/adaptor/reversed.hpp>

#include <algorithm>
#include <utility>

// A request changes a few keys of a namespace that may have many. Below an object that all layers
// leave an object, members do not influence each other, so only the members that overrides were
// changed in are merged, and compared with what the text before has for them. A key that was set
// below something else, a value or nothing, changes the topmost parent that is not an object before
// or after.
//
// An object without members is a value of its own, a leaf: where members make it come or go, the
// whole is merged. So it is where members have an influence on others: locks take away what leads
// to other keys, arrays have elements with names, and secrets make a second text.

namespace cfgd::engine {
namespace {

namespace bj = boost::json;
using path_view = std::span<std::string const>;

/// A request that changes more than some keys and this share of a namespace is merged as a whole.
constexpr std::size_t some_keys = 8;
constexpr std::size_t bytes_per_key = 256;

bool is_plain(namespace_state const& was, namespace_state const& now) {
  auto const* const schema = now.schema.get();
  return was.value.text && now.exists() && was.schema == now.schema && !was.locks && !now.locks &&
         was.sources == now.sources && !has_element_keys(schema) &&
         (schema == nullptr || !schema->what->has_secrets());
}

/// The layers of a namespace from the top.
class layers {
 public:
  explicit layers(namespace_state const& of) : overrides_(of.overrides.get()) {
    for (auto const& [id, source] : boost::adaptors::reverse(of.sources))
      if (source->row.is_effective) documents_.push_back(typed_document(*source, of.schema.get()));
    defaults_ = defaults_of(of.schema.get());
  }

  /// Whether the merged value at a path is an object.
  bool makes_object(path_view path) const {
    bool is_object = false;
    visit(path, [&is_object](bj::value const* value) {
      is_object = value != nullptr && value->is_object();
      return false;
    });
    return is_object;
  }

  /// The merged value at a path as text; empty: there is none.
  std::string text_at(path_view path) const {
    std::vector<bj::value const*> answers;
    visit(path, [&answers](bj::value const* value) {
      answers.push_back(value);
      return value != nullptr && value->is_object();
    });
    if (answers.empty() || answers.front() == nullptr) return {};
    if (!answers.front()->is_object()) return json::canonical(*answers.front());
    bj::value merged(bj::object_kind);
    for (auto const* const answer : boost::adaptors::reverse(answers))
      if (answer != nullptr) merge_patch(merged, *answer);
    return json::canonical(merged);
  }

 private:
  /// Visits what the layers have to say about a path, until `visit_one` returns false. Null: the
  /// layer removes it.
  template <class Visitor>
  void visit(path_view path, Visitor visit_one) const {
    auto const goes_on = [&](bj::object const& layer) {
      auto const found = look_up(layer, path);
      return found.what == layer_answer::kind::nothing || visit_one(found.value);
    };
    if (overrides_ != nullptr && !goes_on(overrides_->document)) return;
    for (auto const& one : documents_)
      if (!goes_on(one->root)) return;
    if (defaults_ != nullptr) goes_on(*defaults_);
  }

  override_record const* overrides_; ///< null: none
  std::vector<std::shared_ptr<sourced_document const>> documents_;
  bj::object const* defaults_ = nullptr; ///< null: none
};

/// The topmost keys that the overrides say something else about, in key order.
std::vector<key> changed_keys(namespace_state const& was, namespace_state const& now) {
  std::vector<key> all;
  override_differences(was.overrides.get(), now.overrides.get(),
                       [&all](key const& which, override_entry const*) {
                         if (all.empty() || !all.back().contains(which)) all.push_back(which);
                       });
  return all;
}

key above(key const& which, std::size_t depth) {
  auto const& parts = which.parts();
  return key({parts.begin(), parts.begin() + 1 + static_cast<std::ptrdiff_t>(depth)});
}

} // namespace

std::optional<remerged> remerge(namespace_state const& was, namespace_state const& now) {
  if (!is_plain(was, now)) return std::nullopt;
  auto const keys = changed_keys(was, now);
  auto const& before = *was.value.text;
  bool const is_whole = !keys.empty() && keys.front().path().empty();
  if (is_whole || keys.size() > some_keys + before.size() / bytes_per_key) return std::nullopt;

  layers const all(now);
  remerged out{.text = was.value.text, .keys = {}};
  canonical::splice edit(before);
  std::optional<key> last;
  std::vector<std::string> values; // that the splice has views of
  values.reserve(keys.size());
  for (auto const& which : keys) {
    if (last && last->contains(which)) continue;
    auto const path = which.path();
    std::size_t depth = 1;
    while (depth < path.size() && all.makes_object(path.first(depth)))
      ++depth;
    auto const found = edit.find(path.first(depth));
    last = above(which, found.depth);
    auto const& value = values.emplace_back(all.text_at(last->path()));
    if (value == found.value) continue;
    append_differences(out.keys, *last, found.value, value);
    edit.put(value);
  }
  if (out.keys.empty()) return out;
  auto text = edit.finish();
  if (!text) return std::nullopt;
  out.text = std::make_shared<std::string const>(*std::move(text));
  return out;
}

} // namespace cfgd::engine
