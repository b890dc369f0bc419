#include "core/message_ids.hpp"
#include "daemon/problems/problems_keeper.hpp"
#include "tests/support/datagram_receiver.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/varlink_peer.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace {

namespace lg = cfgd::log;
namespace fs = std::filesystem;
using cfgd::problems_keeper;
using cfgd::test::datagram_receiver;
using cfgd::test::run_until;
using cfgd::test::temporary_directory;

std::string text_of(fs::path const& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// A keeper on a loop, as the service has one.
struct keeping {
  keeping() : keeping(temporary_directory().path() / "none") {}
  explicit keeping(fs::path const& file)
      : files(loop.get_executor()),
        keeper(std::make_unique<problems_keeper>(loop.get_executor(), files, file)) {}

  cfgd::problems const& kept() { return keeper->kept(); }
  /// What was written to the log has arrived.
  void settle() {
    loop.restart();
    loop.poll();
  }
  bool save() {
    bool done = false;
    keeper->save([&] { done = true; });
    return run_until(loop, [&] { return done; });
  }

  boost::asio::io_context loop;
  cfgd::file_writer files;
  std::unique_ptr<problems_keeper> keeper;
};

void refuse(std::string path) {
  lg::write(lg::level::warning, "bad; its last good content stays effective",
            {{"MESSAGE_ID", cfgd::message_id::source_quarantined},
             {"CFGD_KIND", "parse"},
             {"CFGD_PATH", std::move(path)}});
}

/// The journal of this process, once: standard error is taken for its stream.
fs::path journal_path() {
  static temporary_directory const directory;
  return directory / "socket";
}
void use_journal() {
  static bool const used = [] {
    struct stat state {};
    ::fstat(STDERR_FILENO, &state);
    auto const stream = std::to_string(state.st_dev) + ':' + std::to_string(state.st_ino);
    ::setenv("JOURNAL_STREAM", stream.c_str(), 1);
    datagram_receiver const listening(journal_path());
    bool const taken = lg::to_journal(journal_path(), "test");
    ::unsetenv("JOURNAL_STREAM");
    return taken;
  }();
  BOOST_REQUIRE(used);
}

} // namespace

