#include "engine/schema/evaluate.hpp"

#include "core/document.hpp"
#include "engine/schema/walk.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>

#include <algorithm>
#include <utility>

// The same code answers two questions. Without `out` it only says whether a document fits and stops
// at the first fault: nearly all documents fit, and this is the quick way. With `out` it goes on
// and collects. What a subschema has looked at is marked only where an unevaluated keyword asks for
// it.
//
// A schema can make work that grows exponentially (alternatives that contain themselves), so each
// node costs a step, and so do comparisons and matches; when they are spent the evaluation halts.
// Nesting is bounded too, because the stack is: circles that only the dynamic scope closes, and
// chains of references that are too long, end there.
//
// The values that "const" and "enum" allow are in messages, except those of secrets: a message may
// be logged, and be read by callers who may not see the secret.
//
// A value of the wrong type, or not one of the allowed values, gets only this issue: what the other
// keywords of the node would add is a consequence.

namespace cfgd::schema {
namespace {

namespace bj = boost::json;

constexpr std::size_t most_nested = 500;

type_bits type_of(bj::value const& what) {
  switch (what.kind()) {
  case bj::kind::null:
    return types::null;
  case bj::kind::bool_:
    return types::boolean;
  case bj::kind::string:
    return types::string;
  case bj::kind::array:
    return types::array;
  case bj::kind::object:
    return types::object;
  default:
    return is_integral(what) ? types::integer | types::number : types::number;
  }
}

bool holds_object(bj::value const& what) {
  if (auto const* const list = what.if_array())
    return std::any_of(list->begin(), list->end(), holds_object);
  return what.is_object();
}

std::size_t count_characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  }));
}

} // namespace

/// While a node is evaluated, its resource is in the dynamic scope.
class evaluator::entry {
 public:
  entry(evaluator& owner, node const& which)
      : owner_(owner), fresh_(owner.scope_.empty() || owner.scope_.back() != which.home) {
    if (fresh_) owner_.scope_.push_back(which.home);
    ++owner_.depth_;
  }
  ~entry() {
    if (fresh_) owner_.scope_.pop_back();
    --owner_.depth_;
  }
  entry(entry const&) = delete;
  entry& operator=(entry const&) = delete;

 private:
  evaluator& owner_;
  bool fresh_;
};

void marks::set(std::size_t index, std::size_t size) {
  if (all_) return;
  if (some_.size() < size) some_.resize(size);
  some_[index] = true;
}

void marks::merge(marks const& other) {
  all_ = all_ || other.all_;
  if (all_) return;
  if (some_.size() < other.some_.size()) some_.resize(other.some_.size());
  for (std::size_t i = 0; i < other.some_.size(); ++i) {
    if (other.some_[i]) some_[i] = true;
  }
}

bool refuse(findings* out, instance const& at, std::string_view rule, std::string message) {
  if (out != nullptr)
    out->add({.rule = std::string(rule), .pointer = pointer_of(at), .message = std::move(message)});
  return false;
}

evaluator::evaluator(program const& what, limits const& bounds, std::uint64_t steps,
                     std::function<void()> check)
    : program_(what), bounds_(bounds), budget_{.left = steps}, check_(std::move(check)),
      matcher_({.steps = bounds.pattern_steps}) {}

void evaluator::halt(std::string rule, std::string pointer, std::string message) {
  if (halted_) return;
  halted_ =
      issue{.rule = std::move(rule), .pointer = std::move(pointer), .message = std::move(message)};
}

bool evaluator::spend(std::uint64_t steps) {
  if (halted_) return false;
  constexpr std::uint64_t check_every = 1'000;
  unchecked_ += steps;
  if (check_ && unchecked_ >= check_every) {
    unchecked_ = 0;
    check_();
  }
  if (!budget_.spent && budget_.take(steps)) return true;
  halt("schema_steps", "",
       "takes more than " + std::to_string(bounds_.schema_steps) +
           " steps to check (limit schema_steps)");
  return false;
}

bool evaluator::run(node const& which, bj::value const& value, findings* out) {
  instance const root{.value = &value};
  is_whole_ = &which == program_.root;
  bool const fits = check(which, root, out, nullptr);
  return spend(0) && fits;
}

