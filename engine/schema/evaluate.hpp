#pragma once

#include "core/limits.hpp"
#include "engine/schema/findings.hpp"
#include "engine/schema/numbers.hpp"
#include "engine/schema/program.hpp"

#include <boost/json/value.hpp>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace cfgd::schema {

/// The members or elements of one value that a subschema has evaluated, for the keywords
/// unevaluatedProperties and unevaluatedItems.
class marks {
 public:
  /// Marks one of `size` members or elements.
  void set(std::size_t index, std::size_t size);
  void set_all() { all_ = true; }
  bool has(std::size_t index) const { return all_ || (index < some_.size() && some_[index]); }
  /// Adds the marks of `other`, which must be about the same value.
  void merge(marks const& other);

 private:
  bool all_ = false;
  std::vector<bool> some_;
};

/// One evaluation of a document; not to be reused. Bounded in steps and depth: if it exceeds a
/// limit, halted() says which, and the results are not valid.
class evaluator {
 public:
  /// `what` and `bounds` must outlive it. `steps` is the number of nodes, comparisons and matches
  /// that it may take.
  /// `check` is called now and then, and may throw; it may be empty.
  evaluator(program const& what, limits const& bounds, std::uint64_t steps,
            std::function<void()> check = {});

  /// What is checked next is so deep inside of other subschemas.
  void begin_at(std::size_t depth) { depth_ = depth; }

  /// Whether the value matches. `out` null: no findings are needed, and the first mismatch ends the
  /// evaluation. `seen` null: no marks are needed.
  bool check(node const& which, instance const& at, findings* out, marks* seen);

  /// Checks a whole value.
  bool run(node const& which, boost::json::value const& value, findings* out);

  /// The issue that names the exceeded limit; absent: none was exceeded.
  std::optional<issue> const& halted() const { return halted_; }
  std::uint64_t steps_left() const { return budget_.left; }

 private:
  class entry;

  bool check_inside(node const& which, instance const& at, findings* out, marks* seen);
  bool check_keywords(node const& which, instance const& at, findings* out, marks* seen);
  bool check_value(node const& which, instance const& at, findings* out);
  /// Whether a message about a value must not contain what the schema allows there, because it is a
  /// secret or, with `has_object`, may be an object with one.
  bool hides(instance const& at, bool has_object);
  std::string describe_constant(instance const& at, boost::json::value const& constant);
  std::string describe_enum(instance const& at, boost::json::array const& choices);
  bool check_number(number_rules const& rules, instance const& at, findings* out);
  bool check_string(string_rules const& rules, instance const& at, findings* out);

  bool check_in_place(in_place_rules const& rules, instance const& at, findings* out, marks* seen);
  bool check_not(node const& which, instance const& at, findings* out);
  bool check_dynamic(in_place_rules const& rules, instance const& at, findings* out, marks* seen);
  bool check_any_of(in_place_rules const& rules, instance const& at, findings* out, marks* seen);
  bool check_one_of(in_place_rules const& rules, instance const& at, findings* out, marks* seen);
  bool check_condition(in_place_rules const& rules, instance const& at, findings* out, marks* seen);
  bool check_dependent(in_place_rules const& rules, instance const& at, findings* out, marks* seen);

  bool check_array(array_rules const& rules, instance const& at, findings* out, marks* seen);
  bool check_elements(array_rules const& rules, instance const& at, findings* out, marks* seen);
  bool check_contains(array_rules const& rules, instance const& at, findings* out, marks* seen);
  bool check_unique(instance const& at, findings* out);
  bool check_object(object_rules const& rules, instance const& at, findings* out, marks* seen);
  bool check_members(object_rules const& rules, instance const& at, findings* out, marks* seen);
  bool check_member(object_rules const& rules, instance const& member, findings* out,
                    bool& evaluated);
  /// Reports a member that `additionalProperties: false` excludes. Always false.
  bool refuse_unknown(object_rules const& rules, instance const& member, findings* out);
  bool check_name(node const& rule, instance const& member, findings* out);
  bool check_presence(object_rules const& rules, instance const& at, findings* out);
  bool check_unevaluated(node const& which, instance const& at, findings* out, marks& seen);
  /// Checks a member or element with a subschema; names the keyword if the subschema is `false`.
  bool check_other(node const& rule, instance const& at, std::string_view keyword, findings* out);

  bool matches(regex::pattern const& expression, std::string_view text, instance const& at);
  bool spend(std::uint64_t steps);
  void halt(std::string rule, std::string pointer, std::string message);

  program const& program_;
  limits const& bounds_;
  allowance budget_;
  std::function<void()> check_;
  std::uint64_t unchecked_ = 0; ///< steps since it was called
  regex::matcher matcher_;
  std::vector<resource const*> scope_;
  std::size_t depth_ = 0;
  /// The evaluation began at the root of the schema, so paths of values are paths in the schema.
  bool is_whole_ = true;
  std::optional<issue> halted_;
};

/// Adds an issue to `out`, unless that is null. Always false.
bool refuse(findings* out, instance const& at, std::string_view rule, std::string message);

} // namespace cfgd::schema
