#pragma once

#include "cfgctl/context.hpp"
#include "client/types.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <optional>
#include <string>
#include <vector>

/// What a change that was only checked would do to the files and units of targets.
namespace cfgd::cfgctl {

struct touched_file {
  std::string path;
  std::string diff; ///< unified; empty: not shown, for the reason in `why`
  std::string why;
};
struct touched_target {
  std::string name;
  std::string unit; ///< empty: none acts
  std::string action;
  std::vector<touched_file> files;
};

struct checked_change {
  boost::json::object const& values; ///< the new ones, by key or namespace
  /// The change gives keys the values of this revision, and `values` is not looked at.
  std::optional<client::revision_number> restores = {};
};

/// `done` is the answer of the service. Warns if the values cannot be read.
std::vector<touched_target> blast_radius(context const& all, checked_change const& what,
                                         client::commit const& done);
std::string to_text(std::vector<touched_target> const& what);
boost::json::array to_json(std::vector<touched_target> const& what);

} // namespace cfgd::cfgctl