bool evaluator::check(node const& which, instance const& at, findings* out, marks* seen) {
  if (!spend(1)) return false;
  if (which.what == node::kind::accepts) return true;
  if (which.what == node::kind::rejects) return refuse(out, at, "false", "is not allowed here");
  if (depth_ >= most_nested) {
    halt("$ref", pointer_of(at),
         "more than " + std::to_string(most_nested) +
             " subschemas apply inside each other here: infinite $ref loop?");
    return false;
  }
  entry const inside(*this, which);
  return check_inside(which, at, out, seen);
}

bool evaluator::check_inside(node const& which, instance const& at, findings* out, marks* seen) {
  if (!check_value(which, at, out)) return false;
  auto const& value = *at.value;
  bool const counts =
      (value.is_object() && which.objects && which.objects->unevaluated != nullptr) ||
      (value.is_array() && which.arrays && which.arrays->unevaluated != nullptr);
  marks own;
  bool fits = check_keywords(which, at, out, seen != nullptr || counts ? &own : nullptr);
  // Members that a failed subschema did not evaluate are not reported as well.
  if (counts && fits && !halted_) fits = check_unevaluated(which, at, out, own);
  if (!fits || halted_) return false;
  if (seen != nullptr) seen->merge(own);
  if (which.deprecated && out != nullptr)
    out->add({.how = severity::warning,
              .rule = "deprecated",
              .pointer = pointer_of(at),
              .message = "is deprecated"});
  return true;
}

/// The keywords that depend on the type of the value, and those that hold other subschemas.
bool evaluator::check_keywords(node const& which, instance const& at, findings* out, marks* seen) {
  auto const& value = *at.value;
  bool fits = true;
  auto const go_on = [&] { return (fits || out != nullptr) && !halted_; };
  if (which.numbers && value.is_number()) fits = check_number(*which.numbers, at, out);
  if (which.strings && value.is_string()) fits = check_string(*which.strings, at, out);
  if (which.in_place && go_on()) fits = check_in_place(*which.in_place, at, out, seen) && fits;
  if (which.arrays && value.is_array() && go_on())
    fits = check_array(*which.arrays, at, out, seen) && fits;
  if (which.objects && value.is_object() && go_on())
    fits = check_object(*which.objects, at, out, seen) && fits;
  return fits;
}

bool evaluator::check_value(node const& which, instance const& at, findings* out) {
  if (which.allowed != 0 && (which.allowed & type_of(*at.value)) == 0)
    return refuse(out, at, "type",
                  out == nullptr ? "" : "must be " + describe_types(which.allowed));
  if (which.constant != nullptr && !equal_values(*at.value, *which.constant, budget_))
    return refuse(out, at, "const", out == nullptr ? "" : describe_constant(at, *which.constant));
  if (which.choices == nullptr) return spend(0);
  auto const& choices = *which.choices;
  // A step is more than what it takes to see that two strings differ.
  if (!spend(choices.size() / 16)) return false;
  allowance cheap{.left = budget_.left};
  bool const found = std::any_of(choices.begin(), choices.end(), [&](auto const& one) {
    return one.is_structured() ? equal_values(*at.value, one, budget_)
                               : equal_values(*at.value, one, cheap);
  });
  if (found) return true;
  return refuse(out, at, "enum", out == nullptr ? "" : describe_enum(at, choices));
}

bool evaluator::hides(instance const& at, bool has_object) {
  if (!program_.marks_secrets) return false;
  if (!is_whole_ || has_object) return true;
  // The walk visits a node at most once for each part of the path.
  if (!spend(program_.nodes.size() / 64)) return true;
  return is_secret_at(program_, split_pointer(pointer_of(at)), bounds_);
}

std::string evaluator::describe_constant(instance const& at, bj::value const& constant) {
  if (!hides(at, holds_object(constant))) return "must be " + describe_value(constant);
  return "must be the value in the schema (not shown, because it is a secret)";
}

