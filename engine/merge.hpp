#pragma once

#include <boost/json/fwd.hpp>

#include <cstdint>
#include <span>
#include <string>

namespace cfgd::engine {

/// What a removal does to the order of the other members of an object.
enum class removal : std::uint8_t {
  quick,  ///< changes it, as nothing depends on it
  stable, ///< keeps it, in a time that grows with the object
};

/// Applies `patch` to `target` as a JSON Merge Patch (RFC 7396): objects merge, everything else
/// replaces, null removes. Nulls of the patch never appear in the target, at any depth of objects.
/// Copies are allocated in the storage of the target; `patch` must not be part of the target.
void merge_patch(boost::json::value& target, boost::json::value const& patch,
                 removal how = removal::quick);

/// The same for two objects, such as two layers of a namespace.
void merge_patch(boost::json::object& target, boost::json::object const& patch,
                 removal how = removal::quick);

/// What one layer contributes to one path.
struct layer_answer {
  enum class kind : std::uint8_t {
    nothing, ///< the layers below decide
    removal, ///< null, or a parent that is not an object
    value,
  };
  kind what = kind::nothing;
  boost::json::value const* value = nullptr; ///< only with kind::value
};

/// Looks a path up in a layer. `path` must not be empty. The answer points into `layer`.
layer_answer look_up(boost::json::object const& layer, std::span<std::string const> path);

} // namespace cfgd::engine
