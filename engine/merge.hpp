#pragma once

#include <boost/json/fwd.hpp>

#include <cstdint>
#include <span>
#include <string>

namespace cfgd::engine {

/// Lays `patch` over `target` as JSON Merge Patch (RFC 7396) does: objects merge, everything else
/// replaces, null removes. No member that the patch brought is null, at any depth of objects.
void merge_patch(boost::json::value& target, boost::json::value const& patch);

/// The same for two objects, as layers of a namespace are.
void merge_patch(boost::json::object& target, boost::json::object const& patch);

/// What a layer says about one path.
struct layer_answer {
  enum class kind : std::uint8_t {
    nothing, ///< what lies below shows
    removal, ///< null, or something that is no object in the path's way
    value,
  };
  kind what = kind::nothing;
  boost::json::value const* value = nullptr; ///< only of a value
};

/// `path` has one part at least. The answer points into `layer`.
layer_answer look_up(boost::json::object const& layer, std::span<std::string const> path);

} // namespace cfgd::engine