// Suites are namespaces: not in the global one, where the names of functions are.
namespace cases {
BOOST_AUTO_TEST_SUITE(problems_keeper)

BOOST_AUTO_TEST_CASE(it_collects_lines_of_all_threads) {
  keeping test;

  std::thread([] { cfgd::report("store_failed", "the store failed: no space"); }).join();
  test.settle();

  BOOST_REQUIRE(test.kept().size() == 1U);
  BOOST_TEST(test.kept().list()[0]->message == "the store failed: no space");
  BOOST_TEST(test.kept().is_open("store_failed", "store"));

  cfgd::report_over("store_failed", "the store works again");
  test.settle();
  BOOST_TEST(!test.kept().is_open("store_failed", "store"));
}

BOOST_AUTO_TEST_CASE(what_the_threshold_or_the_gate_leaves_out_is_counted_all_the_same) {
  keeping test;
  for (int time = 0; time < 100; ++time)
    lg::write(lg::level::warning, "refused",
              {{"MESSAGE_ID", cfgd::message_id::call_refused}, {"CFGD_PEER_UID", "1000"}});
  test.settle();

  BOOST_REQUIRE(test.kept().size() == 1U);
  BOOST_TEST(test.kept().list()[0]->count == 100U);
}

BOOST_AUTO_TEST_CASE(a_message_that_comes_after_the_end_finds_nothing) {
  keeping test;
  refuse("/a");
  test.keeper.reset();
  refuse("/b");

  test.settle();

  BOOST_TEST(test.loop.stopped());
}

BOOST_AUTO_TEST_CASE(problems_outlive_the_process) {
  temporary_directory const directory;
  {
    keeping before(directory / "problems.json");
    refuse("/a");
    cfgd::report("committer_silent", "the store does not answer");
    before.settle();
    BOOST_TEST(before.save());
  }

  keeping after(directory / "problems.json");

  BOOST_TEST(after.kept().size() == 2U);
  BOOST_TEST(after.kept().is_open("source_unreadable", "/a"));
  BOOST_TEST(!after.kept().is_open("committer_silent", ""));
  struct stat state {};
  ::stat((directory / "problems.json").c_str(), &state);
  BOOST_TEST((state.st_mode & 0777U) == 0600U);
}

BOOST_AUTO_TEST_CASE(a_tick_saves_what_is_new_and_nothing_else) {
  temporary_directory const directory;
  auto const file = directory / "problems.json";
  keeping test(file);

  test.keeper->tick();
  test.settle();
  BOOST_TEST(!fs::exists(file));

  refuse("/a");
  test.settle();
  test.keeper->tick();
  BOOST_TEST(run_until(test.loop, [&] { return fs::exists(file); }));
  BOOST_TEST(text_of(file).find("\"/a\"") != std::string::npos);
  test.keeper->clear();
  BOOST_TEST(test.save());
  BOOST_TEST(text_of(file).find("\"/a\"") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_damaged_file_is_a_warning_and_is_written_anew) {
  temporary_directory const directory;
  auto const file = directory / "problems.json";
  std::ofstream(file) << R"({"version":1,"next":1,"prob)";
  lg::capture captured;

  keeping test(file);
  test.settle();

  BOOST_TEST(captured.take().at(0).message.find("it is damaged") != std::string::npos);
  BOOST_REQUIRE(test.kept().size() == 1U);
  BOOST_TEST(test.kept().list()[0]->what->name == "problems_unreadable");
  BOOST_TEST(test.save());
  BOOST_TEST(keeping(file).kept().size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_file_that_is_a_link_or_a_pipe_is_not_followed) {
  temporary_directory const directory;
  std::ofstream(directory / "other") << "{}";
  fs::create_symlink(directory / "other", directory / "link");
  ::mkfifo((directory / "pipe").c_str(), 0600);
  for (auto const* const name : {"link", "pipe"}) {
    keeping test(directory / name);
    test.settle();
    BOOST_TEST(test.kept().size() == 1U);
    cfgd::report("store_failed", "x");
    test.settle();
    BOOST_TEST(test.save());
    BOOST_TEST(fs::is_regular_file(fs::symlink_status(directory / name)));
  }
  BOOST_TEST(text_of(directory / "other") == "{}");
}

BOOST_AUTO_TEST_CASE(a_directory_that_cannot_be_written_is_reported_once_and_tried_again) {
  temporary_directory const directory;
  auto const file = directory / "state" / "problems.json";
  lg::capture captured;
  keeping test(file);
  refuse("/a");
  test.settle();
  BOOST_TEST(test.save());
  test.settle();
  BOOST_TEST(test.kept().is_open("file_unwritten", file.string()));
  BOOST_TEST(test.save());
  BOOST_TEST(captured.take().size() == 2U);

  fs::create_directories(file.parent_path());
  BOOST_TEST(test.save());
  test.settle();

  BOOST_TEST(fs::exists(file));
  BOOST_TEST(!test.kept().is_open("file_unwritten", file.string()));
}

BOOST_AUTO_TEST_CASE(what_the_store_says_of_sources_goes_before) {
  keeping test;
  refuse("/good");
  refuse("/bad");
  test.settle();
  cfgd::engine::source_row good;
  good.path = "/good";
  auto bad = good;
  bad.path = "/bad";
  bad.status = cfgd::engine::source_status::quarantined;
  bad.why = cfgd::error{.code = cfgd::errc::parse, .message = "bad"};
  auto untrusted = bad;
  untrusted.path = "/untrusted";
  untrusted.status = cfgd::engine::source_status::untrusted;
  untrusted.why = cfgd::error{.code = cfgd::errc::untrusted, .message = "is writable by others"};

  test.keeper->compare({good, bad, untrusted});

  BOOST_TEST(!test.kept().is_open("source_unreadable", "/good"));
  BOOST_TEST(test.kept().is_open("source_unreadable", "/bad"));
  BOOST_TEST(test.kept().is_open("source_untrusted", "/untrusted"));
  BOOST_TEST(test.kept().size() == 3U);
}

BOOST_AUTO_TEST_CASE(a_journal_that_is_gone_is_a_problem_until_it_is_back) {
  use_journal();
  keeping test;
  auto const lost = lg::figures().lost;
  auto const begin = std::chrono::steady_clock::now();

  for (int line = 0; line < 1'000; ++line)
    lg::write(lg::level::info, "lost");
  test.keeper->tick();

  BOOST_TEST(lg::figures().lost - lost == 1'000U);
  BOOST_TEST(test.kept().is_open("log_lines_lost", "journal"));
  BOOST_TEST(test.kept().list()[0]->context.at(0).second == std::to_string(lost + 1'000));
  lg::write(lg::level::info, "nor this");
  test.keeper->tick();
  BOOST_TEST(test.kept().list()[0]->count == 1U);
  BOOST_TEST(test.kept().list()[0]->context.at(0).second == std::to_string(lost + 1'001));

  datagram_receiver back(journal_path());
  test.keeper->tick();

  BOOST_TEST(back.take().value().starts_with("MESSAGE=1001 lines of the log were lost"));
  BOOST_TEST(!test.kept().is_open("log_lines_lost", "journal"));
  BOOST_TEST(lg::figures().unreported == 0U);
  BOOST_TEST((std::chrono::steady_clock::now() - begin < std::chrono::seconds(20)));
}

BOOST_AUTO_TEST_CASE(a_journal_that_is_full_is_not_waited_for) {
  use_journal();
  keeping test;
  datagram_receiver full(journal_path());
  auto const lost = lg::figures().lost;

  for (int line = 0; line < 100'000 && lg::figures().lost == lost; ++line)
    lg::write(lg::level::info, "line");
  test.keeper->tick();
  BOOST_TEST(test.kept().is_open("log_lines_lost", "journal"));

  while (full.take()) {
  }
  test.keeper->tick();

  BOOST_TEST(!test.kept().is_open("log_lines_lost", "journal"));
  BOOST_TEST(full.take().value().starts_with("MESSAGE=1 lines of the log were lost"));
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
