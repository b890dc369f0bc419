#include "core/document.hpp"
#include "core/near.hpp"
#include "engine/schema/compile.hpp"
#include "engine/schema/findings.hpp"
#include "engine/schema/numbers.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>

#include <algorithm>
#include <array>
#include <limits>

// The valid values of each keyword, and the field of the node that it sets. Keywords with values of
// the same type share a function, which has a small table of their fields.

namespace cfgd::schema {
namespace {

namespace bj = boost::json;

template <class T>
T& make(std::unique_ptr<T>& part) {
  if (!part) part = std::make_unique<T>();
  return *part;
}

bool is_above_zero(bj::value const& number) {
  static bj::value const zero(0);
  return std::is_gt(compare_numbers(number, zero));
}

std::optional<std::size_t> count_of(bj::value const& value) {
  static bj::value const zero(0);
  if (!value.is_number() || !is_integral(value) || std::is_lt(compare_numbers(value, zero)))
    return std::nullopt;
  static bj::value const most(std::numeric_limits<std::int64_t>::max());
  if (std::is_gteq(compare_numbers(value, most))) return no_maximum;
  if (value.is_double()) return static_cast<std::size_t>(value.get_double());
  return value.to_number<std::size_t>();
}

std::size_t& count_field(node& into, std::string_view name) {
  if (name == "minLength") return make(into.strings).min_length;
  if (name == "maxLength") return make(into.strings).max_length;
  if (name == "minItems") return make(into.arrays).min_items;
  if (name == "maxItems") return make(into.arrays).max_items;
  if (name == "minContains") return make(into.arrays).min_contains;
  if (name == "maxContains") return make(into.arrays).max_contains;
  if (name == "minProperties") return make(into.objects).min_members;
  return make(into.objects).max_members;
}

bj::value const*& bound_field(number_rules& rules, std::string_view name) {
  if (name == "minimum") return rules.minimum;
  if (name == "maximum") return rules.maximum;
  if (name == "exclusiveMinimum") return rules.exclusive_minimum;
  return rules.exclusive_maximum;
}

/// Null: of interest to nobody but those who refer to it.
node const** subschema_field(node& into, std::string_view name) {
  if (name == "items") return &make(into.arrays).rest;
  if (name == "contains") return &make(into.arrays).contains;
  if (name == "unevaluatedItems") return &make(into.arrays).unevaluated;
  if (name == "additionalProperties") return &make(into.objects).additional;
  if (name == "propertyNames") return &make(into.objects).names;
  if (name == "unevaluatedProperties") return &make(into.objects).unevaluated;
  if (name == "not") return &make(into.in_place).negated;
  if (name == "if") return &make(into.in_place).condition;
  if (name == "then") return &make(into.in_place).consequence;
  if (name == "else") return &make(into.in_place).alternative;
  return nullptr;
}

std::vector<node const*>& list_field(node& into, std::string_view name) {
  if (name == "prefixItems") return make(into.arrays).prefix;
  if (name == "allOf") return make(into.in_place).all_of;
  if (name == "anyOf") return make(into.in_place).any_of;
  return make(into.in_place).one_of;
}

constexpr std::array<std::pair<std::string_view, type_bits>, 7> type_names{{
    {"null", types::null},
    {"boolean", types::boolean},
    {"integer", types::integer},
    {"number", types::number},
    {"string", types::string},
    {"array", types::array},
    {"object", types::object},
}};

/// 0: no type.
type_bits type_of(bj::value const& name) {
  auto const* const text = name.if_string();
  if (text == nullptr) return 0;
  for (auto const& [known, bit] : type_names) {
    if (*text == known) return bit;
  }
  return 0;
}

/// Why a value does not name a type.
std::string type_fault(bj::value const& name) {
  constexpr char const* types = "null, boolean, integer, number, string, array, object";
  auto const* const text = name.if_string();
  if (text == nullptr)
    return std::string("must be one of ") + types + ", or a list of some of them";
  std::vector<std::string> known;
  for (auto const& [type, bit] : type_names)
    known.emplace_back(type);
  auto const meant = did_you_mean(std::string_view(*text), known);
  return describe_value(name) + " is not a JSON Schema type" +
         (meant.empty() ? std::string(" (") + types + ')' : meant);
}

bool is_anchor(std::string_view text) {
  auto const is_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  auto const is_more = [&](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == ':';
  };
  return !text.empty() && is_letter(text.front()) && std::all_of(text.begin(), text.end(), is_more);
}

std::string below(std::string_view keyword) {
  std::string out;
  append_pointer(out, keyword);
  return out;
}

std::string below(std::string_view keyword, std::string_view member) {
  auto out = below(keyword);
  append_pointer(out, member);
  return out;
}

} // namespace

void compiler::take_text(node& into, bj::value const& value, keyword const& which) {
  if (!value.is_string()) fail(into, which, "must be a string");
}

void compiler::take_element_key(node& into, bj::value const& value, keyword const& which) {
  auto const* const name = value.if_string();
  if (name == nullptr || name->empty()) return fail(into, which, "must be the name of a member");
  into.element_key = *name;
}

void compiler::take_anchor(node& into, bj::value const& value, keyword const& which) {
  if (!value.is_string() || !is_anchor(value.get_string()))
    fail(into, which, "must be a name of letters, digits, '-', '_', '.', ':'");
}

void compiler::take_flag(node& into, bj::value const& value, keyword const& which) {
  if (!value.is_bool()) return fail(into, which, "must be true or false");
  bool const on = value.get_bool();
  if (which.name == "deprecated") into.deprecated = on;
  if (which.name == "x-secret") into.secret = on;
  if (which.name == "readOnly") into.read_only = on;
  if (which.name == "uniqueItems" && on) make(into.arrays).unique = true;
}

void compiler::take_list_of_any(node& into, bj::value const& value, keyword const& which) {
  if (!value.is_array()) fail(into, which, "must be a list");
}

void compiler::take_default(node& into, bj::value const& value, keyword const&) {
  into.fallback = &value;
}

void compiler::take_type(node& into, bj::value const& value, keyword const& which) {
  auto const* const list = value.if_array();
  if (list == nullptr) {
    into.allowed = type_of(value);
    if (into.allowed == 0) fail(into, which, type_fault(value));
    return;
  }
  if (list->empty()) return fail(into, which, type_fault(value));
  for (auto const& name : *list) {
    auto const bit = type_of(name);
    if (bit == 0) return fail(into, which, type_fault(name));
    if ((into.allowed & bit) != 0) return fail(into, which, "names a type twice");
    into.allowed = static_cast<type_bits>(into.allowed | bit);
  }
}

void compiler::take_enum(node& into, bj::value const& value, keyword const& which) {
  if (!value.is_array()) return fail(into, which, "must be a list");
  if (value.get_array().empty() && into.home->language.which <= draft::draft6)
    return fail(into, which, "must not be empty");
  into.choices = &value.get_array();
}

void compiler::take_const(node& into, bj::value const& value, keyword const&) {
  into.constant = &value;
}

void compiler::take_bound(node& into, bj::value const& value, keyword const& which) {
  bool const exclusive = which.name.starts_with("exclusive");
  if (exclusive && into.home->language.which == draft::draft4) {
    // A flag of its neighbour.
    if (!value.is_bool()) return fail(into, which, "must be true or false");
    auto const* const bound = into.source->get_object().if_contains(
        which.name == "exclusiveMinimum" ? "minimum" : "maximum");
    if (value.get_bool() && bound != nullptr && bound->is_number())
      bound_field(make(into.numbers), which.name) = bound;
    return;
  }
  if (!value.is_number()) return fail(into, which, "must be a number");
  bound_field(make(into.numbers), which.name) = &value;
}

void compiler::take_multiple_of(node& into, bj::value const& value, keyword const& which) {
  if (!value.is_number()) return fail(into, which, "must be a number");
  if (!is_above_zero(value)) return fail(into, which, "must be greater than 0");
  make(into.numbers).multiple_of = &value;
}

void compiler::take_count(node& into, bj::value const& value, keyword const& which) {
  auto const count = count_of(value);
  if (!count) return fail(into, which, "must be a non-negative integer");
  count_field(into, which.name) = *count;
}

void compiler::take_pattern(node& into, bj::value const& value, keyword const& which) {
  auto const* const text = value.if_string();
  if (text == nullptr) return fail(into, which, "must be a string");
  make(into.strings).expression = pattern_of(*text, place_of(into) + below(which.name));
}

void compiler::take_format(node& into, bj::value const& value, keyword const& which) {
  auto const* const text = value.if_string();
  if (text == nullptr) return fail(into, which, "must be a string");
  if (how_ == formats::annotate && !into.home->language.knows(format_asserted)) return;
  auto const* const rule = find_format(*text, into.home->language.which);
  if (rule != nullptr) make(into.strings).format = rule;
}

void compiler::take_required(node& into, bj::value const& value, keyword const& which) {
  make(into.objects).required = names_in(value, place_of(into) + below(which.name));
}

void compiler::take_subschema(node& into, bj::value const& value, keyword const& which) {
  auto* const made = child(into, value, below(which.name), which);
  if (made == nullptr) return;
  auto** const field = subschema_field(into, which.name);
  if (field != nullptr) *field = made;
  if (which.name == "contains")
    into.arrays->contains_evaluates = into.home->language.which == draft::draft2020;
}

void compiler::take_subschemas(node& into, bj::value const& value, keyword const& which) {
  auto const* const list = value.if_array();
  if (list == nullptr || list->empty())
    return fail(into, which, "must be a non-empty list of schemas");
  auto& field = list_field(into, which.name);
  for (std::size_t i = 0; i < list->size(); ++i) {
    auto* const made = child(into, (*list)[i], below(which.name, std::to_string(i)), which);
    if (made == nullptr) return;
    field.push_back(made);
  }
}

void compiler::take_items(node& into, bj::value const& value, keyword const& which) {
  auto const* const list = value.if_array();
  if (list == nullptr) return take_subschema(into, value, which);
  for (std::size_t i = 0; i < list->size(); ++i) {
    auto* const made = child(into, (*list)[i], below(which.name, std::to_string(i)), which);
    if (made == nullptr) return;
    make(into.arrays).prefix.push_back(made);
  }
}

void compiler::take_additional_items(node& into, bj::value const& value, keyword const& which) {
  auto* const made = child(into, value, below(which.name), which);
  auto const* const items = into.source->get_object().if_contains("items");
  if (made == nullptr || items == nullptr || !items->is_array()) return;
  make(into.arrays).rest = made;
  into.arrays->rest_keyword = which.name;
}

void compiler::take_definitions(node& into, bj::value const& value, keyword const& which) {
  auto const* const members = value.if_object();
  if (members == nullptr) return fail(into, which, "must be an object of schemas");
  for (auto const& member : *members)
    child(into, member.value(), below(which.name, member.key()), which);
}

void compiler::take_properties(node& into, bj::value const& value, keyword const& which) {
  auto const* const members = value.if_object();
  if (members == nullptr) return fail(into, which, "must be an object of schemas");
  auto& properties = make(into.objects).properties;
  for (auto const& member : *members) {
    auto* const made = child(into, member.value(), below(which.name, member.key()), which);
    if (made == nullptr) return;
    properties.emplace_back(member.key(), made);
  }
  std::sort(properties.begin(), properties.end(),
            [](auto const& one, auto const& other) { return one.first < other.first; });
}

void compiler::take_pattern_properties(node& into, bj::value const& value, keyword const& which) {
  auto const* const members = value.if_object();
  if (members == nullptr) return fail(into, which, "must be an object of schemas");
  for (auto const& member : *members) {
    auto const place = below(which.name, member.key());
    auto* const made = child(into, member.value(), place, which);
    auto const* const expression = pattern_of(member.key(), place_of(into) + place);
    if (made == nullptr || expression == nullptr) return;
    make(into.objects).patterns.emplace_back(expression, made);
  }
}

void compiler::take_dependencies(node& into, bj::value const& value, keyword const& which) {
  auto const* const members = value.if_object();
  if (members == nullptr) return fail(into, which, "must be an object");
  for (auto const& member : *members) {
    auto const place = below(which.name, member.key());
    bool const names = which.holds == shape::plain ||
                       (which.holds == shape::dependent && member.value().is_array());
    if (names) {
      make(into.objects)
          .dependent.push_back({.member = member.key(),
                                .names = names_in(member.value(), place_of(into) + place),
                                .keyword = which.name});
    } else if (auto* const made = child(into, member.value(), place, which)) {
      make(into.in_place).dependent.emplace_back(member.key(), made);
    }
  }
}

} // namespace cfgd::schema
