#pragma once

#include "engine/access/entries.hpp"
#include "engine/merge.hpp"

#include <boost/json/object.hpp>

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

/// Locks of the keys of one namespace, and what they do to its layers. Pure.
namespace cfgd::engine {

struct namespace_state;
struct source_record;

/// The rule of issues about locks. The message of the issue of an errc::read_only is the reason of
/// the lock.
inline constexpr char const* lock_rule = "lock";

/// The locks of one namespace, each with its keys there. Never empty.
using namespace_locks = std::vector<lock>;

/// The locks of each namespace that has any.
std::map<std::string, namespace_locks> locks_by_namespace(std::span<lock const> all);

/// What locks take from one layer: values at and below a locked key, and above it all that has no
/// members, because that would remove the key. The locks must outlive it.
class layer_locks {
 public:
  /// `all` null: there are none.
  layer_locks(namespace_locks const* all, layer where);

  bool empty() const { return locks_.empty(); }

  /// The lock that takes a member from the layer; null: it counts.
  lock const* find(std::span<std::string const> path, boost::json::value const& member) const;
  /// The lock because of which what a layer says about a path does not count. Null: it counts, or
  /// the layer says nothing. `path` must not be empty.
  lock const* find_ignoring(boost::json::object const& document,
                            std::span<std::string const> path) const;

  using visitor = std::function<void(std::span<std::string const>, lock const&)>;
  /// Visits the topmost members that do not count.
  void visit(boost::json::object const& document, visitor const& visit_one) const;

  /// Removes what does not count, and objects that become empty by that. Keeps the order of the
  /// rest.
  void apply(boost::json::object& document) const;

 private:
  bool any_below(std::span<std::string const> path) const;
  void visit(boost::json::object const& document, std::vector<std::string>& path,
             visitor const& visit_one) const;
  void apply(boost::json::object& document, std::vector<std::string>& path) const;

  std::vector<lock const*> locks_; ///< that hold for the layer, the strictest first
};

/// Warnings for the values of an effective source that do not count because of locks, at most
/// `most`.
std::vector<issue> lock_notes(namespace_state const& state, source_record const& source,
                              std::size_t most);
/// The same for the overrides.
std::vector<issue> lock_notes_on_overrides(namespace_state const& state, std::size_t most);

} // namespace cfgd::engine
