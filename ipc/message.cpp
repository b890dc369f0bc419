#include "ipc/message.hpp"

#include <boost/assert.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <array>
#include <set>
#include <utility>

// A call is one flat object around its parameters. Building a value of it only to look at five
// members costs more than the rest of a small call, so the envelope is scanned as text and the
// parameters alone become a value.
//
// The scan takes an extent for each member's value by counting brackets outside of strings. For
// valid JSON that is the value; whatever else it finds is refused when the extent is parsed, or by
// what must follow it. Names and strings with escapes or bytes beyond ASCII are rare and go through
// the real parser.
//
// The set of members is closed, in both directions: systemd's clients and server drop a connection
// that shows them any other one, so nothing of our own is ever sent, and nothing unknown accepted
// but names with a dot, which UAPI.20 leaves to vendors and asks to ignore.

namespace cfgd::ipc {

namespace {

error protocol_error(std::string message) {
  error failure;
  failure.code = errc::protocol;
  failure.message = std::move(message);
  return failure;
}

error parse_error(std::string message) {
  error failure;
  failure.code = errc::parse;
  failure.message = std::move(message);
  return failure;
}

error element_limit(std::size_t maximum) {
  error failure;
  failure.code = errc::limit;
  failure.message = "too many members";
  failure.subject = "elements";
  failure.used = maximum + 1;
  failure.maximum = maximum;
  return failure;
}

constexpr std::array<bool, 256> bytes_where(bool (*holds)(unsigned char)) {
  std::array<bool, 256> table{};
  for (unsigned byte = 0; byte < 256; ++byte)
    table[byte] = holds(static_cast<unsigned char>(byte));
  return table;
}

/// Bytes of a string that stand for themselves.
constexpr auto plain = bytes_where(
    [](unsigned char byte) { return byte >= 0x20 && byte < 0x80 && byte != '\\' && byte != '"'; });
/// Bytes that matter when looking for the end of an object or a list.
constexpr auto structural = bytes_where([](unsigned char byte) {
  return byte == '"' || byte == '{' || byte == '}' || byte == '[' || byte == ']';
});

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool ends_literal(char c) { return is_space(c) || c == ',' || c == '}' || c == ']'; }

/// Limits for what lies inside the envelope.
json::read_limits inner(json::read_limits bounds, std::size_t members) {
  if (bounds.depth > 0) --bounds.depth;
  bounds.elements -= std::min(bounds.elements, members);
  return bounds;
}

class envelope_scanner {
 public:
  envelope_scanner(std::string_view text, json::read_limits const& bounds, call_envelope& into)
      : text_(text), bounds_(bounds), into_(into) {}

  result<void> scan() {
    skip_space();
    if (!take('{')) return protocol_error("the message is not an object");
    skip_space();
    if (!take('}')) {
      do {
        if (++into_.members > bounds_.elements) return element_limit(bounds_.elements);
        if (auto done = member(); !done) return done;
        skip_space();
      } while (take(','));
      if (!take('}')) return parse_error("',' or '}' is missing");
    }
    skip_space();
    if (at_ != text_.size()) return parse_error("something follows the object");
    if (!seen_method_) return protocol_error("a call without method");
    return {};
  }

 private:
  result<void> member() {
    skip_space();
    std::string escaped;
    auto name = string_token(escaped);
    if (!name) return name.error();
    skip_space();
    if (!take(':')) return parse_error("':' is missing");
    skip_space();
    return value_of(*name);
  }

  result<void> value_of(std::string_view name) {
    if (name == "method") return method();
    if (name == "parameters") return parameters();
    if (name == "more") return flag(seen_more_, call_kind::more);
    if (name == "oneway") return flag(seen_oneway_, call_kind::oneway);
    if (name == "upgrade") return flag(seen_upgrade_, call_kind::upgrade);
    if (name.find('.') == std::string_view::npos)
      return protocol_error("unknown member '" + std::string(name.substr(0, 64)) + "'");
    return extension(name);
  }

