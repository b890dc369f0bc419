/// Elements of arrays are changed by compare-and-set: the array is read, changed here, and set if
/// the service is still at the revision that was read. Another change in between, of whatever key,
/// is the reason to begin again. Indexes count in the array that the caller knows. So if that array
/// itself was changed, only elements that are appended still mean the same.

#include "client/detail/element_change.hpp"

#include "client/detail/failures.hpp"
#include "core/json.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <span>
#include <utility>
#include <variant>

namespace cfgd::client::detail {
namespace {

namespace bj = boost::json;

constexpr int most_attempts = 10;

call_error bad_key(error const& why) {
  bj::object parameters{{"key", why.subject}};
  parameters["message"] = why.message;
  return refused("io.cfgd.Config.BadKey", std::move(parameters));
}

error fault(value_path const& which, std::string message) {
  return {.code = errc::bad_key, .message = std::move(message), .subject = which.str()};
}

error no_value(value_path const& which, std::size_t steps) {
  return fault(which, "'" + which.str(steps) + "' has no value");
}

bool is_append(value_path const& which, std::size_t step) {
  return std::holds_alternative<value_path::append>(which.inside[step]);
}

/// The object or the array that a step leads on from. Errors: bad_key (of another type).
template <class T>
cfgd::result<T*> enter(bj::value& at, value_path const& which, std::size_t step) {
  T* found = nullptr;
  if constexpr (std::is_same_v<T, bj::object>)
    found = at.if_object();
  else
    found = at.if_array();
  if (found == nullptr) return wrong_step(which, step, json::canonical(at));
  return found;
}

/// The value that a step leads to. Null: there is none, of a member or with append.
cfgd::result<bj::value*> follow(bj::value& at, value_path const& which, std::size_t step) {
  auto const& one = which.inside[step];
  if (auto const* const name = std::get_if<std::string>(&one)) {
    auto const members = enter<bj::object>(at, which, step);
    if (!members) return members.error();
    return (*members)->if_contains(*name);
  }
  auto const list = enter<bj::array>(at, which, step);
  if (!list) return list.error();
  auto const* const index = std::get_if<std::size_t>(&one);
  if (index == nullptr) return static_cast<bj::value*>(nullptr);
  if (*index >= (*list)->size()) return no_element(which, step, (*list)->size());
  return &(**list)[*index];
}

/// Makes the value that a step leads to. `at` is an object, or an array with append.
bj::value& make(bj::value& at, value_path const& which, std::size_t step) {
  auto& made = is_append(which, step) ? at.get_array().emplace_back(nullptr)
                                      : at.get_object()[std::get<std::string>(which.inside[step])];
  if (step + 1 == which.inside.size()) return made;
  if (is_append(which, step + 1))
    made.emplace_array();
  else
    made.emplace_object();
  return made;
}

/// Returns where the value is: [+] is an index there.
cfgd::result<value_path> set_inside(bj::value& whole, value_path which, bj::value const& value) {
  auto* at = &whole;
  for (std::size_t step = 0; step < which.inside.size(); ++step) {
    auto const found = follow(*at, which, step);
    if (!found) return found.error();
    bool const needs_element = step + 1 < which.inside.size() &&
                               std::holds_alternative<std::size_t>(which.inside[step + 1]);
    if (*found == nullptr && needs_element) return no_value(which, step + 1);
    auto* const next = *found != nullptr ? *found : &make(*at, which, step);
    if (is_append(which, step)) which.inside[step] = at->get_array().size() - 1;
    at = next;
  }
  *at = value;
  return which;
}

cfgd::result<void> unset_inside(bj::value& whole, value_path const& which) {
  auto* at = &whole;
  auto const last = which.inside.size() - 1;
  if (is_append(which, last)) return fault(which, "[+] is not an element; only 'set' appends");
  for (std::size_t step = 0; step <= last; ++step) {
    auto const found = follow(*at, which, step);
    if (!found) return found.error();
    if (*found == nullptr) return no_value(which, step + 1);
    if (step < last) at = *found;
  }
  if (auto const* const name = std::get_if<std::string>(&which.inside[last])) {
    at->get_object().erase(*name);
    return {};
  }
  auto& list = at->get_array();
  list.erase(list.begin() + static_cast<std::ptrdiff_t>(std::get<std::size_t>(which.inside[last])));
  return {};
}

/// Corrects the place of a value after another one was removed; false: it was removed with it.
bool stays(value_path& place, value_path const& removed) {
  auto const last = removed.inside.size() - 1;
  bool const is_beside =
      place.base == removed.base && place.inside.size() > last &&
      std::equal(removed.inside.begin(), removed.inside.end() - 1, place.inside.begin());
  if (!is_beside) return true;
  auto* const index = std::get_if<std::size_t>(&place.inside[last]);
  auto const* const gone = std::get_if<std::size_t>(&removed.inside[last]);
  if (index != nullptr && gone != nullptr && *index > *gone) {
    --*index;
    return true;
  }
  return place.inside[last] != removed.inside[last];
}

} // namespace

bool element_change::is_needed(transaction const& what) {
  return std::any_of(what.values.begin(), what.values.end(),
                     [](auto const& member) { return has_index(member.key()); }) ||
         std::any_of(what.unset.begin(), what.unset.end(),
                     [](std::string const& key) { return has_index(key); });
}

result<void> element_change::add(std::vector<edit>& to, std::string const& key, bj::value value) {
  auto where = parse_value_path(key);
  if (!where) {
    auto why = where.error();
    why.subject = key;
    return bad_key(why);
  }
  auto const array = where->base.str();
  if (std::find(arrays_.begin(), arrays_.end(), array) == arrays_.end()) arrays_.push_back(array);
  to.push_back({.where = std::move(*where), .value = std::move(value)});
  return {};
}

result<element_change> element_change::parse(transaction what) {
  element_change made;
  auto const values = std::exchange(what.values, {});
  auto const unset = std::exchange(what.unset, {});
  made.what_ = std::move(what);
  for (auto const& member : values) {
    std::string const key(member.key());
    if (!has_index(key))
      made.what_.values[key] = member.value();
    else if (auto added = made.add(made.set_, key, member.value()); !added)
      return added.error();
  }
  for (auto const& key : unset) {
    if (!has_index(key))
      made.what_.unset.push_back(key);
    else if (auto added = made.add(made.unset_, key, nullptr); !added)
      return added.error();
  }
  auto& removed = made.unset_;
  std::sort(removed.begin(), removed.end(), [](edit const& one, edit const& other) {
    return other.where.inside < one.where.inside;
  });
  auto const same = [](edit const& one, edit const& other) {
    return one.where.base == other.where.base && one.where.inside == other.where.inside;
  };
  for (auto at = removed.begin(); at != removed.end();) {
    bool const is_known =
        std::any_of(removed.begin(), at, [&](edit const& one) { return same(one, *at); });
    at = is_known ? removed.erase(at) : std::next(at);
  }
  return made;
}

/// Whether an array changed since it was read first, and an index leads into it.
bool element_change::is_stale(bj::object const& found) const {
  auto const changed = [&](edit const& one) {
    if (is_append(one.where, 0)) return false;
    auto const array = one.where.base.str();
    auto const* const before = first_->if_contains(array);
    auto const* const now = found.if_contains(array);
    return (before == nullptr || now == nullptr) ? before != now : *before != *now;
  };
  return std::any_of(set_.begin(), set_.end(), changed) ||
         std::any_of(unset_.begin(), unset_.end(), changed);
}

cfgd::result<std::vector<value_path>> element_change::change(bj::object& arrays) const {
  std::vector<value_path> texts;
  for (auto const& one : set_) {
    auto const array = one.where.base.str();
    if (!arrays.contains(array)) {
      if (!is_append(one.where, 0)) return no_value(one.where, 0);
      arrays[array].emplace_array();
    }
    auto const done = set_inside(arrays[array], one.where, one.value);
    if (!done) return done.error();
    bool const is_text = what_.spelling == value_spelling::text && !one.value.is_structured();
    if (is_text) texts.push_back(*done);
  }
  for (auto const& one : unset_) {
    auto* const array = arrays.if_contains(one.where.base.str());
    if (array == nullptr) return no_value(one.where, 0);
    auto const done = unset_inside(*array, one.where);
    if (!done) return done.error();
    for (auto place = texts.begin(); place != texts.end();)
      place = stays(*place, one.where) ? std::next(place) : texts.erase(place);
  }
  return texts;
}

result<transaction> element_change::apply(snapshot const& found) {
  if (!first_) first_ = found.values;
  if (is_stale(found.values))
    return refused("io.cfgd.Config.RevisionMismatch", bj::object{{"revision", found.revision}});
  auto arrays = found.values;
  auto const texts = change(arrays);
  if (!texts) return bad_key(texts.error());
  transaction out = what_;
  for (auto const& place : *texts)
    out.text_elements.push_back(place.str());
  for (auto const& member : arrays) {
    std::string const key(member.key());
    bool const is_unset = std::find(out.unset.begin(), out.unset.end(), key) != out.unset.end();
    if (is_unset || !out.values.emplace(key, member.value()).second)
      return bad_key({.code = errc::bad_key,
                      .message = "the array and an element of it are changed together",
                      .subject = key});
  }
  if (!out.if_revision) out.if_revision = found.revision;
  return out;
}

bool element_change::retries(call_error const& why) {
  return why.name.ends_with(".RevisionMismatch") && !what_.if_revision &&
         ++attempts_ < most_attempts;
}

} // namespace cfgd::client::detail
