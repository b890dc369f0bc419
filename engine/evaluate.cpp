#include "engine/evaluate.hpp"

#include "core/json.hpp"
#include "engine/diff.hpp"

#include <boost/json/monotonic_resource.hpp>

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

// The second half of every request: layers have been edited, now effective values follow. They are
// merged and judged before anything counts; the merged documents live until the rules have run, in
// a buffer that is dropped whole.
//
// A revision is made where a leaf differs, and only there. A namespace that comes or goes as an
// empty object has no leaf: it is published without a revision, for there is no key to tell of.
//
// A rule runs if it never has, or if a namespace that it read when it last ran is another one now.
// That it reads others then is found by running it.

namespace cfgd::engine {
namespace {

using text_pointer = std::shared_ptr<std::string const>;
/// By namespace; null: it is no more.
using merged_values = std::map<std::string, boost::json::value, std::less<>>;

std::string_view view(text_pointer const& text) {
  return text ? std::string_view(*text) : std::string_view();
}

schema::schema const* schema_of(namespace_state const* state) {
  return state != nullptr && state->schema ? state->schema->what.get() : nullptr;
}

/// What is too large already may shrink.
std::optional<error> check_size(std::string const& name, std::string_view before,
                                std::string_view text, limits const& bounds) {
  if (text.size() <= bounds.namespace_bytes || text.size() <= before.size()) return std::nullopt;
  return error{.code = errc::limit,
               .message = "the namespace '" + name + "' would be too large",
               .subject = "namespace_bytes",
               .used = text.size(),
               .maximum = bounds.namespace_bytes};
}

error invalid(std::vector<issue> issues, std::size_t count, limits const& bounds) {
  error why{.code = errc::invalid, .used = count};
  if (issues.size() > bounds.issues) issues.resize(bounds.issues);
  if (!issues.empty()) {
    auto const& first = issues.front();
    why.message = (first.key.empty() ? "" : first.key + ": ") + first.message;
    why.where = first.where;
  }
  if (count > 1) why.message += " (and " + std::to_string(count - 1) + " more)";
  why.issues = std::move(issues);
  return why;
}

/// Whether somebody has said what is in the namespace.
bool is_set(namespace_state const& state) {
  return state.overrides || std::ranges::any_of(state.sources, [](auto const& one) {
           return one.second->row.is_effective;
         });
}

void mark_secrets(std::vector<key_change>& keys, schema::schema const* by,
                  schema::schema const* old_one) {
  for (auto const* const one : {by, old_one}) {
    if (one == nullptr || !one->has_secrets()) continue;
    for (auto& leaf : keys) {
      auto const parts = split_dotted(leaf.key);
      if (parts && parts->size() > 1 && one->is_secret(std::span(*parts).subspan(1)))
        leaf.secret = true;
    }
  }
}

/// The judging of one draft.
class scales {
 public:
  scales(candidate const& made, validator& policy_validator, limits const& bounds)
      : made_(made), validator_(policy_validator), bounds_(bounds) {}

  evaluation evaluate() {
    for (auto const& [name, state] : made_.edited())
      weigh_namespace(name, state);
    run_rules();
    return std::move(out_);
  }

 private:
  void weigh_namespace(std::string const& name, namespace_state const& state) {
    auto const* const was = made_.was(name);
    auto const* const schema = schema_of(&state);
    auto const* const old_schema = schema_of(was);
    auto const before = was == nullptr ? text_pointer() : was->value.text;
    text_pointer text;
    boost::json::value merged(&memory_);
    if (state.exists()) {
      merged = merge_layers(state, &memory_);
      text = std::make_shared<std::string const>(json::canonical(merged));
      if (view(text) == view(before)) text = before;
    }
    if (text == before && schema == old_schema) return;
    if (auto refused = check_size(name, view(before), view(text), bounds_))
      out_.rejections.push_back({.against = {name}, .why = *std::move(refused)});
    if (text && is_set(state)) judge_by_schema(name, state, merged);
    add_difference(name, state, text, merged);
    if (text != before) {
      newer_.emplace(name, std::move(merged));
      changed_.insert(name);
    }
  }

