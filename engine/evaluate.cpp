#include "engine/evaluate.hpp"

#include "core/json.hpp"
#include "engine/diff.hpp"
#include "engine/remerge.hpp"
#include "engine/stored_text.hpp"
#include "engine/typed_source.hpp"

#include <boost/json/monotonic_resource.hpp>

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

// The step from edited layers to effective values, the same for every kind of request. Where keys
// of overrides and files were edited, only what they changed is merged, if remerge() can. A
// document of all layers is made if something needs it: it lives until the rules have run, in a
// buffer that is released as a whole.
//
// A rule runs if it has never run, or if a namespace that it read in its last run differs now. If
// it would read other namespaces this time, one of those that it read before must have changed.

namespace cfgd::engine {
namespace {

using canonical::shared_text;

std::string_view view(shared_text const& text) {
  return text ? std::string_view(*text) : std::string_view();
}

schema::schema const* schema_of(namespace_state const* state) {
  return state != nullptr && state->schema ? state->schema->what.get() : nullptr;
}

/// A namespace that exceeds the limit already may shrink.
std::optional<error> check_size(std::string const& name, shared_text const& before,
                                shared_text const& text, limits const& bounds) {
  if (text.size() <= bounds.namespace_bytes || text.size() <= before.size()) return std::nullopt;
  return error{.code = errc::limit,
               .message = "namespace '" + name + "' would be too large",
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

/// Whether an override or an effective source sets something in the namespace.
bool is_set(namespace_state const& state) {
  return state.overrides || std::ranges::any_of(state.sources, [](auto const& one) {
           return one.second->row.is_effective;
         });
}

/// Marks leaves that are secret by the new schema or by the old one: the change has the values of
/// both states, and history must not show what was a secret in either.
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

/// The effective value of a namespace; absent: it has none.
std::optional<boost::json::value> parse_effective(namespace_state const& of,
                                                  boost::json::storage_ptr storage) {
  if (!of.value.text) return std::nullopt;
  auto read = parse_stored_value(*of.value.text, std::move(storage));
  return read ? std::optional(*std::move(read)) : std::nullopt;
}

/// The canonical text of a value, in no more memory than it needs.
std::shared_ptr<std::string const> kept_text(boost::json::value const& of) {
  auto text = json::canonical(of);
  text.shrink_to_fit();
  return std::make_shared<std::string const>(std::move(text));
}

/// One evaluation: merge, schemas, differences, rules.
class evaluator {
 public:
  evaluator(candidate const& made, validator& policy_validator, limits const& bounds)
      : made_(made), validator_(policy_validator), bounds_(bounds) {}

  evaluation evaluate() {
    for (auto const& [name, state] : made_.edited())
      evaluate_namespace(name, state);
    run_rules();
    return std::move(out_);
  }

 private:
  void evaluate_namespace(std::string const& name, namespace_state const& state) {
    auto const* const was = made_.was(name);
    auto const* const schema = schema_of(&state);
    auto const* const old_schema = schema_of(was);
    auto const before = was == nullptr ? shared_text() : was->value.text;
    auto made = was == nullptr ? std::nullopt : remerge(*was, state);
    bool const is_short = made.has_value();
    if (!made) {
      made = merge_whole(name, state, before);
      check_layers(name, state);
    }
    if (made->text == before && schema == old_schema) return;
    if (auto refused = check_size(name, before, made->text, bounds_))
      out_.rejections.push_back({.against = {name}, .why = *std::move(refused)});
    if (made->text != before) changed_.insert(name);
    namespace_state::fit fits;
    if (made->text && schema != nullptr && is_set(state)) {
      if (is_short && was->fits.schema == state.schema) fits = was->fits;
      if (!fits.schema || !validator_.still_fits(fits, made->members))
        fits = validate_by_schema(name, state);
    }
    add_difference(name, state, *std::move(made), std::move(fits));
  }

  /// The layers of a namespace, merged; null: the namespace does not exist any more.
  boost::json::value const& merged(std::string_view name, namespace_state const& state) {
    auto at = merged_.find(name);
    if (at == merged_.end()) {
      at = merged_.emplace(name, boost::json::value(&memory_)).first;
      if (state.exists()) at->second = merge_layers(state, &memory_);
    }
    return at->second;
  }

  remerged merge_whole(std::string const& name, namespace_state const& state,
                       shared_text const& before) {
    remerged made;
    if (state.exists()) {
      made.text = sole_text(state);
      if (!made.text) made.text = kept_text(merged(name, state));
    }
    // From here on, equal texts are copies of one, so that nothing else is compared.
    if (view(made.text) == view(before)) made.text = before;
    append_differences(made.keys, name, view(before), view(made.text));
    return made;
  }

  /// Faults that exist without the candidate do not reject it.
  void check_layers(std::string const& name, namespace_state const& state) {
    auto faults = find_layer_faults(state);
    if (faults.empty()) return;
    auto const* const was = made_.was(name);
    if (was != nullptr && find_layer_faults(*was) == faults) return;
    auto const count = faults.size();
    out_.rejections.push_back(
        {.against = {name}, .why = invalid(std::move(faults), count, bounds_)});
  }

  namespace_state::fit validate_by_schema(std::string const& name, namespace_state const& state) {
    auto verdict = validator_.validate_schema(state, merged(name, state));
    auto const warnings =
        std::stable_partition(verdict.issues.begin(), verdict.issues.end(),
                              [](issue const& one) { return one.how == severity::error; });
    out_.warnings.insert(out_.warnings.end(), warnings, verdict.issues.end());
    if (verdict.errors + verdict.warnings == 0) return {state.schema, verdict.steps};
    if (verdict.errors == 0) return {};
    verdict.issues.erase(warnings, verdict.issues.end());
    out_.rejections.push_back(
        {.against = {name}, .why = invalid(std::move(verdict.issues), verdict.errors, bounds_)});
    return {};
  }

  void add_difference(std::string const& name, namespace_state const& state, remerged&& made,
                      namespace_state::fit&& fits) {
    auto const& text = made.text;
    auto const* const was = made_.was(name);
    auto const* const schema = schema_of(&state);
    effective value{.name_space = name, .text = text, .shown = text};
    if (was != nullptr) value.revision = was->value.revision;
    if (text && schema != nullptr && schema->has_secrets()) {
      auto shown = kept_text(without_secrets(merged(name, state), *schema));
      if (*shown != *text) value.shown = std::move(shown);
    }
    auto const before = was == nullptr ? effective() : was->value;
    bool const is_same = text == before.text &&
                         (value.shown == before.shown || view(value.shown) == view(before.shown));
    if (is_same) return;
    bool const has_secrets = !(value.shown == value.text && before.shown == before.text);
    mark_secrets(made.keys, schema, schema_of(was));
    out_.differences.push_back({name, std::move(value), std::move(made.keys), std::move(fits),
                                has_secrets && schema != schema_of(was)});
  }

  void run_rules() {
    auto const& rules = made_.active_policy->rules;
    for (std::size_t index = 0; index < rules.size(); ++index) {
      if (!must_run(rules[index])) continue;
      // Copied only if a rule runs: rules that read nothing of the change cost nothing.
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
      auto const* const state = made_.find(name);
      bool const is_gone = changed_.contains(name) && !state->exists();
      return is_gone ? nullptr : state;
    };
    auto const values = [this](std::string_view name) -> boost::json::value const* {
      if (!changed_.contains(name)) return nullptr;
      auto const& value = merged(name, *made_.find(name));
      return value.is_null() ? nullptr : &value;
    };
    auto const before = rule;
    rule.last = validator_.run(*rule.what, states, values);
    rule.has_run = true;
    if (rule.last.what == holds) return;
    auto found_issue = validator_.issue_of(*rule.what, rule.last, states);
    if (found_issue.how == severity::warning) {
      out_.warnings.push_back(std::move(found_issue));
      return;
    }
    // Otherwise a rule that fails already would reject every change that it reads.
    bool const failed_before =
        before.has_run && (before.last.what == fails || before.last.what == broken);
    if (failed_before) return;
    rejection found{.why = invalid({std::move(found_issue)}, 1, bounds_)};
    std::ranges::set_intersection(rule.last.read, changed_,
                                  std::inserter(found.against, found.against.end()));
    // A new rule may itself be the cause, so its file can be rejected instead of the values.
    if (!before.has_run) found.by = rule.from;
    out_.rejections.push_back(std::move(found));
  }

  candidate const& made_;
  validator& validator_;
  limits const& bounds_;
  boost::json::monotonic_resource memory_;
  std::map<std::string, boost::json::value, std::less<>> merged_;
  std::set<std::string, std::less<>> changed_;
  evaluation out_;
};

} // namespace

evaluation evaluate(candidate const& made, validator& policy_validator, limits const& bounds) {
  return evaluator(made, policy_validator, bounds).evaluate();
}

std::vector<issue>
validate_namespace(model const& in, validator& policy_validator, namespace_state const& state,
                   boost::json::object const* document,
                   std::function<bool(std::string_view name_space)> const& may_read) {
  auto const& name = state.value.name_space;
  auto const may_say = [&name](rule_status const& rule) {
    return !rule.has_run || rule.last.read.contains(name);
  };
  auto const& rules = in.active_policy->rules;
  if (!state.schema && std::ranges::none_of(rules, may_say)) return {};
  // Not in the validator, which keeps what rules read: the check of the integrity comes by here
  // with every namespace.
  boost::json::monotonic_resource memory;
  boost::json::value given(&memory);
  if (document != nullptr)
    given = *document;
  else if (auto read = parse_effective(state, &memory))
    given = *std::move(read);
  else
    return {};
  auto const* const value = &given;
  auto issues = policy_validator.validate_schema(state, *value).issues;
  auto const states = [&](std::string_view which) -> namespace_state const* {
    return may_read && !may_read(which) ? nullptr : find_namespace(in, which);
  };
  auto const newer = [&](std::string_view which) { return which == name ? value : nullptr; };
  for (auto const& rule : rules) {
    if (!may_say(rule)) continue;
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
  auto const states = [&](std::string_view name) { return find_namespace(over, name); };
  auto ran = std::make_shared<policy>(*over.active_policy);
  for (auto& rule : ran->rules) {
    rule.last = policy_validator.run(*rule.what, states, [](std::string_view) { return nullptr; });
    rule.has_run = true;
  }
  over.active_policy = std::move(ran);
}

error rejection_error(std::vector<rejection> const& rejections, limits const& bounds) {
  std::vector<issue> all;
  std::size_t count = 0;
  for (auto const& one : rejections) {
    // A namespace that is too large has to be fixed first, and its error has numbers instead of
    // issues.
    if (one.why.code == errc::limit) return one.why;
    all.insert(all.end(), one.why.issues.begin(), one.why.issues.end());
    count += one.why.used;
  }
  return invalid(std::move(all), count, bounds);
}

} // namespace cfgd::engine
