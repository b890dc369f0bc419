#include "tests/bench/bench.hpp"
#include "tests/bench/servers.hpp"
#include "tests/support/temporary_directory.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <system_error>
#include <thread>

// An edit: a file of 10 KB in which one value is new, made durable beside the directory and then
// renamed into it. The clock starts before rename(2) and ends when the watcher has read the change:
// what lies between is the kernel's event, the quiet time, reading, parsing, merging, the record
// with its fsync, and the push. A reader of inotify on the same directory, in a thread of its own
// as it would be in a program of its own, measures the kernel alone.

namespace cfgd::bench {
namespace {

using microseconds = std::chrono::duration<double, std::micro>;

constexpr std::size_t values = 100;
constexpr std::size_t padded_bytes = 76;

std::string document(std::size_t edit) {
  std::string text = fmt::format("{{\n  \"counter\": {}", edit);
  for (std::size_t number = 0; number < values; ++number)
    text += fmt::format(",\n  \"setting_name_{:03}\": \"{:0>{}}\"", number, number, padded_bytes);
  return text + "\n}\n";
}

/// Blocks in read(2) and notes when it woke for a file that was moved to "app.json".
class inotify_reader {
 public:
  explicit inotify_reader(std::filesystem::path const& directory)
      : inotify_(::inotify_init1(IN_CLOEXEC)) {
    if (::inotify_add_watch(inotify_, directory.c_str(), IN_MOVED_TO | IN_DELETE_SELF) < 0)
      throw std::system_error(errno, std::generic_category(), "inotify_add_watch");
    thread_ = std::thread([this] { run(); });
  }
  /// The directory must be gone.
  ~inotify_reader() {
    thread_.join();
    ::close(inotify_);
  }
  inotify_reader(inotify_reader const&) = delete;
  inotify_reader& operator=(inotify_reader const&) = delete;

  std::size_t seen() const { return seen_.load(); }
  /// When it woke for the one after `before`.
  steady::time_point wait_for_more_than(std::size_t before) {
    seen_.wait(before);
    return woken_;
  }

 private:
  void run() {
    alignas(inotify_event) std::array<char, 4096> buffer{};
    for (;;) {
      ssize_t const count = ::read(inotify_, buffer.data(), buffer.size());
      auto const now = steady::now();
      for (ssize_t at = 0; at < count;) {
        auto const* event = reinterpret_cast<inotify_event const*>(buffer.data() + at);
        if ((event->mask & IN_IGNORED) != 0) return;
        if ((event->mask & IN_MOVED_TO) != 0 && std::strcmp(event->name, "app.json") == 0) {
          woken_ = now;
          ++seen_;
          seen_.notify_all();
        }
        at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
      }
    }
  }

  int inotify_;
  std::thread thread_;
  steady::time_point woken_; ///< written before seen_
  std::atomic<std::size_t> seen_{0};
};

/// A daemon with one settling time, one watcher of it and what they measured.
class edited {
 public:
  edited(options const& how, std::filesystem::path const& directory,
         std::chrono::milliseconds quiet)
      : directory_(directory), quiet_(quiet),
        cfgd_(how.cfgd, directory / "root",
              fmt::format("[watch]\nquiet_ms = {}\n", quiet.count())) {
    test::write_file(cfgd_.source("app.json"), document(0));
    cfgd_.start();
    watcher_ = connect(cfgd_.socket(), cfgd_.process());
    using namespace std::string_view_literals;
    send_all(watcher_, "{\"method\":\"io.cfgd.Config.Watch\",\"more\":true,"
                       "\"parameters\":{\"prefixes\":[\"app\"]}}\0"sv);
    if (receive_until(watcher_, '\0').find("\"ready\":true") == std::string::npos)
      throw std::runtime_error("the state did not come in one piece");
    reader_ = std::make_unique<inotify_reader>(directory / "root" / "etc" / "namespaces");
  }
  ~edited() {
    ::close(watcher_);
    std::error_code ignored;
    std::filesystem::remove_all(directory_ / "root" / "etc", ignored);
  }
  edited(edited const&) = delete;
  edited& operator=(edited const&) = delete;

  void edit() {
    // Not in a directory that the daemon watches, on the way to its own.
    auto const staged = directory_ / "stage" / "app.json";
    write_durably(staged, document(++edits_));
    auto const target = cfgd_.source("app.json");
    auto const seen = reader_->seen();

    auto const before = steady::now();
    std::filesystem::rename(staged, target);
    std::string const received = receive_until(watcher_, '\0');
    auto const after = steady::now();

    if (received.find(fmt::format("\"app.counter\":{}}}", edits_)) == std::string::npos)
      throw std::runtime_error("not the change that was made: " + received.substr(0, 500));
    pushed_.push_back(microseconds(after - before).count());
    woken_.push_back(microseconds(reader_->wait_for_more_than(seen) - before).count());
  }

  void add_to(table& out) const {
    auto const settled = microseconds(quiet_).count();
    auto const row = [&](std::string name, std::vector<double> const& samples, double less,
                         std::string goal) {
      out.add({std::move(name), fixed(percentile(samples, 0.5), 0),
               fixed(percentile(samples, 0.99), 0), fixed(percentile(samples, 0.5) - less, 0),
               fixed(percentile(samples, 0.99) - less, 0), std::move(goal)});
    };
    auto const name = fmt::format("quiet_ms = {}, ", quiet_.count());
    row(name + "change at the watcher", pushed_, settled, "<= 1000, p99 <= 5000");
    row(name + "bare inotify", woken_, 0, "");
  }

 private:
  static void write_durably(std::filesystem::path const& path, std::string const& text) {
    test::write_file(path, text);
    int const file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    ::fsync(file);
    ::close(file);
  }

  std::filesystem::path directory_;
  std::chrono::milliseconds quiet_;
  cfgd_server cfgd_;
  int watcher_ = -1;
  std::unique_ptr<inotify_reader> reader_;
  std::size_t edits_ = 0;
  std::vector<double> pushed_;
  std::vector<double> woken_;
};

} // namespace

void watch(options const& how) {
  test::temporary_directory const directory;
  edited settled(how, directory / "settled", std::chrono::milliseconds(20));
  edited at_once(how, directory / "at-once", std::chrono::milliseconds(0));
  unsigned const rounds = std::min(how.rounds, how.edits);
  for (unsigned round = 0; round < rounds; ++round) {
    unsigned const share =
        how.edits * (round + 1) / rounds - how.edits * round / rounds; // they add up to all
    for (edited* one : {&settled, &at_once})
      for (unsigned count = 0; count < share; ++count)
        one->edit();
  }

  table out({"rename of 10 KB, one value is new", "p50 us", "p99 us", "p50 less settling",
             "p99 less settling", "goal"});
  settled.add_to(out);
  at_once.add_to(out);
  fmt::print("{}\n", out.text());
}

} // namespace cfgd::bench
