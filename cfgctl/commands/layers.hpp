#pragma once

#include "client/connection.hpp"

#include <boost/json/object.hpp>

#include <string>
#include <string_view>
#include <vector>

/// The layers of whole namespaces.
namespace cfgd::cfgctl {

/// The error of kind closed for reads that never got all values at one revision.
client::call_error values_change_too_fast();

/// What every layer has for a namespace, and what the service did not return.
struct namespace_layers {
  std::vector<client::candidate> candidates; ///< the winner first
  /// Keys of secrets. The service returns no values for them, so the candidates lack these keys.
  std::vector<std::string> secrets;
  client::revision_number revision = 0;
};

/// Reads all layers of a namespace. `effective` is its effective document. A layer's document that
/// contains secrets is read member by member, without the secrets. There are no candidates if the
/// namespace does not exist. Errors: those of the calls; values_change_too_fast().
[[nodiscard]] client::result<namespace_layers> read_layers(client::connection& service,
                                                           std::string const& name_space,
                                                           boost::json::object const& effective);

/// The document of one layer: its sources merged. It keeps nulls, which hide values of lower
/// layers. Empty if the layer has nothing.
boost::json::object layer_document(std::vector<client::candidate> const& candidates,
                                   std::string_view layer);

/// Merges `patch` over `document` as RFC 7396 does, but keeps nulls: they apply to lower layers.
void merge_over(boost::json::object& document, boost::json::object const& patch);

} // namespace cfgd::cfgctl
