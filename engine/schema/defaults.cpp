#include "engine/schema/defaults.hpp"

#include "engine/schema/evaluate.hpp"
#include "engine/schema/metaschemas.hpp"
#include "engine/schema/walk.hpp"

#include <boost/json/array.hpp>

#include <optional>

// The default of a member is its own, completed with the defaults of its members if it is an
// object; references and the parts of allOf add what is still missing. Alternatives and conditions
// add nothing, because they depend on a document. A schema that contains itself has defaults down
// to where it repeats.
//
// Each default is validated together with the defaults of its members, as it will be used. Nulls
// are left out, because cfgd stores none.

namespace cfgd::schema {
namespace {

namespace bj = boost::json;

constexpr std::size_t most_nested = 200;

/// A copy without nulls.
bj::value without_nulls(bj::value const& what) {
  if (auto const* const object = what.if_object()) {
    bj::object out;
    for (auto const& member : *object) {
      if (!member.value().is_null()) out.emplace(member.key(), without_nulls(member.value()));
    }
    return out;
  }
  if (auto const* const array = what.if_array()) {
    bj::array out;
    for (auto const& element : *array) {
      if (!element.is_null()) out.push_back(without_nulls(element));
    }
    return out;
  }
  return what;
}

/// Adds what `into` does not have.
void add_missing(bj::object& into, bj::object&& more) {
  for (auto& member : more) {
    auto const [found, fresh] = into.emplace(member.key(), nullptr);
    if (fresh)
      found->value() = std::move(member.value());
    else if (found->value().is_object() && member.value().is_object())
      add_missing(found->value().get_object(), std::move(member.value().get_object()));
  }
}

class collector {
 public:
  collector(program const& what, limits const& bounds)
      : steps_(bounds.schema_steps),
        useful_(find_reaching(what, [](node const& one) { return one.fallback != nullptr; })),
        open_(what.nodes.size()) {}

  std::optional<bj::value> default_of(node const& which);
  /// The schema is larger than the limit, through what it refers to.
  bool halted() const { return halted_; }

 private:
  std::optional<bj::value> combine(node const& which);
  void add_members(object_rules const& rules, std::optional<bj::value>& found);
  void add(std::optional<bj::value>& found, node const* which);

  std::uint64_t steps_;
  /// By id: those that lead to any default.
  std::vector<bool> useful_;
  /// The nodes on the way to where we are, by id.
  std::vector<bool> open_;
  std::size_t depth_ = 0;
  bool halted_ = false;
};

std::optional<bj::value> collector::default_of(node const& which) {
  if (!useful_[which.id] || open_[which.id] || halted_) return std::nullopt;
  if (steps_ == 0 || depth_ > most_nested) {
    halted_ = true;
    return std::nullopt;
  }
  --steps_;
  ++depth_;
  open_[which.id] = true;
  auto found = combine(which);
  open_[which.id] = false;
  --depth_;
  return found;
}

std::optional<bj::value> collector::combine(node const& which) {
  std::optional<bj::value> found;
  if (which.fallback != nullptr && !which.fallback->is_null())
    found = without_nulls(*which.fallback);
  if (found && !found->is_object()) return found;
  if (which.objects) add_members(*which.objects, found);
  if (which.in_place) {
    add(found, which.in_place->reference);
    add(found, which.in_place->dynamic);
    for (auto const* const part : which.in_place->all_of)
      add(found, part);
  }
  return found;
}

void collector::add_members(object_rules const& rules, std::optional<bj::value>& found) {
  for (auto const& [name, rule] : rules.properties) {
    auto more = default_of(*rule);
    if (!more) continue;
    if (!found) found = bj::object();
    bj::object one;
    one.emplace(name, std::move(*more));
    add_missing(found->get_object(), std::move(one));
  }
}

void collector::add(std::optional<bj::value>& found, node const* which) {
  if (which == nullptr || (found && !found->is_object())) return;
  auto more = default_of(*which);
  if (!more) return;
  if (!found)
    found = std::move(more);
  else if (more->is_object())
    add_missing(found->get_object(), std::move(more->get_object()));
}

error too_large(limits const& bounds) {
  return {.code = errc::limit,
          .message = "the schema is too large or too deep for its defaults to be collected",
          .subject = "schema_steps",
          .used = bounds.schema_steps + 1,
          .maximum = bounds.schema_steps};
}

result<void> check_default(program const& what, node const& which, bj::value const& value,
                           limits const& bounds, std::uint64_t& steps) {
  findings found(bounds.issues);
  evaluator evaluation(what, bounds, steps);
  bool const fits = evaluation.run(which, value, &found);
  steps = evaluation.steps_left();
  if (fits) return {};
  if (evaluation.halted() && evaluation.halted()->rule == "schema_steps") return too_large(bounds);
  auto const issues = found.in_order(value);
  auto const& why = evaluation.halted() ? *evaluation.halted() : issues.front();
  auto const where = why.pointer.empty() ? std::string() : why.pointer + " ";
  return error{.code = errc::invalid,
               .message = "the default does not match its own schema: " + where + why.message,
               .subject = place_of(which) + "/default"};
}

} // namespace

result<bj::object> collect_defaults(program const& what, limits const& bounds, misfits how) {
  collector all(what, bounds);
  auto steps = static_cast<std::uint64_t>(bounds.schema_steps);
  for (auto const& which : what.nodes) {
    if (how == misfits::let_be) break;
    if (which.fallback == nullptr || which.fallback->is_null()) continue;
    if (find_metaschema(which.home->document) != nullptr) continue;
    auto const value = all.default_of(which);
    if (all.halted()) return too_large(bounds);
    if (auto checked = check_default(what, which, *value, bounds, steps); !checked)
      return checked.error();
  }
  auto found = all.default_of(*what.root);
  if (all.halted()) return too_large(bounds);
  if (!found || !found->is_object()) return bj::object();
  return std::move(found->get_object());
}

} // namespace cfgd::schema
