#include "engine/members.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

// Documents are edited leaf by leaf: the override layer by Set and Unset, an effective value when
// history is undone. In both cases an object that loses its last member is removed with it, because
// it was there only for that member; an empty object that somebody set is a leaf of its own.

namespace cfgd::engine {

bool erase_member(boost::json::object& from, std::span<std::string const> path) {
  auto* const found = from.if_contains(path.front());
  if (found == nullptr) return false;
  if (path.size() > 1) {
    auto* const below = found->if_object();
    if (below == nullptr || !erase_member(*below, path.subspan(1))) return false;
    if (!below->empty()) return true;
  }
  from.erase(path.front());
  return true;
}

boost::json::value& put_member(boost::json::object& into, std::span<std::string const> path) {
  auto* object = &into;
  for (auto const& part : path.first(path.size() - 1)) {
    auto& below = (*object)[part];
    object = below.is_object() ? &below.get_object() : &below.emplace_object();
  }
  return (*object)[path.back()];
}

} // namespace cfgd::engine
