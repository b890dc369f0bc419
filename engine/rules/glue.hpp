#pragma once

#include "engine/rules/run.hpp"

#include <cstdint>
#include <lua.hpp>
#include <span>
#include <string_view>

/// The functions of a run that Lua calls. Debian's Lua is compiled as C: an error is a longjmp past
/// every frame up to lua_pcall. So in the files that include this one, no frame that is called by
/// Lua has an object with a destructor, and nothing that it calls throws; code that needs either is
/// a function of `run`.
namespace cfgd::rules::glue {

/// The run that a state belongs to: the argument of its allocator.
inline run& run_of(lua_State* lua) {
  void* found = nullptr;
  lua_getallocf(lua, &found);
  return *static_cast<run*>(found);
}

/// Ends a run that has recorded the reason.
[[noreturn]] inline void give_up(lua_State* lua) {
  lua_settop(lua, 0);
  lua_pushnil(lua);
  lua_error(lua);
  __builtin_unreachable();
}

/// Ends a run with this message. Does not return to its caller, see above.
[[noreturn]] inline void refuse(lua_State* lua, std::string_view message) {
  run_of(lua).refuse(message);
  give_up(lua);
}

/// Counts work that Lua does not count, and checks the limits.
inline void pay(lua_State* lua, std::uint64_t instructions) {
  auto& of = run_of(lua);
  if (!of.spend(instructions) || !of.in_time()) give_up(lua);
}

/// The text at `index`, which must be a string. Valid as long as it is on the stack.
inline std::string_view text_at(lua_State* lua, int index) {
  std::size_t length = 0;
  char const* const text = lua_tolstring(lua, index, &length);
  return {text, length};
}

// values.cpp

/// Makes the types of the values that a rule sees.
void make_value_types(lua_State* lua);
/// Pushes the value of a node as a rule sees it; nil for null. `parent` is the stack index of the
/// object or list that contains it; 0: it is a namespace.
void push_value(lua_State* lua, node const& at, int parent);
/// Pushes the namespace; ends the run if it does not exist.
void push_name_space(lua_State* lua, std::string_view name);
/// The object or the list at `index`; null: another type.
node const* document_at(lua_State* lua, int index);
/// The secret at `index`; null: another type.
node const* secret_at(lua_State* lua, int index);
/// Ends the run if a secret is among the arguments.
void refuse_secrets(lua_State* lua);
/// next(object or list, name or index)
int next_in_document(lua_State* lua);

// functions.cpp, text_functions.cpp

/// Pushes the table of the functions that a rule may call, without `math` and `table`.
void push_functions(lua_State* lua);
/// Adds `math` or `table` to the table on the top of the stack, when a rule uses them: making them
/// takes as long as everything else. False: `name` is neither.
bool add_library(lua_State* lua, std::string_view name);
/// Replaces and removes functions of the table `string` on the top of the stack.
void bound_text_functions(lua_State* lua);
/// tonumber
int read_number(lua_State* lua);
/// Replaces a function of the table on the top of the stack; `with` gets it as upvalue 1.
void wrap_function(lua_State* lua, char const* name, lua_CFunction with);
/// To be called by `with` of wrap_function: calls the original function.
int call_wrapped(lua_State* lua);
/// Removes functions from the table on the top of the stack.
void remove_functions(lua_State* lua, std::span<char const* const> names);
/// Adds `matches` and `find` to the table on the top of the stack.
void add_regex_functions(lua_State* lua);

} // namespace cfgd::rules::glue
