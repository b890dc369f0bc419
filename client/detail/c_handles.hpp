#pragma once

#include "client/call_error.hpp"
#include "client/cfgd.h"
#include "client/live.hpp"
#include "client/types.hpp"

#include <cerrno>
#include <exception>
#include <new>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <variant>
#include <vector>

/// What cfgd.h has opaque, and the way from results and exceptions to its codes.

struct cfgd_values {
  /// Of a call or an event, or of a live.
  std::variant<cfgd::client::snapshot, cfgd::client::live_values> of;

  boost::json::value const* find(std::string_view key) const {
    if (auto const* const live = std::get_if<cfgd::client::live_values>(&of))
      return live->find(key);
    return std::get<cfgd::client::snapshot>(of).values.if_contains(key);
  }
};

namespace cfgd::client::detail {

/// Keeps why a call failed for cfgd_error_message() of this thread. Its code, negative.
int failed(call_error const& why) noexcept;
/// The same for a failure that is not one of the service. `code` is negative.
int failed(int code, std::string_view message) noexcept;

/// The result of `work`, or the code of what it has thrown: nothing leaves the C interface.
template <class Work>
int guarded(Work const& work) noexcept {
  try {
    return work();
  } catch (std::bad_alloc const&) {
    return failed(-ENOMEM, {});
  } catch (std::system_error const& thrown) {
    return failed(-thrown.code().value(), thrown.what());
  } catch (std::exception const& thrown) {
    return failed(-EIO, thrown.what());
  }
}

inline int missing_argument() noexcept { return failed(-EINVAL, "an argument is NULL"); }

/// 0, or the code of the error.
template <class T>
int code_of(result<T> const& outcome) noexcept {
  return outcome ? 0 : failed(outcome.error());
}

/// A list that ends with NULL; empty if it is NULL itself.
std::vector<std::string> list_of(char const* const* texts);
/// A copy for cfgd_free(). Throws std::bad_alloc.
char* copy_of(std::string_view text);

inline std::string text_or_empty(char const* text) { return text == nullptr ? "" : text; }

} // namespace cfgd::client::detail
