#include "engine/rules/glue.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

// The functions of `string`, and `matches` and `find`. Functions that read their arguments once are
// Lua's own, charged by the length of the arguments; string.rep is charged for its result before it
// begins. Lua's patterns backtrack without a bound, so string.match, gmatch and gsub are errors
// that name their replacement, and string.find takes plain text only. Regular expressions are
// matched by run::search.

namespace cfgd::rules::glue {
namespace {

constexpr std::uint64_t bytes_an_instruction = 8; ///< of those that are written one by one

/// The length of the arguments that are text.
std::uint64_t text_bytes(lua_State* lua) {
  std::uint64_t bytes = 0;
  for (int index = lua_gettop(lua); index > 0; --index)
    if (lua_type(lua, index) == LUA_TSTRING) bytes += lua_rawlen(lua, index);
  return bytes;
}

int pay_for_texts(lua_State* lua) {
  refuse_secrets(lua);
  pay(lua, static_cast<std::uint64_t>(lua_gettop(lua)) + text_bytes(lua) / bytes_an_instruction);
  return call_wrapped(lua);
}

/// Whether a conversion is %p, which formats an address.
bool has_address(std::string_view format) {
  for (std::size_t at = 0; at + 1 < format.size(); ++at) {
    if (format[at] != '%') continue;
    at = format.find_first_not_of("-+ #0123456789.", at + 1);
    if (at == format.npos) return false;
    if (format[at] == 'p') return true;
  }
  return false;
}

int string_format(lua_State* lua) {
  refuse_secrets(lua);
  if (lua_type(lua, 1) == LUA_TSTRING && has_address(text_at(lua, 1)))
    refuse(lua, "'%p' of string.format is not available in rules");
  for (int index = lua_gettop(lua); index > 1; --index) {
    auto const type = lua_type(lua, index);
    if (type != LUA_TTABLE && type != LUA_TFUNCTION) continue;
    lua_pushstring(lua, lua_typename(lua, type)); // Lua would format its address
    lua_replace(lua, index);
  }
  pay(lua, text_bytes(lua)); // much slower than other functions
  return call_wrapped(lua);
}

int string_rep(lua_State* lua) {
  refuse_secrets(lua);
  std::size_t length = 0;
  std::size_t separator = 0;
  luaL_checklstring(lua, 1, &length);
  auto const times = luaL_checkinteger(lua, 2);
  luaL_optlstring(lua, 3, "", &separator);
  if (times <= 0 || length + separator == 0) { // the result is empty
    lua_pushliteral(lua, "");
    return 1;
  }
  auto const count = static_cast<std::uint64_t>(times);
  auto& of = run_of(lua);
  if (count > of.most_bytes() / (length + separator)) {
    of.miss_memory();
    give_up(lua);
  }
  pay(lua, count + count * (length + separator) / bytes_an_instruction);
  return call_wrapped(lua);
}

/// The text and the expression or part that a search function was called with. Valid as long as
/// they are on the stack.
struct search {
  std::string_view text;
  std::string_view wanted;
};

search read_search(lua_State* lua) {
  refuse_secrets(lua);
  luaL_checkstring(lua, 1); // makes text of a number
  luaL_checkstring(lua, 2);
  return {.text = text_at(lua, 1), .wanted = text_at(lua, 2)};
}

/// The position at `index` (1: the first byte, -1: the last one; 1 if absent), from 0; more than
/// `length`: behind the end of the text.
std::size_t read_start(lua_State* lua, int index, std::size_t length) {
  auto const start = luaL_optinteger(lua, index, 1);
  auto const size = static_cast<lua_Integer>(length);
  if (start > 0) return static_cast<std::size_t>(start - 1);
  if (start == 0 || start < -size) return 0;
  return static_cast<std::size_t>(size + start);
}

/// Pushes a place as Lua has it: the first and the last byte, from 1.
void push_place(lua_State* lua, std::size_t begin, std::size_t end) {
  lua_pushinteger(lua, static_cast<lua_Integer>(begin) + 1);
  lua_pushinteger(lua, static_cast<lua_Integer>(end));
}

/// string.find(text, part, from, true) -> first, last | nil
int string_find(lua_State* lua) {
  auto const in = read_search(lua);
  if (lua_toboolean(lua, 4) == 0)
    refuse(lua, "string.find takes plain text in rules: string.find(text, part, 1, true); for "
                "regular expressions use matches(text, regex) or find(text, regex)");
  auto const start = read_start(lua, 3, in.text.size());
  pay(lua, (in.text.size() + in.wanted.size()) / bytes_an_instruction);
  if (start <= in.text.size()) {
    auto const rest = in.text.substr(start);
    // Takes linear time for any text; std::string_view::find does not.
    auto const* const found = static_cast<char const*>(
        ::memmem(rest.data(), rest.size(), in.wanted.data(), in.wanted.size()));
    if (found != nullptr) {
      auto const at = static_cast<std::size_t>(found - in.text.data());
      push_place(lua, at, at + in.wanted.size());
      return 2;
    }
  }
  lua_pushnil(lua);
  return 1;
}

bool search_regex(lua_State* lua, search const& in, std::size_t start) {
  auto const found = run_of(lua).search(in.text, in.wanted, start);
  if (found == run::searched::failed) give_up(lua);
  pay(lua, 0); // it may have taken long
  return found == run::searched::found;
}

/// matches(text, regex) -> boolean
int matches_regex(lua_State* lua) {
  auto const in = read_search(lua);
  lua_pushboolean(lua, search_regex(lua, in, 0) ? 1 : 0);
  return 1;
}

/// find(text, regex, from) -> first, last, groups... | nil
int find_regex(lua_State* lua) {
  auto const in = read_search(lua);
  auto start = read_start(lua, 3, in.text.size());
  // A search cannot begin inside a character of UTF-8.
  while (start < in.text.size() && (static_cast<unsigned char>(in.text[start]) & 0xC0) == 0x80)
    ++start;
  if (start > in.text.size() || !search_regex(lua, in, start)) {
    lua_pushnil(lua);
    return 1;
  }
  auto const places = run_of(lua).places();
  luaL_checkstack(lua, static_cast<int>(places.size()) + 1, "too many groups");
  push_place(lua, places[0].begin, places[0].end);
  for (auto const& group : places.subspan(1)) {
    if (group.begin == std::string_view::npos)
      lua_pushnil(lua);
    else
      lua_pushlstring(lua, in.text.data() + group.begin, group.end - group.begin);
  }
  return static_cast<int>(places.size()) + 1;
}

/// Functions of Lua's `string` that rules do not have, and what to use instead.
struct removed_function {
  char const* name;
  char const* message;
};
constexpr std::array<removed_function, 3> removed{
    {{"match", "string.match is not available in rules; use matches(text, regex), or "
               "find(text, regex) for the groups of a match"},
     {"gmatch", "string.gmatch is not available in rules; use find(text, regex, from)"},
     {"gsub", "string.gsub is not available in rules; use find(text, regex) and string.sub"}}};

/// Upvalue 1 is the message.
int refuse_removed(lua_State* lua) { refuse(lua, text_at(lua, lua_upvalueindex(1))); }

} // namespace

int read_number(lua_State* lua) {
  refuse_secrets(lua);
  pay(lua, text_bytes(lua));
  return call_wrapped(lua);
}

void bound_text_functions(lua_State* lua) {
  constexpr std::array absent{"dump", "pack", "packsize", "unpack"};
  constexpr std::array linear{"byte", "char", "len", "lower", "reverse", "sub", "upper"};
  remove_functions(lua, absent);
  for (auto const* const name : linear)
    wrap_function(lua, name, pay_for_texts);
  wrap_function(lua, "format", string_format);
  wrap_function(lua, "rep", string_rep);
  for (auto const& [name, message] : removed) {
    lua_pushstring(lua, message);
    lua_pushcclosure(lua, refuse_removed, 1);
    lua_setfield(lua, -2, name);
  }
  lua_pushcfunction(lua, string_find);
  lua_setfield(lua, -2, "find");
}

void add_regex_functions(lua_State* lua) {
  lua_pushcfunction(lua, matches_regex);
  lua_setfield(lua, -2, "matches");
  lua_pushcfunction(lua, find_regex);
  lua_setfield(lua, -2, "find");
}

} // namespace cfgd::rules::glue
