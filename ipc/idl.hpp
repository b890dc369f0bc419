#pragma once

#include "core/error.hpp"

#include <boost/json/fwd.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

/// Varlink interface descriptions (varlink.org "Interface Definition"; UAPI.20), read to check
/// calls against them. No I/O.
namespace cfgd::ipc::idl {

struct field;

struct type {
  enum class shape : std::uint8_t {
    boolean,
    integer,
    real,
    string,
    object, ///< any JSON object
    any,    ///< any JSON value but null
    array,
    map, ///< [string]T
    structure,
    enumeration,
    named,
  };
  shape what = shape::structure;
  bool optional = false;
  std::vector<type> element;      ///< array, map: exactly one
  std::vector<field> fields;      ///< structure
  std::vector<std::string> names; ///< enumeration: its values; named: the type's name
};

struct field {
  std::string name;
  type what;
};

struct method {
  std::string name;
  type input;
  type output;
  bool requires_more = false; ///< "[Requires 'more' flag]" in its comment
  bool supports_more = false; ///< that, or "[Supports 'more' flag]"
};

struct interface {
  std::string name;
  std::map<std::string, type, std::less<>> types;
  std::map<std::string, type, std::less<>> errors; ///< name to what they carry
  std::vector<method> methods;                     ///< in the order of the text
  std::vector<std::string> early; ///< types that are named before they are declared
};

/// Reads a description. Names must be declared once and every type that is named must be declared.
/// Errors: parse, with the place.
[[nodiscard]] result<interface> parse(std::string_view text);

/// Checks `parameters` against the fields of a method's input, and removes members that are null:
/// they count as absent. An `int` is a JSON integer within int64, a `float` any number; an integer
/// in its place becomes a double, since 1 is how some clients write 1.0. It does for replies, too.
/// Errors: invalid; the subject is the name of the parameter that is missing, unknown or of another
/// type. After an error some nulls may have been removed.
[[nodiscard]] result<void> check_parameters(interface const& context, type const& input,
                                            boost::json::object& parameters);

/// What in a description is refused by one of the clients in use, though the grammar allows it: one
/// sentence each; empty if all can read it. Also the reason why a text is not a description.
std::vector<std::string> portability_problems(std::string_view text);

} // namespace cfgd::ipc::idl
