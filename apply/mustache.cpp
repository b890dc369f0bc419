/// kainjow's library parses and renders; what it does not do is done around it. Every template is
/// written anew for it:
///
/// - It does not say where a name is. So a variable tag carries the number of its text and the
///   offset of the tag it was, which the context takes off again.
/// - It does not indent partials. So they are in the text that it gets, written anew like the rest.
/// - A missing variable is an empty text for it, and an error for us.
/// - It leaves lines empty that have nothing but a comment or new delimiters. Those tags are gone
///   from what it gets, and all others have the same delimiters, which no text has.
/// - It has asserts and no bounds for odd tags. All tags are checked before it sees them.
///
/// A boolean in a section is a condition and in a variable a text; the mark distinguishes them,
/// too.
#include "apply/mustache.hpp"

#include "core/json.hpp"
#include "core/text.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <charconv>
#include <deque>
#include <kainjow/mustache.hpp>
#include <optional>
#include <utility>
#include <vector>

namespace cfgd::apply {
namespace {

namespace bj = boost::json;
namespace km = kainjow::mustache;

constexpr char mark = '\x1f';
constexpr char opening = '\x1e';
constexpr char closing = '\x1d';
constexpr std::string_view reserved = "\x1d\x1e\x1f";
constexpr std::string_view any_text = "t"; ///< behind the offset of {{{x}}} and {{&x}}
constexpr std::size_t most_depth = 32;
constexpr std::size_t most_partials = 1'000;        ///< in all, also those in one another
constexpr std::size_t most_repetitions = 1'000'000; ///< of sections; in one another they multiply

std::string_view trimmed(std::string_view text) {
  auto const begin = text.find_first_not_of(" \t\r\n");
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

/// A template or a partial: where marked tags are.
struct marked_text {
  std::string name;
  std::string text;
  std::size_t indentation = 0; ///< that it was given
};

error fault_in(marked_text const& which, std::size_t at, errc code, std::string message) {
  auto where = place_at(which.text, at);
  if (where.column > which.indentation)
    where.column -= static_cast<decltype(where.column)>(which.indentation);
  return {.code = code, .message = std::move(message), .subject = which.name, .where = where};
}

/// What a template and its partials have in common.
struct marked_texts {
  find_partial const& partial;
  std::deque<marked_text> all;   ///< their addresses stay
  std::vector<std::string> open; ///< partials in one another
};

/// Walks through the tags of a template, checks them, and writes it anew with marked variables.
class marker {
 public:
  marker(marked_texts& texts, marked_text text)
      : texts_(texts), number_(texts.all.size()), own_(texts.all.emplace_back(std::move(text))),
        text_(own_.text) {}

  /// Without what the first template begins with.
  result<std::string> run() {
    if (auto const clean = check_text(text_); !clean) {
      auto why = clean.error();
      why.subject = own_.name;
      return why;
    }
    if (auto const at = text_.find_first_of(reserved); at != text_.npos)
      return fault(at, "contains one of U+001D, U+001E, U+001F");
    while (auto const begin = next_tag())
      if (auto const taken = take_tag(*begin); !taken) return taken.error();
    out_ += text_.substr(at_);
    if (!open_.empty())
      return fault(open_.back().at,
                   "the section '" + std::string(open_.back().name) + "' is not closed");
    return std::move(out_);
  }

 private:
  struct section {
    std::string_view name;
    std::size_t at;
  };

  [[nodiscard]] error fault(std::size_t at, std::string message) const {
    return fault_in(own_, at, errc::parse, std::move(message));
  }

  [[nodiscard]] std::optional<std::size_t> next_tag() const {
    auto const begin = text_.find(opening_, at_);
    if (begin == text_.npos) return std::nullopt;
    return begin;
  }

  result<void> take_tag(std::size_t begin) {
    auto inside = begin + opening_.size();
    bool const is_triple =
        opening_ == "{{" && closing_ == "}}" && text_.substr(inside).starts_with('{');
    std::string_view const last = is_triple ? std::string_view("}}}") : closing_;
    if (is_triple) ++inside;
    auto const end = text_.find(last, inside);
    if (end == text_.npos) return fault(begin, "the tag is not closed");
    auto const content = trimmed(text_.substr(inside, end - inside));
    auto const behind = end + last.size();
    out_ += text_.substr(at_, begin - at_);
    at_ = behind;
    if (content.empty()) return fault(begin, "the tag is empty");
    if (is_triple || content[0] == '&')
      return take_variable(begin, is_triple ? content : trimmed(content.substr(1)), any_text);
    switch (content[0]) {
    case '!':
      drop_line(begin);
      return {};
    case '=':
      drop_line(begin);
      return set_delimiters(begin, content);
    case '>':
      return include(begin, std::string(trimmed(content.substr(1))));
    case '#':
    case '^':
      return open_section(begin, content[0], trimmed(content.substr(1)));
    case '/':
      return close_section(begin, trimmed(content.substr(1)));
    default:
      return take_variable(begin, content, {});
    }
  }

  result<void> include(std::size_t begin, std::string const& name) {
    if (auto fine = check_name(begin, name); !fine) return fine;
    if (std::ranges::find(texts_.open, name) != texts_.open.end() || name == own_.name)
      return fault(begin, "the partial '" + name + "' includes itself");
    if (texts_.all.size() > most_partials) return fault(begin, "too many partials");
    auto text = texts_.partial(name);
    if (!text) {
      auto why = text.error();
      if (why.code == errc::not_found) return fault(begin, "there is no partial '" + name + "'");
      return why;
    }
    auto const indentation = drop_line(begin);
    texts_.open.push_back(name);
    marker inner(
        texts_,
        {.name = name, .text = indented(*text, indentation), .indentation = indentation.size()});
    auto const marked = inner.run();
    texts_.open.pop_back();
    if (!marked) return marked.error();
    out_ += *marked;
    return {};
  }

  static std::string indented(std::string const& text, std::string_view by) {
    if (by.empty()) return text;
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
      auto const end = std::min(text.find('\n', at), text.size() - 1) + 1;
      out.append(by).append(text, at, end - at);
      at = end;
    }
    return out;
  }

  /// Behind a tag that leaves nothing: if it was alone on its line, the line goes, too. What was
  /// before the tag then.
  std::string_view drop_line(std::size_t begin) {
    auto const first = begin == 0 ? text_.npos : text_.rfind('\n', begin - 1);
    auto const line = first == text_.npos ? 0 : first + 1;
    auto const end = std::min(text_.find('\n', at_), text_.size());
    auto const is_blank = [](std::string_view part) {
      return part.find_first_not_of(" \t\r") == part.npos;
    };
    if (!is_blank(text_.substr(line, begin - line)) || !is_blank(text_.substr(at_, end - at_)))
      return {};
    out_.resize(out_.size() - (begin - line));
    at_ = std::min(end + 1, text_.size());
    return text_.substr(line, begin - line);
  }

  void write_tag(char kind, std::string_view name, std::string_view more = {}) {
    out_.append(1, opening).append(1, kind).append(name).append(more).append(1, closing);
  }

  result<void> take_variable(std::size_t begin, std::string_view name, std::string_view kind) {
    if (auto fine = check_name(begin, name); !fine) return fine;
    auto const where = mark + std::to_string(number_) + ':' + std::to_string(begin);
    write_tag('&', name, std::string(where).append(kind));
    return {};
  }

  result<void> check_name(std::size_t begin, std::string_view name) const {
    if (name == ".") return {};
    bool const is_plain = !name.empty() && name.find_first_of(" \t\r\n{}") == name.npos &&
                          name.find("..") == name.npos && name.front() != '.' && name.back() != '.';
    if (is_plain) return {};
    return fault(begin, "'" + std::string(name) + "' is not a name such as site.title");
  }

  result<void> open_section(std::size_t begin, char kind, std::string_view name) {
    if (auto fine = check_name(begin, name); !fine) return fine;
    if (open_.size() == most_depth) return fault(begin, "sections are nested too deep");
    open_.push_back({.name = name, .at = begin});
    write_tag(kind, name);
    return {};
  }

  result<void> close_section(std::size_t begin, std::string_view name) {
    if (open_.empty() || open_.back().name != name)
      return fault(begin, open_.empty()
                              ? "there is no section to close"
                              : "the section to close is '" + std::string(open_.back().name) + "'");
    open_.pop_back();
    write_tag('/', name);
    return {};
  }

  /// "=<% %>="
  result<void> set_delimiters(std::size_t begin, std::string_view content) {
    auto const wrong = fault(begin, "delimiters are set as in {{=<% %>=}}");
    if (content.size() < 5 || content.back() != '=') return wrong;
    auto const both = trimmed(content.substr(1, content.size() - 2));
    auto const gap = both.find_first_of(" \t");
    if (gap == both.npos) return wrong;
    auto const first = both.substr(0, gap);
    auto const second = trimmed(both.substr(gap));
    if (second.find_first_of(" \t\r\n=") != second.npos || first.find('=') != first.npos)
      return wrong;
    opening_ = first;
    closing_ = second;
    return {};
  }

  marked_texts& texts_;
  std::size_t number_;
  marked_text const& own_;
  std::string_view text_;
  std::string out_;
  std::size_t at_ = 0;
  std::string_view opening_ = "{{";
  std::string_view closing_ = "}}";
  std::vector<section> open_;
};

km::data data_of(bj::value const& from) {
  switch (from.kind()) {
  case bj::kind::null: // false for a section, not a text for a variable
    return km::data(km::data::type::list);
  case bj::kind::bool_:
    return km::data(from.get_bool() ? km::data::type::bool_true : km::data::type::bool_false);
  case bj::kind::string:
    return km::data(std::string(from.get_string()));
  case bj::kind::array: {
    km::data list(km::data::type::list);
    for (auto const& one : from.get_array())
      list.push_back(data_of(one));
    return list;
  }
  case bj::kind::object: {
    km::data object(km::data::type::object);
    for (auto const& member : from.get_object())
      object.set(std::string(member.key()), data_of(member.value()));
    return object;
  }
  default:
    return km::data(json::canonical(from));
  }
}

struct too_many_repetitions {};

/// Looks names up, takes the marks off variables, and notes the first one without a text.
class marked_context : public km::basic_context<std::string> {
 public:
  explicit marked_context(km::data const* root) : stack_{root} {}

