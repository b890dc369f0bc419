/// The service says which keys would change. Their new values are those of the transaction; where a
/// key is unset, the value of the next layer. With them every target is rendered twice.

#include "cfgctl/targets/blast_radius.hpp"

#include "apply/render.hpp"
#include "apply/values.hpp"
#include "cfgctl/session.hpp"
#include "cfgctl/targets/file_diff.hpp"
#include "cfgctl/targets/places.hpp"
#include "core/value_path.hpp"

#include <boost/json/value.hpp>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

namespace cfgd::cfgctl {
namespace {

namespace bj = boost::json;

/// The value that the change gives a key; null: it says nothing of it, or removes it.
bj::value const* value_of(bj::object const& values, cfgd::key const& which) {
  for (auto const& member : values) {
    auto const set = cfgd::key::parse(member.key());
    if (!set || set->parts().size() > which.parts().size()) continue;
    auto const depth = set->parts().size();
    if (!std::equal(set->parts().begin(), set->parts().end(), which.parts().begin())) continue;
    bj::value const* at = &member.value();
    for (auto part = depth; at != nullptr && part < which.parts().size(); ++part)
      at = at->is_object() ? at->get_object().if_contains(which.parts()[part]) : nullptr;
    if (at != nullptr && !at->is_null()) return at;
  }
  return nullptr;
}

/// What shows when the override of a key is gone.
std::optional<bj::value> value_below(client::connection& service, std::string const& which) {
  auto const found = service.explain(which);
  if (!found) return std::nullopt;
  for (auto const& one : found->candidates)
    if (one.from.layer != "override" && !one.locked.value_or(false)) return one.value;
  return std::nullopt;
}

void erase_value(bj::object& root, cfgd::key const& at) {
  auto* object = &root;
  auto const& parts = at.parts();
  for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
    auto* const next = object->if_contains(parts[i]);
    if (next == nullptr || !next->is_object()) return;
    object = &next->get_object();
  }
  object->erase(parts.back());
}

/// The values after the change; `values` are those before it. Absent: they cannot be read.
std::optional<apply::setting_values> changed_values(client::connection& service,
                                                    apply::setting_values values,
                                                    checked_change const& what,
                                                    client::commit const& done) {
  bj::object past;
  if (what.restores) {
    std::set<std::string> names;
    for (auto const& text : done.changed)
      names.insert(text.substr(0, text.find('.')));
    auto found = service.get_at({names.begin(), names.end()}, *what.restores);
    if (!found) return std::nullopt;
    past = std::move(found->values);
  }
  for (auto const& text : done.changed) {
    auto const which = cfgd::key::parse(text);
    if (!which) continue;
    if (what.restores && values.secret.contains(*which)) { // not in the history, but it changes
      apply::put_value(values.root, *which, "(secret)");
      continue;
    }
    auto const* const set = value_of(what.restores ? past : what.values, *which);
    auto below = set != nullptr || what.restores ? std::nullopt : value_below(service, text);
    if (set != nullptr)
      apply::put_value(values.root, *which, *set);
    else if (below)
      apply::put_value(values.root, *which, std::move(*below));
    else
      erase_value(values.root, *which);
  }
  return values;
}

std::optional<touched_file> compare(apply::target_file const& file,
                                    apply::setting_values const& before,
                                    apply::setting_values const& after) {
  auto const limit = limits{}.file_bytes;
  auto const is = apply::render_file(file, before, limit);
  auto const becomes = apply::render_file(file, after, limit);
  touched_file out{.path = file.path, .diff = {}, .why = {}};
  if (!becomes) {
    if (!is) return std::nullopt;
    out.why = "cannot be rendered: " + to_string(becomes.error());
    return out;
  }
  if (is && *is == *becomes) return std::nullopt;
  if (apply::has_secrets(file, after))
    out.why = "changes; it has secrets, and is not shown";
  else
    out.diff = file_diff({.name = file.path, .text = is ? *is : std::string_view()},
                         {.name = file.path, .text = *becomes});
  return out;
}

} // namespace

std::vector<touched_target> blast_radius(context const& all, checked_change const& what,
                                         client::commit const& done) {
  auto const places = places_of(all);
  auto const targets = read_all_targets(places);
  std::set<std::string> keys;
  for (auto const& [name, one] : targets)
    if (one)
      for (auto const& key : one->keys())
        keys.insert(key);
  if (keys.empty() || done.changed.empty()) return {};
  auto const before = apply::read_values(places.socket, {keys.begin(), keys.end()},
                                         all.time_limit.value_or(default_time_limit));
  auto service = connect(all);
  auto const after =
      before && service ? changed_values(*service, *before, what, done) : std::nullopt;
  std::vector<touched_target> out;
  if (!after) {
    warn("the values cannot be read: files of targets are not shown");
    return out;
  }
  for (auto const& [name, one] : targets) {
    if (!one) continue;
    touched_target made{.name = name, .unit = {}, .action = {}, .files = {}};
    for (auto const& file : one->files)
      if (auto touched = compare(file, *before, *after)) made.files.push_back(std::move(*touched));
    if (made.files.empty()) continue;
    if (one->act != apply::action::none) {
      made.unit = one->unit;
      made.action = to_string(one->act);
    }
    out.push_back(std::move(made)); // NOLINT: few are touched
  }
  return out;
}

std::string to_text(std::vector<touched_target> const& what) {
  std::string out;
  for (auto const& one : what) {
    out.append("target ").append(one.name);
    if (!one.unit.empty()) out.append(": ").append(one.action).append(1, ' ').append(one.unit);
    out.append(1, '\n');
    for (auto const& file : one.files) {
      if (!file.why.empty())
        out.append("  ").append(file.path).append(": ").append(file.why).append(1, '\n');
      out.append(file.diff);
    }
  }
  return out;
}

bj::array to_json(std::vector<touched_target> const& what) {
  bj::array out;
  out.reserve(what.size());
  for (auto const& one : what) {
    bj::array files;
    files.reserve(one.files.size());
    for (auto const& file : one.files) {
      bj::object made{{"path", file.path}};
      made[file.why.empty() ? "diff" : "why"] = file.why.empty() ? file.diff : file.why;
      files.push_back(std::move(made));
    }
    out.push_back({{"name", one.name},
                   {"unit", one.unit},
                   {"action", one.action},
                   {"files", std::move(files)}});
  }
  return out;
}

} // namespace cfgd::cfgctl
