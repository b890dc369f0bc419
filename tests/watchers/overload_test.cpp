#include "core/log.hpp"
#include "tests/support/user_namespace.hpp"
#include "tests/watchers/watched_tree.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <thread>

namespace {

using cfgd::test::enter_user_namespace;
using cfgd::test::replace_file;
using cfgd::test::set_namespace_limit;
using cfgd::test::watched_tree;
using cfgd::test::write_file;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

/// A writer's rate: its destructor waits until `time` has passed since it was made. What is tested
/// here is the rate; nothing is waited for.
class pacer {
 public:
  explicit pacer(std::chrono::milliseconds time) : timer_(context_, time) {}
  ~pacer() { timer_.wait(); }
  pacer(pacer const&) = delete;
  pacer& operator=(pacer const&) = delete;

 private:
  boost::asio::io_context context_;
  boost::asio::steady_timer timer_;
};

/// A text that shows whether it is whole: a number, and that number of letters after it.
std::string checked_text(int number) {
  auto const length = static_cast<std::size_t>(1 + number % 5'000);
  return std::to_string(number) + ':' + std::string(length, static_cast<char>('a' + number % 26)) +
         ";\n";
}
std::optional<int> number_of(std::string const& text) {
  auto const number = std::atoi(text.c_str());
  if (text != checked_text(number)) return std::nullopt;
  return number;
}

int replacements() {
  char const* const wanted = std::getenv("CFGD_REPLACEMENTS");
  return wanted == nullptr ? 2'000 : std::atoi(wanted);
}

void write_to(fs::path const& path, std::string const& text) {
  int const fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  auto const half = text.size() / 2;
  bool const whole = ::write(fd, text.data(), half) == static_cast<ssize_t>(half) &&
                     ::write(fd, text.data() + half, text.size() - half) ==
                         static_cast<ssize_t>(text.size() - half);
  ::close(fd);
  if (!whole) throw std::runtime_error("short write");
}

/// Saves again and again on a thread of its own.
class busy_writer {
 public:
  template <class Save>
  busy_writer(watched_tree& tree, int count, Save save)
      : thread_([this, &tree, count, save] {
          for (int i = 1; i <= count; ++i)
            save(i);
          done_ = true;
          // loop::run_until asks its predicate only after a handler has run.
          boost::asio::post(tree.io().context(), [] {});
        }) {}
  ~busy_writer() { thread_.join(); }
  busy_writer(busy_writer const&) = delete;
  busy_writer& operator=(busy_writer const&) = delete;

  bool is_done() const { return done_; }

 private:
  std::atomic<bool> done_{false};
  std::thread thread_;
};

void expect_whole_files_only(watched_tree& tree, int count, void (*save)(fs::path const&, int)) {
  write_file(tree.file("site.json"), checked_text(0));
  tree.start();
  int last = 0;
  int backwards = 0;
  int broken = 0;
  tree.on_call = [&] {
    for (auto const& one : tree.seen) {
      auto const* const found = std::get_if<watched_tree::content>(&one.what);
      if (found == nullptr) continue;
      auto const number = number_of(found->bytes);
      if (!number) {
        ++broken;
        BOOST_TEST_MESSAGE("broken: " << found->bytes.size() << " bytes, "
                                      << found->bytes.substr(0, 8));
      }
      if (number && *number < last) ++backwards;
      if (number) last = *number;
    }
    tree.seen.clear();
  };

  auto const path = tree.file("site.json");
  busy_writer const writer(tree, count, [path, save](int i) { save(path, i); });
  BOOST_TEST(tree.until([&] { return writer.is_done() && last == count; }, 10min));

  BOOST_TEST(broken == 0);
  BOOST_TEST(backwards == 0);
  BOOST_TEST_MESSAGE(count << " saves, " << tree.calls << " calls, "
                           << tree.watcher().figures().unstable_reads << " reads thrown away");
}

BOOST_AUTO_TEST_SUITE(overload)

BOOST_AUTO_TEST_CASE(a_file_that_is_replaced_in_a_loop_is_read_whole) {
  watched_tree tree;
  tree.options.quiet = 0ms;
  expect_whole_files_only(tree, replacements(), [](fs::path const& path, int i) {
    write_to(path.string() + ".tmp", checked_text(i));
    fs::rename(path.string() + ".tmp", path);
  });
  BOOST_TEST(tree.calls > 1U);
}

BOOST_AUTO_TEST_CASE(a_file_that_is_rewritten_in_bursts_is_read_whole) {
  watched_tree tree;
  tree.options.late = 1h;
  expect_whole_files_only(tree, replacements(), [](fs::path const& path, int i) {
    write_to(path, checked_text(i));
    if (i % 100 == 0) pacer const pause(100ms); // that settling waits for
  });
  BOOST_TEST(tree.calls > 1U);
}

BOOST_AUTO_TEST_CASE(rapid_saves_are_few_changes_and_the_last_one_wins) {
  for (bool const in_place : {false, true}) {
    watched_tree tree;
    write_file(tree.file("site.json"), checked_text(0));
    tree.start();
    constexpr int count = 2'000;
    auto const path = tree.file("site.json");
    auto const began = std::chrono::steady_clock::now();
    busy_writer const writer(tree, count, [path, in_place](int i) {
      pacer const next(1ms);
      if (in_place)
        write_to(path, checked_text(i));
      else
        replace_file(path, checked_text(i));
    });

    BOOST_TEST(
        tree.until([&] { return tree.last_content("site.json") == checked_text(count); }, 60s));

    BOOST_TEST_MESSAGE(count << " saves, " << tree.calls << " calls");
    // 40 in the 2 s of an idle machine; a busy one makes the writer pause.
    auto const took = std::chrono::steady_clock::now() - began;
    BOOST_TEST(tree.count<watched_tree::content>("site.json") <=
               40U + static_cast<std::size_t>(took / 50ms));
  }
}

BOOST_AUTO_TEST_CASE(a_full_queue_causes_a_look_at_everything) {
  int queue_length = 0;
  std::ifstream("/proc/sys/fs/inotify/max_queued_events") >> queue_length;
  if (queue_length <= 0 || queue_length > 1'000'000) {
    BOOST_TEST_MESSAGE("skipped: fs.inotify.max_queued_events is " << queue_length);
    return;
  }
  watched_tree tree;
  constexpr int count = 1'000;
  for (int i = 0; i < count; ++i)
    write_file(tree.file("n" + std::to_string(i) + ".json"), "0");
  tree.start();

  // Two files in turn: the kernel merges equal events that follow each other.
  for (int i = 0; i <= queue_length; ++i)
    BOOST_TEST_REQUIRE(::chmod(tree.file(i % 2 == 0 ? "n0.json" : "n1.json").c_str(), 0644) == 0);
  // No event reports these.
  for (int i = 0; i < count; ++i)
    write_file(tree.file("n" + std::to_string(i) + ".json"), "1");

  BOOST_TEST(tree.until([&] { return tree.seen.size() >= count; }));
  BOOST_TEST(tree.watcher().figures().overflows >= 1U);
  BOOST_TEST(tree.look());
  for (int i = 0; i < count; ++i) {
    auto const name = "n" + std::to_string(i) + ".json";
    BOOST_TEST((tree.last_content(name) == "1"), name);
    BOOST_TEST(tree.count<watched_tree::content>(name) == 1U, name);
  }
}

BOOST_AUTO_TEST_CASE(unwatchable_directories_are_polled_with_one_warning) {
  watched_tree tree;
  tree.options.bounds.watched_directories = 2; // "/" and "/tmp"
  tree.options.poll = 50ms;
  write_file(tree.file("site.json"), "0");
  cfgd::log::capture log;
  tree.start();

  BOOST_TEST(tree.watcher().watched_by({.where = cfgd::layer::admin, .relative = "site.json"}) ==
             "poll");
  BOOST_TEST(tree.watcher().figures().polled_directories >= 1U);
  replace_file(tree.file("site.json"), "1");
  BOOST_TEST(tree.until([&] { return tree.last_content("site.json") == "1"; }));
  replace_file(tree.file("site.json"), "2");
  BOOST_TEST(tree.until([&] { return tree.last_content("site.json") == "2"; }));

  auto const lines = log.take();
  BOOST_TEST_REQUIRE(lines.size() == 1U);
  BOOST_TEST((lines[0].severity == cfgd::log::level::warning));
  BOOST_TEST(lines[0].message.find("the limit watched_directories") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_lack_of_watches_names_the_sysctl_and_ends_with_it) {
  if (!enter_user_namespace()) return;
  watched_tree tree;
  tree.options.poll = 50ms;
  write_file(tree.file("site.json"), "0");
  set_namespace_limit("max_inotify_watches", 1);
  cfgd::log::capture log;
  tree.start();
  auto const is_polled = [&] { return tree.watcher().figures().polled_directories > 0; };

  auto const lines = log.take();
  BOOST_TEST_REQUIRE(lines.size() == 1U);
  BOOST_TEST(lines[0].message.find("fs.inotify.max_user_watches") != std::string::npos);
  BOOST_TEST(is_polled());
  set_namespace_limit("max_inotify_watches", 1'000);

  BOOST_TEST(tree.until([&] { return !is_polled(); }));
  replace_file(tree.file("site.json"), "1");
  BOOST_TEST(tree.until([&] { return tree.last_content("site.json") == "1"; }));
}

BOOST_AUTO_TEST_CASE(without_an_inotify_instance_everything_is_polled) {
  if (!enter_user_namespace()) return;
  watched_tree tree;
  tree.options.poll = 50ms;
  write_file(tree.file("site.json"), "0");
  set_namespace_limit("max_inotify_instances", 0);
  cfgd::log::capture log;
  tree.start();

  replace_file(tree.file("site.json"), "1");

  BOOST_TEST(tree.until([&] { return tree.last_content("site.json") == "1"; }));
  BOOST_TEST(log.take().at(0).message.find("fs.inotify.max_user_instances") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
