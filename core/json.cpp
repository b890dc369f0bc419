#include "core/json.hpp"

#include "core/text.hpp"

#include <boost/assert.hpp>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <functional>
#include <limits>
#include <optional>
#include <vector>

// Boost.JSON's tokenizer with a handler of our own, and a writer of our own. The handler sees the
// text of each number, so that doubles are read by std::from_chars (exact), and sees each key, so
// that duplicates are refused. It builds the value in place: `open_` points to the containers that
// are not closed yet. A container grows only while it is the innermost one, so these pointers stay
// good.

namespace cfgd::json {
namespace {

namespace bj = boost::json;
using boost::system::error_code;

/// Any code will do: a handler that fails has said why in its own fault.
error_code stopped() { return make_error_code(bj::error::syntax); }

class builder {
 public:
  static constexpr std::size_t max_object_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_array_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_key_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_string_size = std::numeric_limits<std::size_t>::max();

  builder(std::string_view text, read_limits const& bounds, bj::storage_ptr storage)
      : text_(text), bounds_(bounds), storage_(std::move(storage)), root_(nullptr, storage_) {}

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
    if (find_bad_text(key_))
      return fail(key_offset_, "this character is not allowed in a name", ec);
    return true;
  }
  bool on_string_part(std::string_view part, std::size_t, error_code&) {
    pieces_.append(part);
    return true;
  }
  bool on_string(std::string_view last, std::size_t, error_code& ec) {
    if (pieces_.empty()) {
      if (find_bad_text(last)) return fail(offset_of(last), bad_text_message, ec);
      return put(bj::value(bj::string(last, storage_)), ec) != nullptr;
    }
    pieces_.append(last);
    if (find_bad_text(pieces_)) return fail(offset_of(last), bad_text_message, ec);
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
    return fail(offset_of(last), integer_message, ec);
  }
  bool on_double(double, std::string_view last, error_code& ec) {
    pieces_.append(last);
    if (pieces_.find_first_of(".eE") == pieces_.npos)
      return fail(offset_of(last), integer_message, ec);
    double number = 0;
    auto const [end, rc] = std::from_chars(pieces_.data(), pieces_.data() + pieces_.size(), number);
    if (rc != std::errc{} || end != pieces_.data() + pieces_.size())
      return fail(offset_of(last), "the number is out of the range of a double", ec);
    pieces_.clear();
    return put(bj::value(number, storage_), ec) != nullptr;
  }
  bool on_bool(bool what, error_code& ec) { return put(bj::value(what, storage_), ec) != nullptr; }
  bool on_null(error_code& ec) { return put(bj::value(nullptr, storage_), ec) != nullptr; }
  bool on_comment_part(std::string_view, error_code&) { return true; }
  bool on_comment(std::string_view, error_code&) { return true; }

  bj::value take() { return std::move(root_); }
  /// Why the handler stopped the parser, if it did.
  std::optional<error> const& fault() const { return fault_; }

 private:
  static constexpr char const* integer_message = "the integer is out of the range of int64";
  static constexpr char const* bad_text_message = "U+0000, U+FFFE and U+FFFF are not allowed";

  static bool find_bad_text(std::string_view text) { return !is_clean_text(text); }

  /// Where a piece stands in the text; where the tokenizer gives a copy, the last known place.
  std::size_t offset_of(std::string_view piece) {
    auto const* const begin = text_.data();
    if (std::less_equal<>{}(begin, piece.data()) &&
        std::less_equal<>{}(piece.data() + piece.size(), begin + text_.size()))
      last_offset_ = static_cast<std::size_t>(piece.data() - begin);
    return last_offset_;
  }