std::string evaluator::describe_enum(instance const& at, bj::array const& choices) {
  bool const has_object = std::any_of(choices.begin(), choices.end(), holds_object);
  if (!hides(at, has_object)) return "must be " + describe_choices(choices);
  return "must be one of the values in the schema (not shown, because they are secrets)";
}

bool evaluator::check_number(number_rules const& rules, instance const& at, findings* out) {
  auto const& value = *at.value;
  auto const say = [&](char const* rule, char const* words, bj::value const& bound) {
    return refuse(out, at, rule, out == nullptr ? "" : words + describe_value(bound));
  };
  bool fits = true;
  if (rules.exclusive_minimum != nullptr &&
      std::is_lteq(compare_numbers(value, *rules.exclusive_minimum)))
    fits = say("exclusiveMinimum", "must be greater than ", *rules.exclusive_minimum);
  else if (rules.minimum != nullptr && std::is_lt(compare_numbers(value, *rules.minimum)))
    fits = say("minimum", "must be at least ", *rules.minimum);
  if (rules.exclusive_maximum != nullptr &&
      std::is_gteq(compare_numbers(value, *rules.exclusive_maximum)))
    fits = say("exclusiveMaximum", "must be less than ", *rules.exclusive_maximum);
  else if (rules.maximum != nullptr && std::is_gt(compare_numbers(value, *rules.maximum)))
    fits = say("maximum", "must be at most ", *rules.maximum);
  if (rules.multiple_of != nullptr && !is_multiple_of(value, *rules.multiple_of))
    fits = say("multipleOf", "must be a multiple of ", *rules.multiple_of);
  return fits;
}

bool evaluator::check_string(string_rules const& rules, instance const& at, findings* out) {
  std::string_view const text = at.value->get_string();
  bool fits = true;
  if (rules.min_length > 0 || rules.max_length < text.size()) {
    auto const length = count_characters(text);
    if (length < rules.min_length)
      fits = refuse(out, at, "minLength",
                    "must have at least " + describe_count(rules.min_length, "character"));
    if (length > rules.max_length)
      fits = refuse(out, at, "maxLength",
                    "must have at most " + describe_count(rules.max_length, "character"));
  }
  if (rules.format != nullptr && !rules.format->fits(text))
    fits = refuse(out, at, "format", "must be " + std::string(rules.format->meaning));
  if (rules.expression != nullptr && !matches(*rules.expression, text, at)) {
    if (halted_) return false;
    fits =
        refuse(out, at, "pattern", "must match the pattern \"" + rules.expression->text() + "\"");
  }
  return fits;
}

bool evaluator::matches(regex::pattern const& expression, std::string_view text,
                        instance const& at) {
  if (halted_) return false;
  auto const outcome = matcher_.match(expression, text);
  if (outcome == regex::matcher::outcome::too_costly) {
    halt("pattern", pointer_of(at),
         "takes too many steps to match with the pattern \"" + expression.text() +
             "\" (limit pattern_steps)");
    return false;
  }
  return spend(matcher_.cost()) && outcome == regex::matcher::outcome::matches;
}

bool evaluator::check_in_place(in_place_rules const& rules, instance const& at, findings* out,
                               marks* seen) {
  bool fits = true;
  auto const go_on = [&] { return (fits || out != nullptr) && !halted_; };
  if (rules.reference != nullptr) fits = check(*rules.reference, at, out, seen);
  if (rules.dynamic != nullptr && go_on()) fits = check_dynamic(rules, at, out, seen) && fits;
  for (auto const* const one : rules.all_of) {
    if (go_on()) fits = check(*one, at, out, seen) && fits;
  }
  if (!rules.any_of.empty() && go_on()) fits = check_any_of(rules, at, out, seen) && fits;
  if (!rules.one_of.empty() && go_on()) fits = check_one_of(rules, at, out, seen) && fits;
  if (rules.negated != nullptr && go_on()) fits = check_not(*rules.negated, at, out) && fits;
  if (rules.condition != nullptr && go_on()) fits = check_condition(rules, at, out, seen) && fits;
  if (!rules.dependent.empty() && go_on()) fits = check_dependent(rules, at, out, seen) && fits;
  return fits;
}

