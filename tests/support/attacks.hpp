#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>

/// What one user can do to a service that others need. For the benchmark and for tests, which start
/// the service; nothing here knows more of it than its socket.
namespace cfgd::test {

using steady_time = std::chrono::steady_clock::time_point;

/// Namespaces that the attacks need: "big" has many leaves, "worst" a schema of `worst_schema`. The
/// names of the leaves begin with `letter`, so that several files can have different ones.
std::string big_document(std::size_t bytes, char letter);
std::string worst_schema();

struct attack {
  std::string_view name;
  std::string_view what; ///< in a few words
  /// Goes on until `end`. Refusals and lost connections do not end it.
  void (*run)(std::filesystem::path const& socket, steady_time end);
};
std::span<attack const> attacks();
/// Null: there is none of that name.
attack const* find_attack(std::string_view name);

/// A process of another user (of this one, unless this is root) that attacks on demand.
/// Make it before the process has threads. Killed and reaped by the destructor.
class attacker {
 public:
  static constexpr uid_t uid = 4242;

  attacker();
  ~attacker();
  attacker(attacker const&) = delete;
  attacker& operator=(attacker const&) = delete;

  /// Begins one attack, which takes so long.
  void begin(attack const& what, std::filesystem::path const& socket,
             std::chrono::milliseconds time);
  /// Waits for its end. False if the process has died.
  [[nodiscard]] bool wait();
  /// Ends the process at once, and with it all its connections.
  void kill();

 private:
  static int serve(int orders, int answers);

  pid_t pid_ = -1;
  int orders_ = -1;
  int answers_ = -1;
};

/// One who does no harm: a connection of a user that sends one call after the other.
class bystander {
 public:
  enum class user : std::uint8_t { self, third }; ///< `third`: neither this one nor the attacker
  bystander(std::filesystem::path socket, user who);
  ~bystander();
  bystander(bystander const&) = delete;
  bystander& operator=(bystander const&) = delete;

  /// The reply to a call ("Config.Get") with its NUL removed; absent: none within `limit`,
  /// or the service closed, which is counted; the next call connects again.
  std::optional<std::string> ask(std::string_view method, std::string_view parameters,
                                 std::chrono::milliseconds limit);
  std::size_t lost() const { return lost_; }

 private:
  bool connect();
  std::optional<std::string> give_up();

  std::filesystem::path socket_;
  user who_;
  int fd_ = -1;
  std::size_t lost_ = 0;
};

} // namespace cfgd::test
