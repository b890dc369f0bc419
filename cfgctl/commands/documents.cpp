/// Documents on the command line. Only their form is checked here; the service validates the
/// values.

#include "cfgctl/commands/documents.hpp"

#include "cfgctl/offline/formats.hpp"
#include "core/document.hpp"
#include "core/json.hpp"
#include "core/key.hpp"
#include "core/source.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

namespace cfgd::cfgctl {
namespace {

std::string shown(std::string const& path) { return path == "-" ? "standard input" : path; }

error refuse(errc code, std::string const& path, std::string message) {
  return {.code = code, .message = std::move(message), .subject = shown(path)};
}

/// The JSON pointer of the first null, or an empty text. In an array null is a value.
std::string find_null(std::string const& at, boost::json::value const& in) {
  if (in.is_null()) return at;
  if (auto const* object = in.if_object()) {
    for (auto const& member : *object) {
      std::string below = at;
      append_pointer(below, member.key());
      if (auto found = find_null(below, member.value()); !found.empty()) return found;
    }
  }
  return {};
}

/// By the name of the format if there is one, else by the extension, else JSON.
std::optional<format> format_of_document(std::string const& path, std::string_view name) {
  if (!name.empty()) return format_of("document." + std::string(name));
  if (path == "-" || !std::filesystem::path(path).has_extension()) return format::json;
  return format_of(path);
}

result<boost::json::object> read_json(format kind, std::string_view text) {
  auto const how = kind == format::jsonc ? json::dialect::relaxed : json::dialect::strict;
  auto const bounds = offline::document_limits();
  auto parsed =
      json::parse(text, how, {.depth = bounds.file_depth, .elements = bounds.file_elements});
  if (!parsed) return parsed.error();
  if (auto* object = parsed->if_object()) return std::move(*object);
  return error{.code = errc::bad_value, .message = "a document must be an object"};
}

} // namespace

result<std::string> read_text(std::string const& path) {
  int const file = path == "-" ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return refuse(errc::io, path, std::generic_category().message(errno));
  std::size_t const most_bytes = offline::document_limits().file_bytes;
  std::string out;
  std::array<char, 65536> room{};
  ssize_t got = 0;
  do {
    got = ::read(file, room.data(), room.size());
    if (got > 0) out.append(room.data(), static_cast<std::size_t>(got));
  } while ((got > 0 && out.size() <= most_bytes) || (got < 0 && errno == EINTR));
  int const failed = got < 0 ? errno : 0;
  if (file != STDIN_FILENO) ::close(file);
  if (failed != 0) return refuse(errc::io, path, std::generic_category().message(failed));
  if (out.size() > most_bytes) {
    return refuse(errc::limit, path,
                  "it is larger than " + std::to_string(most_bytes / (1024 * 1024)) + " MiB");
  }
  return out;
}

result<boost::json::object> read_document(std::string const& path, std::string_view format) {
  auto const kind = format_of_document(path, format);
  if (!kind) {
    return refuse(errc::parse, path,
                  "unknown format: use .json, .jsonc, .yaml, .yml, .toml, .ini or .env");
  }
  auto const text = read_text(path);
  if (!text) return text.error();
  bool const is_json = *kind == cfgd::format::json || *kind == cfgd::format::jsonc;
  auto read = is_json ? read_json(*kind, *text) : offline::read_formatted(*kind, *text);
  if (read) return read;
  error out = read.error();
  if (!out.subject.empty() && out.code != errc::limit) out.message += " (in '" + out.subject + "')";
  out.subject = shown(path);
  return out;
}

result<void> check_no_null(std::string const& path, boost::json::object const& document) {
  for (auto const& member : document) {
    std::string at;
    append_pointer(at, member.key());
    if (auto const found = find_null(at, member.value()); !found.empty()) {
      return refuse(errc::bad_value, path, found + " is empty (null); remove it or write []");
    }
  }
  return {};
}

boost::json::object nested_document(boost::json::object const& by_key) {
  boost::json::object out;
  for (auto const& member : by_key) {
    auto const parts = split_dotted(member.key());
    if (!parts) {
      out[member.key()] = member.value();
      continue;
    }
    boost::json::object* inner = &out;
    for (std::size_t at = 0; at + 1 < parts->size(); ++at) {
      boost::json::value& below = (*inner)[(*parts)[at]];
      if (!below.is_object()) below = boost::json::object();
      inner = &below.get_object();
    }
    (*inner)[parts->back()] = member.value();
  }
  return out;
}

result<boost::json::object> read_namespaces(std::string const& path, std::string_view format) {
  auto document = read_document(path, format);
  if (!document) return document;
  for (auto const& member : *document) {
    std::string const name(member.key());
    if (!is_namespace_name(name)) {
      return refuse(errc::bad_key, path, "'" + name + "' is not a valid namespace name");
    }
    if (!member.value().is_object()) {
      return refuse(errc::bad_value, path, "the namespace '" + name + "' is not an object");
    }
  }
  if (auto const clean = check_no_null(path, *document); !clean) return clean.error();
  return document;
}

} // namespace cfgd::cfgctl
