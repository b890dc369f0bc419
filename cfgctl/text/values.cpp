/// Values for people and scripts.
///
/// One value alone is printed bare, for `x=$(cfgctl get a.b)`. In a list of keys, values are JSON
/// on one line, so that every line is a key and a value which `cfgctl set` accepts.

#include "cfgctl/text/values.hpp"

#include "cfgctl/described_json.hpp"
#include "cfgctl/text/issue_text.hpp"
#include "cfgctl/text/near.hpp"
#include "cfgctl/text/overrides_text.hpp"
#include "cfgctl/text/users.hpp"
#include "core/json.hpp"

#include <boost/json/array.hpp>
#include <boost/json/string.hpp>

#include <algorithm>
#include <cstdint>

namespace cfgd::cfgctl {
namespace {

tint color_of(boost::json::value const& value) {
  return value.is_string() ? tint::good : tint::plain;
}

} // namespace

std::string for_screen(screen const& where, std::string const& text) {
  return where.terminal ? printable(text) : text;
}

std::string compact_text(boost::json::value const& value) {
  std::string out;
  json::append_compact(out, value);
  return out;
}

std::string value_text(screen const& where, boost::json::value const& value) {
  if (auto const* text = value.if_string()) {
    return for_screen(where, std::string(*text)) + '\n';
  }
  bool const nested = value.is_object() || value.is_array();
  return for_screen(where, nested ? json::pretty(value) : compact_text(value)) + '\n';
}

std::string value_line(screen const& where, std::string_view key, boost::json::value const& value) {
  std::string out = paint(where, tint::name, for_screen(where, std::string(key)));
  out += " = ";
  out += paint(where, color_of(value), for_screen(where, compact_text(value)));
  out += '\n';
  return out;
}

std::string change_line(screen const& where, std::string_view key, boost::json::value const* before,
                        boost::json::value const* after) {
  if (before == nullptr && after != nullptr) return value_line(where, key, *after);
  std::string out = paint(where, tint::name, for_screen(where, std::string(key))) + ": ";
  if (before != nullptr) out += paint(where, tint::bad, for_screen(where, compact_text(*before)));
  out += " -> ";
  out += after != nullptr ? paint(where, tint::good, for_screen(where, compact_text(*after)))
                          : std::string("(no value)");
  return out + '\n';
}

void key_list::add(std::string_view lines) {
  auto const count = static_cast<std::size_t>(std::ranges::count(lines, '\n'));
  if (left_out_ > 0 || count > where_.most_keys - lines_) {
    ++left_out_;
    return;
  }
  printed_ += lines;
  lines_ += count;
}

std::string key_list::text() const {
  if (left_out_ == 0) return printed_;
  auto const rest = "and " + counted(left_out_, "more key") + "; -v prints all";
  return printed_ + std::string(indent_) + paint(where_, tint::faint, rest) + '\n';
}

std::string value_lines(screen const& where, boost::json::object const& values) {
  std::string out;
  for (auto const& member : values)
    out += value_line(where, member.key(), member.value());
  return out;
}

std::string json_text(screen const& where, boost::json::value const& what) {
  return for_screen(where, where.terminal ? json::pretty(what) : compact_text(what)) + '\n';
}

std::string json_line(screen const& where, boost::json::value const& what) {
  return for_screen(where, compact_text(what)) + '\n';
}

std::string origin_text(client::origin const& from) {
  std::string out;
  if (from.path) {
    out = place_text(*from.path, from.line, from.column);
  } else if (from.uid) {
    out = user_text(*from.uid, from.unit.value_or(""));
  }
  return out;
}

std::string event_text(screen const& where, client::watch_event const& event,
                       boost::json::object& known) {
  std::string head = "# revision " + std::to_string(event.revision);
  if (event.resync) head += ", read again because changes were missed";
  if (event.from) {
    head += ", " + event.from->layer;
    auto const place = origin_text(*event.from);
    if (!place.empty()) head += ' ' + place;
  }
  if (!event.without_effect.empty()) head = "# an edit without effect";
  std::string out = paint(where, tint::faint, for_screen(where, head)) + '\n';
  for (auto const& one : event.without_effect)
    out += paint(where, tint::warning, for_screen(where, without_effect_text(one))) + '\n';
  if (event.resync) known.clear();
  screen whole = where;
  whole.most_keys = SIZE_MAX;
  key_list keys(event.from ? where : whole); // the state has no origin
  for (auto const& member : event.values) {
    auto const* const before = known.if_contains(member.key());
    keys.add(change_line(where, member.key(), before, &member.value()));
    known[member.key()] = member.value();
  }
  for (std::string const& key : event.removed) {
    known.erase(key);
    keys.add(paint(where, tint::name, for_screen(where, key)) +
             paint(where, tint::bad, " removed") + '\n');
  }
  return out + keys.text();
}

std::string event_json(screen const& where, client::watch_event const& event) {
  boost::json::object out;
  out["revision"] = static_cast<std::int64_t>(event.revision);
  if (event.ready) out["ready"] = true;
  if (event.resync) out["resync"] = true;
  if (!event.values.empty()) out["values"] = event.values;
  if (!event.removed.empty()) {
    out["removed"] = boost::json::array(event.removed.begin(), event.removed.end());
  }
  if (event.from) out["origin"] = json_of(*event.from);
  if (!event.without_effect.empty()) out["withoutEffect"] = json_of(event.without_effect);
  return json_line(where, out);
}

} // namespace cfgd::cfgctl
