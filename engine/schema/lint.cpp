#include "engine/schema/lint.hpp"

#include "core/near.hpp"
#include "engine/schema/dialect.hpp"
#include "engine/schema/findings.hpp"
#include "engine/schema/keywords.hpp"
#include "engine/schema/uri.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

// The walk is that of the compiler: only what is a subschema is looked at, so values in "default",
// "enum" or "x-anything" are not. It reads one file and follows no reference. What may be meant
// otherwise in another file is not reported.

namespace cfgd::schema {
namespace {

namespace bj = boost::json;

constexpr std::size_t most_warnings = 20;
/// Unknown names that are compared with the keywords: each comparison takes a while.
constexpr std::size_t most_compared = 1000;

constexpr std::string_view name_of(draft which) {
  switch (which) {
  case draft::draft4:
    return "draft 4";
  case draft::draft6:
    return "draft 6";
  case draft::draft7:
    return "draft 7";
  case draft::draft2019:
    return "draft 2019-09";
  case draft::draft2020:
    break;
  }
  return "draft 2020-12";
}

/// The keywords that apply to values of one type only.
struct typed_keyword {
  std::string_view name;
  std::string_view type;
};
constexpr std::array typed_keywords{
    typed_keyword{"minLength", "string"},
    typed_keyword{"maxLength", "string"},
    typed_keyword{"pattern", "string"},
    typed_keyword{"minimum", "number"},
    typed_keyword{"maximum", "number"},
    typed_keyword{"exclusiveMinimum", "number"},
    typed_keyword{"exclusiveMaximum", "number"},
    typed_keyword{"multipleOf", "number"},
    typed_keyword{"prefixItems", "array"},
    typed_keyword{"items", "array"},
    typed_keyword{"additionalItems", "array"},
    typed_keyword{"contains", "array"},
    typed_keyword{"minItems", "array"},
    typed_keyword{"maxItems", "array"},
    typed_keyword{"uniqueItems", "array"},
    typed_keyword{"x-key", "array"},
    typed_keyword{"unevaluatedItems", "array"},
    typed_keyword{"properties", "object"},
    typed_keyword{"patternProperties", "object"},
    typed_keyword{"additionalProperties", "object"},
    typed_keyword{"propertyNames", "object"},
    typed_keyword{"required", "object"},
    typed_keyword{"minProperties", "object"},
    typed_keyword{"maxProperties", "object"},
    typed_keyword{"dependentRequired", "object"},
    typed_keyword{"dependentSchemas", "object"},
    typed_keyword{"unevaluatedProperties", "object"},
};

/// Keywords that do nothing without another one.
constexpr std::array<std::pair<std::string_view, std::string_view>, 4> dependent_keywords{{
    {"then", "if"},
    {"else", "if"},
    {"minContains", "contains"},
    {"maxContains", "contains"},
}};

/// How many letters of a name may be wrong: of a short one most names are near some keyword.
std::size_t most_letters(std::string_view name) { return name.size() < 6 ? 1 : 3; }

/// Whether the value of "type" has one of the types.
bool names_type(bj::value const& type, std::string_view which) {
  auto const fits = [which](bj::value const& one) {
    auto const* const text = one.if_string();
    return text != nullptr && (*text == which || (which == "number" && *text == "integer"));
  };
  auto const* const list = type.if_array();
  return list == nullptr ? fits(type) : std::any_of(list->begin(), list->end(), fits);
}

bool is_on(bj::object const& schema, std::string_view flag) {
  auto const* const found = schema.if_contains(flag);
  return found != nullptr && found->is_bool() && found->get_bool();
}

/// The targets of the references within a document, as JSON pointers.
void collect_targets(bj::value const& in, std::vector<std::string>& to) {
  if (auto const* const list = in.if_array()) {
    for (auto const& one : *list)
      collect_targets(one, to);
  }
  auto const* const object = in.if_object();
  if (object == nullptr) return;
  for (auto const& member : *object) {
    auto const* const text = member.value().if_string();
    bool const is_reference = text != nullptr && member.key() == "$ref";
    auto const parts = is_reference ? split_fragment(*text) : std::nullopt;
    if (parts && parts->document.empty() && !parts->fragment.empty()) to.push_back(parts->fragment);
    collect_targets(member.value(), to);
  }
}

/// The dialect of a subschema, and whether its metaschema is not one of the published ones.
struct dialect_in_use {
  dialect language;
  bool is_custom = false;
};

dialect_in_use dialect_of(bj::object const& schema, dialect_in_use const& outer) {
  auto const* const named = schema.if_contains("$schema");
  auto const* const text = named == nullptr ? nullptr : named->if_string();
  if (text == nullptr) return outer;
  if (auto const known = standard_dialect(*text)) return {.language = *known};
  return {.language = {}, .is_custom = true};
}

class linter {
 public:
  linter(sourced_document const& file, unknown_keywords which)
      : file_(file), whole_(file.root), which_(which) {}

