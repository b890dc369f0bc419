// A value in double quotes, with \ before what a shell replaces there, means the same to POSIX
// shells (2.2.3) and to systemd (env-file.c), and newlines may stand in it as they are. Single
// quotes would need a value that ends and begins again for each apostrophe.

#include "core/variables.hpp"

#include "core/json.hpp"

#include <boost/json/value.hpp>

#include <algorithm>

namespace cfgd {
namespace {

constexpr std::string_view digits = "0123456789";
constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                   "0123456789_-./:,@%+";

bool is_letter(char one) { return (one >= 'a' && one <= 'z') || (one >= 'A' && one <= 'Z'); }
bool is_name_byte(char one) {
  return is_letter(one) || one == '_' || digits.find(one) != digits.npos;
}

} // namespace

std::string variable_name(std::span<std::string const> parts, std::string_view separator) {
  std::string out;
  for (std::string const& part : parts) {
    if (&part != &parts.front()) out += separator;
    for (char const one : part) {
      bool const is_lower = one >= 'a' && one <= 'z';
      out += is_lower ? static_cast<char>(one - 'a' + 'A') : is_name_byte(one) ? one : '_';
    }
  }
  return out;
}

bool is_variable_name(std::string_view name) {
  return !name.empty() && digits.find(name.front()) == digits.npos &&
         std::ranges::all_of(name, is_name_byte);
}

bool is_variable_text(std::string_view text) {
  return std::ranges::all_of(text, [](char one) {
    auto const byte = static_cast<unsigned char>(one);
    return (byte >= 0x20 && byte != 0x7F) || one == '\t' || one == '\n';
  });
}

std::string variable_text(boost::json::value const& what) {
  if (auto const* const text = what.if_string()) return std::string(*text);
  std::string out;
  json::append_compact(out, what);
  return out;
}

std::string quoted_variable(std::string_view text, quotes which) {
  bool const is_plain = !text.empty() && text.find_first_not_of(plain) == text.npos;
  if (is_plain && which == quotes::where_needed) return std::string(text);
  std::string out = "\"";
  for (char const one : text) {
    if (one == '"' || one == '\\' || one == '$' || one == '`') out += '\\';
    out += one;
  }
  return out + '"';
}

} // namespace cfgd
