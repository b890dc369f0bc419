#pragma once

#include <boost/assert/source_location.hpp>
#include <boost/json/object.hpp>
#include <boost/system/result.hpp>

#include <cstdint>
#include <iosfwd>
#include <stdexcept>
#include <string>
#include <string_view>

/// libcfgd, the client library of cfgd: Varlink (varlink.org) over a Unix socket. See libcfgd(3).
namespace cfgd::client {

/// How a call failed. Only after `unreachable` and `refused` it is known that nothing was changed.
enum class failure : std::uint8_t {
  unreachable, ///< no connection; `message` has the path and the errno text
  timed_out,   ///< no reply in time; whether the service acted is not known
  closed,      ///< the connection ended before the reply; whether the service acted is not known
  protocol,    ///< the reply is not valid; whether the service acted is not known
  refused,     ///< the service replied with an error: `name` and `parameters`
};

/// Name of the enumerator.
std::string_view to_string(failure kind);

/// Why a call has no result.
struct call_error {
  failure kind = failure::protocol;
  /// One line for people: "cannot connect to '/run/cfgd/io.cfgd': Connection refused (is cfgd
  /// running?)". For `refused` the name and the parameters as text.
  std::string message;
  /// The Varlink error, qualified: "io.cfgd.Config.Invalid". Empty unless `refused`.
  std::string name;
  /// Its parameters. Fields may be absent, and unknown ones may be there.
  boost::json::object parameters;
};

std::ostream& operator<<(std::ostream& out, call_error const& what);

/// A value, or the reason why there is none: `if (answer) use(*answer); else
/// report(answer.error());` value() throws call_exception if there is none. Functions that return
/// one are [[nodiscard]].
template <class T>
using result = boost::system::result<T, call_error>;

/// What result<T>::value() throws.
class call_exception : public std::runtime_error {
 public:
  explicit call_exception(call_error what);

  call_error const& error() const { return error_; }

 private:
  call_error error_;
};

[[noreturn]] void throw_exception_from_error(call_error const& what,
                                             boost::source_location const& where);

} // namespace cfgd::client
