#include "core/json.hpp"

#include "core/document.hpp"
#include "core/json_scan.hpp"
#include "core/text.hpp"
#include "core/untyped.hpp"

#include <boost/assert.hpp>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <functional>
#include <iterator>
#include <limits>
#include <optional>
#include <vector>

// Boost.JSON's tokenizer with a handler of our own; the writer is in json_write.cpp. The handler
// gets the text of each number, so that std::from_chars can read doubles exactly, and each key, so
// that duplicates are found. It builds the value in place: `open_` points to the containers that
// are not closed yet. A container grows only while it is the innermost one, so these pointers stay
// valid.

namespace cfgd::json {
namespace {

namespace bj = boost::json;
using boost::system::error_code;

/// The code does not matter: the handler has recorded the reason in fault().
error_code stopped() { return make_error_code(bj::error::syntax); }

class builder {
 public:
  static constexpr std::size_t max_object_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_array_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_key_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_string_size = std::numeric_limits<std::size_t>::max();

  /// `source` is the original text, for places; `text` is the same with its comments blanked.
  builder(std::string_view source, std::string_view text, read_limits const& bounds,
          bj::storage_ptr storage)
      : source_(source), text_(text), bounds_(bounds), storage_(std::move(storage)),
        root_(nullptr, storage_) {}

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_array_begin(error_code& ec) { return open(bj::value(bj::array(storage_)), ec); }
  bool on_array_end(std::size_t, error_code&) { return close(); }
  bool on_object_begin(error_code& ec) { return open(bj::value(bj::object(storage_)), ec); }
  bool on_object_end(std::size_t, error_code&) { return close(); }

  bool on_key_part(std::string_view part, std::size_t, error_code&) {
    pieces_.append(part);
    return true;
  }
  bool on_key(std::string_view last, std::size_t, error_code& ec) {
    pieces_.append(last);
    key_.swap(pieces_);
    pieces_.clear();
    key_offset_ = offset_of(last);
    if (find_bad_text(key_)) return refuse(key_offset_, "a name " + text_fault(key_), ec);
    return true;
  }
  bool on_string_part(std::string_view part, std::size_t, error_code&) {
    pieces_.append(part);
    return true;
  }
  bool on_string(std::string_view last, std::size_t, error_code& ec) {
    if (pieces_.empty()) {
      if (find_bad_text(last)) return refuse(offset_of(last), "a string " + text_fault(last), ec);
      return put(bj::value(bj::string(last, storage_)), ec) != nullptr;
    }
    pieces_.append(last);
    if (find_bad_text(pieces_))
      return refuse(offset_of(last), "a string " + text_fault(pieces_), ec);
    bool const done = put(bj::value(bj::string(pieces_, storage_)), ec) != nullptr;
    pieces_.clear();
    return done;
  }

  bool on_number_part(std::string_view part, error_code&) {
    pieces_.append(part);
    return true;
  }
  bool on_int64(std::int64_t number, std::string_view, error_code& ec) {
    pieces_.clear();
    return put(bj::value(number, storage_), ec) != nullptr;
  }
  bool on_uint64(std::uint64_t, std::string_view last, error_code& ec) {
    return on_double(0, last, ec);
  }
  bool on_double(double, std::string_view last, error_code& ec) {
    pieces_.append(last);
    if (bounds_.beyond_int64 == big_integers::refuse &&
        pieces_.find_first_of(".eE") == pieces_.npos)
      return refuse(offset_of(last), std::string(integer_range_message), ec);
    double number = 0;
    auto const [end, rc] = std::from_chars(pieces_.data(), pieces_.data() + pieces_.size(), number);
    if (rc != std::errc{} || end != pieces_.data() + pieces_.size())
      return refuse(offset_of(last), std::string(double_range_message), ec);
    pieces_.clear();
    return put(bj::value(number, storage_), ec) != nullptr;
  }
  bool on_bool(bool what, error_code& ec) { return put(bj::value(what, storage_), ec) != nullptr; }
  bool on_null(error_code& ec) { return put(bj::value(nullptr, storage_), ec) != nullptr; }
  // Required by the parser, but never called: comments were blanked before.
  bool on_comment_part(std::string_view, error_code&) { return true; }
  bool on_comment(std::string_view, error_code&) { return true; }

  bj::value take() { return std::move(root_); }
  /// The reason why the handler stopped the parser, if it did.
  std::optional<error> const& fault() const { return fault_; }

