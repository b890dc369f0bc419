/// The service says which keys would change. Their new values are those of the transaction; where a
/// key is unset, the value of the next layer. With them every target is rendered twice.

#include "cfgctl/targets/blast_radius.hpp"

#include "apply/render.hpp"
#include "apply/values.hpp"
#include "cfgctl/session.hpp"
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

/// The value that the transaction gives a key; null: it says nothing of it, or removes it.
bj::value const* value_of(client::transaction const& what, cfgd::key const& which) {
  for (auto const& member : what.values) {
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

apply::setting_values changed_values(client::connection& service, apply::setting_values values,
                                     client::transaction const& what, client::commit const& done) {
  for (auto const& text : done.changed) {
    auto const which = cfgd::key::parse(text);
    if (!which) continue;
    if (auto const* const set = value_of(what, *which)) {
      apply::put_value(values.root, *which, *set);
    } else if (auto below = value_below(service, text)) {
      apply::put_value(values.root, *which, std::move(*below));
    } else {
      erase_value(values.root, *which);
    }
  }
  return values;
}

std::string file_text(apply::target_file const& file, apply::setting_values const& before,
                      apply::setting_values const& after) {
  auto const limit = limits{}.file_bytes;
  auto const is = apply::render_file(file, before, limit);
  auto const becomes = apply::render_file(file, after, limit);
  if (!becomes)
    return is ? "  " + file.path + ": cannot be rendered: " + to_string(becomes.error()) + '\n'
              : "";
  if (is && *is == *becomes) return {};
  if (apply::has_secrets(file, after))
    return "  " + file.path + ": changes; it has secrets, and is not shown\n";
  return "--- " + file.path + "\n+++ " + file.path + '\n' +
         apply::unified_diff(is ? *is : std::string(), *becomes);
}

} // namespace

std::string blast_radius_text(context const& all, client::transaction const& what,
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
  if (!before || !service) return "targets: the values cannot be read\n";
  auto const after = changed_values(*service, *before, what, done);
  std::string out;
  for (auto const& [name, one] : targets) {
    if (!one) continue;
    std::string files;
    for (auto const& file : one->files)
      files += file_text(file, *before, after);
    if (files.empty()) continue;
    out += "target " + name;
    if (one->act != apply::action::none)
      out.append(": ").append(to_string(one->act)).append(1, ' ').append(one->unit);
    out.append(1, '\n').append(files);
  }
  return out;
}

} // namespace cfgd::cfgctl
