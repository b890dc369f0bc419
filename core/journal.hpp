#pragma once

#include "core/log.hpp"
#include "core/unique_fd.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace cfgd::log {

inline constexpr char const* journal_socket = "/run/systemd/journal/socket";

/// The most that one record takes; fields that go over it are left out.
inline constexpr std::size_t journal_record_bytes = 64 * 1024;

/// A record as the journal takes it (systemd.io, JOURNAL_NATIVE_PROTOCOL): MESSAGE, PRIORITY,
/// SYSLOG_IDENTIFIER, CODE_FILE, CODE_LINE, CODE_FUNC and the record's own fields.
std::string to_journal_text(record const& what, std::string_view identifier);

/// Sends records to the journal and never waits for it: what it does not take at once is lost,
/// counted, and told in a line of its own as soon as it takes one again. Not for several threads.
class journal {
 public:
  explicit journal(std::filesystem::path socket, std::string identifier);

  /// Whether somebody listens there now.
  bool reachable() const;
  void send(record const& what);
  /// Lost and not yet told.
  std::uint64_t lost() const { return lost_; }
  std::uint64_t lost_in_all() const { return lost_in_all_; }
  /// Tells how many were lost, if any were; whether nothing is left to tell.
  bool tell_lost();

 private:
  bool try_send(record const& what) const;

  std::filesystem::path path_;
  std::string identifier_;
  unique_fd socket_;
  std::uint64_t lost_ = 0;
  std::uint64_t lost_in_all_ = 0;
};

} // namespace cfgd::log
