/// The result of a change.
///
/// The reply names the keys whose effective value changed. These may be fewer than were set,
/// because the value was the same, and others, because members of an object changed. The values
/// before and after come from the history, which has no secrets. Where it does not answer, values
/// are printed for keys of the request.

#include "cfgctl/text/commit_text.hpp"

#include "cfgctl/commands/consumers.hpp"
#include "cfgctl/commands/suggest.hpp"
#include "cfgctl/failure_report.hpp"
#include "cfgctl/session.hpp"
#include "cfgctl/targets/blast_radius.hpp"
#include "cfgctl/text/issue_text.hpp"
#include "cfgctl/text/near.hpp"
#include "cfgctl/text/overrides_text.hpp"
#include "cfgctl/text/values.hpp"
#include "core/key.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cfgd::cfgctl {
namespace {

/// Values of files that are named after a change of single keys.
constexpr std::size_t most_hidden = 5;

/// One key that changed, with the values before and after where they are known.
std::string changed_line(screen const& where, change_facts const& what, std::string const& key,
                         client::change const* past) {
  auto const* const before = past != nullptr ? past->before.if_contains(key) : nullptr;
  auto const* const after = past != nullptr ? past->after.if_contains(key) : nullptr;
  if (before != nullptr || after != nullptr) return change_line(where, key, before, after);
  boost::json::value const* const value = what.values.if_contains(key);
  if (value != nullptr) return value_line(where, key, *value);
  return paint(where, tint::name, for_screen(where, key)) + " changed\n";
}

/// A line for each key, or for a namespace that is gone.
std::string changed_lines(screen const& where, change_facts const& what, client::commit const& done,
                          client::change const* past) {
  key_list keys(where);
  std::map<std::string, std::size_t, std::less<>> gone;
  std::size_t others = 0;
  for (std::string const& key : done.changed) {
    std::string const name(namespace_of(key));
    if (std::ranges::find(what.gone, name) != what.gone.end()) {
      ++gone[name];
      continue;
    }
    ++others;
    keys.add(changed_line(where, what, key, past));
  }
  std::string out = keys.text();
  std::size_t lines = others;
  for (auto const& [name, count] : gone) {
    if (++lines > where.most_keys) continue;
    out += paint(where, tint::name, for_screen(where, name)) + " removed, " +
           counted(count, "value") + '\n';
  }
  auto const shown = where.most_keys - std::min(where.most_keys, others);
  if (gone.size() > shown) {
    out +=
        paint(where, tint::faint,
              "and " + counted(gone.size() - shown, "more namespace") + " removed; -v prints all") +
        '\n';
  }
  return out;
}

/// What the change hides: each value after a change of single keys, else their number.
std::string hidden_lines(screen const& where, change_facts const& what,
                         client::commit const& done) {
  auto const count = static_cast<std::size_t>(done.hidden.value_or(0));
  if (count == 0) return {};
  if (!what.values.empty()) return hides_text(where, done.hides, count, most_hidden);
  bool const is_trial = what.mode == client::commit_mode::check;
  return counted(count, "value") + " of files " + (is_trial ? "would be hidden" : "hidden now") +
         ": cfgctl overrides\n";
}

/// The record of the change; absent if the service does not give it.
std::optional<client::change> record_of(context const& all, client::commit const& done) {
  client::log_query query{.after = done.revision - 1, .before = done.revision + 1};
  query.limit = 1;
  query.detail = client::log_detail::values;
  auto found = call(all, [&](client::connection& service) { return service.log(query); });
  if (!found || found->changes.empty() || found->changes.front().revision != done.revision)
    return {};
  return std::move(found->changes.front());
}

std::string namespace_in(std::string_view key) { return std::string(key.substr(0, key.find('.'))); }

std::set<std::string> namespaces_in(boost::json::object const& values) {
  std::set<std::string> names;
  for (auto const& one : values)
    names.insert(namespace_in(one.key()));
  return names;
}

/// Warns of namespaces that a dry run would make.
void warn_of_namespaces_to_be(context const& all, change_facts const& what) {
  auto const state = call(all, &client::connection::status);
  if (!state) return;
  for (std::string const& name : namespaces_in(what.values)) {
    if (std::ranges::find(state->namespaces, name) != state->namespaces.end()) continue;
    auto const now = call(all, &client::connection::explain, name);
    if (!now || !now->schema)
      warn("the namespace '" + name + "' would be new" + did_you_mean(name, state->namespaces));
  }
}

/// Warns of namespaces that exist since this change set values in them: their names may be
/// misspelled.
void warn_of_new_namespaces(context const& all, change_facts const& what,
                            client::change const& past) {
  auto const set = namespaces_in(what.values);
  std::set<std::string> names;
  for (std::string const& key : past.created)
    if (auto name = namespace_in(key); set.contains(name)) names.insert(std::move(name));
  if (names.empty() || past.revision < 2) return;
  std::vector<std::string> const asked(names.begin(), names.end());
  auto const before = call(all, &client::connection::get_at, asked, past.revision - 1);
  if (!before) return;
  for (std::string const& name : before->missing) {
    auto const now = call(all, &client::connection::explain, name);
    if (now && !now->schema)
      warn("the namespace '" + name + "' is new" + namespace_hint(all, name));
  }
}

/// Returns the report of a wait that failed: the change is made all the same.
std::string complain_of_wait(client::commit const& done, client::call_error const& why) {
  std::string text = failure_text("wait " + std::to_string(done.revision), why);
  complain(text);
  return text;
}

/// One object: the reply of the change, and that of the wait or why there is none.
exit_code show_applied_json(context const& all, change_facts const& what,
                            client::commit const& done) {
  auto const waited = await_applied(all, done.revision, {}, what.wait);
  auto out = json_of(done);
  auto const outcome = waited
                           ? json_of(*waited).get_object()
                           : failure_json(complain_of_wait(done, waited.error()), waited.error());
  for (auto const& member : outcome)
    out.get_object()[member.key()] = member.value();
  print(json_text(all.where, out));
  return waited && waited->applied ? exit_code::ok : exit_code::not_applied;
}

/// What a dry run would do to other programs, behind what it says of the settings.
void add_blast_radius(context const& all, change_facts const& what, client::commit const& done,
                      boost::json::value& as_json, std::string& as_text) {
  auto const& values = what.all_values != nullptr ? *what.all_values : what.values;
  auto const touched = blast_radius(all, {.values = values, .restores = what.restores}, done);
  if (touched.empty()) return;
  as_json.get_object()["targets"] = to_json(touched);
  as_text += for_screen(all.where, to_text(touched));
}

} // namespace

