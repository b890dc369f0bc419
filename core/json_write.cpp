#include "core/json.hpp"

#include <boost/assert.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <iterator>
#include <vector>

// The writer of JSON. Boost.JSON's own is exact, but writes 5E-1 for 0.5 and Infinity for values
// that JSON cannot express, and it can neither sort members nor indent. Numbers are the shortest
// text that reads back as the same number; a double always has a fraction or an exponent, so that
// it stays a double.
//
// Canonical texts are compared, searched and sent as they are: one value, one text.

namespace cfgd::json {
namespace {

namespace bj = boost::json;

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

} // namespace

void append_canonical(std::string& out, bj::value const& what) {
  writer(out, order::by_name).write(what);
}

std::string canonical(bj::value const& what) {
  std::string out;
  append_canonical(out, what);
  return out;
}

std::string canonical(bj::object const& what) {
  std::string out;
  writer(out, order::by_name).write(what);
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

namespace {

/// Whether one of eight bytes has to be escaped in a string.
bool has_escaped(std::uint64_t bytes) {
  constexpr std::uint64_t ones = 0x0101010101010101;
  constexpr std::uint64_t tops = ones * 0x80;
  // The top bit of a byte less than `end`, if no lower byte is one; so it is of use as a whole.
  auto const below = [](std::uint64_t word, std::uint64_t end) {
    return (word - ones * end) & ~word & tops;
  };
  auto const equal = [&below](std::uint64_t word, char c) {
    return below(word ^ (ones * static_cast<std::uint8_t>(c)), 1);
  };
  return (below(bytes, 0x20) | equal(bytes, 0x7F) | equal(bytes, '"') | equal(bytes, '\\')) != 0;
}

/// The first place from `at` on in whose eight bytes one has to be escaped, or that has fewer.
std::size_t skip_plain(std::string_view text, std::size_t at) {
  std::uint64_t bytes = 0;
  for (; at + sizeof bytes <= text.size(); at += sizeof bytes) {
    std::memcpy(&bytes, text.data() + at, sizeof bytes);
    if (has_escaped(bytes)) break;
  }
  return at;
}

} // namespace

void append_string(std::string& out, std::string_view text) {
  constexpr char hex[] = "0123456789abcdef";
  out += '"';
  std::size_t plain = 0; // first byte not yet appended
  for (std::size_t at = skip_plain(text, 0); at < text.size(); ++at) {
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

} // namespace cfgd::json
