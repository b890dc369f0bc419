#include "engine/rules/engine.hpp"

#include "core/key.hpp"
#include "engine/rules/glue.hpp"
#include "engine/rules/rules.hpp"
#include "engine/rules/run.hpp"

#include <boost/assert.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

// Each run has a Lua state of its own, which is closed at its end: no rule can leave anything to
// the next. All calls of Lua that may fail are inside one lua_pcall; `evaluate` and what it calls
// follow the rules of glue.hpp. Rules have no pcall: the first error ends the run, so that no rule
// can continue after a limit.
//
// The text of a check is put in parentheses, so that it is one value. It is always compiled as
// text: Lua does not check compiled code, which could do anything.

namespace cfgd::rules {
namespace {

/// The limits are checked after this many instructions. A small number, because a single
/// instruction can take milliseconds with large texts.
constexpr int hook_every = 50;

/// The pieces of a chunk, as lua_Reader takes them.
struct chunk {
  std::array<std::string_view, 3> pieces;
  std::size_t next = 0;
};

char const* read_chunk(lua_State* /*lua*/, void* from, std::size_t* size) {
  auto& text = *static_cast<chunk*>(from);
  while (text.next < text.pieces.size()) {
    auto const piece = text.pieces[text.next++];
    if (piece.empty()) continue; // an empty piece means the end
    *size = piece.size();
    return piece.data();
  }
  return nullptr;
}

void* allocate(void* of, void* block, std::size_t old_size, std::size_t size) {
  return static_cast<run*>(of)->resize(block, old_size, size);
}

void count_instructions(lua_State* lua, lua_Debug* /*where*/) { glue::pay(lua, hook_every); }

/// Functions of Lua that rules do not have. A namespace may have such a name; it has precedence.
bool is_missing_function(std::string_view name) {
  constexpr std::array<std::string_view, 20> names{
      "collectgarbage", "coroutine", "debug",  "dofile",  "getmetatable", "io",
      "load",           "loadfile",  "os",     "package", "pcall",        "print",
      "rawequal",       "rawget",    "rawlen", "rawset",  "require",      "setmetatable",
      "warn",           "xpcall"};
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool has_name_space(lua_State* lua, std::string_view name) {
  auto& of = glue::run_of(lua);
  bool const there = of.name_space(name).what != nullptr;
  if (of.stopped()) glue::give_up(lua);
  return there;
}

/// Reads a global variable: a function, else a namespace.
int read_global(lua_State* lua) {
  lua_pushvalue(lua, 2);
  lua_rawget(lua, lua_upvalueindex(1));
  if (!lua_isnil(lua, -1)) return 1;
  lua_pop(lua, 1);
  if (lua_type(lua, 2) != LUA_TSTRING) return 0;
  auto const name = glue::text_at(lua, 2);
  lua_pushvalue(lua, lua_upvalueindex(1));
  if (glue::add_library(lua, name)) {
    lua_getfield(lua, -1, name.data());
    return 1;
  }
  lua_pop(lua, 1);
  if (!is_namespace_name(name))
    return luaL_error(lua, "unknown function or namespace '%s'", name.data());
  if (is_missing_function(name) && !has_name_space(lua, name))
    return luaL_error(lua, "'%s' is not available in rules", name.data());
  glue::push_name_space(lua, name);
  return 1;
}

int refuse_global(lua_State* lua) {
  glue::refuse(lua, "namespaces are read-only; declare other variables as local");
}

void push_globals(lua_State* lua) {
  lua_newtable(lua);
  lua_newtable(lua);
  glue::push_functions(lua);
  lua_pushcclosure(lua, read_global, 1);
  lua_setfield(lua, -2, "__index");
  lua_pushcfunction(lua, refuse_global);
  lua_setfield(lua, -2, "__newindex");
  lua_setmetatable(lua, -2);
}

void compile(lua_State* lua, chunk& text) {
  if (lua_load(lua, read_chunk, &text, "=check", "t") != LUA_OK) lua_error(lua);
}

chunk make_chunk(std::string_view check) { return {.pieces = {"return (", check, ")"}}; }

/// (chunk as light userdata) -> the value
int evaluate(lua_State* lua) {
  auto& text = *static_cast<chunk*>(lua_touserdata(lua, 1));
  lua_sethook(lua, count_instructions, LUA_MASKCOUNT, hook_every);
  compile(lua, text);
  glue::make_value_types(lua);
  push_globals(lua);
  lua_setupvalue(lua, -2, 1);
  lua_call(lua, 0, 1);
  return 1;
}

int compile_only(lua_State* lua) {
  compile(lua, *static_cast<chunk*>(lua_touserdata(lua, 1)));
  lua_pushboolean(lua, 1);
  return 1;
}

struct closer {
  void operator()(lua_State* lua) const { lua_close(lua); }
};

/// Calls `what` with the chunk, in a state of its own.
verdict run_protected(run& of, lua_CFunction what, chunk& text) {
  std::unique_ptr<lua_State, closer> const lua(lua_newstate(allocate, &of));
  if (lua == nullptr) {
    of.miss_memory();
    return of.make_verdict(std::string_view{});
  }
  lua_pushcfunction(lua.get(), what);
  lua_pushlightuserdata(lua.get(), &text);
  int const status = lua_pcall(lua.get(), 1, 1, 0);
  if (status == LUA_OK && !of.stopped()) return of.make_verdict(lua_toboolean(lua.get(), -1) != 0);
  if (status == LUA_ERRMEM) of.miss_memory();
  if (lua_type(lua.get(), -1) != LUA_TSTRING)
    return of.make_verdict(std::string_view("the error value is not a string"));
  return of.make_verdict(glue::text_at(lua.get(), -1));
}

} // namespace

struct engine::impl {
  limits bounds;
};

engine::engine(limits const& bounds) : impl_(std::make_unique<impl>(impl{bounds})) {}
engine::~engine() = default;

verdict engine::run(rule const& which, world const& over) {
  rules::run state(over, impl_->bounds);
  auto text = make_chunk(which.check);
  return run_protected(state, evaluate, text);
}

std::optional<std::string> find_syntax_fault(std::string_view check, limits const& bounds) {
  world const nothing;
  // Without the parentheses first: they would make one expression of "a) or (b".
  for (auto text : {chunk{.pieces = {"return ", check, ""}}, make_chunk(check)}) {
    run state(nothing, bounds);
    auto const found = run_protected(state, compile_only, text);
    if (found.what != verdict::kind::holds) return found.message;
  }
  return std::nullopt;
}

} // namespace cfgd::rules
