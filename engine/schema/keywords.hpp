#pragma once

#include "engine/schema/dialect.hpp"

#include <boost/json/value.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

/// The keywords of all drafts: their drafts, their vocabulary and the form of their values.
namespace cfgd::schema {

class compiler;
struct node;
struct keyword;

/// The form of the value of a keyword.
enum class shape : std::uint8_t {
  plain,     ///< no subschemas
  subschema, ///< one
  list,      ///< a list of them
  members,   ///< an object of them
  items,     ///< one, or a list of them
  dependent, ///< an object of them or of lists of names
};

/// One row of the constant table of keywords.
struct keyword {
  std::string_view name;
  draft first;
  draft last;
  /// core_words: always enabled.
  vocabularies words;
  shape holds;
  /// Stores the value in the node; null: only its subschemas are compiled.
  void (compiler::*take)(node& into, boost::json::value const& value, keyword const& which);
};

/// Null: not a keyword of that dialect.
keyword const* find_keyword(std::string_view name, dialect const& language);

/// The same name in any draft; null: not a keyword of any.
keyword const* find_in_any_draft(std::string_view name);
/// The names of the keywords of a draft.
std::vector<std::string> keyword_names(draft which);

/// Calls `visit` for each subschema right below a schema, with the rest of its pointer.
void for_each_subschema(
    boost::json::value const& in, dialect const& language,
    std::function<void(boost::json::value const&, std::string const&)> const& visit);

} // namespace cfgd::schema
