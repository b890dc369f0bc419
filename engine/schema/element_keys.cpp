#include "engine/schema/element_keys.hpp"

#include "core/document.hpp"
#include "core/json.hpp"
#include "engine/schema/findings.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <unordered_map>
#include <utility>

// Layers are merged member by member. So an array whose elements have names becomes an object while
// layers are merged: {"home":{"name":"home",...},...}. It has the same values in the same order, so
// that the places of a document stay right, and everything that compares layers by their keys works
// for elements, too. After the merge the object becomes an array again.
//
// An array with a fault stays an array, and replaces what lies below. Its fault rejects the change
// that brings it.

namespace cfgd::schema {
namespace {

namespace bj = boost::json;

/// The name of an element by the value of its member; absent: such a value is not a name.
std::optional<std::string> name_of(bj::value const& value) {
  if (auto const* const text = value.if_string()) return std::string(*text);
  if (value.is_bool() || value.is_number()) return json::canonical(value);
  return std::nullopt;
}

bj::value const* find_name(bj::value const& element, std::string_view key) {
  auto const* const members = element.if_object();
  return members == nullptr ? nullptr : members->if_contains(key);
}

/// Finds the faults of the arrays of one array's elements, or of one object's members.
class fault_walk {
 public:
  fault_walk(navigator& ways, std::vector<element_fault>& out) : ways_(ways), out_(out) {}

  void object(bj::object const& from, position const& here) {
    auto const key = element_key(here);
    for (auto const& member : from) {
      step const down(*this, member.key());
      if (!key.empty()) check_member(member.key(), member.value(), key);
      value(member.value(), ways_.member(here, member.key()));
    }
  }

 private:
  /// Adds a token to the pointer, and outside of arrays a part to the path, while it exists.
  class step {
   public:
    step(fault_walk& of, std::string_view token) : of_(of), length_(of.pointer_.size()) {
      append_pointer(of_.pointer_, token);
      if (of_.arrays_ == 0) of_.path_.emplace_back(token);
    }
    ~step() {
      of_.pointer_.resize(length_);
      if (of_.arrays_ == 0) of_.path_.pop_back();
    }
    step(step const&) = delete;
    step& operator=(step const&) = delete;

   private:
    fault_walk& of_;
    std::size_t length_;
  };

  void value(bj::value const& what, position const& here) {
    if (auto const* const members = what.if_object()) return object(*members, here);
    auto const* const list = what.if_array();
    auto const key = element_key(here);
    if (list == nullptr || key.empty()) return;
    auto const below = ways_.element(here);
    std::unordered_map<std::string, std::size_t> known;
    ++arrays_;
    for (std::size_t index = 0; index < list->size(); ++index) {
      step const down(*this, std::to_string(index));
      auto const& element = (*list)[index];
      check_element(element, index, key, known);
      if (auto const* const members = element.if_object()) object(*members, below);
    }
    --arrays_;
  }

  void check_element(bj::value const& element, std::size_t index, std::string_view key,
                     std::unordered_map<std::string, std::size_t>& known) {
    auto const what = "element " + std::to_string(index);
    auto const* const found = find_name(element, key);
    if (!element.is_object())
      return add(what + " must be an object with a member " + quote_name(key));
    if (found == nullptr) return add(what + " has no member " + quote_name(key));
    auto name = name_of(*found);
    if (!name)
      return add(what + ": " + quote_name(key) + " must be a string, a number or a boolean");
    auto const [first, is_new] = known.try_emplace(*std::move(name), index);
    if (!is_new)
      add(what + " has the same " + quote_name(key) + " as element " +
          std::to_string(first->second));
  }

  void check_member(std::string_view name, bj::value const& element, std::string_view key) {
    if (element.is_null()) return;
    if (!element.is_object()) return add("the element " + quote_name(name) + " must be an object");
    auto const* const own = find_name(element, key);
    if (own != nullptr && name_of(*own) != name)
      add("the element " + quote_name(name) + " has another " + quote_name(key));
  }

