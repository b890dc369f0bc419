#include "engine/remerge.hpp"

#include "core/json.hpp"
#include "engine/diff.hpp"
#include "engine/members.hpp"
#include "engine/merge.hpp"
#include "engine/stored_text.hpp"
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
// to other keys, and arrays have elements with names. Secrets make a second text, without them,
// which is changed in the same members; an object may be a leaf in one of the two only.

namespace cfgd::engine {
namespace {

namespace bj = boost::json;
using path_view = std::span<std::string const>;

bool is_plain(namespace_state const& was, namespace_state const& now) {
  auto const* const schema = now.schema.get();
  return was.value.text && now.exists() && !was.locks && !now.locks && !has_element_keys(schema);
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
    std::string top;
    std::vector<bj::value> objects;
    bool is_taken = take(overrides_, path, top, objects);
    for (auto one = sources_.begin(); !is_taken && one != sources_.end(); ++one)
      is_taken = take(*one, path, top, objects);
    if (!is_taken && defaults_ != nullptr)
      if (auto const* const last = look_up(*defaults_, path).value;
          last != nullptr && (last->is_object() || objects.empty())) {
        if (!last->is_object()) return json::canonical(*last);
        objects.push_back(*last);
      }
    if (objects.empty()) return top;
    bj::value merged(bj::object_kind);
    for (auto const& one : boost::adaptors::reverse(objects))
      merge_patch(merged, one);
    return json::canonical(merged);
  }

 private:
  using kind = layer_answer::kind;

  /// Takes what a layer has at a path. Returns whether the layers below it do not count: it has
  /// another value than an object, whose text it assigns, or removes the path.
  bool take(override_record const& from, path_view path, std::string& text,
            std::vector<bj::value>& objects) const {
    auto const found = from.look_up(path);
    if (found.what == kind::nothing) return false;
    if (!found.is_object) {
      text = from.text_at(path, found);
      return true;
    }
    objects.push_back(from.value_at(path).value());
    return false;
  }
  bool take(source_lookup const& from, path_view path, std::string& text,
            std::vector<bj::value>& objects) const {
    auto const found = from.look_up(path);
    if (found.what == kind::nothing) return false;
    if (found.is_object) {
      objects.push_back(from.value_at(path).value());
      return false;
    }
    std::string space;
    if (found.what == kind::value) text = from.follow(path, space).value;
    return true;
  }

  override_record overrides_;
  std::vector<source_lookup> sources_;
  bj::object const* defaults_; ///< null: none
};

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
    last = first_parts(which, found.depth);
    auto value = all.text_at(last->path());
    if (value == found.value) continue;
    append_differences(out.keys, *last, found.value, value);
    auto made = out.text.with(last->path(), value, found.value);
    if (!made) return std::nullopt;
    out.members.push_back({*last, std::move(value), found.value.empty()});
    out.text = *std::move(made);
  }
  // With the last override its source has the same text: memory needs it once.
  if (out.members.empty()) return out;
  if (auto const sole = sole_text(now); sole && *sole == *out.text) out.text = sole;
  return out;
}

std::optional<canonical::shared_text> remerge_shown(effective const& was, remerged const& made,
                                                    schema::schema const& by) {
  auto out = was.shown;
  if (!out) return std::nullopt;
  for (auto const& one : made.members) {
    auto const path = one.which.path();
    std::string value;
    if (!one.value.empty()) {
      bj::value alone(bj::object_kind);
      put_member(alone.get_object(), path) = parse_stored_value(one.value).value();
      auto const shown = without_secrets(alone, by);
      if (auto const* const left = find_pointer(shown, pointer_to(path)))
        value = json::canonical(*left);
    }
    std::string space;
    auto const found = out.follow(path, &space);
    if (value.empty() && found.value.empty()) continue;
    // Of a leaf above it, which may have the same text.
    if (found.depth != path.size()) return std::nullopt;
    if (value == found.value) continue;
    auto next = out.with(path, value, found.value);
    if (!next) return std::nullopt;
    out = *std::move(next);
  }
  // Without any secret it is the text itself: what is left out makes it shorter.
  return out.size() == made.text.size() ? made.text : out;
}

} // namespace cfgd::engine