 private:
  static bool find_bad_text(std::string_view text) { return !is_clean_text(text); }

  /// The offset of a piece in the text. The tokenizer may pass a copy; then the last known offset.
  std::size_t offset_of(std::string_view piece) {
    auto const* const begin = text_.data();
    if (std::less_equal<>{}(begin, piece.data()) &&
        std::less_equal<>{}(piece.data() + piece.size(), begin + text_.size()))
      last_offset_ = static_cast<std::size_t>(piece.data() - begin);
    return last_offset_;
  }

  bool fail(std::size_t offset, std::string message, error_code& ec) {
    fault_ = error{
        .code = errc::parse, .message = std::move(message), .where = place_at(source_, offset)};
    ec = stopped();
    return false;
  }

  /// Fails for valid JSON that cannot be stored. The subject is the member of the root.
  bool refuse(std::size_t offset, std::string message, error_code& ec) {
    fail(offset, std::move(message), ec);
    fault_->code = errc::bad_value;
    if (auto const* const root = root_.if_object(); root != nullptr && !open_.empty())
      fault_->subject = open_.size() == 1 ? key_ : std::string(std::prev(root->end())->key());
    return false;
  }

  bool open(bj::value container, error_code& ec) {
    bj::value* const placed = put(std::move(container), ec);
    if (placed == nullptr) return false;
    open_.push_back(placed);
    return true;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  /// Moves a value into the innermost container; null: rejected.
  bj::value* put(bj::value what, error_code& ec) {
    if (open_.empty()) {
      root_ = std::move(what);
      return &root_;
    }
    if (++elements_ > bounds_.elements) {
      fault_ = error{.code = errc::limit,
                     .message = "too many members and elements",
                     .subject = "elements",
                     .where = place_at(source_, last_offset_),
                     .used = elements_,
                     .maximum = bounds_.elements};
      ec = stopped();
      return nullptr;
    }
    bj::value& parent = *open_.back();
    if (auto* const list = parent.if_array()) return &list->emplace_back(std::move(what));
    auto const [member, is_new] = parent.get_object().emplace(key_, std::move(what));
    if (!is_new) {
      fail(key_offset_, "duplicate key '" + key_ + "'", ec);
      return nullptr;
    }
    return &member->value();
  }

  std::string_view source_;
  std::string_view text_;
  read_limits bounds_;
  bj::storage_ptr storage_;
  bj::value root_;
  std::vector<bj::value*> open_;
  std::string key_;
  std::string pieces_; ///< the parts of the current string or number
  std::size_t key_offset_ = 0;
  std::size_t last_offset_ = 0;
  std::size_t elements_ = 0;
  std::optional<error> fault_;
};

std::string describe_byte(std::string_view text, std::size_t offset) {
  if (offset >= text.size()) return "unexpected end of the text";
  auto const byte = static_cast<unsigned char>(text[offset]);
  if (byte == '\n' || byte == '\r') return "unexpected end of the line";
  if (byte < 0x20 || byte == 0x7F) return "unexpected control character";
  if (byte >= 0x80) return "unexpected character";
  return std::string("unexpected '") + text[offset] + "'";
}

error syntax_error(std::string_view text, std::size_t offset, error_code ec,
                   read_limits const& bounds) {
  // Boost.JSON 1.81 stops in the exponent; 1.83 reads infinity, which is refused where the number
  // begins.
  if (ec == bj::error::exponent_overflow)
    offset = text.find_last_not_of("+-.eE0123456789", offset) + 1;
  error fault{.code = errc::parse, .message = {}, .where = place_at(text, offset)};
  if (ec == bj::error::too_deep) {
    fault.code = errc::limit;
    fault.message = "nested too deep";
    fault.subject = "depth";
    fault.used = bounds.depth + 1;
    fault.maximum = bounds.depth;
  } else if (ec == bj::error::exponent_overflow) {
    fault.code = errc::bad_value;
    fault.message = double_range_message;
  } else if (ec == bj::error::incomplete) {
    fault.message = "unexpected end of the text";
  } else if (ec == bj::error::extra_data) {
    fault.message = "unexpected text after the value: " + describe_byte(text, offset);
  } else if (ec == bj::error::syntax) {
    fault.message = describe_byte(text, offset);
  } else {
    fault.message = ec.message();
  }
  return fault;
}

std::size_t skip_blanks(std::string_view text, std::size_t offset) {
  auto const at = text.find_first_not_of(" \t\r\n", offset);
  return at == text.npos ? text.size() : at;
}

/// Overwrites comments with blanks, because Boost.JSON 1.81 does not find the end of a comment that
/// ends in "**/". Returns the offset of a comment without an end, or npos.
std::size_t blank_comments(std::string& text) {
  for (std::size_t at = text.find_first_of("\"/"); at != text.npos;
       at = text.find_first_of("\"/", at)) {
    char const next = at + 1 < text.size() ? text[at + 1] : '\0';
    if (text[at] == '"') {
      at = skip_string(text, at);
    } else if (next == '/' || next == '*') {
      std::size_t const end = text.find(next == '/' ? "\n" : "*/", at + 2);
      if (end == text.npos && next == '*') return at;
      std::size_t const behind = next == '/' ? std::min(end, text.size()) : end + 2;
      std::fill(text.begin() + static_cast<std::ptrdiff_t>(at),
                text.begin() + static_cast<std::ptrdiff_t>(behind), ' ');
      at = behind;
    } else {
      ++at;
    }
  }
  return text.npos;
}

/// Null removes a member in a merge; inside an array nothing is merged, so it is a value there.
enum class null_is : std::uint8_t { refused, a_value };

/// Checks a value and everything in it. `pointer` is its JSON pointer (RFC 6901).
result<void> check_node(bj::value const& what, std::string& pointer, null_is null) {
  auto const refuse = [&](std::string message) {
    return error{.code = errc::bad_value, .message = std::move(message), .subject = pointer};
  };
  std::size_t const length = pointer.size();
  if (what.is_null() && null == null_is::refused)
    return refuse("null is not a value; only elements of arrays may be null");
  if (what.is_double() && !std::isfinite(what.get_double()))
    return refuse("the number is not finite");
  if (what.is_uint64()) return refuse("the integer is out of the range of int64");
  if (auto const* const text = what.if_string(); text != nullptr && !is_clean_text(*text))
    return refuse("a string " + text_fault(*text));
  if (auto const* const list = what.if_array()) {
    for (std::size_t index = 0; index < list->size(); ++index) {
      pointer += '/' + std::to_string(index);
      if (auto checked = check_node((*list)[index], pointer, null_is::a_value); !checked)
        return checked;
      pointer.resize(length);
    }
  } else if (auto const* const object = what.if_object()) {
    for (auto const& member : *object) {
      append_pointer(pointer, member.key());
      if (!is_clean_text(member.key())) return refuse("a name " + text_fault(member.key()));
      if (auto checked = check_node(member.value(), pointer, null); !checked) return checked;
      pointer.resize(length);
    }
  }
  return {};
}

} // namespace

result<bj::value> parse(std::string_view text, dialect kind, read_limits const& bounds,
                        bj::storage_ptr storage) {
  bj::parse_options options;
  options.max_depth = bounds.depth;
  options.allow_trailing_commas = kind == dialect::relaxed;
  std::string_view const source = text;
  std::string without_comments;
  if (kind == dialect::relaxed && text.find('/') != text.npos) {
    without_comments = text;
    if (auto const open = blank_comments(without_comments); open != text.npos)
      return error{.code = errc::parse,
                   .message = "the comment is not closed",
                   .where = place_at(source, open)};
    text = without_comments;
  }
  bj::basic_parser<builder> parser(options, source, text, bounds, std::move(storage));
  error_code ec;
  std::size_t const consumed = parser.write_some(false, text.data(), text.size(), ec);
  if (parser.handler().fault()) return *parser.handler().fault();
  if (ec) return syntax_error(source, consumed, ec, bounds);
  if (std::size_t const rest = skip_blanks(text, consumed); rest != text.size())
    return syntax_error(source, rest, make_error_code(bj::error::extra_data), bounds);
  return parser.handler().take();
}

result<void> check_storable(bj::value const& what) {
  std::string pointer;
  return check_node(what, pointer, null_is::refused);
}

void append_unquoted(std::string& out, std::string_view quoted) {
  auto const bare = quoted.substr(1, quoted.size() - 2);
  if (bare.find('\\') == bare.npos) {
    out += bare;
    return;
  }
  auto const read = parse(quoted);
  BOOST_ASSERT(read && read->is_string());
  out += std::string_view(read->get_string());
}

} // namespace cfgd::json
