#pragma once

#include "client/connection.hpp"

#include <boost/json/object.hpp>

#include <string>
#include <string_view>
#include <vector>

/// The layers of whole namespaces.
namespace cfgd::cfgctl {

/// What every layer says about a namespace, and what was not told.
struct namespace_layers {
  std::vector<client::candidate> candidates; ///< the winner first
  /// Keys of secrets, whose values no layer tells; the candidates have none for them.
  std::vector<std::string> secrets;
  client::revision_number revision = 0;
};

/// Asks for all layers of a namespace. `effective` is its effective document. Where a layer's
/// document holds secrets it is told member by member, without them. Nothing if there is no such
/// namespace. Errors: those of the calls; closed if values change faster than they can be read.
[[nodiscard]] client::result<namespace_layers> read_layers(client::connection& service,
                                                           std::string const& name_space,
                                                           boost::json::object const& effective);

/// What one layer says: the documents of its sources merged, the nulls that hide what lies below
/// among them. Empty if it says nothing.
boost::json::object layer_document(std::vector<client::candidate> const& candidates,
                                   std::string_view layer);

/// Puts `patch` over `document` as RFC 7396 does, but keeps nulls: they are for what lies below.
void merge_over(boost::json::object& document, boost::json::object const& patch);

} // namespace cfgd::cfgctl