  void push(km::data const* what) override {
    if (++repetitions_ > most_repetitions) throw too_many_repetitions();
    stack_.push_back(what);
  }
  void pop() override { stack_.pop_back(); }
  km::data const* get_partial(std::string const& /*name*/) const override { return nullptr; }

  km::data const* get(std::string const& name) const override {
    auto const end = name.find(mark);
    if (end == name.npos) return find(name);
    auto const plain = name.substr(0, end);
    auto const* const found = find(plain);
    if (found != nullptr && found->is_string() && may_stand(*found, name)) return found;
    if (found != nullptr && found->is_true()) return &true_;
    if (found != nullptr && found->is_bool()) return &false_;
    if (!fault_.message.empty()) return nullptr;
    fault_.code = found == nullptr ? errc::not_found : errc::invalid;
    fault_.message = "'" + plain;
    if (found == nullptr)
      fault_.message += "' has no value";
    else if (found->is_string())
      fault_.message.append("' contains a line end or another control character; {{{")
          .append(plain)
          .append("}}} allows that");
    else
      fault_.message += "' is not a single value";
    auto const* const last = name.data() + name.size();
    auto const number = std::from_chars(name.data() + end + 1, last, text_);
    std::from_chars(number.ptr + 1, last, at_);
    return nullptr;
  }

