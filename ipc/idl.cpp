#include "ipc/idl.hpp"

#include "core/text.hpp"

#include <algorithm>
#include <set>
#include <utility>

// A recursive descent over the grammar of UAPI.20:
//
//   interface := "interface" NAME (eol member)*
//   member    := "type" Name (struct|enum) | "method" Name struct "->" struct | "error" Name struct
//   struct    := "(" [field ":" type ("," ...)*] ")"     enum := "(" field ("," field)* ")"
//   type      := [?] ( "[]" type | "[string]" type | bool|int|float|string|object|any|Name
//                      | struct | enum )
//
// Comments are white space with one exception: the block right above a method may say that it wants
// or knows the 'more' flag. It is a convention, but one that other tools read too.
//
// Descriptions come from this program's own text. Depth is bounded all the same, since the parser
// is also tried on arbitrary bytes.

namespace cfgd::ipc::idl {

namespace {

constexpr int maximum_depth = 32;

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_letter(char c) { return is_upper(c) || (c >= 'a' && c <= 'z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(char c) { return is_letter(c) || is_digit(c); }

/// Whether every part between `separator`s begins as it must and consists of words.
bool is_joined_words(std::string_view text, char separator) {
  bool after_word = false;
  for (char const c : text) {
    if (c == separator ? !after_word : !is_word(c)) return false;
    after_word = c != separator;
  }
  return after_word;
}

/// [A-Za-z](-*[A-Za-z0-9])*(\.[A-Za-z0-9](-*[A-Za-z0-9])*)+
bool is_interface_name(std::string_view text) {
  if (text.empty() || !is_letter(text.front())) return false;
  bool dotted = false;
  char before = '.';
  for (char const c : text) {
    if (c == '.' ? !is_word(before) : c == '-' ? before == '.' : !is_word(c)) return false;
    dotted = dotted || c == '.';
    before = c;
  }
  return dotted && is_word(before);
}

/// [A-Z][A-Za-z0-9]*
bool is_member_name(std::string_view text) {
  return !text.empty() && is_upper(text.front()) && std::all_of(text.begin(), text.end(), is_word);
}

/// [A-Za-z](_?[A-Za-z0-9])*
bool is_field_name(std::string_view text) {
  return !text.empty() && is_letter(text.front()) && is_joined_words(text, '_');
}

class parser {
 public:
  explicit parser(std::string_view text) : text_(text) {}

  result<interface> run() {
    skip();
    if (word() != "interface") return fail("'interface' is missing");
    skip();
    into_.name = std::string(word());
    if (!is_interface_name(into_.name)) return fail("not a valid interface name");
    for (skip(); at_ < text_.size(); skip())
      if (auto read = member(); !read) return read.error();
    for (auto const& [name, where] : used_)
      if (!into_.types.contains(name)) return fail_at(where, "type '" + name + "' is not declared");
    return std::move(into_);
  }

 private:
  result<void> member() {
    if (!line_has_begun_) return fail("a member begins on a new line");
    auto const comment = std::exchange(comment_, {});
    auto const keyword = word();
    skip();
    auto const where = at_;
    std::string const name(word());
    if (!is_member_name(name)) return fail_at(where, "not a valid member name");
    if (!declared_.insert(name).second) return fail_at(where, "'" + name + "' is declared twice");
    if (keyword == "type") return declare(into_.types, name, parenthesised(0));
    if (keyword == "error") return declare(into_.errors, name, structure(0));
    if (keyword == "method") return declare_method(name, comment);
    return fail_at(where, "a member is a type, a method or an error");
  }

  result<void> declare(std::map<std::string, type, std::less<>>& into, std::string const& name,
                       result<type> what) {
    if (!what) return what.error();
    into.emplace(name, std::move(*what));
    return {};
  }

  result<void> declare_method(std::string const& name, std::string const& comment) {
    auto input = structure(0);
    if (!input) return input.error();
    skip();
    if (!take("->")) return fail("'->' is missing");
    auto output = structure(0);
    if (!output) return output.error();
    bool const required = comment.find("[Requires 'more' flag]") != std::string::npos;
    bool const supported = comment.find("[Supports 'more' flag]") != std::string::npos;
    into_.methods.push_back(
        {name, std::move(*input), std::move(*output), required, required || supported});
    return {};
  }

  result<type> structure(int depth) {
    skip();
    auto const where = at_;
    auto what = parenthesised(depth);
    if (what && what->what != type::shape::structure) return fail_at(where, "a struct is needed");
    return what;
  }

  /// A struct or an enum; the first field decides which.
  result<type> parenthesised(int depth) {
    skip();
    if (depth > maximum_depth) return fail("too deep");
    if (!take("(")) return fail("'(' is missing");
    type what;
    skip();
    if (take(")")) return what;
    do {
      if (auto read = entry(what, depth); !read) return read.error();
      skip();
    } while (take(","));
    if (!take(")")) return fail("',' or ')' is missing");
    return what;
  }

  /// One field of a struct, or one value of an enum.
  result<void> entry(type& into, int depth) {
    skip();
    auto const where = at_;
    std::string const name(word());
    if (!is_field_name(name)) return fail_at(where, "not a valid field name");
    skip();
    bool const first = into.fields.empty() && into.names.empty();
    if (take(":")) {
      if (!first && into.what != type::shape::structure) return fail("an enum's value has no type");
      auto what = any_type(depth + 1);
      if (!what) return what.error();
      if (std::any_of(into.fields.begin(), into.fields.end(),
                      [&](field const& other) { return other.name == name; }))
        return fail_at(where, "'" + name + "' is declared twice");
      into.fields.push_back({name, std::move(*what)});
      return {};
    }
    if (!first && into.what != type::shape::enumeration) return fail("':' is missing");
    if (std::find(into.names.begin(), into.names.end(), name) != into.names.end())
      return fail_at(where, "'" + name + "' is declared twice");
    into.what = type::shape::enumeration;
    into.names.push_back(name);
    return {};
  }

  result<type> any_type(int depth) {
    skip();
    if (depth > maximum_depth) return fail("too deep");
    bool const optional = take("?");
    auto what = take("[]")         ? container(type::shape::array, depth)
                : take("[string]") ? container(type::shape::map, depth)
                                   : element(depth);
    if (what) what->optional = optional;
    return what;
  }

  result<type> container(type::shape shape, int depth) {
    auto inner = any_type(depth + 1);
    if (!inner) return inner.error();
    type what;
    what.what = shape;
    what.element.push_back(std::move(*inner));
    return what;
  }

  result<type> element(int depth) {
    if (at_ < text_.size() && text_[at_] == '(') return parenthesised(depth);
    static constexpr std::pair<std::string_view, type::shape> words[] = {
        {"bool", type::shape::boolean},  {"int", type::shape::integer},
        {"float", type::shape::real},    {"string", type::shape::string},
        {"object", type::shape::object}, {"any", type::shape::any}};
    auto const where = at_;
    auto const name = word();
    type what;
    for (auto const& [known, shape] : words) {
      what.what = shape;
      if (known == name) return what;
    }
    if (!is_member_name(name)) return fail_at(where, "not a valid type");
    what.what = type::shape::named;
    what.names.emplace_back(name);
    if (used_.emplace(name, where).second && !declared_.contains(name))
      into_.early.emplace_back(name);
    return what;
  }

  /// Skips white space and comments. Keeps the comment block that ends right here.
  void skip() {
    for (; at_ < text_.size(); ++at_) {
      char const c = text_[at_];
      if (c == '#') {
        auto const end = std::min(text_.find('\n', at_), text_.size());
        comment_ += text_.substr(at_, end - at_);
        comment_ += '\n';
        at_ = end - 1;
        line_had_comment_ = true;
      } else if (c == '\n') {
        if (!std::exchange(line_had_comment_, false)) comment_.clear();
        line_has_begun_ = true;
      } else if (c != ' ' && c != '\t' && c != '\r') {
        return;
      }
    }
  }

  /// What stands here of letters, digits and the signs that names may have.
  std::string_view word() {
    auto const begin = at_;
    while (at_ < text_.size() && (is_word(text_[at_]) || text_[at_] == '_' || text_[at_] == '.' ||
                                  (text_[at_] == '-' && !text_.substr(at_).starts_with("->"))))
      ++at_;
    line_has_begun_ = line_had_comment_ = false;
    return text_.substr(begin, at_ - begin);
  }

  bool take(std::string_view what) {
    if (!text_.substr(at_).starts_with(what)) return false;
    at_ += what.size();
    line_has_begun_ = line_had_comment_ = false;
    return true;
  }

  error fail(std::string message) const { return fail_at(at_, std::move(message)); }

  error fail_at(std::size_t where, std::string message) const {
    error failure;
    failure.code = errc::parse;
    failure.message = std::move(message);
    failure.where = place_at(text_, where);
    return failure;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  bool line_has_begun_ = false;   ///< nothing but white space since the last newline
  bool line_had_comment_ = false; ///< a newline now does not end the comment block
  std::string comment_;
  interface into_;
  std::set<std::string, std::less<>> declared_;
  std::map<std::string, std::size_t> used_;
};

} // namespace

result<interface> parse(std::string_view text) { return parser(text).run(); }

} // namespace cfgd::ipc::idl
