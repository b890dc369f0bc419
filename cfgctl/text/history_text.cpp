/// History for people.
///
/// Changes look like the commits of git-log(1), which readers know. History has the keys of secrets
/// without their values: "(secret)" is printed instead.

#include "cfgctl/text/history_text.hpp"

#include "cfgctl/text/issue_text.hpp"
#include "cfgctl/text/table.hpp"
#include "cfgctl/text/values.hpp"

#include <algorithm>
#include <string_view>

namespace cfgd::cfgctl {
namespace {

std::string signed_line(screen const& where, char sign, std::string_view key,
                        boost::json::value const& value) {
  std::string line(1, sign);
  line.append(key).append(" ").append(compact_text(value));
  return paint(where, sign == '-' ? tint::bad : tint::good, for_screen(where, line)) + '\n';
}

/// Where each key of a change with several origins comes from: "  /etc/cfgd/namespaces/a.yaml:3".
class key_places {
 public:
  explicit key_places(client::change const& of) : of_(of) {}

  /// Empty if all keys have the origin of the change.
  std::string of(screen const& where, std::string const& key) const {
    if (of_.origins.empty()) return {};
    auto from = of_.from;
    for (auto const& one : of_.origins) {
      auto const* const line = one.lines.if_contains(key);
      if (line == nullptr) continue;
      from = one.from;
      if (line->is_int64() && line->get_int64() > 0) from.line = line->get_int64();
    }
    from.column.reset();
    auto const text = origin_text(from);
    return text.empty() ? text : paint(where, tint::faint, "  " + for_screen(where, text));
  }

 private:
  client::change const& of_;
};

std::string secret_line(screen const& where, std::string_view key) {
  return ' ' + for_screen(where, std::string(key)) + " (secret)\n";
}

/// The keys with a letter each: A added, M modified, D deleted.
std::string marked_keys(screen const& where, client::change const& one) {
  key_list out(where, "    ");
  key_places const places(one);
  auto const add = [&](char mark, tint color, std::vector<std::string> const& keys) {
    for (std::string const& key : keys)
      out.add("    " + paint(where, color, std::string(1, mark)) + ' ' + for_screen(where, key) +
              places.of(where, key) + '\n');
  };
  add('A', tint::good, one.created);
  add('M', tint::warning, one.updated);
  add('D', tint::bad, one.deleted);
  return out.text();
}

/// The values of keys before and after.
std::string changed_values(screen const& where, client::change const& one) {
  key_list out(where);
  key_places const places(one);
  auto const add = [&](std::vector<std::string> const& keys, bool has_before, bool has_after) {
    for (std::string const& key : keys) {
      auto const* const before = one.before.if_contains(key);
      auto const* const after = one.after.if_contains(key);
      if ((has_before && before == nullptr) || (has_after && after == nullptr)) {
        out.add(secret_line(where, key));
        continue;
      }
      std::string lines;
      if (has_before) lines += signed_line(where, '-', key, *before);
      if (has_after) lines += signed_line(where, '+', key, *after);
      // Behind the last line of the key.
      lines.insert(lines.size() - 1, places.of(where, key));
      out.add(lines);
    }
  };
  add(one.created, false, true);
  add(one.updated, true, true);
  add(one.deleted, true, false);
  return out.text();
}

std::string origin_line(client::origin const& from, std::optional<std::int64_t> const& pid,
                        std::optional<std::string> const& unit) {
  client::origin whole = from;
  if (!whole.unit) whole.unit = unit;
  std::string out = from.layer;
  std::string const place = origin_text(whole);
  if (!place.empty()) out += ' ' + place;
  if (pid) out += ", pid " + std::to_string(*pid);
  return out;
}

/// Each line of a text behind four spaces.
std::string indented(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    auto const end = text.find('\n');
    out.append("    ").append(text.substr(0, end)).append("\n");
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return out;
}

} // namespace

std::string change_text(screen const& where, client::change const& one, client::log_detail detail) {
  std::string out = paint(where, tint::warning, "revision " + std::to_string(one.revision)) + '\n';
  out += "Origin: " + for_screen(where, origin_line(one.from, one.pid, one.unit)) + '\n';
  out += "Date:   " + for_screen(where, one.time) + '\n';
  if (one.comment && !one.comment->empty()) {
    out += '\n' + indented(for_screen(where, *one.comment));
  }
  out += '\n';
  out +=
      detail == client::log_detail::values ? changed_values(where, one) : marked_keys(where, one);
  for (client::issue const& said : one.warnings)
    out += "    " + for_screen(where, issue_text(said)) + '\n';
  return out;
}

std::string change_line_text(screen const& where, client::change const& one) {
  std::string keys;
  std::size_t const count = one.created.size() + one.updated.size() + one.deleted.size();
  for (auto const* list : {&one.updated, &one.created, &one.deleted}) {
    if (keys.empty() && !list->empty()) keys = list->front();
  }
  if (count > 1) keys += " and " + std::to_string(count - 1) + " more";
  auto const part = [&](std::string text) {
    std::ranges::replace(text, '\n', ' ');
    return for_screen(where, text);
  };
  std::string out = paint(where, tint::warning, std::to_string(one.revision)) + ' ' +
                    part(one.time + "  " + origin_line(one.from, {}, one.unit)) + "  " +
                    paint(where, tint::name, part(keys));
  if (one.comment && !one.comment->empty()) out += part("  # " + *one.comment);
  return out + '\n';
}

std::string difference_text(screen const& where, client::difference const& what) {
  key_list out(where);
  for (auto const& member : what.before) {
    auto lines = signed_line(where, '-', member.key(), member.value());
    if (auto const* now = what.after.if_contains(member.key()))
      lines += signed_line(where, '+', member.key(), *now);
    out.add(lines);
  }
  for (auto const& member : what.after)
    if (!what.before.contains(member.key()))
      out.add(signed_line(where, '+', member.key(), member.value()));
  for (std::string const& key : what.secrets)
    out.add(secret_line(where, key));
  return out.text();
}

std::string blame_text(screen const& where, std::vector<client::blame_line> const& lines) {
  if (lines.empty()) return "no values\n";
  table out({right("REVISION"), left("TIME"), path("ORIGIN"), left("KEY"), cuttable("VALUE"),
             cuttable("COMMENT")});
  for (client::blame_line const& one : lines) {
    out.add({one.from.revision,
             one.time.value_or("-"),
             origin_line(one.from, one.pid, one.unit),
             {one.key, tint::name},
             one.value ? compact_text(*one.value) : "(secret)",
             one.comment.value_or("")});
  }
  return out.str(where);
}

} // namespace cfgd::cfgctl
