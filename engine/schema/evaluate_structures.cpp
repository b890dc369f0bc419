#include "engine/schema/evaluate.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>

#include <algorithm>
#include <unordered_set>

// Lists and objects. Members are evaluated in the order of the document, which is the order of the
// issues, and looked up in the sorted properties of the schema. A member or an element that the
// schema does not allow is one issue, whichever keyword excludes it.

namespace cfgd::schema {
namespace {

namespace bj = boost::json;

/// So many are compared each with each: quicker than to hash them.
constexpr std::size_t few_elements = 16;
/// So many members are named where one is not known.
constexpr std::size_t most_known = 12;

instance element_of(instance const& list, std::size_t index) {
  return {.value = &list.value->get_array()[index], .parent = &list, .index = index};
}

instance member_of(instance const& object, bj::key_value_pair const& member) {
  return {.value = &member.value(), .parent = &object, .name = member.key()};
}

} // namespace

bool evaluator::check_other(node const& rule, instance const& at, std::string_view keyword,
                            findings* out) {
  if (rule.what != node::kind::rejects) return check(rule, at, out, nullptr);
  if (!spend(1) || out == nullptr) return false;
  auto const thing =
      at.parent->value->is_object() ? quote_name(at.name) : std::string("the element");
  return refuse(out, at, keyword, thing + " is not allowed here (" + std::string(keyword) + ")");
}

bool evaluator::check_array(array_rules const& rules, instance const& at, findings* out,
                            marks* seen) {
  auto const size = at.value->get_array().size();
  bool fits = true;
  if (size < rules.min_items)
    fits = refuse(out, at, "minItems",
                  "must have at least " + describe_count(rules.min_items, "element"));
  if (size > rules.max_items)
    fits = refuse(out, at, "maxItems",
                  "must have at most " + describe_count(rules.max_items, "element"));
  auto const go_on = [&] { return (fits || out != nullptr) && !halted_; };
  if (go_on()) fits = check_elements(rules, at, out, seen) && fits;
  if (rules.contains != nullptr && go_on()) fits = check_contains(rules, at, out, seen) && fits;
  if (rules.unique && go_on()) fits = check_unique(at, out) && fits;
  return fits;
}

bool evaluator::check_elements(array_rules const& rules, instance const& at, findings* out,
                               marks* seen) {
  auto const size = at.value->get_array().size();
  bool fits = true;
  auto const checked = rules.rest != nullptr ? size : std::min(size, rules.prefix.size());
  for (std::size_t i = 0; i < checked; ++i) {
    auto const element = element_of(at, i);
    fits = (i < rules.prefix.size() ? check(*rules.prefix[i], element, out, nullptr)
                                    : check_other(*rules.rest, element, rules.rest_keyword, out)) &&
           fits;
    if ((!fits && out == nullptr) || halted_) return false;
    if (seen != nullptr) seen->set(i, size);
  }
  if (rules.rest != nullptr && seen != nullptr) seen->set_all();
  return fits;
}

bool evaluator::check_contains(array_rules const& rules, instance const& at, findings* out,
                               marks* seen) {
  auto const size = at.value->get_array().size();
  bool const marking = seen != nullptr && rules.contains_evaluates;
  std::size_t found = 0;
  for (std::size_t i = 0; i < size; ++i) {
    if (!check(*rules.contains, element_of(at, i), nullptr, nullptr)) {
      if (halted_) return false;
      continue;
    }
    ++found;
    if (marking) seen->set(i, size);
    bool const decided = found >= rules.min_contains && rules.max_contains == no_maximum;
    if (decided && !marking) return true;
  }
  if (found < rules.min_contains)
    return refuse(out, at, rules.min_contains == 1 ? "contains" : "minContains",
                  "must have at least " + describe_count(rules.min_contains, "element") +
                      " as 'contains' describes");
  if (found > rules.max_contains)
    return refuse(out, at, "maxContains",
                  "must have at most " + describe_count(rules.max_contains, "element") +
                      " as 'contains' describes");
  return true;
}

bool evaluator::check_unique(instance const& at, findings* out) {
  auto const& list = at.value->get_array();
  auto const* const end = list.data() + list.size();
  auto const say = [&](bj::value const* first, bj::value const* second) {
    return refuse(out, at, "uniqueItems",
                  "must not have equal elements: those at " + std::to_string(first - list.data()) +
                      " and " + std::to_string(second - list.data()));
  };
  if (list.size() <= few_elements) {
    for (auto const* second = list.data(); second != end; ++second) {
      auto const* const first = std::find_if(list.data(), second, [&](bj::value const& one) {
        return equal_values(one, *second, budget_);
      });
      if (first != second) return say(first, second);
    }
    return spend(0);
  }
  auto const hash = [](bj::value const* what) { return hash_value_of(*what); };
  auto const equal = [this](bj::value const* left, bj::value const* right) {
    return equal_values(*left, *right, budget_);
  };
  std::unordered_set<bj::value const*, decltype(hash), decltype(equal)> seen(list.size(), hash,
                                                                             equal);
  for (auto const* second = list.data(); second != end; ++second) {
    auto const [first, fresh] = seen.insert(second);
    if (!spend(0)) return false;
    if (!fresh) return say(*first, second);
  }
  return true;
}

bool evaluator::check_object(object_rules const& rules, instance const& at, findings* out,
                             marks* seen) {
  auto const size = at.value->get_object().size();
  bool fits = true;
  if (size < rules.min_members)
    fits = refuse(out, at, "minProperties",
                  "must have at least " + describe_count(rules.min_members, "member"));
  if (size > rules.max_members)
    fits = refuse(out, at, "maxProperties",
                  "must have at most " + describe_count(rules.max_members, "member"));
  auto const go_on = [&] { return (fits || out != nullptr) && !halted_; };
  if (go_on()) fits = check_presence(rules, at, out) && fits;
  if (go_on()) fits = check_members(rules, at, out, seen) && fits;
  return fits;
}

bool evaluator::check_presence(object_rules const& rules, instance const& at, findings* out) {
  auto const& object = at.value->get_object();
  bool fits = true;
  if (!spend(rules.required.size() / 8)) return false;
  for (auto const name : rules.required) {
    if (object.contains(name)) continue;
    fits = refuse(out, at, "required", out == nullptr ? "" : quote_name(name) + " is required");
    if (out == nullptr) return false;
  }
  for (auto const& rule : rules.dependent) {
    if (!spend(1)) return false;
    if (!object.contains(rule.member)) continue;
    if (!spend(rule.names.size() / 8)) return false;
    for (auto const name : rule.names) {
      if (object.contains(name)) continue;
      fits = refuse(out, at, rule.keyword,
                    quote_name(name) + " is required where " + quote_name(rule.member) + " is");
    }
  }
  return fits;
}

bool evaluator::check_members(object_rules const& rules, instance const& at, findings* out,
                              marks* seen) {
  auto const& object = at.value->get_object();
  bool const any = !rules.properties.empty() || !rules.patterns.empty() ||
                   rules.additional != nullptr || rules.names != nullptr;
  if (!any) return true;
  bool fits = true;
  std::size_t index = 0;
  for (auto const& one : object) {
    auto const member = member_of(at, one);
    bool evaluated = false;
    if (rules.names != nullptr) fits = check_name(*rules.names, member, out) && fits;
    fits = check_member(rules, member, out, evaluated) && fits;
    if ((!fits && out == nullptr) || halted_) return false;
    if (evaluated && seen != nullptr) seen->set(index, object.size());
    ++index;
  }
  return fits;
}

bool evaluator::check_member(object_rules const& rules, instance const& member, findings* out,
                             bool& evaluated) {
  bool fits = true;
  if (auto const* const rule = rules.property(member.name)) {
    evaluated = true;
    fits = check_other(*rule, member, "properties", out);
  }
  for (auto const& [expression, rule] : rules.patterns) {
    if ((!fits && out == nullptr) || halted_) return false;
    if (!matches(*expression, member.name, member)) continue;
    evaluated = true;
    fits = check_other(*rule, member, "patternProperties", out) && fits;
  }
  if (halted_) return false;
  if (!evaluated && rules.additional != nullptr) {
    evaluated = true;
    fits = rules.additional->what == node::kind::rejects
               ? refuse_unknown(rules, member, out)
               : check_other(*rules.additional, member, "additionalProperties", out);
  }
  return fits;
}

bool evaluator::refuse_unknown(object_rules const& rules, instance const& member, findings* out) {
  if (!spend(1) || out == nullptr) return false;
  std::string message = "unknown setting";
  auto const shown = std::min(rules.properties.size(), most_known);
  for (std::size_t index = 0; index < shown; ++index)
    message +=
        (index == 0 ? " (the schema has: " : ", ") + quote_name(rules.properties[index].first);
  if (shown < rules.properties.size()) message += ", ...";
  if (shown > 0) message += ')';
  return refuse(out, member, "additionalProperties", std::move(message));
}

bool evaluator::check_name(node const& rule, instance const& member, findings* out) {
  bj::value const name(member.name);
  instance const at{.value = &name, .parent = member.parent, .name = member.name};
  if (out == nullptr) return check(rule, at, nullptr, nullptr);
  findings mine(bounds_.issues);
  if (check(rule, at, &mine, nullptr)) return true;
  for (auto const& one : mine.kept())
    refuse(out, member, "propertyNames", "its name " + one.message);
  return false;
}

bool evaluator::check_unevaluated(node const& which, instance const& at, findings* out,
                                  marks& seen) {
  bool fits = true;
  if (auto const* const object = at.value->if_object()) {
    std::size_t index = 0;
    for (auto const& one : *object) {
      if (!seen.has(index++))
        fits = check_other(*which.objects->unevaluated, member_of(at, one), "unevaluatedProperties",
                           out) &&
               fits;
      if ((!fits && out == nullptr) || halted_) return false;
    }
  } else {
    auto const size = at.value->get_array().size();
    for (std::size_t i = 0; i < size; ++i) {
      if (!seen.has(i))
        fits =
            check_other(*which.arrays->unevaluated, element_of(at, i), "unevaluatedItems", out) &&
            fits;
      if ((!fits && out == nullptr) || halted_) return false;
    }
  }
  seen.set_all();
  return fits;
}

} // namespace cfgd::schema
