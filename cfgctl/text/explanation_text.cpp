/// The table of the layers.
///
/// It has all layers, from the highest to the lowest, also those without a value. The service
/// returns the candidates from the highest down; layers that this program does not know keep their
/// place.
///
/// A star marks the winner. Objects are merged over objects (RFC 7396): lower objects that add
/// members have a plus. Hidden values are faint, and a value that a lock takes away has an
/// exclamation mark.

#include "cfgctl/text/explanation_text.hpp"

#include "cfgctl/text/table.hpp"
#include "cfgctl/text/values.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace cfgd::cfgctl {
namespace {

constexpr std::array<std::string_view, 6> layers_from_top{"override", "environment", "runtime",
                                                          "admin",    "vendor",      "default"};

/// One row: a candidate, or a layer without one.
struct row {
  std::string layer;
  client::candidate const* what = nullptr;
};

std::size_t height_of(std::string_view layer) {
  return static_cast<std::size_t>(std::ranges::find(layers_from_top, layer) -
                                  layers_from_top.begin());
}

std::vector<row> rows_of(std::vector<client::candidate> const& candidates) {
  std::vector<row> out;
  std::size_t next = 0; // the first layer that has no row yet
  for (client::candidate const& one : candidates) {
    std::size_t const height = height_of(one.from.layer);
    for (; height < layers_from_top.size() && next < height; ++next)
      out.push_back({.layer = std::string(layers_from_top[next]), .what = nullptr});
    if (height < layers_from_top.size()) next = std::max(next, height + 1);
    out.push_back({.layer = one.from.layer, .what = &one});
  }
  for (; next < layers_from_top.size(); ++next)
    out.push_back({.layer = std::string(layers_from_top[next]), .what = nullptr});
  return out;
}

/// A candidate without a value removes the key, is secret, or holds secrets.
std::string value_of(client::candidate const& one, client::explanation const& whole) {
  if (one.value) return compact_text(*one.value);
  if (whole.secret) return "(secret)";
  return whole.value && whole.value->is_object() ? "(not shown)" : "(removed)";
}

table layers_table(client::explanation const& what) {
  table out({left(""), left("LAYER"), cuttable("VALUE"), path("WHERE"), right("REVISION"),
             cuttable("TIME")});
  bool first = true;
  bool shows = true; // lower layers still add to the value
  for (row const& one : rows_of(what.candidates)) {
    if (one.what == nullptr) {
      out.add({{}, {one.layer, tint::faint}, {"-", tint::faint}, {}, {}, {}});
      continue;
    }
    client::candidate const& from = *one.what;
    bool const object = from.value && from.value->is_object();
    bool const locked = from.locked.value_or(false);
    bool const counts = !locked && (first || (shows && object));
    tint const color = counts ? tint::strong : tint::faint;
    std::string const mark = locked ? "!" : !counts ? "" : first ? "*" : "+";
    out.add({{mark, locked ? tint::bad : tint::good},
             {one.layer, color},
             {value_of(from, what), color},
             {origin_text(from.from), color},
             {from.from.revision, color},
             {from.from.time.value_or(""), color}});
    if (locked) continue;
    shows = shows && object;
    first = false;
  }
  return out;
}

/// Keywords whose value is short and makes sense alone.
constexpr std::array<std::string_view, 15> short_keywords{
    "const",     "minimum",   "exclusiveMinimum", "maximum",       "exclusiveMaximum",
    "minLength", "maxLength", "pattern",          "format",        "multipleOf",
    "minItems",  "maxItems",  "uniqueItems",      "minProperties", "maxProperties"};

std::string words_of(boost::json::value const& value) {
  auto const* const text = value.if_string();
  return text != nullptr ? std::string(*text) : compact_text(value);
}

std::string listed(boost::json::array const& values, bool quoted) {
  std::string out;
  for (auto const& one : values) {
    if (!out.empty()) out += " | ";
    out += quoted ? compact_text(one) : words_of(one);
  }
  return out;
}

void append_text(std::string& out, screen const& where, boost::json::object const& schema,
                 std::string_view name) {
  auto const* const found = schema.if_contains(name);
  auto const* const text = found != nullptr ? found->if_string() : nullptr;
  if (text != nullptr) out += "  " + for_screen(where, std::string(*text)) + '\n';
}

std::string schema_text(screen const& where, boost::json::object const& schema) {
  std::string out;
  append_text(out, where, schema, "title");
  append_text(out, where, schema, "description");
  std::string const constraints = constraints_text(schema);
  if (!constraints.empty()) out += "  " + for_screen(where, constraints) + '\n';
  if (auto const* value = schema.if_contains("default")) {
    out += "  default " + for_screen(where, compact_text(*value)) + '\n';
  }
  return out.empty() ? out : paint(where, tint::strong, "schema") + '\n' + out;
}

std::string lock_text(client::key_lock const& by) {
  auto text = "It is locked by " + by.path + ':' + std::to_string(by.line);
  if (!by.reason.empty()) text.append(": ").append(by.reason);
  return text.append(". Values of layers above ").append(by.above).append(" do not count.");
}

} // namespace

std::string constraints_text(boost::json::object const& schema) {
  std::string out;
  auto const add = [&](std::string const& text) {
    if (!out.empty()) out += ", ";
    out += text;
  };
  if (auto const* type = schema.if_contains("type")) {
    add(type->is_array() ? listed(type->get_array(), false) : words_of(*type));
  }
  if (auto const* choices = schema.if_contains("enum"); choices != nullptr && choices->is_array()) {
    add("one of " + listed(choices->get_array(), true));
  }
  for (std::string_view const name : short_keywords) {
    auto const* const value = schema.if_contains(name);
    if (value != nullptr) add(std::string(name) + ' ' + words_of(*value));
  }
  return out;
}

std::string explanation_text(screen const& where, std::string_view key,
                             client::explanation const& what) {
  std::string out;
  if (what.value) {
    out = value_line(where, key, *what.value);
  } else {
    out = paint(where, tint::name, for_screen(where, std::string(key)));
    out += what.secret && !what.candidates.empty() ? " is secret\n" : " has no value\n";
  }
  out += layers_table(what).str(where);
  if (what.schema) out += schema_text(where, *what.schema);
  if (what.secret)
    out += "It is secret: only users with the right to read secrets see its value.\n";
  if (what.read_only.value_or(false)) out += "It is read-only: the schema leaves it to files.\n";
  if (what.lock) out += for_screen(where, lock_text(*what.lock)) + '\n';
  out += what.writable ? "You may change it.\n" : "You may not change it.\n";
  return out;
}

} // namespace cfgd::cfgctl
