#include "engine/regex/pattern.hpp"

#include <array>
#include <charconv>
#include <optional>
#include <utility>

// Schemas and rules contain expressions of ECMA-262, PCRE2 reads those of Perl. Syntax that both
// share is copied. What differs is rewritten: \s, which matches all blanks of Unicode, surrogate
// pairs, long names of properties, "[" in a class. What only Perl has, as "(*VERB)", "(?i)" and \Z,
// is an error, so that a schema means the same in other programs. One exception from flag u: a
// backslash before a character that is not a letter or digit ("\-", "\@") is accepted, because it
// is common and unambiguous.

namespace cfgd::regex {
namespace {

/// Inside a class; WhiteSpace and LineTerminator of ECMA-262.
constexpr std::string_view blanks =
    "\\t-\\r \\u{a0}\\u{1680}\\u{2000}-\\u{200a}\\u{2028}\\u{2029}\\u{202f}\\u{205f}\\u{3000}"
    "\\u{feff}";

constexpr std::array<std::pair<std::string_view, std::string_view>, 40> property_names{{
    {"Letter", "L"},
    {"Cased_Letter", "L&"},
    {"LC", "L&"},
    {"Uppercase_Letter", "Lu"},
    {"Lowercase_Letter", "Ll"},
    {"Titlecase_Letter", "Lt"},
    {"Modifier_Letter", "Lm"},
    {"Other_Letter", "Lo"},
    {"Mark", "M"},
    {"Combining_Mark", "M"},
    {"Nonspacing_Mark", "Mn"},
    {"Spacing_Mark", "Mc"},
    {"Enclosing_Mark", "Me"},
    {"Number", "N"},
    {"Decimal_Number", "Nd"},
    {"digit", "Nd"},
    {"Letter_Number", "Nl"},
    {"Other_Number", "No"},
    {"Punctuation", "P"},
    {"punct", "P"},
    {"Connector_Punctuation", "Pc"},
    {"Dash_Punctuation", "Pd"},
    {"Open_Punctuation", "Ps"},
    {"Close_Punctuation", "Pe"},
    {"Initial_Punctuation", "Pi"},
    {"Final_Punctuation", "Pf"},
    {"Other_Punctuation", "Po"},
    {"Symbol", "S"},
    {"Math_Symbol", "Sm"},
    {"Currency_Symbol", "Sc"},
    {"Modifier_Symbol", "Sk"},
    {"Other_Symbol", "So"},
    {"Separator", "Z"},
    {"Space_Separator", "Zs"},
    {"Line_Separator", "Zl"},
    {"Paragraph_Separator", "Zp"},
    {"Other", "C"},
    {"Control", "Cc"},
    {"Format", "Cf"},
    {"Unassigned", "Cn"},
}};

std::string_view short_property(std::string_view name) {
  constexpr std::array<std::string_view, 6> prefixes{
      "General_Category=", "gc=", "Script=", "sc=", "Script_Extensions=", "scx="};
  for (auto const prefix : prefixes) {
    if (name.starts_with(prefix)) name.remove_prefix(prefix.size());
  }
  for (auto const& [long_name, short_name] : property_names) {
    if (name == long_name) return short_name;
  }
  return name;
}

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

class translator {
 public:
  explicit translator(std::string_view text) : text_(text) {}

  result<std::string> run() {
    while (at_ < text_.size() && fault_.empty()) {
      if (in_class_)
        class_item();
      else
        item();
    }
    if (fault_.empty() && in_class_) fault_ = "missing ] after [";
    if (!fault_.empty())
      return error{.code = errc::parse,
                   .message = fault_ + " (at character " + std::to_string(start_ + 1) + ")"};
    return std::move(out_);
  }

 private:
  std::string_view rest() const { return text_.substr(at_); }
  void copy(std::size_t count) {
    out_ += text_.substr(at_, count);
    at_ += count;
  }

  void item() {
    start_ = at_;
    switch (text_[at_]) {
    case '\\':
      return escape();
    case '(':
      return group();
    case '[':
      in_class_ = true;
      copy(1);
      if (rest().starts_with('^')) copy(1);
      return;
    default:
      return copy(1);
    }
  }

  void class_item() {
    start_ = at_;
    switch (text_[at_]) {
    case '\\':
      return escape();
    case '[': // [[:alpha:]] has no meaning of its own in ECMA-262
      out_ += "\\[";
      ++at_;
      return;
    case ']':
      in_class_ = false;
      return copy(1);
    default:
      return copy(1);
    }
  }

