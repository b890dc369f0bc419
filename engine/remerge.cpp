#include "engine/remerge.hpp"

#include "core/json.hpp"
#include "engine/diff.hpp"
#include "engine/merge.hpp"
#include "engine/typed_source.hpp"

#include <boost/range/adaptor/reversed.hpp>

#include <optional>
#include <string>
#include <utility>

// A request changes a few keys of a namespace that may have many. Below an object that all layers
// leave an object, members do not influence each other, so only the members that overrides or files
// were changed in are merged, and compared with what the text before has for them. A key that was
// set below something else, a value or nothing, changes the topmost parent that is not an object
// before or after.
//
// An object without members is a value of its own, a leaf: where members make it come or go, the
// whole is merged. So it is where members have an influence on others: locks take away what leads
// to other keys, arrays have elements with names, and secrets make a second text.

namespace cfgd::engine {
namespace {

namespace bj = boost::json;
using path_view = std::span<std::string const>;

bool is_plain(namespace_state const& was, namespace_state const& now) {
  auto const* const schema = now.schema.get();
  return was.value.text && now.exists() && !was.locks && !now.locks && !has_element_keys(schema) &&
         (schema == nullptr || !schema->what->has_secrets());
}

/// The layers of a namespace from the top.
class layers {
 public:
  explicit layers(namespace_state const& of)
      : overrides_(of.overrides ? *of.overrides : override_record()),
        defaults_(defaults_of(of.schema.get())) {
    for (auto const& [id, source] : boost::adaptors::reverse(of.sources))
      if (source->row.is_effective) sources_.emplace_back(*source, of.schema.get());
  }

  /// Whether the merged value at a path is an object.
  bool makes_object(path_view path) const {
    auto const above = overrides_.look_up(path);
    if (above.what != kind::nothing) return above.is_object;
    for (auto const& one : sources_)
      if (auto const found = one.look_up(path); found.what != kind::nothing) return found.is_object;
    auto const* const last = defaults_ == nullptr ? nullptr : look_up(*defaults_, path).value;
    return last != nullptr && last->is_object();
  }

  /// The merged value at a path as text; empty: there is none.
  std::string text_at(path_view path) const {
    std::vector<bj::value> objects;
    auto top = take(overrides_, path, objects);
    for (auto one = sources_.begin(); !top && one != sources_.end(); ++one)
      top = take(*one, path, objects);
    if (!top && defaults_ != nullptr)
      if (auto const* const last = look_up(*defaults_, path).value;
          last != nullptr && (last->is_object() || objects.empty())) {
        if (!last->is_object()) return json::canonical(*last);
        objects.push_back(*last);
      }
    if (objects.empty()) return std::move(top).value_or("");
    bj::value merged(bj::object_kind);
    for (auto const& one : boost::adaptors::reverse(objects))
      merge_patch(merged, one);
    return json::canonical(merged);
  }

 private:
  using kind = layer_answer::kind;

  /// Adds the object that a layer has at a path. Returns the text of another value that it has, or
  /// an empty one if it removes the path; absent: the layers below it count, too.
  template <class Layer>
  static std::optional<std::string> take(Layer const& from, path_view path,
                                         std::vector<bj::value>& objects) {
    auto const found = from.look_up(path);
    if (found.what == kind::nothing) return std::nullopt;
    if (found.what == kind::removal) return std::string();
    auto value = from.value_at(path).value();
    if (!value.is_object()) return json::canonical(value);
    objects.push_back(std::move(value));
    return std::nullopt;
  }

  override_record overrides_;
  std::vector<source_lookup> sources_;
  bj::object const* defaults_; ///< null: none
};

key above(key const& which, std::size_t depth) {
  auto const& parts = which.parts();
  return key({parts.begin(), parts.begin() + 1 + static_cast<std::ptrdiff_t>(depth)});
}

} // namespace

std::optional<remerged> remerge(namespace_state const& was, namespace_state const& now) {
  // A file that is all of the value is kept once, as the value.
  if (!is_plain(was, now) || (was.sources != now.sources && sole_text(now))) return std::nullopt;
  auto const differing = differing_keys(was, now);
  if (!differing) return std::nullopt;
  auto const& keys = *differing;
  // After damage the value may have what no layer says: a file that is only looked at again mends
  // it.
  if (keys.empty() && was.sources != now.sources) return std::nullopt;
  if (!keys.empty() && keys.front().path().empty()) return std::nullopt;

  layers const all(now);
  remerged out{.text = was.value.text, .keys = {}, .members = {}};
  std::optional<key> last;
  std::string space;
  for (auto const& which : keys) {
    if (last && last->contains(which)) continue;
    auto const path = which.path();
    std::size_t depth = 1;
    while (depth < path.size() && all.makes_object(path.first(depth)))
      ++depth;
    auto const found = out.text.follow(path.first(depth), &space);
    last = above(which, found.depth);
    auto const value = all.text_at(last->path());
    if (value == found.value) continue;
    append_differences(out.keys, *last, found.value, value);
    auto made = out.text.with(last->path(), value);
    if (!made) return std::nullopt;
    out.members.push_back({*last, value, found.value.empty()});
    out.text = *std::move(made);
  }
  // With the last override its source has the same text: memory needs it once.
  if (out.members.empty()) return out;
  if (auto const sole = sole_text(now); sole && *sole == *out.text) out.text = sole;
  return out;
}

} // namespace cfgd::engine
