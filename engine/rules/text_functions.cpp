#include "engine/rules/glue.hpp"
#include "engine/rules/pattern.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>

// The functions of `string`. Those that go over their arguments once are Lua's own, paid for by the
// length of these; string.rep counts what it will write before it begins. Those with patterns are
// ours, for the sake of the matcher (pattern.hpp); they give what the manual says.

namespace cfgd::rules::glue {
namespace {

static_assert(std::is_trivially_destructible_v<pattern_match>);

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

/// Whether there is a %p among the conversions: it would tell an address.
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
    refuse(lua, "string.format has no '%p' in rules");
  for (int index = lua_gettop(lua); index > 1; --index) {
    auto const type = lua_type(lua, index);
    if (type != LUA_TTABLE && type != LUA_TFUNCTION) continue;
    lua_pushstring(lua, lua_typename(lua, type)); // it would be told with its address
    lua_replace(lua, index);
  }
  pay(lua, text_bytes(lua)); // much slower than the others
  return call_wrapped(lua);
}

int string_rep(lua_State* lua) {
  refuse_secrets(lua);
  std::size_t length = 0;
  std::size_t separator = 0;
  luaL_checklstring(lua, 1, &length);
  auto const times = luaL_checkinteger(lua, 2);
  luaL_optlstring(lua, 3, "", &separator);
  if (times <= 0 || length + separator == 0) { // nothing, however often
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

/// What a function with a pattern works on. Plain memory.
struct search {
  std::string_view subject;
  std::string_view pattern;
  bool anchored;
};

search read_search(lua_State* lua) {
  refuse_secrets(lua);
  std::size_t length = 0;
  char const* text = luaL_checklstring(lua, 1, &length);
  std::string_view const subject(text, length);
  text = luaL_checklstring(lua, 2, &length);
  std::string_view const pattern(text, length);
  return {.subject = subject, .pattern = pattern, .anchored = pattern.starts_with('^')};
}

/// The place that argument `index` says, from 0; behind the end: there is none.
std::size_t read_start(lua_State* lua, int index, std::size_t length) {
  auto const start = luaL_optinteger(lua, index, 1);
  auto const size = static_cast<lua_Integer>(length);
  if (start > 0) return static_cast<std::size_t>(start - 1);
  if (start == 0 || start < -size) return 0;
  return static_cast<std::size_t>(size + start);
}

pattern_match make_match(lua_State* lua, search const& in) {
  return {in.subject, in.anchored ? in.pattern.substr(1) : in.pattern, run_of(lua).left()};
}

/// Matches at one place, and pays for it.
char const* match_at(lua_State* lua, pattern_match& with, char const* from) {
  auto const before = with.steps();
  char const* const end = with.at(from);
  pay(lua, with.steps() - before + (with.exhausted() ? 1 : 0));
  if (with.fault() != nullptr) luaL_error(lua, "%s", with.fault());
  return end;
}

void push_capture(lua_State* lua, search const& in, pattern_match::capture const& what) {
  using enum pattern_match::capture::kind;
  if (what.what == open) luaL_error(lua, "unfinished capture");
  if (what.what == position)
    lua_pushinteger(lua, what.begin - in.subject.data() + 1);
  else
    lua_pushlstring(lua, what.begin, what.length);
}

/// The captures, or the whole match if there are none.
int push_captures(lua_State* lua, search const& in, pattern_match const& match, char const* begin,
                  char const* end) {
  auto const count = match.captures();
  luaL_checkstack(lua, static_cast<int>(count) + 1, "too many captures");
  if (count == 0) {
    lua_pushlstring(lua, begin, static_cast<std::size_t>(end - begin));
    return 1;
  }
  for (std::size_t which = 0; which < count; ++which)
    push_capture(lua, in, match.captured(which));
  return static_cast<int>(count);
}

int push_place(lua_State* lua, std::size_t begin, std::size_t end) {
  lua_pushinteger(lua, static_cast<lua_Integer>(begin) + 1);
  lua_pushinteger(lua, static_cast<lua_Integer>(end));
  return 2;
}

int push_none(lua_State* lua) {
  lua_pushnil(lua);
  return 1;
}

int find_plain(lua_State* lua, search const& in, std::size_t start) {
  pay(lua, (in.subject.size() + in.pattern.size()) / bytes_an_instruction);
  auto const rest = in.subject.substr(start);
  // Takes linear time, whatever is searched; std::string_view::find does not.
  auto const* const found = static_cast<char const*>(
      ::memmem(rest.data(), rest.size(), in.pattern.data(), in.pattern.size()));
  if (found == nullptr) return push_none(lua);
  auto const at = static_cast<std::size_t>(found - in.subject.data());
  return push_place(lua, at, at + in.pattern.size());
}

enum class wanted : std::uint8_t { place, captures };

int search_once(lua_State* lua, search const& in, std::size_t start, wanted what) {
  auto match = make_match(lua, in);
  char const* const last = in.subject.data() + in.subject.size();
  for (char const* from = in.subject.data() + start; from <= last; ++from) {
    char const* const end = match_at(lua, match, from);
    if (end != nullptr) {
      if (what == wanted::captures) return push_captures(lua, in, match, from, end);
      int const places = push_place(lua, static_cast<std::size_t>(from - in.subject.data()),
                                    static_cast<std::size_t>(end - in.subject.data()));
      return match.captures() == 0 ? places : places + push_captures(lua, in, match, from, end);
    }
    if (in.anchored) break;
  }
  return push_none(lua);
}

int string_find(lua_State* lua) {
  auto const in = read_search(lua);
  auto const start = read_start(lua, 3, in.subject.size());
  if (start > in.subject.size()) return push_none(lua);
  bool const plain = lua_toboolean(lua, 4) != 0 ||
                     in.pattern.find_first_of("^$*+?.([%-") == std::string_view::npos;
  return plain ? find_plain(lua, in, start) : search_once(lua, in, start, wanted::place);
}

int string_match(lua_State* lua) {
  auto const in = read_search(lua);
  auto const start = read_start(lua, 3, in.subject.size());
  if (start > in.subject.size()) return push_none(lua);
  return search_once(lua, in, start, wanted::captures);
}

constexpr int at_upvalue = 3;  ///< where the next search begins, from 0
constexpr int end_upvalue = 4; ///< where the last match ended; -1: there was none

int next_match(lua_State* lua) {
  search const in{.subject = text_at(lua, lua_upvalueindex(1)),
                  .pattern = text_at(lua, lua_upvalueindex(2)),
                  .anchored = false};
  auto const start = lua_tointeger(lua, lua_upvalueindex(at_upvalue));
  auto const before = lua_tointeger(lua, lua_upvalueindex(end_upvalue));
  auto match = make_match(lua, in);
  auto const size = static_cast<lua_Integer>(in.subject.size());
  for (auto at = start; at <= size; ++at) {
    char const* const from = in.subject.data() + at;
    char const* const end = match_at(lua, match, from);
    // An empty match where the last one ended is none.
    if (end == nullptr || end - in.subject.data() == before) continue;
    lua_pushinteger(lua, end - in.subject.data());
    lua_pushvalue(lua, -1);
    lua_replace(lua, lua_upvalueindex(at_upvalue));
    lua_replace(lua, lua_upvalueindex(end_upvalue));
    return push_captures(lua, in, match, from, end);
  }
  return 0;
}

int string_gmatch(lua_State* lua) {
  auto const in = read_search(lua);
  auto const start = std::min(read_start(lua, 3, in.subject.size()), in.subject.size() + 1);
  lua_settop(lua, 2);
  lua_pushinteger(lua, static_cast<lua_Integer>(start));
  lua_pushinteger(lua, -1);
  lua_pushcclosure(lua, next_match, 4);
  return 1;
}

/// One match inside string.gsub. Plain memory.
struct found_match {
  search const& in;
  pattern_match const& match;
  char const* begin;
  char const* end;
};

void push_first_capture(lua_State* lua, found_match const& found) {
  if (found.match.captures() == 0)
    lua_pushlstring(lua, found.begin, static_cast<std::size_t>(found.end - found.begin));
  else
    push_capture(lua, found.in, found.match.captured(0));
}

/// Adds what %1 and the like stand for.
void add_capture(lua_State* lua, luaL_Buffer& out, found_match const& found, char digit) {
  auto const whole = static_cast<std::size_t>(found.end - found.begin);
  auto const which = static_cast<std::size_t>(digit - '0');
  if (which == 0 || (which == 1 && found.match.captures() == 0)) {
    luaL_addlstring(&out, found.begin, whole);
  } else if (which > found.match.captures()) {
    luaL_error(lua, "invalid capture index %%%d in replacement string", static_cast<int>(which));
  } else {
    push_capture(lua, found.in, found.match.captured(which - 1));
    luaL_tolstring(lua, -1, nullptr); // a position is a number
    lua_remove(lua, -2);
    luaL_addvalue(&out);
  }
}

void add_template(lua_State* lua, luaL_Buffer& out, found_match const& found) {
  auto rest = text_at(lua, 3);
  pay(lua, rest.size() / bytes_an_instruction);
  for (auto at = rest.find('%'); at != rest.npos; at = rest.find('%')) {
    luaL_addlstring(&out, rest.data(), at);
    char const what = at + 1 < rest.size() ? rest[at + 1] : '\0';
    if (what == '%')
      luaL_addchar(&out, '%');
    else if (what >= '0' && what <= '9')
      add_capture(lua, out, found, what);
    else
      luaL_error(lua, "invalid use of '%%' in replacement string");
    rest.remove_prefix(at + 2);
  }
  luaL_addlstring(&out, rest.data(), rest.size());
}

/// Adds what the match becomes.
void add_replacement(lua_State* lua, luaL_Buffer& out, found_match const& found) {
  switch (lua_type(lua, 3)) {
  case LUA_TNUMBER:
  case LUA_TSTRING:
    return add_template(lua, out, found);
  case LUA_TFUNCTION: {
    lua_pushvalue(lua, 3);
    int const count = push_captures(lua, found.in, found.match, found.begin, found.end);
    lua_call(lua, count, 1);
    break;
  }
  default: // a table
    push_first_capture(lua, found);
    lua_gettable(lua, 3);
    break;
  }
  refuse_secrets(lua);
  if (lua_toboolean(lua, -1) == 0) {
    lua_pop(lua, 1);
    luaL_addlstring(&out, found.begin, static_cast<std::size_t>(found.end - found.begin));
  } else if (lua_isstring(lua, -1) != 0) {
    luaL_addvalue(&out);
  } else {
    luaL_error(lua, "invalid replacement value (a %s)", luaL_typename(lua, -1));
  }
}

int string_gsub(lua_State* lua) {
  auto const in = read_search(lua);
  auto const kind = lua_type(lua, 3);
  bool const usable = kind == LUA_TNUMBER || kind == LUA_TSTRING || kind == LUA_TFUNCTION ||
                      kind == LUA_TTABLE || document_at(lua, 3) != nullptr;
  if (!usable) return luaL_typeerror(lua, 3, "string/function/table");
  auto const most = luaL_optinteger(lua, 4, static_cast<lua_Integer>(in.subject.size()) + 1);
  auto match = make_match(lua, in);
  char const* const last = in.subject.data() + in.subject.size();
  char const* from = in.subject.data();
  char const* before = nullptr; // the end of the last match
  lua_Integer count = 0;
  luaL_Buffer out;
  luaL_buffinit(lua, &out);
  while (count < most) {
    char const* const end = match_at(lua, match, from);
    if (end != nullptr && end != before) {
      ++count;
      add_replacement(lua, out, {.in = in, .match = match, .begin = from, .end = end});
      from = before = end;
    } else if (from < last) {
      luaL_addchar(&out, *from);
      ++from;
    } else {
      break;
    }
    if (in.anchored) break;
  }
  luaL_addlstring(&out, from, static_cast<std::size_t>(last - from));
  luaL_pushresult(&out);
  lua_pushinteger(lua, count);
  return 2;
}

} // namespace

int read_number(lua_State* lua) {
  refuse_secrets(lua);
  pay(lua, text_bytes(lua));
  return call_wrapped(lua);
}

void bound_text_functions(lua_State* lua) {
  constexpr std::array absent{"dump", "pack", "packsize", "unpack"};
  constexpr std::array linear{"byte", "char", "len", "lower", "reverse", "sub", "upper"};
  constexpr std::array<luaL_Reg, 5> ours{{{"find", string_find},
                                          {"match", string_match},
                                          {"gmatch", string_gmatch},
                                          {"gsub", string_gsub},
                                          {nullptr, nullptr}}};
  remove_functions(lua, absent);
  for (auto const* const name : linear)
    wrap_function(lua, name, pay_for_texts);
  wrap_function(lua, "format", string_format);
  wrap_function(lua, "rep", string_rep);
  luaL_setfuncs(lua, ours.data(), 0);
}

} // namespace cfgd::rules::glue
