#pragma once

#include "engine/schema/schema.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

/// The drafts of JSON Schema and the vocabularies that a metaschema may switch off.
namespace cfgd::schema {

/// One bit each. Meta-data and content are annotations only and always enabled.
using vocabularies = std::uint8_t;
inline constexpr vocabularies core_words = 0;
inline constexpr vocabularies applicator_words = 1;
inline constexpr vocabularies validation_words = 2;
inline constexpr vocabularies unevaluated_words = 4;
inline constexpr vocabularies format_words = 8;
inline constexpr vocabularies format_asserted = 16;

/// The draft and the vocabularies of one schema resource.
struct dialect {
  draft which = draft::draft2020;
  vocabularies words = applicator_words | validation_words | unevaluated_words | format_words;

  bool knows(vocabularies some) const { return (words & some) == some; }
  friend bool operator==(dialect const&, dialect const&) = default;
};

/// The dialect of a published metaschema; an empty fragment is ignored. nullopt: unknown.
std::optional<dialect> standard_dialect(std::string_view uri);

/// The bits of a vocabulary in the $vocabulary of a draft's metaschema. nullopt: unknown.
std::optional<vocabularies> vocabulary_bits(std::string_view uri);

/// "id" in draft 4, "$id" later.
std::string_view id_keyword(draft which);

} // namespace cfgd::schema
