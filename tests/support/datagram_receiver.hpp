#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

namespace cfgd::test {

/// A bound Unix datagram socket: the other end of what speaks to a journal or a service manager.
class datagram_receiver {
 public:
  /// Throws std::system_error.
  explicit datagram_receiver(std::filesystem::path path);
  /// Removes the path.
  ~datagram_receiver();
  datagram_receiver(datagram_receiver const&) = delete;
  datagram_receiver& operator=(datagram_receiver const&) = delete;

  /// The next datagram; absent if none comes within the limit.
  std::optional<std::string> receive(std::chrono::milliseconds limit = std::chrono::seconds(20));
  /// What is there already.
  std::optional<std::string> take() { return receive(std::chrono::milliseconds(0)); }
  std::filesystem::path const& path() const { return path_; }

 private:
  std::filesystem::path path_;
  int socket_ = -1;
};

} // namespace cfgd::test