  result<void> method() {
    if (std::exchange(seen_method_, true)) return protocol_error("'method' appears twice");
    if (peek() != '"') return protocol_error("'method' is not a string");
    auto const name = string_token(into_.unescaped);
    if (!name) return name.error();
    into_.method = *name;
    return {};
  }

  result<void> parameters() {
    if (std::exchange(seen_parameters_, true)) return protocol_error("'parameters' appears twice");
    auto const extent = value_extent();
    if (!extent) return extent.error();
    if (*extent == "null") return {};
    if (extent->front() != '{') return protocol_error("'parameters' is not an object");
    into_.parameters = *extent;
    return {};
  }

  result<void> flag(bool& seen, call_kind kind) {
    if (std::exchange(seen, true)) return protocol_error("a flag appears twice");
    auto const extent = value_extent();
    if (!extent) return extent.error();
    if (*extent == "false") return {};
    if (*extent != "true") return protocol_error("a flag is not a boolean");
    if (into_.kind != call_kind::plain) return protocol_error("more than one flag");
    into_.kind = kind;
    return {};
  }

  result<void> extension(std::string_view name) {
    if (!extensions_.emplace(name).second) return protocol_error("an extension appears twice");
    auto const extent = value_extent();
    if (!extent) return extent.error();
    auto const checked = json::parse(*extent, json::dialect::strict, inner(bounds_, into_.members));
    if (!checked) return checked.error();
    return {};
  }

  /// A string without its quotes. With escapes or beyond ASCII: `decoded`, which then holds it.
  result<std::string_view> string_token(std::string& decoded) {
    auto const begin = at_;
    if (!take('"')) return parse_error("a string is missing");
    while (at_ < text_.size() && plain[static_cast<unsigned char>(text_[at_])])
      ++at_;
    if (take('"')) return text_.substr(begin + 1, at_ - begin - 2);
    at_ = begin;
    skip_string();
    if (!take('"')) return parse_error("a string does not end");
    auto const read = json::parse(text_.substr(begin, at_ - begin), json::dialect::strict, bounds_);
    if (!read) return read.error();
    auto const& content = read->get_string();
    decoded.assign(content.data(), content.size());
    return std::string_view(decoded);
  }

  result<std::string_view> value_extent() {
    auto const begin = at_;
    if (peek() == '"') {
      skip_string();
      take('"');
    } else if (peek() == '{' || peek() == '[') {
      skip_container();
    } else {
      while (at_ < text_.size() && !ends_literal(text_[at_]))
        ++at_;
    }
    return extent_from(begin);
  }

  /// From the opening bracket to behind the one that closes it, or to the end of the text.
  void skip_container() {
    std::size_t open = 0;
    for (; at_ < text_.size(); ++at_) {
      auto const c = text_[at_];
      if (!structural[static_cast<unsigned char>(c)]) continue;
      if (c == '"') {
        skip_string();
      } else if (c == '{' || c == '[') {
        ++open;
      } else if (--open == 0) {
        ++at_;
        return;
      }
    }
    at_ = text_.size(); // skip_string may have gone beyond
  }

  result<std::string_view> extent_from(std::size_t begin) const {
    if (begin == at_) return parse_error("a value is missing");
    if (at_ > text_.size()) return parse_error("a string does not end");
    return text_.substr(begin, at_ - begin);
  }

  /// From the opening quote to the closing one, or to the end of the text or one byte beyond.
  void skip_string() {
    for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_)
      if (text_[at_] == '\\') ++at_;
  }

  void skip_space() {
    while (at_ < text_.size() && is_space(text_[at_]))
      ++at_;
  }

  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  bool take(char wanted) {
    if (at_ >= text_.size() || text_[at_] != wanted) return false;
    ++at_;
    return true;
  }

