#include "core/journal.hpp"

#include "core/message_ids.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <utility>
#include <vector>

// The journal's native protocol: one datagram for each record, with "NAME=value" lines; a value of
// several lines is its name, a line end, its length as 64 bits little endian, and the value.
// libsystemd's sd_journal_sendv() uses a blocking socket, so a journal that is stopped or slow
// would stop the loop. This file implements the protocol on a socket that does not block.
//
// Each datagram carries the address, so a restarted journal is found again. The size limit of a
// record is far below that of a datagram (net.core.wmem_default, 208 KiB), so the protocol's second
// form, records in memory files, is not needed.

namespace cfgd::log {
namespace {

/// Longer messages are truncated.
constexpr std::size_t message_bytes = 16 * 1024;

sockaddr_un address_of(std::filesystem::path const& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.native().copy(static_cast<char*>(address.sun_path), sizeof address.sun_path - 1);
  return address;
}

sockaddr const* generic(sockaddr_un const& address) {
  return reinterpret_cast<sockaddr const*>(&address); // NOLINT: required by sendto(2)
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  // Name, "=" or length, value, line ends.
  if (out.size() + name.size() + value.size() + 10 > journal_record_bytes) return;
  out.append(name);
  if (value.find('\n') == value.npos) {
    out.append(1, '=');
  } else {
    out.append(1, '\n');
    std::uint64_t const length = value.size();
    for (unsigned shift = 0; shift < 64; shift += 8)
      out.append(1, static_cast<char>((length >> shift) & 0xffU));
  }
  out.append(value).append(1, '\n');
}

} // namespace

std::string to_journal_text(record const& what, std::string_view identifier) {
  std::string text;
  append_field(text, "MESSAGE", what.message.substr(0, message_bytes));
  append_field(text, "PRIORITY", std::to_string(static_cast<int>(what.severity)));
  append_field(text, "SYSLOG_IDENTIFIER", identifier);
  append_field(text, "CODE_FILE", source_name(what.where.file_name()));
  append_field(text, "CODE_LINE", std::to_string(what.where.line()));
  append_field(text, "CODE_FUNC", what.where.function_name());
  for (auto const& one : what.fields)
    append_field(text, one.name, one.value);
  return text;
}

journal::journal(std::filesystem::path socket, std::string identifier)
    : path_(std::move(socket)), identifier_(std::move(identifier)),
      socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {}

bool journal::reachable() const {
  unique_fd const probe(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  auto const address = address_of(path_);
  return probe && ::connect(probe.get(), generic(address), sizeof address) == 0;
}

bool journal::try_send(record const& what) const {
  auto const text = to_journal_text(what, identifier_);
  auto const address = address_of(path_);
  return ::sendto(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL, generic(address),
                  sizeof address) >= 0;
}

bool journal::report_lost() {
  if (lost_ == 0) return true;
  std::vector<field> const fields{{"MESSAGE_ID", message_id::log_lines_lost}};
  auto const line = std::to_string(lost_) + " lines of the log were lost, as the journal took none";
  if (!try_send({level::warning, line, fields, BOOST_CURRENT_LOCATION})) return false;
  lost_ = 0;
  return true;
}

void journal::send(record const& what) {
  if (report_lost() && try_send(what)) return;
  ++lost_;
  ++lost_in_all_;
}

} // namespace cfgd::log
