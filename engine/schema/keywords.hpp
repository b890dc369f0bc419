#pragma once

#include "engine/schema/dialect.hpp"

#include <boost/json/value.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

/// The keywords of all drafts: which draft and vocabulary they belong to and what they hold.
namespace cfgd::schema {

class compiler;
struct node;
struct keyword;

/// What the value of a keyword holds.
enum class shape : std::uint8_t {
  plain,     ///< no subschemas
  subschema, ///< one
  list,      ///< a list of them
  members,   ///< an object of them
  items,     ///< one, or a list of them
  dependent, ///< an object of them or of lists of names
};

struct keyword {
  std::string_view name;
  draft first;
  draft last;
  /// None: core_words.
  vocabularies words;
  shape holds;
  /// Takes the value into the node; null: only its subschemas are of interest.
  void (compiler::*take)(node& into, boost::json::value const& value, keyword const& which);
};

/// Null: it is none in that dialect.
keyword const* find_keyword(std::string_view name, dialect const& language);

/// Calls `visit` for each subschema right below a schema, with the rest of its pointer.
void for_each_subschema(
    boost::json::value const& in, dialect const& language,
    std::function<void(boost::json::value const&, std::string const&)> const& visit);

} // namespace cfgd::schema
