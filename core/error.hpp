#pragma once

#include <boost/assert/source_location.hpp>
#include <boost/system/result.hpp>

#include <cstdint>
#include <iosfwd>
#include <stdexcept>
#include <string>
#include <vector>

/// Errors, issues and results. No I/O; any thread may use them.
namespace cfgd {

/// The reason of an error. A closed set: the comment of a function lists the codes that it returns.
enum class errc : std::uint8_t {
  bad_key,      ///< the text is not a valid key
  bad_value,    ///< the value cannot be stored (null, U+0000, a number out of range)
  parse,        ///< a text is not valid in its format
  limit,        ///< a limit would be exceeded: `subject` is its name; see `used` and `maximum`
  not_found,    ///< no such key, namespace or source
  conflict,     ///< the revision, or the owner of a lock, is another one
  invalid,      ///< rejected by the schema or a rule
  denied,       ///< the peer lacks a right
  read_only,    ///< clients may not change the key: `subject`; `issues` has the place that says so
  untrusted,    ///< the owner, mode or type of a file does not allow to trust it
  io,           ///< a system call failed; the message has the text of errno
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
  error,   ///< rejects the change
  warning, ///< reported; the change is accepted
};
/// error, warning
char const* to_string(severity how);

/// One finding of a schema or a rule about a document.
struct issue {
  severity how = severity::error;
  /// The schema keyword, or the name of the rule.
  std::string rule = {};
  /// The key that it is about, dotted; may be empty.
  std::string key = {};
  /// Place inside the namespace's document, as a JSON pointer (RFC 6901); "" is the whole of it.
  std::string pointer = {};
  /// One line for people. Contains no value of the document, because that could be a secret.
  std::string message = {};
  /// The file that sets the value and the place in that file, if known.
  std::string path = {};
  place where = {};

  friend bool operator==(issue const&, issue const&) = default;
};
/// "error: site.port: must be at least 1 [minimum]", with "path:line:column: " before it if known.
std::string to_string(issue const& what);
std::ostream& operator<<(std::ostream& out, issue const& what);

/// An outcome that the caller must handle. A failure of the environment is an exception instead.
struct error {
  errc code = errc::invalid;
  /// One line for people, without the subject.
  std::string message = {};
  /// What it is about: the key, the path, the name of the limit. May be empty.
  std::string subject = {};
  /// The place in a text, if it is about a text.
  place where = {};
  /// Only for errc::limit.
  std::uint64_t used = 0;
  std::uint64_t maximum = 0;
  /// Only for errc::invalid: the issues of schemas and rules, at most limits::issues; `used` is
  /// their full number. For errc::read_only one.
  std::vector<issue> issues = {};

  friend bool operator==(error const&, error const&) = default;
};

/// "subject:line:column: message", without the parts that are not known.
std::string to_string(error const& failure);
std::ostream& operator<<(std::ostream& out, error const& failure);

/// A value, or the error. Functions that return one are [[nodiscard]].
template <class T>
using result = boost::system::result<T, error>;

/// Throws std::runtime_error with the text of the error. result<T>::value() finds it by its name.
[[noreturn]] void throw_exception_from_error(error const& failure,
                                             boost::source_location const& where);

/// The store failed or is damaged. An exception, because it concerns every waiting request.
class storage_failure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

} // namespace cfgd
