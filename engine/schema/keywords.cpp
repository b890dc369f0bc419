#include "engine/schema/keywords.hpp"

#include "core/document.hpp"
#include "engine/schema/compile.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <array>
#include <unordered_map>
#include <vector>

// One table for all drafts: a keyword is a name in a range of drafts. "dependencies" is accepted in
// all of them, because it is in use and does no harm; "items" has two meanings and two rows. The
// walk over documents and the compiler use the same table, so they agree on what is a subschema.

namespace cfgd::schema {
namespace {

namespace bj = boost::json;
using enum draft;
using c = compiler;

constexpr std::array table{
    // Identifiers and references.
    keyword{"$schema", draft4, draft2020, core_words, shape::plain, &c::take_text},
    keyword{"id", draft4, draft4, core_words, shape::plain, &c::take_text},
    keyword{"$id", draft6, draft2020, core_words, shape::plain, &c::take_text},
    keyword{"$anchor", draft2019, draft2020, core_words, shape::plain, &c::take_anchor},
    keyword{"$dynamicAnchor", draft2020, draft2020, core_words, shape::plain, &c::take_anchor},
    keyword{"$recursiveAnchor", draft2019, draft2019, core_words, shape::plain, &c::take_flag},
    keyword{"$ref", draft4, draft2020, core_words, shape::plain, &c::take_reference},
    keyword{"$dynamicRef", draft2020, draft2020, core_words, shape::plain, &c::take_reference},
    keyword{"$recursiveRef", draft2019, draft2019, core_words, shape::plain, &c::take_reference},
    keyword{"$defs", draft2019, draft2020, core_words, shape::members, &c::take_definitions},
    keyword{"definitions", draft4, draft2020, core_words, shape::members, &c::take_definitions},
    keyword{"$comment", draft7, draft2020, core_words, shape::plain, &c::take_text},
    // Annotations.
    keyword{"title", draft4, draft2020, core_words, shape::plain, &c::take_text},
    keyword{"description", draft4, draft2020, core_words, shape::plain, &c::take_text},
    keyword{"default", draft4, draft2020, core_words, shape::plain, &c::take_default},
    keyword{"examples", draft6, draft2020, core_words, shape::plain, &c::take_list_of_any},
    keyword{"readOnly", draft7, draft2020, core_words, shape::plain, &c::take_flag},
    keyword{"writeOnly", draft7, draft2020, core_words, shape::plain, &c::take_flag},
    keyword{"deprecated", draft2019, draft2020, core_words, shape::plain, &c::take_flag},
    keyword{"x-secret", draft4, draft2020, core_words, shape::plain, &c::take_flag},
    keyword{"x-key", draft4, draft2020, core_words, shape::plain, &c::take_element_key},
    keyword{"contentMediaType", draft7, draft2020, core_words, shape::plain, &c::take_text},
    keyword{"contentEncoding", draft7, draft2020, core_words, shape::plain, &c::take_text},
    keyword{"contentSchema", draft2019, draft2020, core_words, shape::subschema,
            &c::take_subschema},
    // Any value.
    keyword{"type", draft4, draft2020, validation_words, shape::plain, &c::take_type},
    keyword{"enum", draft4, draft2020, validation_words, shape::plain, &c::take_enum},
    keyword{"const", draft6, draft2020, validation_words, shape::plain, &c::take_const},
    keyword{"format", draft4, draft2020, format_words, shape::plain, &c::take_format},
    // Numbers.
    keyword{"minimum", draft4, draft2020, validation_words, shape::plain, &c::take_bound},
    keyword{"maximum", draft4, draft2020, validation_words, shape::plain, &c::take_bound},
    keyword{"exclusiveMinimum", draft4, draft2020, validation_words, shape::plain, &c::take_bound},
    keyword{"exclusiveMaximum", draft4, draft2020, validation_words, shape::plain, &c::take_bound},
    keyword{"multipleOf", draft4, draft2020, validation_words, shape::plain, &c::take_multiple_of},
    // Strings.
    keyword{"minLength", draft4, draft2020, validation_words, shape::plain, &c::take_count},
    keyword{"maxLength", draft4, draft2020, validation_words, shape::plain, &c::take_count},
    keyword{"pattern", draft4, draft2020, validation_words, shape::plain, &c::take_pattern},
    // Lists.
    keyword{"prefixItems", draft2020, draft2020, applicator_words, shape::list,
            &c::take_subschemas},
    keyword{"items", draft4, draft2019, applicator_words, shape::items, &c::take_items},
    keyword{"items", draft2020, draft2020, applicator_words, shape::subschema, &c::take_subschema},
    keyword{"additionalItems", draft4, draft2019, applicator_words, shape::subschema,
            &c::take_additional_items},
    keyword{"contains", draft6, draft2020, applicator_words, shape::subschema, &c::take_subschema},
    keyword{"minContains", draft2019, draft2020, validation_words, shape::plain, &c::take_count},
    keyword{"maxContains", draft2019, draft2020, validation_words, shape::plain, &c::take_count},
    keyword{"minItems", draft4, draft2020, validation_words, shape::plain, &c::take_count},
    keyword{"maxItems", draft4, draft2020, validation_words, shape::plain, &c::take_count},
    keyword{"uniqueItems", draft4, draft2020, validation_words, shape::plain, &c::take_flag},
    keyword{"unevaluatedItems", draft2019, draft2020, unevaluated_words, shape::subschema,
            &c::take_subschema},
    // Objects.
    keyword{"properties", draft4, draft2020, applicator_words, shape::members, &c::take_properties},
    keyword{"patternProperties", draft4, draft2020, applicator_words, shape::members,
            &c::take_pattern_properties},
    keyword{"additionalProperties", draft4, draft2020, applicator_words, shape::subschema,
            &c::take_subschema},
    keyword{"propertyNames", draft6, draft2020, applicator_words, shape::subschema,
            &c::take_subschema},
    keyword{"required", draft4, draft2020, validation_words, shape::plain, &c::take_required},
    keyword{"minProperties", draft4, draft2020, validation_words, shape::plain, &c::take_count},
    keyword{"maxProperties", draft4, draft2020, validation_words, shape::plain, &c::take_count},
    keyword{"dependencies", draft4, draft2020, applicator_words, shape::dependent,
            &c::take_dependencies},
    keyword{"dependentRequired", draft2019, draft2020, validation_words, shape::plain,
            &c::take_dependencies},
    keyword{"dependentSchemas", draft2019, draft2020, applicator_words, shape::members,
            &c::take_dependencies},
    keyword{"unevaluatedProperties", draft2019, draft2020, unevaluated_words, shape::subschema,
            &c::take_subschema},
    // Combinations.
    keyword{"allOf", draft4, draft2020, applicator_words, shape::list, &c::take_subschemas},
    keyword{"anyOf", draft4, draft2020, applicator_words, shape::list, &c::take_subschemas},
    keyword{"oneOf", draft4, draft2020, applicator_words, shape::list, &c::take_subschemas},
    keyword{"not", draft4, draft2020, applicator_words, shape::subschema, &c::take_subschema},
    keyword{"if", draft7, draft2020, applicator_words, shape::subschema, &c::take_subschema},
    keyword{"then", draft7, draft2020, applicator_words, shape::subschema, &c::take_subschema},
    keyword{"else", draft7, draft2020, applicator_words, shape::subschema, &c::take_subschema},
};

using by_name = std::unordered_map<std::string_view, std::vector<keyword const*>>;

by_name index_table() {
  by_name out;
  for (auto const& one : table)
    out[one.name].push_back(&one);
  return out;
}

using visitor = std::function<void(bj::value const&, std::string const&)>;

void visit_list(bj::array const& list, std::string const& rest, visitor const& visit) {
  for (std::size_t i = 0; i < list.size(); ++i)
    visit(list[i], rest + "/" + std::to_string(i));
}

void visit_members(bj::object const& members, std::string const& rest, visitor const& visit) {
  for (auto const& member : members) {
    auto place = rest;
    append_pointer(place, member.key());
    visit(member.value(), place);
  }
}

void visit_below(bj::value const& value, keyword const& which, visitor const& visit) {
  std::string rest;
  append_pointer(rest, which.name);
  bool const may_be_list = which.holds == shape::list || which.holds == shape::items;
  bool const has_members = which.holds == shape::members || which.holds == shape::dependent;
  if (may_be_list && value.is_array())
    visit_list(value.get_array(), rest, visit);
  else if (has_members && value.is_object())
    visit_members(value.get_object(), rest, visit);
  else if (which.holds == shape::subschema || which.holds == shape::items)
    visit(value, rest);
}

by_name const& all_by_name() {
  static by_name const all = index_table();
  return all;
}

} // namespace

keyword const* find_keyword(std::string_view name, dialect const& language) {
  auto const& all = all_by_name();
  auto const found = all.find(name);
  if (found == all.end()) return nullptr;
  for (auto const* const one : found->second) {
    if (language.which >= one->first && language.which <= one->last) return one;
  }
  return nullptr;
}

keyword const* find_in_any_draft(std::string_view name) {
  auto const& all = all_by_name();
  auto const found = all.find(name);
  return found == all.end() ? nullptr : found->second.front();
}

std::vector<std::string> keyword_names(draft which) {
  std::vector<std::string> names;
  for (auto const& one : table)
    if (which >= one.first && which <= one.last) names.emplace_back(one.name);
  return names;
}

void for_each_subschema(bj::value const& in, dialect const& language, visitor const& visit) {
  auto const* const object = in.if_object();
  if (object == nullptr) return;
  for (auto const& member : *object) {
    auto const* const which = find_keyword(member.key(), language);
    if (which != nullptr && which->holds != shape::plain)
      visit_below(member.value(), *which, visit);
  }
}

} // namespace cfgd::schema
