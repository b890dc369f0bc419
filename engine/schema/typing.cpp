#include "engine/schema/typing.hpp"

#include "core/json.hpp"
#include "core/untyped.hpp"
#include "engine/schema/navigator.hpp"
#include "engine/schema/numbers.hpp"
#include "engine/schema/schema.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>

// A document is typed in one walk that goes down the document and the schema together: the
// subschemas that certainly apply decide about types; those that may apply give the names that
// members can have.
//
// A number or a boolean in such a document is canonical, so its text is what the file says. That is
// why a value can become text again without the file.

namespace cfgd::schema {

namespace {

namespace bj = boost::json;

constexpr type_bits number_types = types::integer | types::number;

type_bits widen(type_bits allowed) {
  return (allowed & types::number) != 0 ? static_cast<type_bits>(allowed | types::integer)
                                        : allowed;
}

type_bits type_of(bj::value const& what) {
  if (what.is_number()) return number_types;
  if (what.is_bool()) return types::boolean;
  if (what.is_string()) return types::string;
  if (what.is_array()) return types::array;
  return what.is_object() ? types::object : types::null;
}

bool fits(bj::value const& what, type_bits allowed) {
  if (!what.is_number()) return (allowed & type_of(what)) != 0;
  if ((allowed & types::number) != 0) return true;
  return (allowed & types::integer) != 0 && is_integral(what);
}

type_bits types_of(node_list const& certain);

type_bits types_of_branches(std::vector<node const*> const& branches) {
  if (branches.empty()) return any_type;
  type_bits out = 0;
  for (auto const* const branch : branches) {
    node_list certain;
    add_certain(*branch, certain);
    out |= types_of(certain);
  }
  return out;
}

type_bits types_of(node const& one) {
  if (one.what == node::kind::accepts) return any_type;
  if (one.what == node::kind::rejects) return 0;
  type_bits out = one.allowed == 0 ? any_type : widen(one.allowed);
  if (one.constant != nullptr) out &= type_of(*one.constant);
  if (one.choices != nullptr) {
    type_bits some = 0;
    for (auto const& choice : *one.choices)
      some |= type_of(choice);
    out &= some;
  }
  if (!one.in_place) return out;
  out &= types_of_branches(one.in_place->any_of);
  return out & types_of_branches(one.in_place->one_of);
}

type_bits types_of(node_list const& certain) {
  type_bits out = any_type;
  for (auto const* const one : certain)
    out &= types_of(*one);
  return out;
}

/// A name without case, "_" and "-".
std::string fold(std::string_view name) {
  std::string out;
  for (char const c : name) {
    if (c == '_' || c == '-') continue;
    out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return out;
}

/// A boolean or number that the schema asks for; absent: the text is neither.
std::optional<bj::value> read_as(std::string_view text, type_bits allowed) {
  if ((text == "true" || text == "false") && (allowed & types::boolean) != 0)
    return bj::value(text == "true");
  auto number = number_of_text(text);
  if (number && fits(*number, allowed)) return number;
  return std::nullopt;
}

bj::value type_scalar(bj::value const& value, type_bits allowed) {
  if (value.is_null() || fits(value, allowed)) return value;
  if (auto const* const text = value.if_string()) {
    auto read = read_as(*text, allowed);
    return read ? std::move(*read) : value;
  }
  if ((allowed & types::string) == 0) return value;
  return bj::value(json::canonical(value));
}

class document_typer {
 public:
  document_typer(program const& all, sourced_document const& from, text_rules const& rules,
                 limits const& bounds)
      : navigator_(all, bounds), from_(from), rules_(rules) {}

  sourced_document run() {
    out_.root = type_object(from_.root, navigator_.root());
    out_.notes = from_.notes;
    return std::move(out_);
  }

 private:
  bj::object type_object(bj::object const& from, position const& here) {
    bj::object out;
    out.reserve(from.size());
    for (auto const& one : from) {
      auto const at = copy_place();
      auto const name = name_of(one.key(), from, out, here);
      auto const below = navigator_.member(here, name);
      out.emplace(name, type_any(one.value(), below, at));
    }
    return out;
  }

  bj::value type_any(bj::value const& value, position const& here, place at) {
    if (auto const* const object = value.if_object()) return type_object(*object, here);
    if (auto const* const array = value.if_array()) return type_array(*array, here);
    auto const allowed = types_of(here.certain);
    auto typed = type_scalar(value, allowed);
    bool const becomes_array = rules_.repeated_keys_are_arrays && !typed.is_null() &&
                               !fits(typed, allowed) && (allowed & types::array) != 0;
    if (!becomes_array) return typed;
    add_place(at);
    bj::array list;
    list.push_back(type_scalar(value, types_of(navigator_.element(here, 0).certain)));
    return list;
  }

  bj::value type_array(bj::array const& from, position const& here) {
    if (!rules_.repeated_keys_are_arrays) { // it was written as JSON, which has types
      copy_places_of(from);
      return from;
    }
    bj::array out;
    out.reserve(from.size());
    for (auto const& element : from) {
      auto const at = copy_place();
      auto const below = navigator_.element(here, out.size());
      out.push_back(type_any(element, below, at));
    }
    return out;
  }

  /// The name of a property that is written otherwise, if exactly one is; else the name itself.
  std::string name_of(std::string_view name, bj::object const& from, bj::object const& out,
                      position const& here) {
    std::string own(name);
    if (!rules_.names_fold) return own;
    auto const folded = fold(name);
    std::optional<std::string_view> found;
    for (auto const* const one : here.possible) {
      if (!one->objects) continue;
      for (auto const& [property, rule] : one->objects->properties) {
        if (property == name) return own;
        if (fold(property) != folded || property == found) continue;
        if (found) return own;
        found = property;
      }
    }
    bool const is_free = found && !from.contains(*found) && !out.contains(*found);
    return is_free ? std::string(*found) : own;
  }

  place copy_place() {
    if (next_ >= from_.places.size()) return {};
    auto const at = from_.places[next_++];
    out_.places.push_back(at);
    return at;
  }
  void add_place(place at) {
    if (!from_.places.empty()) out_.places.push_back(at);
  }
  void copy_places_of(bj::array const& below) {
    for (auto const& element : below) {
      copy_place();
      copy_places_below(element);
    }
  }
  void copy_places_below(bj::value const& value) {
    if (auto const* const array = value.if_array()) return copy_places_of(*array);
    auto const* const object = value.if_object();
    if (object == nullptr) return;
    for (auto const& one : *object) {
      copy_place();
      copy_places_below(one.value());
    }
  }

  navigator navigator_;
  sourced_document const& from_;
  text_rules const& rules_;
  std::size_t next_ = 0;
  sourced_document out_;
};

std::string_view name_of_types(type_bits allowed) {
  if ((allowed & types::number) != 0) return "number";
  return (allowed & types::integer) != 0 ? "integer" : "boolean";
}

} // namespace

sourced_document type_document(program const& all, sourced_document const& from,
                               text_rules const& rules, limits const& bounds) {
  return document_typer(all, from, rules, bounds).run();
}

bj::value type_value(program const& all, std::span<std::string const> path, bj::value const& value,
                     limits const& bounds) {
  if (value.is_structured()) return value;
  return type_scalar(value, find_types(all, path, bounds));
}

bj::value type_value(program const& all, value_path const& which, bj::value const& value,
                     limits const& bounds) {
  if (value.is_structured()) return value;
  navigator way(all, bounds);
  auto here = way.root();
  for (auto const& name : which.base.path())
    here = way.member(here, name);
  for (auto const& step : which.inside) {
    if (auto const* const name = std::get_if<std::string>(&step))
      here = way.member(here, *name);
    else if (auto const* const index = std::get_if<std::size_t>(&step))
      here = way.element(here, *index);
  }
  return type_scalar(value, types_of(here.certain));
}

type_bits find_types(program const& all, std::span<std::string const> path, limits const& bounds) {
  navigator way(all, bounds);
  auto here = way.root();
  for (auto const& name : path)
    here = way.member(here, name);
  return types_of(here.certain);
}

std::string describe_text_fault(type_bits allowed, std::string_view text, bool may_show) {
  constexpr std::size_t longest = 64;
  constexpr type_bits readable = number_types | types::boolean;
  if ((allowed & types::string) != 0 || (allowed & readable) == 0) return {};
  if (auto const range = number_range_fault(text); !range.empty() && (allowed & number_types) != 0)
    return std::string(range);
  std::string out;
  if (may_show && text.size() <= longest)
    json::append_string(out, text);
  else
    out = "the text";
  auto const what = name_of_types(allowed);
  out.append(" is not a canonical ").append(what);
  if (what == "boolean") out += "; write true or false";
  return out;
}

} // namespace cfgd::schema
