#pragma once

#include "core/error.hpp"
#include "core/key.hpp"
#include "daemon/access.hpp"
#include "ipc/call.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cfgd {

/// The namespaces that a call touches, which the right that it needs must cover.
struct scope {
  enum class extent : std::uint8_t {
    some,    ///< `names`; a call that names none is refused
    all,     ///< every namespace, also those that do not exist yet
    service, ///< none: the call is about the service itself
  };
  extent what = extent::some;
  std::vector<std::string> names = {};
  /// The keys in them that a change touches; the right must cover each. If there are any, `names`
  /// has only the namespaces that none of them is in.
  std::vector<key> keys = {};
};
inline scope all_namespaces() { return {.what = scope::extent::all}; }
inline scope no_namespaces() { return {.what = scope::extent::service}; }

/// A call whose right was checked, as a handler gets it. Valid during the handler, as the call.
struct authorized_call : ipc::call {
  authorized_call(ipc::call const& call_made, caller made_by,
                  std::shared_ptr<access_policy::need const> checked)
      : ipc::call(call_made), by(made_by), needs(std::move(checked)) {}

  /// What the row's reader has made, if the request is large; null otherwise.
  template <class Made>
  std::shared_ptr<Made> read_ahead() const {
    return std::static_pointer_cast<Made>(made);
  }

  caller by;
  /// What was checked, to be checked again when a request is decided: caller::permission.
  std::shared_ptr<access_policy::need const> needs;
};

/// A short cut for calls that come often and in one form, see ipc::quick_handler.
struct quick_method {
  /// The one key that the parameters name, a view into them, if it is a key and they are JSON:
  /// `serve` has to know. Empty: the call has another form.
  std::string_view (*key_of)(std::string_view parameters) = nullptr;
  /// Appends the parameters of the reply and returns true, or leaves the call to the row's handler.
  /// Must not throw.
  std::function<bool(std::string_view key_text, caller const& by, std::string& reply)> serve = {};
};

/// One method: what it needs, what it touches, who serves it.
struct method_row {
  std::string_view name; ///< qualified
  right needs = right::unspecified;
  /// The namespaces that a call touches, from its parameters and what the daemon knows. What it
  /// returns as an error (the parameters name no valid key, say) is the call's answer. Reading is
  /// never refused: handlers answer for a hidden namespace as for one that does not exist.
  std::function<result<scope>(ipc::call const&)> touches = {};
  /// Called for authorised calls only.
  std::function<void(authorized_call const&)> serve = {};
  quick_method quick = {};
  ipc::overlap_check may_overlap = {}; ///< see there; empty: calls never do
  /// For methods whose requests may be large: see ipc::request_reader. `touches` has to be pure,
  /// too, for it and the decision about the right are made on that thread then.
  ipc::request_reader read = {};
};

} // namespace cfgd
