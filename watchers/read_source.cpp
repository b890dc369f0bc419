#include "watchers/read_source.hpp"

#include "core/json.hpp"
#include "core/key.hpp"
#include "core/text.hpp"
#include "core/untyped.hpp"
#include "watchers/formats/env.hpp"
#include "watchers/formats/ini.hpp"
#include "watchers/formats/json.hpp"
#include "watchers/formats/sourced_value.hpp"
#include "watchers/formats/toml.hpp"
#include "watchers/formats/yaml.hpp"

#include <boost/assert.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <exception>
#include <string>
#include <utility>

// A file is parsed in three steps: check that it is text that cfgd reads, parse it in its format,
// check that the result is an object within the limits whose strings are valid. The first and the
// last step are the same for all formats and are done here, so that a reader contains only its
// format.

namespace cfgd::watchers {

namespace {

result<formats::sourced_value> read_value(format kind, std::string_view text, limits const& bounds,
                                          reading purpose) {
  auto const beyond_int64 =
      purpose == reading::schema ? json::big_integers::read_as_double : json::big_integers::refuse;
  switch (kind) {
  case format::json:
    return formats::read_json(text, json::dialect::strict, bounds, beyond_int64);
  case format::jsonc:
    return formats::read_json(text, json::dialect::relaxed, bounds, beyond_int64);
  case format::yaml:
    return formats::read_yaml(text, bounds, beyond_int64);
  case format::toml:
    return formats::read_toml(text, bounds);
  case format::ini:
    return formats::read_ini(text, bounds,
                             purpose == reading::values ? formats::repeated_keys::are_arrays
                                                        : formats::repeated_keys::are_refused);
  case format::env:
    return formats::read_env(text, bounds);
  }
  BOOST_ASSERT(false);
  return formats::make_parse_error({}, "unknown format");
}

std::string_view describe(boost::json::value const& what) {
  if (what.is_array()) return "a list";
  if (what.is_null()) return "null";
  return what.is_string() ? "a string" : what.is_bool() ? "a boolean" : "a number";
}

result<sourced_document> read_document(format kind, std::string_view bytes, limits const& bounds,
                                       reading purpose) {
  if (bytes.size() > bounds.file_bytes)
    return formats::make_limit_error("file_bytes", bytes.size(), bounds.file_bytes);
  if (auto is_text = check_text(bytes); !is_text) return is_text.error();
  auto read = read_value(kind, bytes, bounds, purpose);
  if (!read) return read.error();
  auto& [root, places, notes] = *read;
  if (kind == format::yaml && root.is_null()) root.emplace_object(); // a file of comments
  if (!root.is_object())
    return formats::make_parse_error(place_at(bytes, 0),
                                     "a source must be an object, but this is " +
                                         std::string(describe(root)));
  if (auto fits = formats::check_content(*read, bounds); !fits) return fits.error();
  return sourced_document{
      .root = std::move(root.get_object()), .places = std::move(places), .notes = std::move(notes)};
}

} // namespace

result<sourced_document> read_source(format kind, std::string_view bytes, limits const& bounds,
                                     reading purpose) {
  // A parser library may throw: one bad file must not stop who reads it.
  try {
    return read_document(kind, bytes, bounds, purpose);
  } catch (std::exception const& broken) {
    return error{.code = errc::parse, .message = std::string("cannot be read: ") + broken.what()};
  }
}

result<sourced_document> read_source(source_id const& file, std::string_view bytes,
                                     limits const& bounds) {
  auto const kind = format_of(file.relative);
  BOOST_ASSERT(kind);
  auto const purpose = file.what == source_kind::schema   ? reading::schema
                       : file.what == source_kind::values ? reading::values
                                                          : reading::document;
  return read_source(*kind, bytes, bounds, purpose);
}

std::optional<key> key_of_variable(std::string_view name) {
  constexpr std::string_view prefix = "CFGD_";
  if (!name.starts_with(prefix)) return std::nullopt;
  name.remove_prefix(prefix.size());
  if (name.size() > 2 * limits::key_bytes) return std::nullopt; // a dot is two bytes here
  if (!is_clean_text(name)) return std::nullopt;
  auto parts = formats::split_variable(name);
  if (!parts || parts->size() < 2 || !is_namespace_name(parts->front())) return std::nullopt;
  key made(*std::move(parts));
  if (made.str().size() > limits::key_bytes) return std::nullopt;
  return made;
}

result<boost::json::value> read_variable(std::string_view text, limits const& bounds) {
  if (text.size() > bounds.file_bytes)
    return formats::make_limit_error("file_bytes", text.size(), bounds.file_bytes);
  if (!is_clean_text(text))
    return error{.code = errc::bad_value, .message = "the value " + text_fault(text)};
  auto const first = text.find_first_not_of(" \t\r\n");
  bool const is_json =
      first != text.npos && std::string_view("{[\"").find(text[first]) != text.npos;
  if (!is_json) return value_of_text(text);
  auto parsed = formats::read_json(text, json::dialect::strict, bounds);
  if (!parsed) {
    if (parsed.error().code == errc::limit) return parsed.error();
    return boost::json::value(text);
  }
  if (auto fits = formats::check_content(*parsed, bounds); !fits) {
    error refused = fits.error();
    if (refused.code != errc::limit) refused.code = errc::bad_value;
    return refused;
  }
  return std::move(parsed->root);
}

std::string remark_on_text(std::string_view text) {
  auto const why = number_range_fault(text);
  return why.empty() ? std::string() : std::string(why) + "; it is kept as text";
}

} // namespace cfgd::watchers
