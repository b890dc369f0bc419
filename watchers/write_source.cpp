// Each writer writes what its format can have. Whether it could is not decided by rules, which
// would repeat the readers, but by reading the text back: only a text with the same values is
// returned. If there is none, the members are tried one by one to name the key.

#include "watchers/write_source.hpp"

#include "core/json.hpp"
#include "core/key.hpp"
#include "core/untyped.hpp"
#include "core/variables.hpp"
#include "watchers/read_source.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>
#include <vector>

namespace cfgd::watchers {
namespace {

std::string compact(boost::json::value const& what) {
  std::string out;
  json::append_compact(out, what);
  return out;
}

bool is_nested(boost::json::value const& what) {
  return (what.is_object() && !what.get_object().empty()) ||
         (what.is_array() && !what.get_array().empty());
}

// YAML

/// In double quotes. Besides the escapes of JSON: C1 controls, which YAML does not allow, and what
/// libyaml takes for the end of a line (U+0085, U+2028, U+2029) or removes (U+FEFF).
std::string yaml_quoted(std::string_view text) {
  std::string const as_json = compact(boost::json::string(text));
  std::string out;
  for (std::size_t at = 0; at < as_json.size(); ++at) {
    std::string_view const rest = std::string_view(as_json).substr(at);
    if (rest.size() > 1 && rest[0] == '\xC2' && static_cast<unsigned char>(rest[1]) < 0xA0) {
      constexpr std::string_view hex = "0123456789ABCDEF";
      auto const byte = static_cast<unsigned char>(rest[1]);
      out.append("\\u00").append(1, hex[byte >> 4]).append(1, hex[byte & 15]);
      ++at;
    } else if (rest.starts_with("\xE2\x80\xA8") || rest.starts_with("\xE2\x80\xA9")) {
      out += rest[2] == '\xA8' ? "\\u2028" : "\\u2029";
      at += 2;
    } else if (rest.starts_with("\xEF\xBB\xBF")) {
      out += "\\uFEFF";
      at += 2;
    } else {
      out += as_json[at];
    }
  }
  return out;
}

/// Plain only if it begins with a letter, has nothing that YAML gives a meaning, and is not a word
/// that YAML 1.1 or 1.2 reads as a boolean, null or number (.inf begins with a dot).
std::string yaml_string(std::string_view text) {
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz";
  constexpr std::string_view others = " _-./0123456789";
  constexpr std::array words{"true", "false", "null", "yes", "no", "on",
                             "off",  "y",     "n",    "nan", "inf"};
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char one) {
    return one >= 'A' && one <= 'Z' ? static_cast<char>(one - 'A' + 'a') : one;
  });
  bool const is_word = std::ranges::find(words, lower) != words.end();
  auto const is_harmless = [&](char one) {
    return letters.find(one) != letters.npos || others.find(one) != others.npos;
  };
  bool const plain = !text.empty() && letters.find(lower.front()) != letters.npos && !is_word &&
                     std::ranges::all_of(lower, is_harmless) && !text.ends_with(' ');
  return plain ? std::string(text) : yaml_quoted(text);
}

std::string yaml_scalar(boost::json::value const& what) {
  return what.is_string() ? yaml_string(what.get_string()) : compact(what);
}

void append_yaml(std::string& out, boost::json::value const& what, std::size_t depth) {
  std::string const indent(depth * 2, ' ');
  if (auto const* const object = what.if_object()) {
    for (auto const& member : *object) {
      bool const is_below = is_nested(member.value());
      out.append(indent).append(yaml_string(member.key())).append(is_below ? ":\n" : ": ");
      if (is_below) append_yaml(out, member.value(), depth + 1);
      if (!is_below) out.append(yaml_scalar(member.value())).append("\n");
    }
    return;
  }
  for (auto const& one : what.get_array()) {
    std::size_t const begin = out.size();
    if (is_nested(one)) append_yaml(out, one, depth + 1);
    if (!is_nested(one)) out.append(indent).append("  ").append(yaml_scalar(one)).append("\n");
    out[begin + indent.size()] = '-'; // in the indentation of its first line
  }
}

// TOML

