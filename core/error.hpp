#pragma once

#include <boost/assert/source_location.hpp>
#include <boost/system/result.hpp>

#include <cstdint>
#include <iosfwd>
#include <stdexcept>
#include <string>
#include <vector>

/// The words that every part of cfgd uses. No I/O, no threads.
namespace cfgd {

/// Why something was refused. A closed set: each function's comment lists those it returns.
enum class errc : std::uint8_t {
  bad_key,      ///< the text is no key
  bad_value,    ///< the value is not one that cfgd keeps (null, U+0000, a number out of range)
  parse,        ///< a text is not what its format asks for
  limit,        ///< a limit would be exceeded; `subject` names it, `used` and `maximum` say how far
  not_found,    ///< no such key, namespace, source
  conflict,     ///< the revision has moved on
  invalid,      ///< schema or rules refuse it
  denied,       ///< the peer lacks a right
  untrusted,    ///< a file's owner, mode or kind does not allow to believe it
  io,           ///< the system refused; the message has the call's errno text
  store_failed, ///< the change could not be made durable
  protocol,     ///< the peer does not speak Varlink
  closed,       ///< the connection or the service is gone
};

/// Name of the enumerator, for logs and tests.
char const* to_string(errc code);

/// A place in a text, counted from 1; columns count code points. 0: unknown.
struct place {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  friend bool operator==(place const&, place const&) = default;
};

enum class severity : std::uint8_t {
  error,   ///< refuses the change
  warning, ///< lets it pass
};
/// error, warning
char const* to_string(severity how);

/// One thing that a schema or a rule has to say about a document.
struct issue {
  severity how = severity::error;
  /// The schema keyword or the rule that speaks.
  std::string rule = {};
  /// The key that it is about, dotted; may be empty.
  std::string key = {};
  /// Place inside the namespace's document, as a JSON pointer (RFC 6901); "" is the whole of it.
  std::string pointer = {};
  /// One line for people. It holds no value of the document: that could be a secret.
  std::string message = {};
  /// The file that says it and the place in that file, where one does.
  std::string path = {};
  place where = {};

  friend bool operator==(issue const&, issue const&) = default;
};
/// "error: site.port: must be at least 1 [minimum]", with "path:line:column: " before it if known.
std::string to_string(issue const& what);
std::ostream& operator<<(std::ostream& out, issue const& what);

/// An outcome that the caller must handle. What is broken in the world is an exception instead.
struct error {
  errc code = errc::invalid;
  /// One line for people, without the subject.
  std::string message = {};
  /// What it is about: the key, the path, the name of the limit. May be empty.
  std::string subject = {};
  /// Where in a text, if it is about one.
  place where = {};
  /// Only for errc::limit.
  std::uint64_t used = 0;
  std::uint64_t maximum = 0;
  /// Only for errc::invalid: all that schemas and rules say, at most limits::issues of them;
  /// `used` is how many there were.
  std::vector<issue> issues = {};

  friend bool operator==(error const&, error const&) = default;
};

/// "subject:line:column: message", without the parts that are not known.
std::string to_string(error const& failure);
std::ostream& operator<<(std::ostream& out, error const& failure);

/// A value, or the reason why there is none. Functions that return one are [[nodiscard]].
template <class T>
using result = boost::system::result<T, error>;

/// What result<T>::value() throws; found by argument-dependent lookup.
[[noreturn]] void throw_exception_from_error(error const& failure,
                                             boost::source_location const& where);

/// The store failed or is damaged: thrown, as it concerns all that waits for it.
class storage_failure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

} // namespace cfgd
