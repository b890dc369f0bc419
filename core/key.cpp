#include "core/key.hpp"

#include "core/limits.hpp"
#include "core/text.hpp"

#include <boost/assert.hpp>

#include <algorithm>
#include <charconv>
#include <ostream>

// TOML dotted keys (toml.io v1.0.0, "Keys"): bare parts, "basic" and 'literal' quoted parts, blanks
// around the dots. Parsing is one pass over the text; printing quotes only what must be quoted, so
// a printed key parses back to the same parts.

namespace cfgd {
namespace {

bool is_bare(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

bool is_blank(char c) { return c == ' ' || c == '\t'; }

/// Characters that TOML allows in quotes only as an escape.
bool is_control(char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F; }

void append_utf8(std::string& out, std::uint32_t code) {
  auto const byte = [&](std::uint32_t value) { out.push_back(static_cast<char>(value)); };
  if (code < 0x80) {
    byte(code);
  } else if (code < 0x800) {
    byte(0xC0 | (code >> 6));
    byte(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    byte(0xE0 | (code >> 12));
    byte(0x80 | ((code >> 6) & 0x3F));
    byte(0x80 | (code & 0x3F));
  } else {
    byte(0xF0 | (code >> 18));
    byte(0x80 | ((code >> 12) & 0x3F));
    byte(0x80 | ((code >> 6) & 0x3F));
    byte(0x80 | (code & 0x3F));
  }
}

/// Reads a dotted key from left to right.
class dotted_reader {
 public:
  explicit dotted_reader(std::string_view text) : text_(text) {}

  result<std::vector<std::string>> read() {
    std::vector<std::string> parts;
    for (;;) {
      skip_blanks();
      auto part = read_part();
      if (!part) return part.error();
      parts.push_back(std::move(*part));
      skip_blanks();
      if (at_ == text_.size()) return parts;
      if (text_[at_] == '[') return fault("an index is not possible here; name the whole array");
      if (text_[at_] != '.') return fault("expected a dot; quote parts that are no bare words");
      ++at_;
    }
  }

 private:
  error fault(std::string message) const {
    return {.code = errc::bad_key,
            .message = std::move(message) + " (column " +
                       std::to_string(place_at(text_, at_).column) + ")",
            .subject = std::string(text_)};
  }

  void skip_blanks() {
    while (at_ < text_.size() && is_blank(text_[at_]))
      ++at_;
  }

  result<std::string> read_part() {
    if (at_ == text_.size()) return fault(text_.empty() ? "the key is empty" : "a part is missing");
    if (text_[at_] == '"') return read_basic();
    if (text_[at_] == '\'') return read_literal();
    std::size_t const begin = at_;
    while (at_ < text_.size() && is_bare(text_[at_]))
      ++at_;
    if (at_ == begin)
      return fault(text_[at_] == '.' ? "a part is empty" : "this character must be quoted");
    return std::string(text_.substr(begin, at_ - begin));
  }

  result<std::string> read_literal() {
    std::size_t const begin = at_ + 1;
    std::size_t const end = text_.find('\'', begin);
    if (end == text_.npos) return fault("the quote is not closed");
    for (++at_; at_ < end; ++at_)
      if (is_control(text_[at_])) return fault("a control character must be escaped");
    ++at_;
    return std::string(text_.substr(begin, end - begin));
  }

  result<std::string> read_basic() {
    std::string part;
    for (++at_; at_ < text_.size(); ++at_) {
      char const c = text_[at_];
      if (c == '"') {
        ++at_;
        return part;
      }
      if (c != '\\') {
        if (is_control(c)) return fault("a control character must be escaped");
        part.push_back(c);
      } else if (auto escaped = read_escape(part); !escaped) {
        return escaped.error();
      }
    }
    return fault("the quote is not closed");
  }

  /// Reads the escape whose backslash is at `at_`, and moves `at_` to its last character.
  result<void> read_escape(std::string& part) {
    ++at_;
    if (at_ == text_.size()) return fault("the quote is not closed");
    constexpr std::string_view letters = "btnfr\"\\";
    constexpr std::string_view meanings = "\b\t\n\f\r\"\\";
    if (auto const which = letters.find(text_[at_]); which != letters.npos) {
      part.push_back(meanings[which]);
      return {};
    }
    std::size_t const digits = text_[at_] == 'u' ? 4 : text_[at_] == 'U' ? 8 : 0;
    if (digits == 0) return fault("unknown escape");
    std::uint32_t code = 0;
    char const* const first = text_.data() + at_ + 1;
    char const* const last = first + std::min(digits, text_.size() - at_ - 1);
    auto const [end, ec] = std::from_chars(first, last, code, 16);
    bool const surrogate = code >= 0xD800 && code <= 0xDFFF;
    if (ec != std::errc{} || end != first + digits || code > 0x10FFFF || surrogate)
      return fault("the escape is not a Unicode code point");
    append_utf8(part, code);
    at_ += digits;
    return {};
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

/// The parts of bare words with dots between them, as most keys are; none: it is another text.
std::vector<std::string> split_bare(std::string_view text) {
  std::vector<std::string> parts;
  parts.reserve(1 + static_cast<std::size_t>(std::ranges::count(text, '.')));
  for (std::size_t begin = 0;;) {
    auto const end = std::min(text.find('.', begin), text.size());
    auto const part = text.substr(begin, end - begin);
    if (part.empty() || !std::ranges::all_of(part, is_bare)) return {};
    parts.emplace_back(part);
    if (end == text.size()) return parts;
    begin = end + 1;
  }
}

error too_long(std::size_t length) {
  return {.code = errc::limit,
          .message = "the key is too long",
          .subject = "key_bytes",
          .used = length,
          .maximum = limits::key_bytes};
}

} // namespace

bool is_namespace_name(std::string_view text) {
  auto const allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  };
  return !text.empty() && text.size() <= 64 && text[0] >= 'a' && text[0] <= 'z' &&
         std::all_of(text.begin(), text.end(), allowed);
}

result<std::vector<std::string>> split_dotted(std::string_view text) {
  auto parts = split_bare(text);
  if (!parts.empty()) return parts;
  if (!is_clean_text(text))
    return error{.code = errc::bad_key, .message = "the key is not valid UTF-8"};
  return dotted_reader(text).read();
}

result<key> key::parse(std::string_view text) {
  if (text.size() > limits::key_bytes) return too_long(text.size());
  auto parts = split_dotted(text);
  if (!parts) return parts.error();
  bool const is_escaped = text.find('\\') != text.npos;
  if (!is_namespace_name(parts->front()))
    return error{.code = errc::bad_key,
                 .message = "the first part must be a namespace: a-z, then a-z 0-9 _ -, 64 at most",
                 .subject = std::string(text)};
  for (auto const& part : *parts) {
    if (is_escaped && !is_clean_text(part)) // an escape may produce U+0000
      return error{.code = errc::bad_key,
                   .message = "U+0000, U+FFFE and U+FFFF are not allowed",
                   .subject = std::string(text)};
  }
  key made(std::move(*parts));
  // The canonical form may be longer than the text, because of its escapes.
  if (text.find_first_of("\"'") != text.npos) {
    if (auto const length = made.str().size(); length > limits::key_bytes) return too_long(length);
  }
  return made;
}

key::key(std::vector<std::string> parts) : parts_(std::move(parts)) {
  BOOST_ASSERT(!parts_.empty() && is_namespace_name(parts_.front()));
}

std::string key::str() const {
  std::string out;
  for (auto const& part : parts_)
    append_key_part(out, part);
  return out;
}

bool key::contains(key const& other) const {
  return parts_.size() <= other.parts_.size() &&
         std::equal(parts_.begin(), parts_.end(), other.parts_.begin());
}

key key::child(std::string_view part) const {
  auto parts = parts_;
  parts.emplace_back(part);
  return key(std::move(parts));
}

std::ostream& operator<<(std::ostream& out, key const& which) { return out << which.str(); }

void append_key_part(std::string& out, std::string_view part) {
  if (!out.empty()) out += '.';
  if (!part.empty() && std::all_of(part.begin(), part.end(), is_bare)) {
    out += part;
    return;
  }
  constexpr char hex[] = "0123456789ABCDEF";
  out += '"';
  for (char const c : part) {
    auto const byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7F) {
      out += "\\u00";
      out += hex[byte >> 4];
      out += hex[byte & 15];
    } else {
      out += c;
    }
  }
  out += '"';
}

} // namespace cfgd