  bool fail(std::size_t offset, std::string message, error_code& ec) {
    fault_ =
        error{.code = errc::parse, .message = std::move(message), .where = place_at(text_, offset)};
    ec = stopped();
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

  /// Moves a value to its place in the innermost container; null if that is refused.
  bj::value* put(bj::value what, error_code& ec) {
    if (open_.empty()) {
      root_ = std::move(what);
      return &root_;
    }
    if (++elements_ > bounds_.elements) {
      fault_ = error{.code = errc::limit,
                     .message = "too many members and elements",
                     .subject = "elements",
                     .where = place_at(text_, last_offset_),
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

  std::string_view text_;
  read_limits bounds_;
  bj::storage_ptr storage_;
  bj::value root_;
  std::vector<bj::value*> open_;
  std::string key_;
  std::string pieces_; ///< what came in parts of the string or number at hand
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
  error fault{.code = errc::parse, .message = {}, .where = place_at(text, offset)};
  if (ec == bj::error::too_deep) {
    fault.code = errc::limit;
    fault.message = "nested too deep";
    fault.subject = "depth";
    fault.used = bounds.depth + 1;
    fault.maximum = bounds.depth;
  } else if (ec == bj::error::exponent_overflow) {
    fault.message = "the number is out of the range of a double";
  } else if (ec == bj::error::incomplete) {
    fault.message = "unexpected end of the text";
  } else if (ec == bj::error::extra_data) {
    fault.message = "more text behind the value: " + describe_byte(text, offset);
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

enum class order : std::uint8_t { as_is, by_name };

class writer {
 public:
  writer(std::string& out, order members) : out_(out), order_(members) {}

  void write(bj::value const& what) {
    switch (what.kind()) {
    case bj::kind::null:
      out_ += "null";
      break;
    case bj::kind::bool_:
      out_ += what.get_bool() ? "true" : "false";
      break;
    case bj::kind::int64:
      write_integer(what.get_int64());
      break;
    case bj::kind::uint64:
      write_integer(what.get_uint64());
      break;
    case bj::kind::double_:
      append_number(out_, what.get_double());
      break;
    case bj::kind::string:
      append_string(out_, what.get_string());
      break;
    case bj::kind::array:
      write_list(what.get_array());
      break;
    case bj::kind::object:
      write_object(what.get_object());
      break;
    }
  }

 private:
  template <class Integer>
  void write_integer(Integer number) {
    char text[24];
    auto const [end, ec] = std::to_chars(std::begin(text), std::end(text), number);
    BOOST_ASSERT(ec == std::errc{});
    out_.append(text, end);
  }

  void write_list(bj::array const& list) {
    char before = '[';
    for (auto const& element : list) {
      out_ += before;
      before = ',';
      write(element);
    }
    if (list.empty()) out_ += '[';
    out_ += ']';
  }

  void write_object(bj::object const& object) {
    auto const by_name = [](auto const& left, auto const& right) {
      return std::string_view(left.key()) < std::string_view(right.key());
    };
    out_ += '{';
    if (order_ == order::as_is || std::is_sorted(object.begin(), object.end(), by_name)) {
      for (auto const& member : object)
        write_member(member);
    } else {
      std::vector<bj::key_value_pair const*> members;
      members.reserve(object.size());
      for (auto const& member : object)
        members.push_back(&member);
      std::sort(members.begin(), members.end(),
                [&](auto const* left, auto const* right) { return by_name(*left, *right); });
      for (auto const* const member : members)
        write_member(*member);
    }
    if (out_.back() == ',') out_.pop_back();
    out_ += '}';
  }

  void write_member(bj::key_value_pair const& member) {
    append_string(out_, member.key());
    out_ += ':';
    write(member.value());
    out_ += ',';
  }

  std::string& out_;
  order order_;
};

void append_pretty(std::string& out, bj::value const& what, std::size_t depth) {
  auto const new_line = [&](std::size_t indent) { out.append(1, '\n').append(2 * indent, ' '); };
  if (auto const* const list = what.if_array(); list != nullptr && !list->empty()) {
    char before = '[';
    for (auto const& element : *list) {
      out += before;
      before = ',';
      new_line(depth + 1);
      append_pretty(out, element, depth + 1);
    }
    new_line(depth);
    out += ']';
  } else if (auto const* const object = what.if_object(); object != nullptr && !object->empty()) {
    char before = '{';
    for (auto const& member : *object) {
      out += before;
      before = ',';
      new_line(depth + 1);
      append_string(out, member.key());
      out += ": ";
      append_pretty(out, member.value(), depth + 1);
    }
    new_line(depth);
    out += '}';
  } else {
    append_compact(out, what);
  }
}

/// Walks with the JSON pointer (RFC 6901) of where it is.
result<void> check_node(bj::value const& what, std::string& pointer) {
  auto const refuse = [&](char const* message) {
    return error{.code = errc::bad_value, .message = message, .subject = pointer};
  };
  std::size_t const length = pointer.size();
  if (what.is_null()) return refuse("null is no configuration value");
  if (what.is_double() && !std::isfinite(what.get_double()))
    return refuse("the number is not finite");
  if (what.is_uint64()) return refuse("the integer is out of the range of int64");
  if (auto const* const text = what.if_string(); text != nullptr && !is_clean_text(*text))
    return refuse("U+0000, U+FFFE, U+FFFF and invalid UTF-8 are not allowed");
  if (auto const* const list = what.if_array()) {
    for (std::size_t index = 0; index < list->size(); ++index) {
      pointer += '/' + std::to_string(index);
      if (auto checked = check_node((*list)[index], pointer); !checked) return checked;
      pointer.resize(length);
    }
  } else if (auto const* const object = what.if_object()) {
    for (auto const& member : *object) {
      pointer += '/';
      for (char const c : std::string_view(member.key()))
        c == '~' ? pointer += "~0" : c == '/' ? pointer += "~1" : pointer += c;
      if (!is_clean_text(member.key())) return refuse("U+0000, U+FFFE, U+FFFF are not allowed");
      if (auto checked = check_node(member.value(), pointer); !checked) return checked;
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
  options.allow_comments = kind == dialect::relaxed;
  options.allow_trailing_commas = kind == dialect::relaxed;
  bj::basic_parser<builder> parser(options, text, bounds, std::move(storage));
  error_code ec;
  std::size_t const consumed = parser.write_some(false, text.data(), text.size(), ec);
  if (parser.handler().fault()) return *parser.handler().fault();
  if (ec) return syntax_error(text, consumed, ec, bounds);
  if (std::size_t const rest = skip_blanks(text, consumed); rest != text.size())
    return syntax_error(text, rest, make_error_code(bj::error::extra_data), bounds);
  return parser.handler().take();
}

void append_canonical(std::string& out, bj::value const& what) {
  writer(out, order::by_name).write(what);
}

std::string canonical(bj::value const& what) {
  std::string out;
  append_canonical(out, what);
  return out;
}

void append_compact(std::string& out, bj::value const& what) {
  writer(out, order::as_is).write(what);
}

std::string pretty(bj::value const& what) {
  std::string out;
  append_pretty(out, what, 0);
  return out;
}

void append_string(std::string& out, std::string_view text) {
  constexpr char hex[] = "0123456789abcdef";
  out += '"';
  std::size_t plain = 0; // first byte not yet appended
  for (std::size_t at = 0; at < text.size(); ++at) {
    auto const byte = static_cast<unsigned char>(text[at]);
    if (byte >= 0x20 && byte != 0x7F && byte != '"' && byte != '\\') continue;
    out.append(text, plain, at - plain);
    plain = at + 1;
    out += '\\';
    switch (byte) {
    case '"':
    case '\\':
      out += text[at];
      break;
    case '\b':
      out += 'b';
      break;
    case '\f':
      out += 'f';
      break;
    case '\n':
      out += 'n';
      break;
    case '\r':
      out += 'r';
      break;
    case '\t':
      out += 't';
      break;
    default:
      out += "u00";
      out += hex[byte >> 4];
      out += hex[byte & 15];
    }
  }
  out.append(text, plain, text.size() - plain);
  out += '"';
}

void append_number(std::string& out, double number) {
  BOOST_ASSERT(std::isfinite(number));
  char text[32];
  auto const [end, ec] = std::to_chars(std::begin(text), std::end(text), number);
  BOOST_ASSERT(ec == std::errc{});
  std::string_view const shortest(text, static_cast<std::size_t>(end - text));
  out += shortest;
  if (shortest.find_first_of(".e") == shortest.npos) out += ".0";
}

result<void> check_storable(bj::value const& what) {
  std::string pointer;
  return check_node(what, pointer);
}

} // namespace cfgd::json
