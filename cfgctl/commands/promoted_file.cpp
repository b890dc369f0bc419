/// The file that promote writes. It belongs to cfgctl, which formats its text: comments of the
/// administrator are in other files, which are not changed.
///
/// Its format is that of the administrator's file of the namespace. Values that the format cannot
/// have, such as an array in .ini, are written as JSON instead. There is one such file: a second
/// one that sorts below it would have no effect.

#include "cfgctl/commands/promoted_file.hpp"

#include "cfgctl/commands/documents.hpp"
#include "cfgctl/commands/layers.hpp"
#include "cfgctl/offline/formats.hpp"
#include "core/durable_file.hpp"
#include "core/key.hpp"
#include "core/source.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <array>
#include <system_error>
#include <utility>

namespace cfgd::cfgctl {
namespace {

constexpr unsigned file_mode = 0644;
/// The service reads no directory that others may write, whatever the umask is.
constexpr auto directory_mode = static_cast<std::filesystem::perms>(0755);
/// Of all formats; what is merged last comes first.
constexpr std::array extensions{".yml", ".yaml", ".toml", ".jsonc", ".json", ".ini", ".env"};

/// {"a": {"b": value}} for the key site.a.b.
boost::json::object document_of(client::override_key const& one) {
  auto const parts = split_dotted(one.key);
  if (!parts || !one.value) return {};
  boost::json::value value = *one.value;
  for (auto at = parts->rbegin(); at + 1 != parts->rend(); ++at)
    value = boost::json::object{{*at, std::move(value)}};
  return value.is_object() ? value.get_object() : boost::json::object();
}

bool is_admin_values(client::source_file const& one) {
  return one.layer == "admin" && (one.kind.empty() || one.kind == "values");
}

} // namespace

std::filesystem::path admin_directory(std::vector<client::source_file> const& sources,
                                      std::string const& root) {
  for (auto const& one : sources) {
    if (!is_admin_values(one)) continue;
    auto const directory = std::filesystem::path(one.path).parent_path();
    bool const is_drop_in = directory.filename() == one.name_space + ".d";
    return is_drop_in ? directory.parent_path() : directory;
  }
  if (root.empty()) return "/etc/cfgd/namespaces";
  return std::filesystem::path(root) / "etc" / "namespaces";
}

std::string admin_extension(std::vector<client::source_file> const& sources,
                            std::string const& name_space) {
  for (auto const& one : sources) {
    std::filesystem::path const path(one.path);
    bool const is_main = is_admin_values(one) && path.stem() == name_space;
    if (is_main && path.parent_path().filename() != name_space + ".d" && format_of(one.path))
      return path.extension().string();
  }
  return ".json";
}

promoted_file::promoted_file(std::filesystem::path const& directory, std::string const& name_space,
                             std::string const& extension)
    : path_(directory / (name_space + ".d") / ("90-cfgctl" + extension)) {
  for (char const* const one : extensions) {
    std::filesystem::path other = path_;
    other.replace_extension(one);
    std::error_code failed;
    if (!std::filesystem::exists(other, failed)) continue;
    path_ = std::move(other);
    return;
  }
}

/// The document of the file with the overrides.
result<boost::json::object>
promoted_file::document_with(std::vector<client::override_key> const& rows) {
  boost::json::object document;
  if (std::error_code failed; std::filesystem::exists(path_, failed)) {
    auto text = read_text(path_.string());
    if (!text) return text.error();
    auto read = read_document(path_.string());
    if (!read) return read.error();
    before_ = std::move(*text);
    document = std::move(*read);
  }
  // Parents come before their members, which are set on top of them.
  for (auto const& one : rows)
    merge_over(document, document_of(one));
  return document;
}

result<void> promoted_file::write(std::vector<client::override_key> const& rows) {
  auto const directory = path_.parent_path();
  std::error_code failed;
  bool const is_new = std::filesystem::create_directories(directory, failed);
  if (is_new && !failed) std::filesystem::permissions(directory, directory_mode, failed);
  if (failed) return system_error("mkdir", failed.value(), directory);
  auto document = document_with(rows);
  if (!document) return document.error();
  auto const kind = format_of(path_.string()).value_or(format::json);
  auto text = offline::write_formatted(kind, *document);
  bool const sorts_below_json = kind == format::ini || kind == format::env;
  if (!text && (!before_ || sorts_below_json)) {
    path_.replace_extension(".json");
    before_.reset();
    document = document_with(rows);
    if (!document) return document.error();
    text = offline::write_formatted(format::json, *document);
  }
  if (!text) {
    error const& why = text.error();
    return error{.code = why.code, .message = to_string(why), .subject = path_.string()};
  }
  return replace_file(path_, *text, file_mode);
}

void promoted_file::put_back() {
  if (before_) {
    (void)replace_file(path_, *before_, file_mode);
    return;
  }
  std::error_code failed;
  std::filesystem::remove(path_, failed);
  std::filesystem::remove(path_.parent_path(), failed); // only if it is empty
}

} // namespace cfgd::cfgctl
