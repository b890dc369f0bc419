#pragma once

#include "core/unique_fd.hpp"

#include <filesystem>
#include <string>
#include <string_view>

namespace cfgd::test {

/// Asks for a credential as systemd does for a unit: its socket is bound to an abstract name, it
/// sends nothing and reads to the end. Errors are std::system_error.
class credential_reader {
 public:
  /// Without a name.
  credential_reader();
  /// `name` is what follows the digits: "unit/nginx.service/web.port". The digits are random, as
  /// other programs may run the same test.
  explicit credential_reader(std::string_view name);

  void connect(std::filesystem::path const& to) const;
  /// Adds what there is to `text`, without waiting; whether the end was reached.
  bool read();
  /// Waits for the end, at most 30 s. The whole text; throws std::runtime_error at the timeout.
  std::string const& read_all();

  std::string text;

 private:
  unique_fd socket_;
};

/// Connects, and waits for the end.
std::string read_credential(std::filesystem::path const& from, std::string_view name);

} // namespace cfgd::test
