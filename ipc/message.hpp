#pragma once

#include "core/error.hpp"
#include "core/json.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <string>
#include <string_view>

/// Varlink messages (varlink.org, UAPI.20): one JSON object each, with a closed set of members.
namespace cfgd::ipc {

enum class call_kind : std::uint8_t { plain, oneway, more, upgrade };

struct call_message {
  std::string method;
  boost::json::object parameters; ///< empty if absent or null
  call_kind kind = call_kind::plain;
};

/// Reads a call. Members with a dot in their names are extensions and ignored; any other unknown
/// member, a wrong type, a duplicate, more than one flag is an error, after which the connection
/// has to be closed. Errors: protocol, parse, limit.
[[nodiscard]] result<call_message> parse_call(std::string_view text,
                                              json::read_limits const& bounds,
                                              boost::json::storage_ptr storage = {});

/// A call as it stands in its text: nothing of it is copied but the name, and that only if it is
/// written with escapes. Valid as long as the text.
struct call_envelope {
  call_envelope() = default;
  call_envelope(call_envelope const&) = delete; // `method` may point into `unescaped`
  call_envelope& operator=(call_envelope const&) = delete;

  std::string_view method;     ///< points into the text or to `unescaped`
  std::string_view parameters; ///< the text of a JSON object not yet checked, or empty for none
  std::string unescaped;
  call_kind kind = call_kind::plain;
  std::size_t members = 0; ///< of the envelope; they count against read_limits::elements
};

/// Reads a call's envelope without building a value. Refuses what parse_call refuses, but for the
/// inside of `parameters`, which parse_parameters reads. `into` is overwritten and may be reused.
/// Errors: protocol, parse, limit.
[[nodiscard]] result<void> parse_envelope(std::string_view text, json::read_limits const& bounds,
                                          call_envelope& into);
/// Errors: parse, limit.
[[nodiscard]] result<boost::json::object> parse_parameters(call_envelope const& envelope,
                                                           json::read_limits const& bounds,
                                                           boost::json::storage_ptr storage = {});

struct reply_message {
  boost::json::object parameters;
  std::string error; ///< qualified name; empty: not an error
  bool continues = false;
};

/// Reads a reply. Errors: protocol, parse, limit.
[[nodiscard]] result<reply_message> parse_reply(std::string_view text,
                                                json::read_limits const& bounds);

/// Each appends one whole message with its NUL. `parameters` is the text of a JSON object or empty;
/// it is taken as it is.
void append_call(std::string& out, std::string_view method, std::string_view parameters,
                 call_kind kind);
void append_reply(std::string& out, std::string_view parameters, bool continues);
void append_error(std::string& out, std::string_view name, std::string_view parameters);

/// What stands around the parameters in the only reply to a call, for who writes them in place.
inline constexpr std::string_view reply_beginning = R"({"parameters":)";
inline constexpr std::string_view reply_end{"}\0", 2};
/// What stands before the parameters in a call as append_call() and most clients write it; behind
/// them stands nothing but '}'.
std::string call_beginning(std::string_view method);

} // namespace cfgd::ipc