  void judge_by_schema(std::string const& name, namespace_state const& state,
                       boost::json::value const& merged) {
    auto said = validator_.validate_schema(state, merged);
    auto const warnings = std::ranges::partition(
        said.issues, [](issue const& one) { return one.how == severity::error; });
    out_.warnings.insert(out_.warnings.end(), warnings.begin(), warnings.end());
    if (said.errors == 0) return;
    said.issues.erase(warnings.begin(), warnings.end());
    out_.rejections.push_back(
        {.against = {name}, .why = invalid(std::move(said.issues), said.errors, bounds_)});
  }

  void add_difference(std::string const& name, namespace_state const& state,
                      text_pointer const& text, boost::json::value const& merged) {
    auto const* const was = made_.was(name);
    auto const* const schema = schema_of(&state);
    effective value{.name_space = name, .text = text, .shown = text};
    if (was != nullptr) value.revision = was->value.revision;
    if (text && schema != nullptr && schema->has_secrets()) {
      auto shown = json::canonical(without_secrets(merged, *schema));
      if (shown != *text) value.shown = std::make_shared<std::string const>(std::move(shown));
    }
    auto const before = was == nullptr ? effective() : was->value;
    if (text == before.text && view(value.shown) == view(before.shown)) return;
    bool const has_secrets = value.shown != value.text || before.shown != before.text;
    std::vector<key_change> keys;
    append_differences(keys, name, view(before.text), view(text));
    mark_secrets(keys, schema, schema_of(was));
    out_.differences.push_back(
        {name, std::move(value), std::move(keys), has_secrets && schema != schema_of(was)});
  }

  void run_rules() {
    auto const& rules = made_.active_policy->rules;
    for (std::size_t index = 0; index < rules.size(); ++index) {
      if (!must_run(rules[index])) continue;
      // Copied for those that run only: a rule that reads nothing of a change costs nothing.
      if (out_.rules.empty()) out_.rules = rules;
      run(out_.rules[index]);
    }
  }

  bool must_run(rule_status const& rule) const {
    return !rule.has_run || std::ranges::any_of(rule.last.read, [this](std::string const& name) {
      return changed_.contains(name);
    });
  }

  void run(rule_status& rule) {
    using enum rules::verdict::kind;
    auto const states = [this](std::string_view name) -> namespace_state const* {
      auto const found = newer_.find(name);
      bool const gone = found != newer_.end() && found->second.is_null();
      return gone ? nullptr : made_.find(name);
    };
    auto const values = [this](std::string_view name) -> boost::json::value const* {
      auto const found = newer_.find(name);
      return found == newer_.end() || found->second.is_null() ? nullptr : &found->second;
    };
    auto const before = rule;
    rule.last = validator_.run(*rule.what, states, values);
    rule.has_run = true;
    if (rule.last.what == holds) return;
    auto told = validator_.issue_of(*rule.what, rule.last, states);
    if (told.how == severity::warning) {
      out_.warnings.push_back(std::move(told));
      return;
    }
    bool const stood = before.has_run && (before.last.what == fails || before.last.what == broken);
    if (stood) return;
    rejection found{.why = invalid({std::move(told)}, 1, bounds_)};
    std::ranges::set_intersection(rule.last.read, changed_,
                                  std::inserter(found.against, found.against.end()));
    if (!before.has_run) found.by = rule.from;
    out_.rejections.push_back(std::move(found));
  }

