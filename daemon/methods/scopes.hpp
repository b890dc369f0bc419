#pragma once

#include "daemon/methods/method_row.hpp"
#include "daemon/view.hpp"

#include <functional>

/// Which namespaces a call touches, from its parameters: method_row::touches of the table. A
/// parameter that is absent stands for all namespaces. Only the part of a key that names the
/// namespace is looked at; the handler reads the whole. Errors: bad_key, where that part is not
/// readable.
namespace cfgd::methods {

/// The service itself.
result<scope> nothing(ipc::call const& asked);
/// All namespaces.
result<scope> everything(ipc::call const& asked);

/// `namespace`.
result<scope> of_namespace(ipc::call const& asked);
/// `key`.
result<scope> of_key(ipc::call const& asked);
/// `prefix`.
result<scope> of_prefix(ipc::call const& asked);
/// `prefixes`; all if there are none.
result<scope> of_prefixes(ipc::call const& asked);
/// `keys`; none are the service itself.
result<scope> of_keys(ipc::call const& asked);
/// The keys of `values` and `unset`; all namespaces if there are none, so that a change of nothing
/// needs a right, too.
result<scope> of_change(ipc::call const& asked);

/// The namespaces that the pending change `revision` has changed. Errors: not_found (subject: the
/// revision as text; also if the caller may neither read nor write any of them). Both arguments
/// must outlive it.
std::function<result<scope>(ipc::call const&)> namespaces_of_pending(view& what,
                                                                     access_policy const& policy);

} // namespace cfgd::methods
