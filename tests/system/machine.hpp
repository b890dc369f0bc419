#pragma once

#include "client/connection.hpp"
#include "tests/system/container.hpp"

#include <boost/json/object.hpp>
#include <boost/test/tree/decorator.hpp>
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace cfgd::test {

enum class presence : std::uint8_t { there, absent };

/// A container in which somebody has installed cfgd and enabled its socket. There are two users
/// besides root: "operator" of group cfgd-admin and "visitor".
class machine {
 public:
  /// The one machine of this program; boots it when it is first asked for. Throws
  /// container_refused.
  static machine& get();

  machine();

  container& inside() { return container_; }

  /// Installs cfgd and enables its socket, as a package's scripts do.
  void install();
  /// Removes every file that was installed, as a package manager does.
  void remove();

  /// The machine as it was when it was new: no files of namespaces, no settings, no state, no
  /// drop-ins; the socket listens, the service does not run. journal() begins here.
  void make_new();

  /// A path of the host for a file in /etc/cfgd; "namespaces/site.json".
  std::filesystem::path etc(std::string_view name) const {
    return container_.files() / "etc/cfgd" / name;
  }
  /// Writes a file of the admin layer, by rename.
  void save(std::string_view name, std::string_view text) const;

  outcome systemctl(std::vector<std::string> arguments);
  /// cfgctl as a user calls it.
  outcome cfgctl(std::vector<std::string> arguments, std::string_view user = "root");
  /// A property of cfgd.service, or of another unit.
  std::string property(std::string const& name, std::string const& unit = "cfgd.service");
  /// Asks for the status line until it holds `text`, or does not; what it is then. The service
  /// updates it some time after the event. Throws after 20 s.
  std::string wait_for_status(std::string_view text, presence how = presence::there);
  /// Adds lines to the section [Service] of cfgd.service, until make_new().
  void drop_in(std::string const& name, std::string_view lines);

  /// A connection from outside of the container, as root. Starts the service if it does not run.
  client::connection connect() const;
  std::filesystem::path socket() const { return container_.path("/run/cfgd/io.cfgd"); }
  /// The effective value as canonical text; "-" if there is none.
  std::string value(std::string_view key) const;
  /// The running daemon as this process numbers it; -1 if there is none.
  pid_t daemon() const { return container_.service("cfgd"); }

  /// Entries since make_new() that match, as journalctl(1) understands it; oldest first.
  std::vector<boost::json::object> journal(std::vector<std::string> const& matches);
  /// Waits for the first such entry.
  boost::json::object wait_for_entry(std::vector<std::string> const& matches);
  /// What `journalctl -x` shows of them.
  std::string explained(std::vector<std::string> const& matches);

 private:
  void unpack();
  void be_patient_with_sanitizers();
  std::vector<std::string> journalctl(std::vector<std::string> const& more) const;

  container container_;
  std::vector<std::filesystem::path> installed_; ///< as seen inside; directories last
  std::string cursor_;
};

/// For the suites: skips them, with the reason, where no container can be.
struct needs_machine {
  boost::test_tools::assertion_result operator()(boost::unit_test::test_unit_id) const;
};

/// The fixture of each case: a new machine.
struct on_machine {
  on_machine() { host.make_new(); }

  machine& host = machine::get();
};

/// Values of a field of a journal entry: one, several or none.
std::vector<std::string> field(boost::json::object const& entry, std::string_view name);
/// The one value of a field; "-" if there is none.
std::string one_field(boost::json::object const& entry, std::string_view name);

/// Durations of the same thing, for a message: "median 12 ms, max 30 ms of 20".
std::string summary(std::vector<std::chrono::nanoseconds> times);

} // namespace cfgd::test
