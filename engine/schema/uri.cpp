#include "engine/schema/uri.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

// Boost.URL checks whether a text is a URI reference. It is resolved here, because Boost 1.81 keeps
// ".." that lead above the root ("http://a/../g") and requires a scheme in the base, which the name
// of a file does not have. The five parts are split as in RFC 3986, appendix B.

namespace cfgd::schema {
namespace {

struct parts {
  std::optional<std::string_view> scheme;
  std::optional<std::string_view> authority;
  std::string_view path;
  std::optional<std::string_view> query;
  std::optional<std::string_view> fragment;
};

parts cut(std::string_view text) {
  parts found;
  if (auto const at = text.find('#'); at != text.npos) {
    found.fragment = text.substr(at + 1);
    text = text.substr(0, at);
  }
  if (auto const at = text.find('?'); at != text.npos) {
    found.query = text.substr(at + 1);
    text = text.substr(0, at);
  }
  if (auto const at = text.find_first_of(":/"); at != text.npos && at > 0 && text[at] == ':') {
    found.scheme = text.substr(0, at);
    text = text.substr(at + 1);
  }
  if (text.starts_with("//")) {
    auto const end = text.find('/', 2);
    found.authority = text.substr(2, end == text.npos ? end : end - 2);
    text = end == text.npos ? std::string_view() : text.substr(end);
  }
  found.path = text;
  return found;
}

/// RFC 3986 section 5.2.4.
std::string remove_dot_segments(std::string_view in) {
  std::string out;
  while (!in.empty()) {
    if (in.starts_with("../")) {
      in.remove_prefix(3);
    } else if (in.starts_with("./") || in.starts_with("/./")) {
      in.remove_prefix(2);
    } else if (in == "/." || in == "/..") {
      if (in == "/..") out.erase(out.rfind('/') == out.npos ? 0 : out.rfind('/'));
      out += '/';
      break;
    } else if (in.starts_with("/../")) {
      in.remove_prefix(3);
      out.erase(out.rfind('/') == out.npos ? 0 : out.rfind('/'));
    } else if (in == "." || in == "..") {
      break;
    } else {
      auto const end = in.find('/', 1);
      out += in.substr(0, end);
      in = end == in.npos ? std::string_view() : in.substr(end);
    }
  }
  return out;
}

std::string merge_paths(parts const& base, std::string_view path) {
  if (base.authority && base.path.empty()) return "/" + std::string(path);
  auto const slash = base.path.rfind('/');
  if (slash == base.path.npos) return std::string(path);
  return std::string(base.path.substr(0, slash + 1)) + std::string(path);
}

std::string join(parts const& what, std::string_view path) {
  std::string out;
  if (what.scheme) out.append(*what.scheme).append(":");
  if (what.authority) out.append("//").append(*what.authority);
  out.append(path);
  if (what.query) out.append("?").append(*what.query);
  if (what.fragment) out.append("#").append(*what.fragment);
  return out;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::string> decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    int const high = hex_digit(text[i + 1]);
    int const low = hex_digit(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

} // namespace

bool is_uri_reference(std::string_view text) {
  return boost::urls::parse_uri_reference(text).has_value();
}

std::string resolve_uri(std::string_view base, std::string_view reference) {
  auto const from = cut(base);
  auto to = cut(reference);
  if (to.scheme) return join(to, remove_dot_segments(to.path));
  to.scheme = from.scheme;
  if (to.authority) return join(to, remove_dot_segments(to.path));
  to.authority = from.authority;
  if (to.path.empty()) {
    if (!to.query) to.query = from.query;
    return join(to, from.path);
  }
  if (to.path.starts_with('/')) return join(to, remove_dot_segments(to.path));
  return join(to, remove_dot_segments(merge_paths(from, to.path)));
}

std::optional<split_reference> split_fragment(std::string_view reference) {
  auto const at = reference.find('#');
  split_reference found;
  found.document = reference.substr(0, at);
  if (at == reference.npos) return found;
  auto fragment = decode(reference.substr(at + 1));
  if (!fragment) return std::nullopt;
  found.fragment = std::move(*fragment);
  return found;
}

} // namespace cfgd::schema
