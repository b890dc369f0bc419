#include "tests/system/machine.hpp"

#include "core/json.hpp"
#include "tests/support/temporary_directory.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <exception>
#include <memory>
#include <optional>
#include <sstream>

// cfgd is installed as from a package: what `cmake --install` makes is staged, unpacked over the
// root, and then done what a package's scripts do. The build under test is the one that this
// program belongs to, with its sanitizers.
//
// What the journal says is waited for with `journalctl -f`; that something is not said can be known
// after `journalctl --sync`.

namespace cfgd::test {
namespace {

constexpr char cursor_mark[] = "-- cursor: ";
constexpr char drop_ins[] = "/run/systemd/system/cfgd.service.d";
constexpr char sanitizers[] = "etc/systemd/system/cfgd.service.d";
constexpr char sanitizers_of_apply[] = "etc/systemd/system/cfgd-apply.service.d";

std::vector<std::string> with(std::vector<std::string> first,
                              std::vector<std::string> const& more) {
  first.insert(first.end(), more.begin(), more.end());
  return first;
}

boost::json::object entry_of(std::string_view line) {
  return boost::json::parse(boost::json::string_view(line.data(), line.size())).as_object();
}

void remove_contents(std::filesystem::path const& folder) {
  if (!std::filesystem::exists(folder)) return;
  for (auto const& entry : std::filesystem::directory_iterator(folder))
    std::filesystem::remove_all(entry.path());
}

/// Why there is no machine; empty if there is one.
std::string const& refusal() {
  static std::string const why = [] {
    try {
      machine::get();
      return std::string();
    } catch (container_refused const& refused) {
      return std::string("no container can be booted here: ") + refused.what();
    } catch (std::exception const&) {
      return std::string(); // the cases get it, and fail
    }
  }();
  return why;
}

} // namespace

machine& machine::get() {
  static std::unique_ptr<machine> only;
  static std::exception_ptr failed; // what failed once is not tried again for each case
  if (failed) std::rethrow_exception(failed);
  try {
    if (!only) only = std::make_unique<machine>();
  } catch (std::exception const&) {
    failed = std::current_exception();
    throw;
  }
  return *only;
}

machine::machine() {
  // This machine may have a cfgd of its own.
  for (char const* const folder : {"etc/cfgd", "var/lib/cfgd", "usr/lib/cfgd"})
    std::filesystem::remove_all(container_.files() / folder);
  container_.boot();
  write_file(container_.files() / "etc/sysusers.d/test-users.conf",
             "u visitor -\nu operator -\nm operator cfgd-admin\n");
  install();
}

void machine::install() {
  unpack();
  be_patient_with_sanitizers();
  container_.must({"systemd-sysusers"});
  container_.must({"systemd-tmpfiles", "--create", "cfgd.conf"});
  container_.must({"journalctl", "--quiet", "--update-catalog"});
  container_.must({"systemctl", "daemon-reload"});
  container_.must({"systemctl", "enable", "--now", "--quiet", "cfgd.socket"});
}

void machine::remove() {
  for (auto const& one : installed_) {
    std::error_code not_empty; // somebody else has something there
    std::filesystem::remove(container_.files() / one.relative_path(), not_empty);
  }
  for (char const* const unit : {sanitizers, sanitizers_of_apply})
    std::filesystem::remove_all(container_.files() / unit);
  container_.must({"systemctl", "daemon-reload"});
}

void machine::unpack() {
  installed_.clear();
  auto const stage = container_.files() / "root/stage";
  program_run cmake(CMAKE_PROGRAM, {"--install", CFGD_BUILD, "--prefix", CFGD_PREFIX},
                    {"DESTDIR=" + stage.string()});
  if (int const code = cmake.finish(); code != 0)
    throw std::runtime_error("cmake --install: " + std::to_string(code) + cmake.err());
  for (auto const& entry : std::filesystem::recursive_directory_iterator(stage))
    installed_.push_back("/" / entry.path().lexically_relative(stage));
  // A recursive iterator names each directory before what is in it.
  std::reverse(installed_.begin(), installed_.end());
  container_.must({"cp", "--archive", "--remove-destination", "/root/stage/.", "/"});
  std::filesystem::remove_all(stage);
}

void machine::be_patient_with_sanitizers() {
  if (std::string_view(CFGD_SANITIZERS).empty()) return;
  // LeakSanitizer looks for leaks by ptrace(2), which the sandbox forbids; the memory that ASan
  // keeps from being used again shall fit below MemoryHigh=. Nothing else of the unit is touched.
  for (char const* const unit : {sanitizers, sanitizers_of_apply})
    write_file(container_.files() / unit / "50-sanitizers.conf",
               "[Service]\n"
               "Environment=ASAN_OPTIONS=detect_leaks=0:quarantine_size_mb=32\n"
               "Environment=UBSAN_OPTIONS=print_stacktrace=1\n");
}

void machine::make_new() {
  container_.must({"systemctl", "stop", "cfgd.socket", "cfgd-credentials.socket", "cfgd.service"});
  for (auto const* const folder : {"namespaces", "schemas", "rules", "access"})
    remove_contents(etc(folder));
  remove_contents(container_.path("/run/cfgd/namespaces"));
  std::filesystem::remove(etc("cfgd.toml"));
  std::filesystem::remove_all(container_.files() / "var/lib/cfgd");
  auto const added = container_.path(drop_ins);
  if (std::filesystem::exists(added)) {
    std::filesystem::remove_all(added);
    container_.must({"systemctl", "daemon-reload"});
  }
  container_.must({"journalctl", "--sync"});
  auto const last = container_.must({"journalctl", "--quiet", "--lines=0", "--show-cursor"});
  auto const at = last.find(cursor_mark);
  if (at == std::string::npos) throw std::runtime_error("no cursor: " + last);
  cursor_ = last.substr(at + sizeof cursor_mark - 1);
  cursor_.erase(cursor_.find_last_not_of('\n') + 1);
  // Also the count of starts, of which a unit has but so many in a time.
  container_.run({"systemctl", "reset-failed", "cfgd.service", "cfgd.socket"});
  container_.must({"systemctl", "start", "cfgd.socket"});
}

void machine::save(std::string_view name, std::string_view text) const {
  replace_file(etc("namespaces") / name, text);
}

outcome machine::systemctl(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "systemctl");
  return container_.run(arguments);
}

