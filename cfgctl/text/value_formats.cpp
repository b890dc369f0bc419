/// Emitters. What they write is read back by the readers of sources with the same values; a test
/// does so.

#include "cfgctl/text/value_formats.hpp"

#include "core/json.hpp"
#include "core/untyped.hpp"
#include "core/value_path.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <array>
#include <cctype>

namespace cfgd::cfgctl {
namespace {

std::string compact(boost::json::value const& what) {
  std::string out;
  json::append_compact(out, what);
  return out;
}

bool is_all_of(std::string_view text, std::string_view others) {
  return std::ranges::all_of(text, [&](char one) {
    return std::isalnum(static_cast<unsigned char>(one)) != 0 || others.find(one) != others.npos;
  });
}

/// Plain only if it begins with a letter, has nothing that YAML gives a meaning, and is not a word
/// that YAML 1.1 or 1.2 reads as a boolean, null or number (.inf begins with a dot).
std::string yaml_string(std::string_view text) {
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz";
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char one) {
    return static_cast<char>(std::tolower(static_cast<unsigned char>(one)));
  });
  constexpr std::array words{"true", "false", "null", "yes", "no", "on",
                             "off",  "y",     "n",    "nan", "inf"};
  bool const is_word = std::ranges::find(words, lower) != words.end();
  bool const plain = !text.empty() && letters.find(lower.front()) != letters.npos && !is_word &&
                     is_all_of(text, " _-./") && !text.ends_with(' ');
  return plain ? std::string(text) : compact(boost::json::string(text));
}

bool is_nested(boost::json::value const& what) {
  return (what.is_object() && !what.get_object().empty()) ||
         (what.is_array() && !what.get_array().empty());
}

std::string yaml_scalar(boost::json::value const& what) {
  return what.is_string() ? yaml_string(what.get_string()) : compact(what);
}

void append_yaml(std::string& out, boost::json::value const& what, std::size_t depth) {
  std::string const indent(depth * 2, ' ');
  auto const add = [&](std::string const& begin, boost::json::value const& below) {
    out += indent + begin;
    if (!is_nested(below)) {
      out += ' ' + yaml_scalar(below) + '\n';
      return;
    }
    out += '\n';
    append_yaml(out, below, depth + 1);
  };
  if (auto const* const object = what.if_object()) {
    for (auto const& member : *object)
      add(yaml_string(member.key()) + ':', member.value());
  } else {
    for (auto const& one : what.get_array())
      add("-", one);
  }
}

/// Calls `visit` with the key and the value of each leaf; an empty object is one.
template <class Visit>
void for_each_leaf(std::string const& key, boost::json::value const& what, Visit const& visit) {
  auto const* const object = what.if_object();
  if (object == nullptr || object->empty()) return visit(key, what);
  for (auto const& member : *object) {
    std::string below = key;
    append_key_part(below, member.key());
    for_each_leaf(below, member.value(), visit);
  }
}

std::string toml_value(boost::json::value const& what) {
  if (auto const* const list = what.if_array()) {
    std::string out;
    for (auto const& one : *list)
      out += (out.empty() ? "" : ", ") + toml_value(one);
    return '[' + out + ']';
  }
  if (auto const* const object = what.if_object()) {
    std::string out;
    for (auto const& member : *object) {
      std::string name;
      append_key_part(name, member.key());
      out += (out.empty() ? " " : ", ") + name + " = " + toml_value(member.value());
    }
    return '{' + out + (out.empty() ? "}" : " }");
  }
  return compact(what); // JSON's escapes are TOML's
}

/// The parts of a key; an index is one.
std::vector<std::string> parts_of(std::string const& key) {
  auto const parts = split_dotted(key);
  if (parts) return *parts;
  auto const which = parse_value_path(key);
  if (!which) return {};
  auto out = which->base.parts();
  for (auto const& step : which->inside) {
    auto const* const name = std::get_if<std::string>(&step);
    auto const* const index = std::get_if<std::size_t>(&step);
    if (name != nullptr) out.push_back(*name);
    if (index != nullptr) out.push_back(std::to_string(*index));
  }
  return out;
}

std::string env_name(std::string const& key) {
  std::string out;
  for (std::string const& part : parts_of(key)) {
    if (!out.empty()) out += "__";
    for (char const one : part) {
      auto const byte = static_cast<unsigned char>(one);
      out += std::isalnum(byte) != 0 ? static_cast<char>(std::toupper(byte)) : '_';
    }
  }
  return out;
}

std::string env_value(boost::json::value const& what, variable_reader reader) {
  if (reader == variable_reader::source && !what.is_string()) return compact(what);
  std::string text = raw_text(what);
  text.pop_back(); // the newline
  bool const is_quoted = what.is_string() && !value_of_text(text).is_string();
  if (!text.empty() && is_all_of(text, "_-./:,@%+") && !is_quoted) return text;
  std::string out = "\"";
  for (char const one : text) {
    if (one == '"' || one == '\\' || one == '$' || one == '`') out += '\\';
    out += one;
  }
  return out + '"';
}

/// The values of a section, then the sections below it.
void append_ini(std::string& out, std::string const& section, boost::json::object const& what) {
  for (auto const& member : what) {
    if (member.value().is_object()) continue;
    std::string name;
    append_key_part(name, member.key());
    out += name + " = " + compact(member.value()) + '\n';
  }
  for (auto const& member : what) {
    auto const* const below = member.value().if_object();
    if (below == nullptr) continue;
    std::string name = section;
    append_key_part(name, member.key());
    out += (out.empty() ? "[" : "\n[") + name + "]\n";
    append_ini(out, name, *below);
  }
}

} // namespace

std::string yaml_text(boost::json::value const& what) {
  if (!is_nested(what)) return yaml_scalar(what) + '\n';
  std::string out;
  append_yaml(out, what, 0);
  return out;
}

std::string toml_text(boost::json::object const& by_key) {
  std::string out;
  for (auto const& member : by_key) {
    std::string name(member.key());
    // TOML has no indexes.
    if (has_index(name)) append_key_part(name.erase(), std::string(member.key()));
    for_each_leaf(name, member.value(), [&](auto const& key, auto const& value) {
      out += key + " = " + toml_value(value) + '\n';
    });
  }
  return out;
}

std::string env_text(boost::json::object const& by_key, variable_reader reader) {
  std::string out;
  for (auto const& member : by_key) {
    for_each_leaf(member.key(), member.value(), [&](auto const& key, auto const& value) {
      out += env_name(key) + '=' + env_value(value, reader) + '\n';
    });
  }
  return out;
}

std::string ini_text(boost::json::object const& document) {
  std::string out;
  append_ini(out, "", document);
  return out;
}

std::string raw_text(boost::json::value const& what) {
  auto const* const text = what.if_string();
  return (text != nullptr ? std::string(*text) : compact(what)) + '\n';
}

} // namespace cfgd::cfgctl