  void group() {
    if (rest().starts_with("(*")) {
      fault_ = "nothing to repeat before \"*\"";
      return;
    }
    if (!rest().starts_with("(?")) return copy(1);
    constexpr std::array<std::string_view, 5> known{"(?:", "(?=", "(?!", "(?<=", "(?<!"};
    for (auto const start : known) {
      if (rest().starts_with(start)) return copy(start.size());
    }
    bool const named = rest().starts_with("(?<") && rest().find('>') != std::string_view::npos;
    if (!named) {
      fault_ = "unknown group; (?: (?= (?! (?<= (?<! and (?<name> are allowed";
      return;
    }
    copy(3);
  }

  void escape() {
    if (at_ + 1 >= text_.size()) {
      fault_ = "backslash at the end";
      return;
    }
    constexpr std::string_view same = "dDwWbBtnvfr0123456789";
    char const c = text_[at_ + 1];
    if (same.find(c) != std::string_view::npos || !is_letter_or_digit(c)) return copy(2);
    switch (c) {
    case 's':
    case 'S':
      return blank(c);
    case 'p':
    case 'P':
      return property();
    case 'u':
      return unicode();
    case 'c':
    case 'x':
    case 'k':
      return longer_escape(c);
    default:
      fault_ = std::string("unknown escape \\") + c;
    }
  }

  void blank(char c) {
    if (in_class_ && c == 'S') return copy(2);
    if (!in_class_) out_ += c == 's' ? "[" : "[^";
    out_ += blanks;
    if (!in_class_) out_ += ']';
    at_ += 2;
  }

  void property() {
    auto const end = rest().find('}');
    if (!rest().substr(2).starts_with('{') || end == std::string_view::npos) {
      fault_ = "\\p without {name}";
      return;
    }
    out_ += text_.substr(at_, 3);
    out_ += short_property(rest().substr(3, end - 3));
    out_ += '}';
    at_ += end + 1;
  }

  /// The four digits after "\u" at `at`.
  std::optional<unsigned> four_digits(std::size_t at) const {
    if (at + 6 > text_.size() || text_.substr(at, 2) != "\\u") return std::nullopt;
    unsigned found = 0;
    char const* const begin = text_.data() + at + 2;
    auto const [end, code] = std::from_chars(begin, begin + 4, found, 16);
    if (end != begin + 4) return std::nullopt;
    return found;
  }

  void unicode() {
    if (rest().starts_with("\\u{")) {
      auto const end = rest().find('}');
      if (end == std::string_view::npos)
        fault_ = "missing } after \\u{";
      else
        copy(end + 1);
      return;
    }
    auto const high = four_digits(at_);
    if (!high) {
      fault_ = "\\u without four hexadecimal digits";
      return;
    }
    auto const low = *high >= 0xD800 && *high < 0xDC00 ? four_digits(at_ + 6) : std::nullopt;
    if (!low || *low < 0xDC00 || *low > 0xDFFF) return copy(6);
    unsigned const character = 0x10000 + ((*high - 0xD800) << 10U) + (*low - 0xDC00);
    char digits[8];
    auto const [end, code] = std::to_chars(digits, digits + sizeof digits, character, 16);
    out_.append("\\u{").append(digits, end).append("}");
    at_ += 12;
  }

  void longer_escape(char c) {
    if (c == 'k') { // PCRE2 wants a name, as ECMA-262 does
      if (rest().substr(2).starts_with('<')) return copy(2);
      fault_ = "\\k without <name>";
      return;
    }
    std::size_t const digits = c == 'c' ? 1 : 2;
    for (std::size_t i = 2; i < 2 + digits; ++i) {
      char const next = at_ + i < text_.size() ? text_[at_ + i] : '\0';
      bool const fits = c == 'c' ? is_letter_or_digit(next) && next > '9'
                                 : std::string_view("0123456789abcdefABCDEF").find(next) !=
                                       std::string_view::npos;
      if (!fits) {
        fault_ = std::string("\\") + c + " is incomplete";
        return;
      }
    }
    copy(2 + digits);
  }

  std::string_view text_;
  std::size_t at_ = 0;
  /// Where the item begins that is being read.
  std::size_t start_ = 0;
  bool in_class_ = false;
  std::string out_;
  std::string fault_;
};

} // namespace

result<std::string> translate_pattern(std::string_view text) { return translator(text).run(); }

} // namespace cfgd::regex
