#pragma once

#include "core/error.hpp"

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace cfgd {

/// The credentials that the service manager gave to the daemon (systemd.exec(5), "CREDENTIALS"), as
/// references in files take them. Read once, because systemd does not change them while a service
/// runs. Immutable; any thread.
class credential_values {
 public:
  /// There are none.
  credential_values() = default;

  /// Reads the files of a directory. Blocks. What cannot be read is remembered with the reason.
  /// "cfgd.key" is left out: it is the key of the store, not a value.
  explicit credential_values(std::filesystem::path const& directory);

  /// The text of a credential, without one newline at its end. Errors: bad_value (`name` is not one
  /// of a credential, or the content is not UTF-8 text), not_found, limit
  /// (all together are larger than credential_bytes), io.
  [[nodiscard]] result<std::string> find(std::string_view name) const;

 private:
  std::map<std::string, result<std::string>, std::less<>> known_;
};

/// Whether a text can be the name of a credential: not empty, at most 255 bytes, no slash, not "."
/// or "..".
bool is_credential_name(std::string_view name);

} // namespace cfgd