bool evaluator::check_not(node const& which, instance const& at, findings* out) {
  if (!check(which, at, nullptr, nullptr) || halted_) return true;
  return refuse(out, at, "not", "must not be what 'not' describes");
}

bool evaluator::check_dynamic(in_place_rules const& rules, instance const& at, findings* out,
                              marks* seen) {
  auto const* target = rules.dynamic;
  bool const named = !rules.dynamic_anchor.empty();
  for (auto const* const one : scope_) {
    if (!named && !rules.recursive) break;
    if (rules.recursive && one->recursive_node != nullptr) {
      target = one->recursive_node;
      break;
    }
    auto const found = one->dynamic_nodes.find(rules.dynamic_anchor);
    if (named && found != one->dynamic_nodes.end()) {
      target = found->second;
      break;
    }
  }
  return check(*target, at, out, seen);
}

bool evaluator::check_any_of(in_place_rules const& rules, instance const& at, findings* out,
                             marks* seen) {
  std::vector<findings> refused;
  bool fits = false;
  for (auto const* const one : rules.any_of) {
    findings mine(bounds_.issues);
    marks noted;
    if (check(*one, at, out != nullptr ? &mine : nullptr, seen != nullptr ? &noted : nullptr)) {
      fits = true;
      if (out != nullptr) out->add_warnings(mine);
      if (seen == nullptr) break;
      seen->merge(noted);
    } else if (out != nullptr) {
      refused.push_back(std::move(mine));
    }
    if (halted_) return false;
  }
  if (fits || out == nullptr) return fits;
  refuse(out, at, "anyOf",
         "matches none of the " + describe_count(rules.any_of.size(), "alternative"));
  if (auto const* const meant = clearly_meant(refused, pointer_of(at))) out->add_all(*meant);
  return false;
}

bool evaluator::check_one_of(in_place_rules const& rules, instance const& at, findings* out,
                             marks* seen) {
  std::vector<findings> refused;
  std::vector<std::size_t> fitting;
  for (std::size_t i = 0; i < rules.one_of.size(); ++i) {
    findings mine(bounds_.issues);
    marks noted;
    auto* const found = out != nullptr ? &mine : nullptr;
    if (check(*rules.one_of[i], at, found, seen != nullptr ? &noted : nullptr)) {
      fitting.push_back(i);
      if (out != nullptr) out->add_warnings(mine);
      if (seen != nullptr) seen->merge(noted);
      if (fitting.size() == 2) break;
    } else if (out != nullptr) {
      refused.push_back(std::move(mine));
    }
    if (halted_) return false;
  }
  if (fitting.size() == 1 || out == nullptr) return fitting.size() == 1;
  if (fitting.size() > 1)
    return refuse(out, at, "oneOf",
                  "must match exactly one alternative, but matches those at " +
                      std::to_string(fitting[0]) + " and " + std::to_string(fitting[1]));
  refuse(out, at, "oneOf",
         "matches none of the " + describe_count(rules.one_of.size(), "alternative"));
  if (auto const* const meant = clearly_meant(refused, pointer_of(at))) out->add_all(*meant);
  return false;
}

bool evaluator::check_condition(in_place_rules const& rules, instance const& at, findings* out,
                                marks* seen) {
  marks noted;
  bool const holds = check(*rules.condition, at, nullptr, seen != nullptr ? &noted : nullptr);
  if (halted_) return false;
  if (holds && seen != nullptr) seen->merge(noted);
  auto const* const next = holds ? rules.consequence : rules.alternative;
  return next == nullptr || check(*next, at, out, seen);
}

bool evaluator::check_dependent(in_place_rules const& rules, instance const& at, findings* out,
                                marks* seen) {
  auto const* const object = at.value->if_object();
  if (object == nullptr) return true;
  bool fits = true;
  for (auto const& [member, rule] : rules.dependent) {
    if (!spend(1) || (!fits && out == nullptr)) return false;
    if (object->contains(member)) fits = check(*rule, at, out, seen) && fits;
  }
  return fits;
}

} // namespace cfgd::schema