  [[nodiscard]] std::optional<error> fault(marked_texts const& texts) const {
    if (fault_.message.empty()) return std::nullopt;
    return fault_in(texts.all.at(text_), at_, fault_.code, fault_.message);
  }

 private:
  /// Whoever may set one value must not add lines to a file that others read as root.
  static bool may_stand(km::data const& value, std::string_view marked) {
    if (marked.ends_with(any_text)) return true;
    return std::ranges::none_of(value.string_value(), [](char c) {
      return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == '\x7f';
    });
  }
  /// The first part decides where the others are looked for.
  [[nodiscard]] km::data const* find(std::string_view name) const {
    if (name == ".") return stack_.back();
    auto const first = std::string(name.substr(0, name.find('.')));
    km::data const* found = nullptr;
    for (auto one = stack_.rbegin(); one != stack_.rend() && found == nullptr; ++one)
      found = (*one)->get(first);
    for (auto dot = name.find('.'); dot != name.npos && found != nullptr;) {
      auto const next = name.find('.', dot + 1);
      found = found->get(std::string(name.substr(dot + 1, next - dot - 1)));
      dot = next;
    }
    return found;
  }

  std::vector<km::data const*> stack_;
  std::size_t repetitions_ = 0;
  km::data true_{std::string("true")};
  km::data false_{std::string("false")};
  mutable error fault_;
  mutable std::size_t text_ = 0;
  mutable std::size_t at_ = 0;
};

} // namespace

result<void> check_template(std::string_view text, std::string const& path,
                            find_partial const& partial) {
  marked_texts texts{.partial = partial, .all = {}, .open = {}};
  auto const marked = marker(texts, {.name = path, .text = std::string(text)}).run();
  if (!marked) return marked.error();
  return {};
}

result<std::string> render_template(std::string_view text, std::string const& path,
                                    boost::json::object const& values, std::size_t most_bytes,
                                    find_partial const& partial) {
  marked_texts texts{.partial = partial, .all = {}, .open = {}};
  auto const marked = marker(texts, {.name = path, .text = std::string(text)}).run();
  if (!marked) return marked.error();
  auto const data = data_of(bj::value(values));
  marked_context context(&data);
  km::mustache parsed(std::string("{{=") + opening + ' ' + closing + "=}}" + *marked);
  if (!parsed.is_valid())
    return error{.code = errc::parse, .message = parsed.error_message(), .subject = path};
  std::string out;
  try {
    out = parsed.render(context);
  } catch (too_many_repetitions const&) {
    return error{.code = errc::limit,
                 .message = "its sections are repeated too often",
                 .subject = path,
                 .used = most_repetitions + 1,
                 .maximum = most_repetitions};
  }
  if (auto why = context.fault(texts)) return *why;
  if (out.size() > most_bytes)
    return error{.code = errc::limit,
                 .message = "the file is too large",
                 .subject = "file_bytes",
                 .used = out.size(),
                 .maximum = most_bytes};
  return out;
}

} // namespace cfgd::apply
