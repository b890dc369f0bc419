#include "engine/override_record.hpp"

#include "engine/members.hpp"

#include <boost/assert.hpp>

// The override layer is a document like that of any other layer, but it is kept by the keys that it
// was set by, with who set them: a file has lines, an override has writers. A request changes few
// of them, and nothing of the others is touched.
//
// What the layer says about a path is what the nearest key at or above that path says, with what
// was set below it. A key below a value that is not an object replaces that value by an object. So
// entries have values that do not count any more; they are removed with the keys that replaced
// them, or they would come back.

namespace cfgd::engine {
namespace {

namespace bj = boost::json;
using kind = layer_answer::kind;
using path_view = override_record::path_view;

bool is_below(path_view path, key const& which) {
  auto const other = which.path();
  return other.size() > path.size() && std::ranges::equal(path, other.first(path.size()));
}

/// Assigns a value at a path below an object.
void assign(bj::object& to, path_view path, bj::value const& value) {
  if (path.empty()) {
    BOOST_ASSERT(value.is_object());
    to = value.get_object();
  } else {
    put_member(to, path) = value;
  }
}

} // namespace

bool override_record::has_below(path_view path) const {
  bool any = false;
  keys_.visit_from(path, [&](table::entry const& one) {
    bool const is_itself =
        one.first.path().size() == path.size() && std::ranges::equal(one.first.path(), path);
    any = is_below(path, one.first);
    return is_itself && !any;
  });
  return any;
}

/// What the nearest key at or above a path says about it, without the keys below. Null: no value.
bj::value const* override_record::find_base(path_view path, answer& out) const {
  table::entry const* nearest = nullptr;
  std::size_t depth = path.size() + 1;
  while (nearest == nullptr && depth > 0)
    nearest = keys_.find(path.first(--depth));
  if (nearest == nullptr) return nullptr;
  auto const* value = &nearest->second.value;
  for (; depth < path.size(); ++depth) {
    auto const* const object = value->if_object();
    if (object == nullptr) {
      // Keys below have made it an object, which does not have this member.
      if (!has_below(path.first(depth))) out.what = kind::removal;
      return nullptr;
    }
    value = object->if_contains(path[depth]);
    if (value == nullptr) return nullptr;
  }
  out.is_there = true;
  out.what = value->is_null() ? kind::removal : kind::value;
  out.is_object = value->is_object();
  return value->is_null() ? nullptr : value;
}

override_record::answer override_record::look_up(path_view path) const {
  if (has_below(path)) return {.what = kind::value, .is_there = true, .is_object = true};
  answer found;
  find_base(path, found);
  return found;
}

std::optional<bj::value> override_record::value_at(path_view path) const {
  answer found;
  auto const* const base = find_base(path, found);
  if (!has_below(path)) return base == nullptr ? std::nullopt : std::optional(*base);
  bj::object merged;
  if (found.is_object) merged = base->get_object();
  keys_.visit_from(path, [&](table::entry const& one) {
    if (is_below(path, one.first))
      put_member(merged, one.first.path().subspan(path.size())) = one.second.value;
    else if (one.first.path().size() > path.size() || !std::ranges::equal(one.first.path(), path))
      return false;
    return true;
  });
  return bj::value(std::move(merged));
}

bj::object override_record::document() const {
  bj::object all;
  keys_.visit([&all](table::entry const& one) {
    assign(all, one.first.path(), one.second.value);
    return true;
  });
  return all;
}

void override_record::erase_keys(path_view path) {
  std::vector<key> all;
  keys_.visit_from(path, [&](table::entry const& one) {
    bool const is_in = is_below(path, one.first) || std::ranges::equal(path, one.first.path());
    if (is_in) all.push_back(one.first);
    return is_in;
  });
  for (auto const& one : all)
    keys_.erase(one.path());
}

/// Removes the values of a path and below it, whatever key they are of. It is not the root.
void override_record::erase(path_view path) {
  erase_keys(path);
  for (std::size_t depth = 0; depth < path.size(); ++depth) {
    auto const* const above = keys_.find(path.first(depth));
    if (above == nullptr) continue;
    bj::value whole(above->second.value);
    auto* at = &whole;
    auto const parent = path.subspan(depth, path.size() - depth - 1);
    for (auto const& part : parent)
      at = at != nullptr && at->is_object() ? at->get_object().if_contains(part) : nullptr;
    if (at == nullptr || !at->is_object() || at->get_object().erase(path.back()) == 0) continue;
    keys_.insert_or_assign(above->first, {above->second.by, std::move(whole)});
  }
}

void override_record::set(key const& which, override_entry entry) {
  erase_keys(which.path());
  keys_.insert_or_assign(which, std::move(entry));
}

bool override_record::unset(path_view path) {
  if (path.empty()) {
    bool const any = !keys_.empty();
    keys_ = {};
    return any;
  }
  if (!look_up(path).is_there) return false;
  erase(path);
  for (auto rest = path.first(path.size() - 1); !rest.empty(); rest = rest.first(rest.size() - 1)) {
    if (has_below(rest)) return true;
    answer found;
    auto const* const base = find_base(rest, found);
    if (found.is_object && !base->get_object().empty()) return true;
    erase(rest);
  }
  answer found;
  auto const* const root = has_below({}) ? nullptr : find_base({}, found);
  if (root != nullptr && root->get_object().empty()) keys_ = {};
  return true;
}

void override_record::set_origin(key const& which, override_origin by) {
  auto const* const found = keys_.find(which);
  if (found != nullptr) keys_.insert_or_assign(which, {std::move(by), found->second.value});
}

std::shared_ptr<override_record const>
make_overrides(std::vector<std::pair<key, override_entry>> all) {
  if (all.empty()) return nullptr;
  std::vector<override_record::table::entry_pointer> entries;
  entries.reserve(all.size());
  for (auto& one : all)
    entries.push_back(std::make_shared<override_record::table::entry const>(std::move(one)));
  return std::make_shared<override_record const>(override_record::table::of_sorted(entries));
}

std::vector<key> topmost_differences(override_record const* before, override_record const* after) {
  // A key below a value without members also changes what the layer says beside it.
  auto const is_obstacle = [](override_record const* in, path_view path) {
    auto const found = in == nullptr ? override_record::answer() : in->look_up(path);
    return found.what != kind::nothing && !found.is_object;
  };
  std::vector<key> all;
  override_differences(before, after, [&](key const& which, override_entry const*) {
    if (!all.empty() && all.back().contains(which)) return;
    auto const path = which.path();
    std::size_t depth = 1;
    while (depth < path.size() && !is_obstacle(before, path.first(depth)) &&
           !is_obstacle(after, path.first(depth)))
      ++depth;
    auto const& parts = which.parts();
    auto const end = std::min(parts.size(), depth + 1);
    all.push_back(key({parts.begin(), parts.begin() + static_cast<std::ptrdiff_t>(end)}));
  });
  return all;
}

override_origin const* find_origin(override_record const& overrides, key const& which) {
  override_origin const* newest = nullptr;
  auto const consider = [&newest](override_origin const& by) {
    if (newest == nullptr || by.from.revision >= newest->from.revision) newest = &by;
  };
  auto const path = which.path();
  for (auto depth = path.size() + 1; depth > 0 && newest == nullptr; --depth)
    if (auto const* const found = overrides.keys().find(path.first(depth - 1)))
      consider(found->second.by);
  overrides.keys().visit_from(path, [&](override_record::table::entry const& one) {
    if (!which.contains(one.first)) return false;
    if (one.first != which) consider(one.second.by);
    return true;
  });
  return newest;
}

} // namespace cfgd::engine
