/// The override layer for people: who set what when, and which files do not count because of it.

#include "cfgctl/text/overrides_text.hpp"

#include "cfgctl/text/table.hpp"
#include "cfgctl/text/times.hpp"
#include "cfgctl/text/users.hpp"
#include "cfgctl/text/values.hpp"

#include <algorithm>
#include <chrono>

namespace cfgd::cfgctl {
namespace {

std::string age_text(client::origin const& from, wall_time now) {
  auto const set = from.time ? parse_rfc3339(*from.time) : std::nullopt;
  if (!set) return "?";
  auto const age = std::chrono::floor<std::chrono::seconds>(now - *set);
  return duration_text(std::max(age, std::chrono::seconds(0)));
}

/// "admin /etc/cfgd/namespaces/site.yaml:4:1"
std::string place_of(client::hidden_value const& one) {
  auto const place = origin_text(one.from);
  return one.from.layer + (place.empty() ? "" : ' ' + place);
}

std::string hides_cell(client::override_key const& one) {
  if (one.hides.empty()) return "";
  auto text = place_of(one.hides.front());
  if (one.hidden > 1) text += " and " + std::to_string(one.hidden - 1) + " more";
  return text;
}

} // namespace

std::string overrides_text(screen const& where, std::vector<client::override_key> const& what,
                           wall_time now) {
  if (what.empty()) return "no overrides\n";
  table out(
      {left("KEY"), cuttable("VALUE"), right("AGE"), left("BY"), right("REVISION"), path("HIDES")});
  for (auto const& one : what) {
    std::string value = one.value ? compact_text(*one.value) : "(secret)";
    if (one.soft.value_or(false)) value += " (soft)";
    if (one.locked.value_or(false)) value += " (locked)";
    out.add({{one.key, tint::name},
             value,
             age_text(one.from, now),
             origin_text(one.from),
             one.from.revision,
             {hides_cell(one), tint::warning}});
  }
  return out.str(where);
}

std::string hides_text(screen const& where, std::vector<client::hidden_value> const& what,
                       std::size_t count, std::size_t most) {
  std::string out;
  auto const shown = std::min(most, what.size());
  for (std::size_t at = 0; at < shown; ++at)
    out += paint(where, tint::name, for_screen(where, what[at].key)) + " hides " +
           for_screen(where, place_of(what[at])) + '\n';
  if (shown != 0 && count > shown)
    out += "and " + std::to_string(count - shown) + " more values of files: cfgctl overrides\n";
  return out;
}

std::string without_effect_text(client::hidden_value const& what) {
  std::string out = origin_text(what.from);
  if (!out.empty()) out += ' ';
  out += what.key;
  out += what.removed.value_or(false) ? " was removed without effect: overridden by "
                                      : " has no effect: overridden by ";
  if (!what.by) return out + "a higher layer";
  if (!what.unset) return out + origin_text(*what.by);
  out += "revision " + std::to_string(what.by->revision);
  if (what.by->uid) out += ", " + user_text(*what.by->uid);
  return out + "; unset " + *what.unset;
}

} // namespace cfgd::cfgctl