outcome machine::cfgctl(std::vector<std::string> arguments, std::string_view user) {
  arguments.insert(arguments.begin(), "cfgctl");
  return container_.run(arguments, user);
}

std::string machine::property(std::string const& name, std::string const& unit) {
  auto text = container_.must({"systemctl", "show", "--value", "--property=" + name, unit});
  text.erase(text.find_last_not_of('\n') + 1);
  return text;
}

std::string machine::wait_for_status(std::string_view text, presence how) {
  auto const end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  for (;;) {
    auto status = property("StatusText");
    if ((status.find(text) != std::string::npos) == (how == presence::there)) return status;
    if (std::chrono::steady_clock::now() > end)
      throw std::runtime_error("the status stays '" + status + "'");
  }
}

void machine::drop_in(std::string const& name, std::string_view lines) {
  write_file(container_.path(drop_ins) / (name + ".conf"), "[Service]\n" + std::string(lines));
  container_.must({"systemctl", "daemon-reload"});
}

client::connection machine::connect() const {
  return client::connection::connect(socket().string()).value();
}

std::string machine::value(std::string_view key) const {
  auto const found = connect().get_value(key).value();
  return found ? json::canonical(*found) : "-";
}

std::vector<std::string> machine::journalctl(std::vector<std::string> const& more) const {
  return with({"journalctl", "--quiet", "--no-pager", "--cursor=" + cursor_}, more);
}

std::vector<boost::json::object> machine::journal(std::vector<std::string> const& matches) {
  container_.must({"journalctl", "--sync"});
  std::istringstream lines(container_.must(journalctl(with({"--output=json"}, matches))));
  std::vector<boost::json::object> found;
  for (std::string line; std::getline(lines, line);)
    found.push_back(entry_of(line));
  return found;
}

boost::json::object machine::wait_for_entry(std::vector<std::string> const& matches) {
  auto const following =
      container_.start(journalctl(with({"--follow", "--lines=all", "--output=json"}, matches)));
  following->wait_for_output("\n");
  return entry_of(std::string_view(following->out()).substr(0, following->out().find('\n')));
}

std::string machine::explained(std::vector<std::string> const& matches) {
  container_.must({"journalctl", "--sync"});
  return container_.must(journalctl(with({"--catalog"}, matches)));
}

boost::test_tools::assertion_result
needs_machine::operator()(boost::unit_test::test_unit_id) const {
  boost::test_tools::assertion_result possible(refusal().empty());
  possible.message() << refusal();
  return possible;
}

std::vector<std::string> field(boost::json::object const& entry, std::string_view name) {
  auto const* const found = entry.if_contains(boost::json::string_view(name.data(), name.size()));
  if (found == nullptr) return {};
  if (found->is_string()) return {std::string(found->get_string())};
  std::vector<std::string> values;
  for (auto const& one : found->as_array())
    values.emplace_back(one.as_string());
  return values;
}

std::string one_field(boost::json::object const& entry, std::string_view name) {
  auto const values = field(entry, name);
  if (values.empty()) return "-";
  if (values.size() > 1) throw std::runtime_error(std::string(name) + " is there several times");
  return values[0];
}

std::string summary(std::vector<std::chrono::nanoseconds> times) {
  if (times.empty()) return "none";
  std::sort(times.begin(), times.end());
  auto const ms = [](std::chrono::nanoseconds time) {
    return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(time).count()) +
           " ms";
  };
  return "median " + ms(times[times.size() / 2]) + ", max " + ms(times.back()) + " of " +
         std::to_string(times.size());
}

} // namespace cfgd::test
