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

/// The maximum size of one record; fields that do not fit are left out.
inline constexpr std::size_t journal_record_bytes = 64 * 1024;

/// A record in the journal's format (systemd.io, JOURNAL_NATIVE_PROTOCOL): MESSAGE, PRIORITY,
/// SYSLOG_IDENTIFIER, CODE_FILE, CODE_LINE, CODE_FUNC and the record's own fields.
std::string to_journal_text(record const& what, std::string_view identifier);

/// Sends records to the journal and never waits for it. A record that the journal does not accept
/// at once is lost and counted; as soon as it accepts records again, a line reports the number of
/// lost ones. Not thread-safe.
class journal {
 public:
  explicit journal(std::filesystem::path socket, std::string identifier);

  /// Whether a process listens at the socket now.
  bool reachable() const;
  void send(record const& what);
  /// Records that were lost and are not yet reported.
  std::uint64_t lost() const { return lost_; }
  std::uint64_t lost_in_all() const { return lost_in_all_; }
  /// Reports the number of lost records, if there are any. Returns whether none is unreported now.
  bool report_lost();

 private:
  bool try_send(record const& what) const;

  std::filesystem::path path_;
  std::string identifier_;
  unique_fd socket_;
  std::uint64_t lost_ = 0;
  std::uint64_t lost_in_all_ = 0;
};

} // namespace cfgd::log
