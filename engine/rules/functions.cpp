#include "core/key.hpp"
#include "engine/rules/glue.hpp"

#include <array>
#include <cstdint>
#include <limits>
#include <string_view>

// The functions that a rule may call. They are Lua's own, without those that have or could keep
// side effects. Functions whose work depends on their arguments are wrapped, so that the work is
// counted before it is done: Lua counts its own instructions only, and table.move({}, 1, 1 << 60,
// 2) is one.

namespace cfgd::rules::glue {
namespace {

/// The number of elements from `first` to `last`.
std::uint64_t count_range(lua_Integer first, lua_Integer last) {
  if (last < first) return 0;
  auto const distance = static_cast<std::uint64_t>(last) - static_cast<std::uint64_t>(first);
  return distance == std::numeric_limits<std::uint64_t>::max() ? distance : distance + 1;
}

/// The integer at `index`, or `otherwise`. The wrapped function rejects other types.
lua_Integer integer_or(lua_State* lua, int index, lua_Integer otherwise) {
  int whole = 0;
  auto const found = lua_tointegerx(lua, index, &whole);
  return whole == 0 ? otherwise : found;
}

/// The length of the list at `index`.
lua_Integer length_at(lua_State* lua, int index) {
  bool const list = lua_istable(lua, index) || lua_isuserdata(lua, index) != 0;
  return list ? luaL_len(lua, index) : 0;
}

int take_range(lua_State* lua, int first_index) {
  auto const first = integer_or(lua, first_index, 1);
  auto const last = lua_isnoneornil(lua, first_index + 1) ? length_at(lua, 1)
                                                          : integer_or(lua, first_index + 1, 0);
  pay(lua, count_range(first, last));
  return call_wrapped(lua);
}

int table_concat(lua_State* lua) { return take_range(lua, 3); }

int table_unpack(lua_State* lua) { return take_range(lua, 2); }

int table_insert(lua_State* lua) {
  if (lua_gettop(lua) == 3) pay(lua, count_range(integer_or(lua, 2, 1), length_at(lua, 1)));
  return call_wrapped(lua);
}

int table_remove(lua_State* lua) {
  if (!lua_isnoneornil(lua, 2)) pay(lua, count_range(integer_or(lua, 2, 1), length_at(lua, 1)));
  return call_wrapped(lua);
}

int table_move(lua_State* lua) {
  pay(lua, count_range(integer_or(lua, 2, 1), integer_or(lua, 3, 0)));
  return call_wrapped(lua);
}

/// Sorts with a comparison in Lua, so that its instructions are counted.
int table_sort(lua_State* lua) {
  constexpr std::string_view less = "local a, b = ... return a < b";
  if (lua_isnoneornil(lua, 2)) {
    lua_settop(lua, 1);
    if (luaL_loadbufferx(lua, less.data(), less.size(), "=check", "t") != LUA_OK) lua_error(lua);
  }
  return call_wrapped(lua);
}

int count_arguments(lua_State* lua) {
  pay(lua, static_cast<std::uint64_t>(lua_gettop(lua)));
  return call_wrapped(lua);
}

int without_secrets(lua_State* lua) {
  refuse_secrets(lua);
  return call_wrapped(lua);
}

int next_of_any(lua_State* lua) {
  refuse_secrets(lua);
  return lua_isuserdata(lua, 1) != 0 ? next_in_document(lua) : call_wrapped(lua);
}

/// As Lua's, but objects and lists of namespaces are tables.
int type_of(lua_State* lua) {
  luaL_checkany(lua, 1);
  if (document_at(lua, 1) != nullptr)
    lua_pushliteral(lua, "table");
  else if (secret_at(lua, 1) != nullptr)
    lua_pushliteral(lua, "secret");
  else
    lua_pushstring(lua, luaL_typename(lua, 1));
  return 1;
}

/// As Lua's, but without addresses: the result of a check must not depend on the run.
int text_of(lua_State* lua) {
  luaL_checkany(lua, 1);
  auto const type = lua_type(lua, 1);
  if (type == LUA_TTABLE || type == LUA_TFUNCTION)
    lua_pushstring(lua, lua_typename(lua, type));
  else
    luaL_tolstring(lua, 1, nullptr);
  return 1;
}

int named_name_space(lua_State* lua) {
  if (lua_type(lua, 2) != LUA_TSTRING) refuse(lua, "the name of a namespace must be a string");
  auto const name = text_at(lua, 2);
  if (!is_namespace_name(name))
    return luaL_error(lua, "'%s' is not a valid namespace name", name.data());
  push_name_space(lua, name);
  return 1;
}

int refuse_names(lua_State* lua) { refuse(lua, "namespaces are read-only"); }

void add_basics(lua_State* lua) {
  constexpr std::array names{"assert", "error", "ipairs", "next", "pairs", "select", "tonumber"};
  lua_pushcfunction(lua, luaopen_base);
  lua_call(lua, 0, 1);
  for (auto const* const name : names) {
    lua_getfield(lua, -1, name);
    lua_setfield(lua, -3, name);
  }
  lua_pop(lua, 1);
  wrap_function(lua, "next", next_of_any);
  wrap_function(lua, "select", count_arguments);
  wrap_function(lua, "tonumber", read_number);
  lua_pushcfunction(lua, type_of);
  lua_setfield(lua, -2, "type");
  lua_pushcfunction(lua, text_of);
  lua_setfield(lua, -2, "tostring");
}

void add_math(lua_State* lua) {
  constexpr std::array absent{"random", "randomseed"};
  lua_pushcfunction(lua, luaopen_math);
  lua_call(lua, 0, 1);
  remove_functions(lua, absent);
  lua_pushnil(lua);
  while (lua_next(lua, -2) != 0) { // a value may be replaced meanwhile
    if (lua_iscfunction(lua, -1) == 0) {
      lua_pop(lua, 1);
      continue;
    }
    lua_pushcclosure(lua, without_secrets, 1);
    lua_pushvalue(lua, -2);
    lua_insert(lua, -2);
    lua_rawset(lua, -4);
  }
  lua_setfield(lua, -2, "math");
}

void add_table(lua_State* lua) {
  lua_pushcfunction(lua, luaopen_table);
  lua_call(lua, 0, 1);
  wrap_function(lua, "concat", table_concat);
  wrap_function(lua, "unpack", table_unpack);
  wrap_function(lua, "insert", table_insert);
  wrap_function(lua, "remove", table_remove);
  wrap_function(lua, "move", table_move);
  wrap_function(lua, "sort", table_sort);
  wrap_function(lua, "pack", count_arguments);
  lua_setfield(lua, -2, "table");
}

void add_string(lua_State* lua) {
  lua_pushcfunction(lua, luaopen_string);
  lua_call(lua, 0, 1);
  bound_text_functions(lua);
  lua_setfield(lua, -2, "string");
}

/// ns["my-name"]: namespaces whose names are not Lua names, or are names of functions.
void add_names(lua_State* lua) {
  lua_newtable(lua);
  lua_newtable(lua);
  lua_pushcfunction(lua, named_name_space);
  lua_setfield(lua, -2, "__index");
  lua_pushcfunction(lua, refuse_names);
  lua_setfield(lua, -2, "__newindex");
  lua_setmetatable(lua, -2);
  lua_setfield(lua, -2, "ns");
}

} // namespace

void push_functions(lua_State* lua) {
  lua_newtable(lua);
  add_basics(lua);
  add_regex_functions(lua);
  add_string(lua); // for the methods of texts
  add_names(lua);
}

bool add_library(lua_State* lua, std::string_view name) {
  if (name == "math")
    add_math(lua);
  else if (name == "table")
    add_table(lua);
  else
    return false;
  return true;
}

void wrap_function(lua_State* lua, char const* name, lua_CFunction with) {
  lua_getfield(lua, -1, name);
  lua_pushcclosure(lua, with, 1);
  lua_setfield(lua, -2, name);
}

int call_wrapped(lua_State* lua) { return lua_tocfunction(lua, lua_upvalueindex(1))(lua); }

void remove_functions(lua_State* lua, std::span<char const* const> names) {
  for (auto const* const name : names) {
    lua_pushnil(lua);
    lua_setfield(lua, -2, name);
  }
}

} // namespace cfgd::rules::glue