  void add(std::string message) {
    out_.push_back({.path = path_, .pointer = pointer_, .message = std::move(message)});
  }

  navigator& ways_;
  std::vector<element_fault>& out_;
  std::vector<std::string> path_;
  std::string pointer_;
  std::size_t arrays_ = 0;
};

/// Whether every element of an array has a name of its own.
bool has_names(bj::array const& list, std::string_view key) {
  std::unordered_map<std::string, std::size_t> known;
  return std::all_of(list.begin(), list.end(), [&](bj::value const& element) {
    auto const* const found = find_name(element, key);
    auto name = found == nullptr ? std::nullopt : name_of(*found);
    return name && known.try_emplace(*std::move(name), 0).second;
  });
}

} // namespace

bool element_keys::reaches(position const& here) const {
  return std::any_of(here.certain.begin(), here.certain.end(),
                     [this](node const* one) { return reaching_[one->id]; });
}

bj::object element_keys::keyed(bj::object const& layer) {
  return keyed_members(layer, ways_.root());
}

bj::object element_keys::keyed_members(bj::object const& from, position const& here) {
  bj::object out;
  out.reserve(from.size());
  for (auto const& member : from)
    out.emplace(member.key(), keyed_value(member.value(), ways_.member(here, member.key())));
  return out;
}

bj::value element_keys::keyed_value(bj::value const& from, position const& here) {
  if (!reaches(here)) return from;
  if (auto const* const members = from.if_object()) return keyed_members(*members, here);
  auto const* const list = from.if_array();
  auto const key = element_key(here);
  if (list == nullptr || key.empty() || !has_names(*list, key)) return from;
  auto const below = ways_.element(here);
  bj::object out;
  out.reserve(list->size());
  for (auto const& element : *list)
    out.emplace(*name_of(*find_name(element, key)), keyed_members(element.get_object(), below));
  return out;
}

void element_keys::to_arrays(bj::value& merged) {
  auto const here = ways_.root();
  for (auto& member : merged.as_object())
    to_arrays(member.value(), ways_.member(here, member.key()));
}

void element_keys::to_arrays(bj::value& what, position const& here) {
  auto* const members = what.if_object();
  if (members == nullptr || !reaches(here)) return;
  for (auto& member : *members)
    to_arrays(member.value(), ways_.member(here, member.key()));
  auto const key = element_key(here);
  if (key.empty()) return;
  bj::array list(what.storage());
  list.reserve(members->size());
  for (auto& member : *members) {
    auto& added = list.emplace_back(std::move(member.value()));
    if (auto* const element = added.if_object(); element != nullptr && !element->contains(key))
      element->emplace(key, member.key());
  }
  what = std::move(list);
}

std::vector<element_fault> element_keys::faults(bj::object const& layer) {
  std::vector<element_fault> out;
  fault_walk(ways_, out).object(layer, ways_.root());
  return out;
}

std::string element_keys::layer_pointer(bj::value const& merged, std::string_view pointer) {
  std::string out;
  auto here = ways_.root();
  bj::value const* at = &merged;
  for (auto const& token : split_pointer(pointer)) {
    std::string below;
    append_pointer(below, token);
    auto const key = at != nullptr && at->is_array() ? element_key(here) : std::string_view();
    bool const is_plain_array = at != nullptr && at->is_array() && key.empty();
    at = at == nullptr ? nullptr : find_pointer(*at, below);
    auto const* const named = at == nullptr || key.empty() ? nullptr : find_name(*at, key);
    auto const name = named == nullptr ? std::nullopt : name_of(*named);
    append_pointer(out, name ? *name : token);
    // What is inside of an array without names is not merged.
    here = is_plain_array ? position() : ways_.member(here, token);
  }
  return out;
}

} // namespace cfgd::schema
