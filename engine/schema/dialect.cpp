#include "engine/schema/dialect.hpp"

#include <array>
#include <utility>

// The names under which json-schema.org published the drafts. A custom metaschema is built of the
// vocabularies of 2019-09 or 2020-12; where one is missing its keywords are not there. In 2019-09
// the unevaluated keywords belong to the applicators.

namespace cfgd::schema {
namespace {

constexpr std::string_view prefix_2019 = "https://json-schema.org/draft/2019-09/vocab/";
constexpr std::string_view prefix_2020 = "https://json-schema.org/draft/2020-12/vocab/";

constexpr std::array<std::pair<std::string_view, draft>, 5> published{{
    {"http://json-schema.org/draft-04/schema", draft::draft4},
    {"http://json-schema.org/draft-06/schema", draft::draft6},
    {"http://json-schema.org/draft-07/schema", draft::draft7},
    {"https://json-schema.org/draft/2019-09/schema", draft::draft2019},
    {"https://json-schema.org/draft/2020-12/schema", draft::draft2020},
}};

constexpr std::array<std::pair<std::string_view, vocabularies>, 8> vocabulary_names{{
    {"core", core_words},
    {"applicator", applicator_words},
    {"validation", validation_words},
    {"unevaluated", unevaluated_words},
    {"format-annotation", format_words},
    {"format-assertion", format_words | format_asserted},
    {"meta-data", core_words},
    {"content", core_words},
}};

} // namespace

std::optional<dialect> standard_dialect(std::string_view uri) {
  if (uri.ends_with('#')) uri.remove_suffix(1);
  for (auto const& [name, which] : published) {
    if (uri == name) return dialect{.which = which};
  }
  return std::nullopt;
}

std::optional<vocabularies> vocabulary_bits(std::string_view uri) {
  bool const is_2019 = uri.starts_with(prefix_2019);
  if (!is_2019 && !uri.starts_with(prefix_2020)) return std::nullopt;
  uri.remove_prefix(prefix_2020.size());
  if (is_2019 && uri == "format") return format_words;
  for (auto const& [name, bits] : vocabulary_names) {
    if (uri != name) continue;
    if (is_2019 && bits == applicator_words)
      return static_cast<vocabularies>(applicator_words | unevaluated_words);
    return bits;
  }
  return std::nullopt;
}

std::string_view id_keyword(draft which) { return which == draft::draft4 ? "id" : "$id"; }

} // namespace cfgd::schema