std::string toml_value(boost::json::value const& what) {
  std::string out;
  if (auto const* const list = what.if_array()) {
    for (auto const& one : *list)
      out.append(out.empty() ? "" : ", ").append(toml_value(one));
    return '[' + out + ']';
  }
  if (auto const* const object = what.if_object()) {
    for (auto const& member : *object) {
      std::string name;
      append_key_part(name, member.key());
      out.append(out.empty() ? " " : ", ").append(name).append(" = ");
      out += toml_value(member.value());
    }
    return '{' + out + (out.empty() ? "}" : " }");
  }
  return compact(what); // JSON's escapes are TOML's
}

/// Whether it is written as [[name]]: all elements are objects with members.
bool is_table_list(boost::json::value const& what) {
  auto const* const list = what.if_array();
  return list != nullptr && !list->empty() && std::ranges::all_of(*list, [](auto const& one) {
           return one.is_object() && !one.get_object().empty();
         });
}

bool is_table(boost::json::value const& what) { return what.is_object() || is_table_list(what); }

void append_header(std::string& out, std::string_view text) {
  if (!out.empty()) out += '\n';
  out.append(text).append("\n");
}

/// The values of a table, then the tables below it. `name` is the name of the table.
void append_toml(std::string& out, std::string const& name, boost::json::object const& what) {
  for (auto const& member : what) {
    if (is_table(member.value())) continue;
    std::string key;
    append_key_part(key, member.key());
    out.append(key).append(" = ").append(toml_value(member.value())).append("\n");
  }
  for (auto const& member : what) {
    if (!is_table(member.value())) continue;
    std::string below = name;
    append_key_part(below, member.key());
    if (auto const* const object = member.value().if_object()) {
      bool const has_values = object->empty() || std::ranges::any_of(*object, [](auto const& one) {
                                return !is_table(one.value());
                              });
      if (has_values) append_header(out, '[' + below + ']'); // else the headers below imply it
      append_toml(out, below, *object);
      continue;
    }
    for (auto const& one : member.value().get_array()) {
      append_header(out, "[[" + below + "]]");
      append_toml(out, below, one.get_object());
    }
  }
}

// INI

bool is_ini_text(std::string_view text, std::string_view forbidden) {
  return !text.empty() && text.find_first_of(forbidden) == text.npos && is_variable_text(text) &&
         text.find_first_of("\t\n") == text.npos && !text.starts_with(' ') && !text.ends_with(' ');
}

std::string ini_section(std::string_view outer, std::string_view name) {
  std::string out(outer);
  if (!is_ini_text(name, "\"'[];#.")) {
    append_key_part(out, name);
    return out;
  }
  return out.append(out.empty() ? "" : ".").append(name);
}

std::string ini_key(std::string_view name) {
  if (is_ini_text(name, "=:\"'<>!~;#[")) return std::string(name);
  std::string out;
  append_key_part(out, name);
  return out;
}

/// Without quotes, which many programs take for a part of the value; not if ';' or '#' may begin a
/// comment for them.
std::string ini_value(boost::json::value const& what) {
  auto const* const text = what.if_string();
  if (text != nullptr && text->empty()) return {};
  bool const is_plain =
      text != nullptr && is_ini_text(*text, "\"';#") && value_of_text(*text).is_string();
  return is_plain ? std::string(*text) : compact(what);
}

void append_ini(std::string& out, std::string const& section, boost::json::object const& what) {
  for (auto const& member : what) {
    if (member.value().is_object()) continue;
    std::string const value = ini_value(member.value());
    out.append(ini_key(member.key())).append(value.empty() ? " =" : " = ");
    out.append(value).append("\n");
  }
  for (auto const& member : what) {
    auto const* const below = member.value().if_object();
    if (below == nullptr) continue;
    std::string const name = ini_section(section, member.key());
    append_header(out, '[' + name + ']');
    append_ini(out, name, *below);
  }
}

// .env

/// JSON with strings in it has quotes, which shells remove: it is a value for the reader alone.
bool fits_variable(boost::json::value const& what) {
  if (auto const* const text = what.if_string()) return is_variable_text(*text);
  return compact(what).find('"') == std::string::npos;
}

std::string env_value(boost::json::value const& what) {
  auto const* const text = what.if_string();
  if (text == nullptr) return compact(what);
  return quoted_variable(*text,
                         value_of_text(*text).is_string() ? quotes::where_needed : quotes::always);
}

void append_env(std::string& out, std::vector<std::string>& path, boost::json::object const& what) {
  for (auto const& member : what) {
    path.emplace_back(member.key());
    auto const* const below = member.value().if_object();
    if (below != nullptr && !below->empty()) {
      append_env(out, path, *below);
    } else {
      out.append(variable_name(path, "__")).append("=");
      out.append(env_value(member.value())).append("\n");
    }
    path.pop_back();
  }
}

