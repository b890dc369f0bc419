#include "engine/rules/glue.hpp"

#include <boost/json/value.hpp>

#include <array>
#include <type_traits>

// The values that a rule sees. Strings, numbers and booleans are values of Lua; objects and lists
// are userdata that point into the document, so only what is read is copied. Each contains a node,
// and its user value is its parent, which therefore outlives it: the key of every value is known.
//
// A secret is userdata of a type of its own. Its node has no value, so the value cannot get into
// the Lua state; a rule can only compare it with nil. All metamethods of the type end the run.

namespace cfgd::rules::glue {
namespace {

constexpr char const* object_type = "object";
constexpr char const* list_type = "list";
constexpr char const* secret_type = "secret";

static_assert(std::is_trivially_destructible_v<node>);

void push_node(lua_State* lua, node const& at, int parent, char const* type) {
  auto* const made = static_cast<node*>(lua_newuserdatauv(lua, sizeof(node), 1));
  *made = at;
  if (parent != 0) {
    lua_pushvalue(lua, parent);
    lua_setiuservalue(lua, -2, 1);
  }
  luaL_setmetatable(lua, type);
}

node const* node_at(lua_State* lua, int index, char const* type) {
  return static_cast<node const*>(luaL_testudata(lua, index, type));
}

boost::json::object const* object_at(lua_State* lua, int index) {
  auto const* const found = node_at(lua, index, object_type);
  return found == nullptr ? nullptr : found->what->if_object();
}

boost::json::array const* list_at(lua_State* lua, int index) {
  auto const* const found = node_at(lua, index, list_type);
  return found == nullptr ? nullptr : found->what->if_array();
}

int object_index(lua_State* lua) {
  auto const* const in = object_at(lua, 1);
  if (in == nullptr || lua_type(lua, 2) != LUA_TSTRING) return 0;
  auto const name = text_at(lua, 2);
  auto const found = in->find(name);
  if (found == in->end()) {
    run_of(lua).miss_member(*node_at(lua, 1, object_type), name);
    return 0;
  }
  node const child{.what = &found->value(),
                   .parent = node_at(lua, 1, object_type),
                   .name = found->key().data(),
                   .length = found->key().size()};
  push_value(lua, child, 1);
  return 1;
}

void push_element(lua_State* lua, boost::json::array const& in, lua_Integer index) {
  node const child{.what = &in[static_cast<std::size_t>(index - 1)],
                   .parent = node_at(lua, 1, list_type)};
  push_value(lua, child, 1);
}

int list_index(lua_State* lua) {
  auto const* const in = list_at(lua, 1);
  if (in == nullptr || lua_type(lua, 2) != LUA_TNUMBER) return 0;
  int whole = 0;
  auto const index = lua_tointegerx(lua, 2, &whole);
  if (whole == 0 || index < 1 || static_cast<std::size_t>(index) > in->size()) return 0;
  push_element(lua, *in, index);
  return 1;
}

int list_length(lua_State* lua) {
  auto const* const in = list_at(lua, 1);
  lua_pushinteger(lua, in == nullptr ? 0 : static_cast<lua_Integer>(in->size()));
  return 1;
}

int next_member(lua_State* lua, boost::json::object const& in) {
  auto at = in.begin();
  if (!lua_isnoneornil(lua, 2)) {
    at = lua_type(lua, 2) == LUA_TSTRING ? in.find(text_at(lua, 2)) : in.end();
    if (at == in.end()) refuse(lua, "invalid key to 'next'");
    ++at;
  }
  while (at != in.end() && at->value().is_null())
    ++at;
  if (at == in.end()) {
    lua_pushnil(lua);
    return 1;
  }
  lua_pushlstring(lua, at->key().data(), at->key().size());
  node const child{.what = &at->value(),
                   .parent = node_at(lua, 1, object_type),
                   .name = at->key().data(),
                   .length = at->key().size()};
  push_value(lua, child, 1);
  return 2;
}

int next_element(lua_State* lua, boost::json::array const& in) {
  int whole = 1;
  lua_Integer const before = lua_isnoneornil(lua, 2) ? 0 : lua_tointegerx(lua, 2, &whole);
  if (whole == 0 || before < 0) refuse(lua, "invalid key to 'next'");
  if (static_cast<std::size_t>(before) >= in.size()) {
    lua_pushnil(lua);
    return 1;
  }
  lua_pushinteger(lua, before + 1);
  push_element(lua, in, before + 1);
  return 2;
}

int document_pairs(lua_State* lua) {
  lua_pushcfunction(lua, next_in_document);
  lua_pushvalue(lua, 1);
  lua_pushnil(lua);
  return 3;
}

int document_equals(lua_State* lua) {
  auto const* const left = document_at(lua, 1);
  auto const* const right = document_at(lua, 2);
  refuse_secrets(lua);
  lua_pushboolean(lua, left != nullptr && right != nullptr && left->what == right->what ? 1 : 0);
  return 1;
}

int document_text(lua_State* lua) {
  lua_pushstring(lua, list_at(lua, 1) == nullptr ? object_type : list_type);
  return 1;
}

int refuse_change(lua_State* lua) { refuse(lua, "namespaces are read-only"); }

int refuse_secret_use(lua_State* lua) {
  refuse_secrets(lua);
  refuse(lua, "a secret cannot be read by a rule");
}

void make_type(lua_State* lua, char const* name, luaL_Reg const* functions) {
  luaL_newmetatable(lua, name);
  luaL_setfuncs(lua, functions, 0);
  lua_pushboolean(lua, 0);
  lua_setfield(lua, -2, "__metatable");
  lua_pop(lua, 1);
}

constexpr std::array<luaL_Reg, 6> object_functions{{{"__index", object_index},
                                                    {"__newindex", refuse_change},
                                                    {"__pairs", document_pairs},
                                                    {"__eq", document_equals},
                                                    {"__tostring", document_text},
                                                    {nullptr, nullptr}}};

constexpr std::array<luaL_Reg, 7> list_functions{{{"__index", list_index},
                                                  {"__newindex", refuse_change},
                                                  {"__len", list_length},
                                                  {"__pairs", document_pairs},
                                                  {"__eq", document_equals},
                                                  {"__tostring", document_text},
                                                  {nullptr, nullptr}}};

/// All events of the manual, 2.4, but those of the collector.
constexpr std::array secret_events{"__index", "__newindex", "__call",  "__len",   "__concat",
                                   "__unm",   "__bnot",     "__add",   "__sub",   "__mul",
                                   "__div",   "__mod",      "__pow",   "__idiv",  "__band",
                                   "__bor",   "__bxor",     "__shl",   "__shr",   "__eq",
                                   "__lt",    "__le",       "__pairs", "__close", "__tostring"};

void make_secret_type(lua_State* lua) {
  luaL_newmetatable(lua, secret_type);
  lua_pushcfunction(lua, refuse_secret_use);
  for (auto const* const event : secret_events) {
    lua_pushvalue(lua, -1);
    lua_setfield(lua, -3, event);
  }
  lua_pop(lua, 1);
  lua_pushboolean(lua, 0);
  lua_setfield(lua, -2, "__metatable");
  lua_pop(lua, 1);
}

void push_plain(lua_State* lua, boost::json::value const& what) {
  switch (what.kind()) {
  case boost::json::kind::bool_:
    lua_pushboolean(lua, what.get_bool() ? 1 : 0);
    break;
  case boost::json::kind::int64:
    lua_pushinteger(lua, what.get_int64());
    break;
  case boost::json::kind::uint64:
    lua_pushnumber(lua, static_cast<double>(what.get_uint64()));
    break;
  case boost::json::kind::double_:
    lua_pushnumber(lua, what.get_double());
    break;
  case boost::json::kind::string:
    lua_pushlstring(lua, what.get_string().data(), what.get_string().size());
    break;
  default:
    lua_pushnil(lua);
    break;
  }
}

} // namespace

void make_value_types(lua_State* lua) {
  make_type(lua, object_type, object_functions.data());
  make_type(lua, list_type, list_functions.data());
  make_secret_type(lua);
}

void push_value(lua_State* lua, node const& at, int parent) {
  // A negative index would change when something is pushed.
  int const holder = parent == 0 ? 0 : lua_absindex(lua, parent);
  constexpr std::uint64_t asking = 40; // about the time of is_secret()
  pay(lua, asking);
  if (at.what->is_null()) return lua_pushnil(lua);
  auto& of = run_of(lua);
  bool const element = at.name == nullptr && at.parent != nullptr;
  // A list is one value: if it is not secret, its elements are not.
  if (!element && of.is_secret(at)) {
    if (of.stopped()) give_up(lua);
    node nothing = at;
    nothing.what = nullptr;
    return push_node(lua, nothing, holder, secret_type);
  }
  if (at.what->is_object()) return push_node(lua, at, holder, object_type);
  if (at.what->is_array()) return push_node(lua, at, holder, list_type);
  push_plain(lua, *at.what);
}

void push_name_space(lua_State* lua, std::string_view name) {
  auto& of = run_of(lua);
  auto const found = of.name_space(name);
  if (of.stopped()) give_up(lua);
  if (found.what == nullptr) {
    of.miss_name_space(name);
    give_up(lua);
  }
  push_value(lua, found, 0);
}

node const* document_at(lua_State* lua, int index) {
  auto const* const object = node_at(lua, index, object_type);
  return object != nullptr ? object : node_at(lua, index, list_type);
}

node const* secret_at(lua_State* lua, int index) { return node_at(lua, index, secret_type); }

void refuse_secrets(lua_State* lua) {
  for (int index = lua_gettop(lua); index > 0; --index) {
    if (lua_type(lua, index) != LUA_TUSERDATA) continue;
    auto const* const found = secret_at(lua, index);
    if (found == nullptr) continue;
    run_of(lua).refuse_secret(*found);
    give_up(lua);
  }
}

int next_in_document(lua_State* lua) {
  lua_settop(lua, 2);
  if (auto const* const object = object_at(lua, 1)) return next_member(lua, *object);
  if (auto const* const list = list_at(lua, 1)) return next_element(lua, *list);
  return luaL_typeerror(lua, 1, "table");
}

} // namespace cfgd::rules::glue