  std::string_view text_;
  json::read_limits const& bounds_;
  call_envelope& into_;
  std::size_t at_ = 0;
  bool seen_method_ = false;
  bool seen_parameters_ = false;
  bool seen_more_ = false;
  bool seen_oneway_ = false;
  bool seen_upgrade_ = false;
  std::set<std::string, std::less<>> extensions_;
};

/// Takes `value` if it is a known member of a reply.
result<void> take_reply_member(std::string_view name, boost::json::value& value,
                               reply_message& into) {
  if (name == "parameters") {
    if (value.is_null()) return {};
    if (!value.is_object()) return protocol_error("'parameters' is not an object");
    into.parameters = std::move(value.get_object());
  } else if (name == "continues") {
    if (!value.is_bool()) return protocol_error("'continues' is not a boolean");
    into.continues = value.get_bool();
  } else if (name == "error") {
    if (!value.is_string() || value.get_string().empty())
      return protocol_error("'error' is not a qualified name");
    into.error.assign(value.get_string().data(), value.get_string().size());
  } else if (name.find('.') == std::string_view::npos) {
    return protocol_error("unknown member '" + std::string(name.substr(0, 64)) + "'");
  }
  return {};
}

void append_member(std::string& out, std::string_view name, std::string_view value) {
  if (out.back() != '{') out += ',';
  out += '"';
  out += name;
  out += "\":";
  out += value;
}

void append_parameters(std::string& out, std::string_view parameters) {
  BOOST_ASSERT(parameters.find('\0') == std::string_view::npos);
  if (!parameters.empty()) append_member(out, "parameters", parameters);
}

std::string_view flag_name(call_kind kind) {
  switch (kind) {
  case call_kind::oneway:
    return "oneway";
  case call_kind::more:
    return "more";
  case call_kind::upgrade:
    return "upgrade";
  case call_kind::plain:
    break;
  }
  return {};
}

void end_message(std::string& out) {
  out += '}';
  out += '\0';
}

} // namespace

result<void> parse_envelope(std::string_view text, json::read_limits const& bounds,
                            call_envelope& into) {
  into.method = into.parameters = {};
  into.unescaped.clear();
  into.kind = call_kind::plain;
  into.members = 0;
  return envelope_scanner(text, bounds, into).scan();
}

result<boost::json::object> parse_parameters(call_envelope const& envelope,
                                             json::read_limits const& bounds,
                                             boost::json::storage_ptr storage) {
  if (envelope.parameters.empty()) return boost::json::object(std::move(storage));
  auto value = json::parse(envelope.parameters, json::dialect::strict,
                           inner(bounds, envelope.members), std::move(storage));
  if (!value) return value.error();
  return std::move(value->get_object());
}

result<call_message> parse_call(std::string_view text, json::read_limits const& bounds,
                                boost::json::storage_ptr storage) {
  call_envelope envelope;
  if (auto read = parse_envelope(text, bounds, envelope); !read) return read.error();
  auto parameters = parse_parameters(envelope, bounds, std::move(storage));
  if (!parameters) return parameters.error();
  return call_message{std::string(envelope.method), std::move(*parameters), envelope.kind};
}

result<reply_message> parse_reply(std::string_view text, json::read_limits const& bounds) {
  auto value = json::parse(text, json::dialect::strict, bounds);
  if (!value) return value.error();
  if (!value->is_object()) return protocol_error("the message is not an object");
  reply_message reply;
  for (auto& member : value->get_object())
    if (auto taken = take_reply_member(member.key(), member.value(), reply); !taken)
      return taken.error();
  if (reply.continues && !reply.error.empty()) return protocol_error("an error that continues");
  return reply;
}

void append_call(std::string& out, std::string_view method, std::string_view parameters,
                 call_kind kind) {
  out += "{\"method\":";
  json::append_string(out, method);
  append_parameters(out, parameters);
  if (auto const flag = flag_name(kind); !flag.empty()) append_member(out, flag, "true");
  end_message(out);
}

std::string call_beginning(std::string_view method) {
  std::string text = R"({"method":")";
  return text.append(method).append(R"(","parameters":)");
}

void append_reply(std::string& out, std::string_view parameters, bool continues) {
  out += '{';
  append_parameters(out, parameters);
  if (continues) append_member(out, "continues", "true");
  end_message(out);
}

void append_error(std::string& out, std::string_view name, std::string_view parameters) {
  out += "{\"error\":";
  json::append_string(out, name);
  append_parameters(out, parameters);
  end_message(out);
}

} // namespace cfgd::ipc
