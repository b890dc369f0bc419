/// The file that promote writes. It belongs to cfgctl, so its text is JSON that cfgctl formats:
/// comments of the administrator are in other files, which are not changed.

#include "cfgctl/commands/promoted_file.hpp"

#include "cfgctl/commands/documents.hpp"
#include "cfgctl/commands/layers.hpp"
#include "core/durable_file.hpp"
#include "core/json.hpp"
#include "core/key.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <system_error>
#include <utility>

namespace cfgd::cfgctl {
namespace {

constexpr unsigned file_mode = 0644;

/// {"a": {"b": value}} for the key site.a.b.
boost::json::object document_of(client::override_key const& one) {
  auto const parts = split_dotted(one.key);
  if (!parts || !one.value) return {};
  boost::json::value value = *one.value;
  for (auto at = parts->rbegin(); at + 1 != parts->rend(); ++at)
    value = boost::json::object{{*at, std::move(value)}};
  return value.is_object() ? value.get_object() : boost::json::object();
}

} // namespace

std::filesystem::path admin_directory(std::vector<client::source_file> const& sources,
                                      std::string const& root) {
  for (auto const& one : sources) {
    if (one.layer != "admin" || (!one.kind.empty() && one.kind != "values")) continue;
    auto const directory = std::filesystem::path(one.path).parent_path();
    bool const is_drop_in = directory.filename() == one.name_space + ".d";
    return is_drop_in ? directory.parent_path() : directory;
  }
  if (root.empty()) return "/etc/cfgd/namespaces";
  return std::filesystem::path(root) / "etc" / "namespaces";
}

promoted_file::promoted_file(std::filesystem::path const& directory, std::string const& name_space)
    : path_(directory / (name_space + ".d") / "90-cfgctl.json") {}

result<void> promoted_file::write(std::vector<client::override_key> const& rows) {
  std::error_code failed;
  std::filesystem::create_directories(path_.parent_path(), failed);
  if (failed) return system_error("mkdir", failed.value(), path_.parent_path());
  boost::json::object document;
  if (std::filesystem::exists(path_, failed)) {
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
  return replace_file(path_, json::pretty(document) + '\n', file_mode);
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