  std::vector<issue> run() {
    collect_targets(whole_, targets_);
    std::ranges::sort(targets_);
    visit(whole_, "", {});
    std::ranges::stable_sort(
        found_, {}, [](issue const& one) { return std::tie(one.where.line, one.where.column); });
    return std::move(found_);
  }

 private:
  void visit(bj::value const& what, std::string const& pointer, dialect_in_use const& outer) {
    auto const* const schema = what.if_object();
    if (schema == nullptr || is_full()) return;
    auto const here = dialect_of(*schema, outer);
    for (auto const& member : *schema)
      check_name(member, pointer, here);
    check_effect(*schema, pointer, here);
    check_required(*schema, pointer);
    for_each_subschema(what, here.language, [&](bj::value const& below, std::string const& rest) {
      visit(below, pointer + rest, here);
    });
  }

  void check_name(bj::key_value_pair const& member, std::string const& pointer,
                  dialect_in_use const& here) {
    std::string_view const name = member.key();
    if (find_keyword(name, here.language) != nullptr) return;
    if (name == "$comment" || name == "$vocabulary") return;
    if (is_full() || ++compared_ > most_compared) return;
    if (name.starts_with("x-")) {
      if (nearest(name, {"x-secret"}, 2)) return add_unknown(pointer, name, {"x-secret"});
      if (nearest(name, {"x-key"}, 1)) return add_unknown(pointer, name, {"x-key"});
      return;
    }
    auto const known = keyword_names(here.language.which);
    auto const* const other = find_in_any_draft(name);
    if (other != nullptr && !here.is_custom) {
      bool const is_newer = other->first > here.language.which;
      add(pointer, name,
          quote_name(name) + " is not a keyword of " + std::string(name_of(here.language.which)) +
              ", only " + (is_newer ? "since " : "up to ") +
              std::string(name_of(is_newer ? other->first : other->last)) +
              (is_newer ? "" : did_you_mean(name, known, most_letters(name))));
      return;
    }
    if (other != nullptr || is_target(pointer, name)) return;
    bool const only_misspelt = here.is_custom || which_ == unknown_keywords::misspelt;
    if (!only_misspelt || is_misspelt(member, known, here.language))
      add_unknown(pointer, name, known);
  }

  /// Whether a member is most likely a keyword. An object is not if the keyword has no such value.
  static bool is_misspelt(bj::key_value_pair const& member, std::vector<std::string> const& known,
                          dialect const& language) {
    std::string_view const name = member.key();
    auto const meant = nearest(name, known, std::min<std::size_t>(most_letters(name), 2));
    auto const* const found = meant ? find_keyword(*meant, language) : nullptr;
    return found != nullptr && !(found->holds == shape::plain && member.value().is_object());
  }