std::string commit_text(screen const& where, change_facts const& what, client::commit const& done,
                        client::change const* past) {
  std::string out = changed_lines(where, what, done, past);
  out += hidden_lines(where, what, done);
  std::string const revision = std::to_string(done.revision);
  std::string tail =
      (done.changed.empty() ? "no effective value changed, revision " : "revision ") + revision;
  if (what.mode == client::commit_mode::check) tail = "dry run, nothing was written";
  out += paint(where, tint::faint, tail) + '\n';
  if (done.deadline && what.mode == client::commit_mode::apply) {
    std::string const until = for_screen(where, *done.deadline);
    if (what.until_applied)
      out += "undone unless it is applied, at " + until + '\n';
    else if (what.unconfirmed)
      out += "confirm with: cfgctl confirm " + revision + ", until " + until + '\n';
    else
      out += "expires at " + until + '\n';
  }
  return out;
}

exit_code show_commit(context const& all, change_facts const& what, client::commit const& done) {
  complain_issues(done.warnings);
  bool const is_made = what.mode == client::commit_mode::apply && !done.changed.empty();
  auto const past = is_made ? record_of(all, done) : std::nullopt;
  auto const waits = is_made && what.wait;
  auto code = exit_code::ok;
  if (waits && all.as_json()) {
    code = show_applied_json(all, what, done);
  } else {
    auto as_json = json_of(done);
    auto as_text = commit_text(all.where, what, done, past ? &*past : nullptr);
    if (what.mode == client::commit_mode::check && what.is_complete)
      add_blast_radius(all, what, done, as_json, as_text);
    show(all, as_json, as_text);
  }
  if (past) warn_of_new_namespaces(all, what, *past);
  if (what.mode == client::commit_mode::check && !what.values.empty() && !done.changed.empty())
    warn_of_namespaces_to_be(all, what);
  if (!waits || all.as_json()) return code;
  auto const waited = await_applied(all, done.revision, {}, what.wait);
  if (waited)
    print(wait_text(all.where, done.revision, *waited));
  else
    complain_of_wait(done, waited.error());
  return waited && waited->applied ? exit_code::ok : exit_code::not_applied;
}

} // namespace cfgd::cfgctl
