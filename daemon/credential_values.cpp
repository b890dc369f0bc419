#include "daemon/credential_values.hpp"

#include "core/limits.hpp"
#include "core/text.hpp"
#include "daemon/small_file.hpp"

#include <algorithm>
#include <system_error>

// All credentials are read at the start and kept, also those that no file refers to yet: the
// directory is of the service manager, and what a file says is resolved on another thread. systemd
// allows 1 MiB for all credentials of a unit; a directory that somebody else made is read up to the
// same sum.

namespace cfgd {
namespace {

/// The key that seals secrets in the store.
constexpr std::string_view store_key = "cfgd.key";
constexpr std::size_t most_files = 1'024;

error failed(errc code, std::string const& message) { return {.code = code, .message = message}; }

result<std::string> read_text_of(std::filesystem::path const& path, std::size_t most) {
  auto bytes = read_small_file(path, most);
  if (!bytes) {
    if (bytes.error().code != errc::limit)
      return failed(bytes.error().code, "cannot be read: " + bytes.error().message);
    return failed(errc::limit, "is too large: all credentials together may have " +
                                   std::to_string(limits::credential_bytes) + " bytes");
  }
  if (bytes->ends_with('\n')) bytes->pop_back();
  if (!is_clean_text(*bytes)) return failed(errc::bad_value, text_fault(*bytes));
  return bytes;
}

} // namespace

bool is_credential_name(std::string_view name) {
  return !name.empty() && name.size() <= 255 && name != "." && name != ".." &&
         name.find('/') == name.npos && name.find('\0') == name.npos;
}

credential_values::credential_values(std::filesystem::path const& directory) {
  if (directory.empty()) return;
  std::error_code ec;
  std::size_t left = limits::credential_bytes;
  std::filesystem::directory_iterator at(directory, ec);
  for (; !ec && at != std::filesystem::directory_iterator() && known_.size() < most_files;
       at.increment(ec)) {
    auto name = at->path().filename().string();
    if (name == store_key || !is_credential_name(name)) continue;
    auto read = read_text_of(at->path(), left);
    if (read) left -= std::min(left, read->size());
    known_.emplace(std::move(name), std::move(read));
  }
}

result<std::string> credential_values::find(std::string_view name) const {
  if (!is_credential_name(name))
    return failed(errc::bad_value,
                  "'" + std::string(name.substr(0, 64)) + "' is not the name of a credential");
  if (name == store_key)
    return failed(errc::bad_value, "the credential '" + std::string(name) +
                                       "' is the key of the store and not a value");
  auto const found = known_.find(name);
  if (found == known_.end())
    return failed(errc::not_found, "there is no credential '" + std::string(name) +
                                       "'; add LoadCredential=" + std::string(name) +
                                       ":FILE to a drop-in of cfgd.service and restart it");
  if (found->second) return found->second;
  error why = found->second.error();
  why.message.insert(0, "the credential '" + std::string(name) + "' ");
  return why;
}

} // namespace cfgd
