#include "client/call_error.hpp"

#include <ostream>
#include <utility>

namespace cfgd::client {

std::string_view to_string(failure kind) {
  switch (kind) {
  case failure::unreachable:
    return "unreachable";
  case failure::timed_out:
    return "timed_out";
  case failure::closed:
    return "closed";
  case failure::protocol:
    return "protocol";
  case failure::refused:
    return "refused";
  }
  return "unknown";
}

std::ostream& operator<<(std::ostream& out, call_error const& what) {
  return out << to_string(what.kind) << ": " << what.message;
}

call_exception::call_exception(call_error what)
    : std::runtime_error(what.message), error_(std::move(what)) {}

void throw_exception_from_error(call_error const& what, boost::source_location const&) {
  throw call_exception(what);
}

} // namespace cfgd::client