std::string text_of(format kind, boost::json::object const& document) {
  std::string out;
  std::vector<std::string> path;
  switch (kind) {
  case format::yaml:
    return yaml_text(document);
  case format::toml:
    append_toml(out, "", document);
    break;
  case format::ini:
    append_ini(out, "", document);
    break;
  case format::env:
    append_env(out, path, document);
    break;
  case format::json:
  case format::jsonc:
    return json::pretty(document) + '\n';
  }
  return out;
}

bool has_null(boost::json::value const& what) {
  if (auto const* const list = what.if_array()) return std::ranges::any_of(*list, has_null);
  if (auto const* const object = what.if_object())
    return std::ranges::any_of(*object, [](auto const& one) { return has_null(one.value()); });
  return what.is_null();
}

/// Why a value that is not an object with members cannot be written, as far as a rule says so.
std::string_view fault_of(format kind, boost::json::value const& what) {
  if (kind == format::toml && has_null(what)) return "TOML has no null";
  if (kind == format::ini && what.is_array()) return "INI has no arrays";
  if (kind == format::env && !fits_variable(what))
    return what.is_string() ? "a variable cannot have control characters"
                            : "a variable cannot have an array with strings or objects";
  return {};
}

/// The fault of the first value that has one; the names of the way there are appended to `path`.
std::string_view find_fault(format kind, std::vector<std::string>& path,
                            boost::json::object const& document) {
  for (auto const& member : document) {
    path.emplace_back(member.key());
    auto const* const below = member.value().if_object();
    auto const fault = below != nullptr && !below->empty() ? find_fault(kind, path, *below)
                                                           : fault_of(kind, member.value());
    if (!fault.empty()) return fault;
    path.pop_back();
  }
  return {};
}

error refuse(std::vector<std::string> const& path, std::string_view why) {
  std::string name;
  for (std::string const& part : path)
    append_key_part(name, part);
  return {.code = errc::bad_value, .message = std::string(why), .subject = std::move(name)};
}

/// Whether a document is read back as it is. Errors: limit.
result<bool> is_same(format kind, std::string_view text, boost::json::object const& document,
                     limits const& bounds) {
  auto const read = read_source(kind, text, bounds);
  if (!read && read.error().code == errc::limit) return read.error();
  return read && read->root == document;
}

/// Appends the way to the first value that alone is not read back as it is.
void find_changed(format kind, std::vector<std::string>& path, boost::json::object const& below,
                  limits const& bounds) {
  for (auto const& member : below) {
    path.emplace_back(member.key());
    boost::json::object alone{{member.key(), member.value()}};
    for (auto part = path.rbegin() + 1; part != path.rend(); ++part)
      alone = boost::json::object{{*part, std::move(alone)}};
    auto const same = is_same(kind, text_of(kind, alone), alone, bounds);
    bool const names_variable = kind != format::env || is_variable_name(variable_name(path, "__"));
    if (same && (!*same || !names_variable)) {
      auto const* const object = member.value().if_object();
      if (object != nullptr) find_changed(kind, path, *object, bounds);
      return;
    }
    path.pop_back();
  }
}

/// Shells do not take a name that begins with a digit, which the reader accepts.
bool names_variables(format kind, boost::json::object const& document) {
  return kind != format::env || std::ranges::all_of(document, [](auto const& member) {
           std::string const first(member.key());
           return is_variable_name(variable_name(std::span(&first, 1), "__"));
         });
}

} // namespace

std::string yaml_text(boost::json::value const& what) {
  if (!is_nested(what)) return yaml_scalar(what) + '\n';
  std::string out;
  append_yaml(out, what, 0);
  return out;
}

result<std::string> write_source(format kind, boost::json::object const& document,
                                 limits const& bounds) {
  std::vector<std::string> path;
  if (auto const fault = find_fault(kind, path, document); !fault.empty())
    return refuse(path, fault);
  std::string text = text_of(kind, document);
  auto const same = is_same(kind, text, document, bounds);
  if (!same) return same.error();
  if (*same && names_variables(kind, document)) return text;
  find_changed(kind, path, document, bounds);
  return refuse(path, kind == format::env ? "its name cannot be that of a variable"
                                          : "the format cannot have this name or value");
}

} // namespace cfgd::watchers