  /// Whether a reference leads to the member, or into it.
  bool is_target(std::string pointer, std::string_view name) const {
    append_pointer(pointer, name);
    if (std::ranges::binary_search(targets_, pointer)) return true;
    auto const below = pointer + '/';
    auto const first = std::ranges::lower_bound(targets_, below);
    return first != targets_.end() && first->starts_with(below);
  }

  void check_effect(bj::object const& schema, std::string const& pointer,
                    dialect_in_use const& here) {
    bool const has_flag = here.language.which >= draft::draft7;
    if (has_flag && is_on(schema, "writeOnly") && !is_on(schema, "x-secret"))
      add(pointer, "writeOnly", "'writeOnly' does not hide the value; 'x-secret' does");
    if (here.language.which <= draft::draft7 && schema.contains("$ref"))
      return check_beside_reference(schema, pointer, here);
    auto const* const type = schema.if_contains("type");
    for (auto const& [name, wanted] : typed_keywords) {
      if (type == nullptr || !schema.contains(name) || names_type(*type, wanted)) continue;
      add(pointer, name,
          quote_name(name) + " has no effect: 'type' does not allow " +
              (wanted == "string" || wanted == "number" ? "a " : "an ") + std::string(wanted));
    }
    for (auto const& [name, partner] : dependent_keywords) {
      if (schema.contains(name) && !schema.contains(partner))
        add(pointer, name,
            quote_name(name) + " has no effect without '" + std::string(partner) + "'");
    }
  }

  void check_beside_reference(bj::object const& schema, std::string const& pointer,
                              dialect_in_use const& here) {
    for (auto const& member : schema) {
      auto const* const found = find_keyword(member.key(), here.language);
      if (found != nullptr && found->words != core_words)
        add(pointer, member.key(),
            quote_name(member.key()) + " has no effect beside '$ref' in " +
                std::string(name_of(here.language.which)));
    }
  }

  void check_required(bj::object const& schema, std::string const& pointer) {
    auto const* const required = schema.if_contains("required");
    auto const* const others = schema.if_contains("additionalProperties");
    bool const is_closed = others != nullptr && others->is_bool() && !others->get_bool();
    if (!is_closed || required == nullptr || !required->is_array()) return;
    if (schema.contains("patternProperties")) return;
    auto const* const found = schema.if_contains("properties");
    auto const* const properties = found == nullptr ? nullptr : found->if_object();
    std::size_t index = 0;
    for (auto const& one : required->get_array()) {
      auto const at = pointer + "/required/" + std::to_string(index++);
      auto const* const name = one.if_string();
      if (name == nullptr || (properties != nullptr && properties->contains(*name))) continue;
      add(at, quote_name(*name) +
                  " is required, but 'additionalProperties' forbids it: it is not in "
                  "'properties'");
    }
  }

  void add_unknown(std::string const& pointer, std::string_view name,
                   std::vector<std::string> const& known) {
    add(pointer, name,
        "unknown keyword " + quote_name(name) + did_you_mean(name, known, most_letters(name)));
  }

  void add(std::string pointer, std::string_view name, std::string message) {
    append_pointer(pointer, name);
    add(std::move(pointer), std::move(message));
  }

  bool is_full() const { return found_.size() == most_warnings; }

  void add(std::string pointer, std::string message) {
    if (is_full()) return;
    auto const where = find_place(file_, std::string_view(pointer));
    found_.push_back({.how = severity::warning,
                      .rule = lint_rule,
                      .pointer = std::move(pointer),
                      .message = std::move(message),
                      .where = where});
  }

  sourced_document const& file_;
  bj::value const whole_;
  unknown_keywords which_;
  std::vector<std::string> targets_;
  std::vector<issue> found_;
  std::size_t compared_ = 0;
};

} // namespace

std::vector<issue> lint(sourced_document const& schema, unknown_keywords which) {
  return linter(schema, which).run();
}

} // namespace cfgd::schema