  candidate const& made_;
  validator& validator_;
  limits const& bounds_;
  boost::json::monotonic_resource memory_;
  merged_values newer_;
  std::set<std::string> changed_;
  evaluation out_;
};

/// Gives a change its number and its origin.
void add_change(committed_change& out, decision_terms const& by, std::string const& name_space,
                std::vector<key_change>&& keys, std::vector<issue> warnings) {
  if (keys.empty()) return;
  ++out.revision;
  auto record = std::make_shared<change>();
  record->revision = out.revision;
  record->time = by.now;
  record->from = by.origin_of(name_space, keys.front());
  record->from.revision = out.revision;
  record->comment = by.comment;
  record->keys = std::move(keys);
  record->warnings = std::move(warnings);
  out.changes.push_back(std::move(record));
}

/// Makes a value the one in force.
void take(committed_change& out, candidate& made, evaluation::difference& what) {
  auto& state = made.edit(what.name);
  // Keys that became secrets, or ceased to be: no change tells of that.
  out.needs_resync = out.needs_resync || what.secrets_moved;
  if (state.value.text != what.value.text) what.value.revision = out.revision;
  state.value = std::move(what.value);
  out.effectives.push_back(state.value);
}

/// The warnings that are about a namespace, taken out.
std::vector<issue> warnings_of(std::vector<issue>& all, std::string const& name) {
  std::vector<issue> mine;
  auto const others = std::ranges::stable_partition(
      all, [&](issue const& one) { return one.key != name && !one.key.starts_with(name + '.'); });
  std::move(others.begin(), others.end(), std::back_inserter(mine));
  all.erase(others.begin(), others.end());
  return mine;
}

bool is_same(std::vector<rule_status> const& left, std::vector<rule_status> const& right) {
  return std::ranges::equal(left, right, [](rule_status const& one, rule_status const& other) {
    return one.what == other.what && one.has_run == other.has_run &&
           one.last.what == other.last.what && one.last.read == other.last.read;
  });
}

} // namespace

evaluation evaluate(candidate const& made, validator& policy_validator, limits const& bounds) {
  return scales(made, policy_validator, bounds).evaluate();
}

std::vector<issue> validate_namespace(model const& in, validator& policy_validator,
                                      namespace_state const& state,
                                      boost::json::object const* document) {
  boost::json::value given;
  if (document != nullptr) given = *document;
  auto const* const value = document != nullptr ? &given : policy_validator.parsed(state);
  if (value == nullptr) return {};
  auto const& name = state.value.name_space;
  auto issues = policy_validator.validate_schema(state, *value).issues;
  auto const states = [&](std::string_view which) -> namespace_state const* {
    auto const found = in.namespaces.find(which);
    return found == in.namespaces.end() ? nullptr : &found->second;
  };
  auto const newer = [&](std::string_view which) { return which == name ? value : nullptr; };
  for (auto const& rule : in.active_policy->rules) {
    if (rule.has_run && !rule.last.read.contains(name)) continue;
    auto const said = policy_validator.run(*rule.what, states, newer);
    if (said.what != rules::verdict::kind::holds && said.read.contains(name))
      issues.push_back(policy_validator.issue_of(*rule.what, said, states));
  }
  if (document != nullptr) {
    // The document is in no file.
    for (auto& one : issues) {
      one.path.clear();
      one.where = {};
    }
  }
  std::ranges::stable_sort(issues, {}, &issue::how);
  return issues;
}

void run_rules(model& over, validator& policy_validator) {
  auto const states = [&](std::string_view name) -> namespace_state const* {
    auto const found = over.namespaces.find(name);
    return found == over.namespaces.end() ? nullptr : &found->second;
  };
  auto ran = std::make_shared<policy>(*over.active_policy);
  for (auto& rule : ran->rules) {
    rule.last = policy_validator.run(*rule.what, states, [](std::string_view) { return nullptr; });
    rule.has_run = true;
  }
  over.active_policy = std::move(ran);
}

committed_change decide(candidate& made, evaluation&& found, decision_terms const& by) {
  committed_change out{.revision = by.revision};
  out.warnings = found.warnings;
  if (by.how == grouping::change_per_namespace) {
    for (auto& difference : found.differences) {
      auto warnings = warnings_of(found.warnings, difference.name);
      add_change(out, by, difference.name, std::move(difference.keys), std::move(warnings));
      take(out, made, difference);
    }
  } else {
    std::vector<key_change> keys;
    std::string first;
    for (auto& difference : found.differences) {
      if (keys.empty()) first = difference.name;
      std::ranges::move(difference.keys, std::back_inserter(keys));
    }
    add_change(out, by, first, std::move(keys), std::move(found.warnings));
    for (auto& difference : found.differences)
      take(out, made, difference);
  }
  if (!found.rules.empty() && !is_same(found.rules, made.active_policy->rules)) {
    auto active_policy = std::make_shared<policy>(*made.active_policy);
    active_policy->rules = std::move(found.rules);
    made.active_policy = std::move(active_policy);
  }
  return out;
}

error rejection_error(std::vector<rejection> const& rejections, limits const& bounds) {
  std::vector<issue> all;
  std::size_t count = 0;
  for (auto const& one : rejections) {
    if (one.why.code == errc::limit) return one.why;
    all.insert(all.end(), one.why.issues.begin(), one.why.issues.end());
    count += one.why.used;
  }
  return invalid(std::move(all), count, bounds);
}

} // namespace cfgd::engine
