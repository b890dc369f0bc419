#include "tests/watchers/watched_tree.hpp"
#include "watchers/inotify.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <set>
#include <span>
#include <string>

namespace {

using cfgd::test::replace_file;
using cfgd::test::watched_tree;
using cfgd::test::write_file;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

/// What is opened in a directory while it exists: by name; "" is the directory itself, to list it.
class opened_names {
 public:
  explicit opened_names(fs::path const& directory)
      : kernel_(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)) {
    BOOST_REQUIRE(::inotify_add_watch(kernel_, directory.c_str(), IN_OPEN | IN_ACCESS) >= 0);
  }
  ~opened_names() { ::close(kernel_); }
  opened_names(opened_names const&) = delete;
  opened_names& operator=(opened_names const&) = delete;

  std::set<std::string> take() const {
    std::set<std::string> names;
    alignas(inotify_event) std::array<char, 4096> buffer{};
    for (;;) {
      auto const got = ::read(kernel_, buffer.data(), buffer.size());
      if (got <= 0) return names;
      cfgd::watchers::parse_events(
          std::span(buffer).first(static_cast<std::size_t>(got)),
          [&](cfgd::watchers::kernel_event const& event) { names.emplace(event.name); });
    }
  }

 private:
  int kernel_;
};

BOOST_AUTO_TEST_SUITE(read_ahead)

BOOST_AUTO_TEST_CASE(an_edit_among_a_thousand_files_opens_no_other) {
  watched_tree tree;
  for (int number = 0; number < 1'000; ++number)
    write_file(tree.file("neighbour_" + std::to_string(number) + ".json"), "0");
  write_file(tree.file("app.json"), "0");
  tree.start();
  opened_names const opened(tree.root());

  fs::create_directory(tree.top() / "stage");
  write_file(tree.top() / "stage/app.json", "1");
  fs::rename(tree.top() / "stage/app.json", tree.file("app.json"));
  BOOST_TEST(tree.until([&] { return tree.last_content("app.json") == "1"; }));

  BOOST_TEST(opened.take() == std::set<std::string>{"app.json"}, boost::test_tools::per_element());
  BOOST_TEST(tree.seen.size() == 1U);
}

/// app.json is "0" and then "1", which settles until a look is asked for and has been read ahead.
struct settling_tree : watched_tree {
  settling_tree() {
    options.quiet = 10min;
    options.late = 10min;
    options.grace = 10ms;
    options.trusted_uid = ::geteuid();
    write_file(file("app.json"), "0");
    start();
    auto const before = reads();
    replace_file(file("app.json"), "{\"n\": 1}");
    BOOST_TEST(until([&] { return reads() == before + 1; }));
  }
  std::uint64_t reads() { return watcher().figures().reads; }
};

BOOST_AUTO_TEST_CASE(what_was_read_ahead_is_not_visible_before_it_has_settled) {
  settling_tree tree;

  BOOST_TEST(tree.seen.empty());
  BOOST_TEST(tree.watcher().figures().looks == 1U);
}

BOOST_AUTO_TEST_CASE(a_file_that_was_read_ahead_is_neither_read_nor_parsed_again) {
  settling_tree tree;
  auto const before = tree.reads();

  BOOST_TEST(tree.look());

  BOOST_TEST(tree.reads() == before);
  auto const* const found = tree.last<watched_tree::content>("app.json");
  BOOST_TEST_REQUIRE(found);
  BOOST_TEST(found->bytes == "{\"n\": 1}");
  BOOST_TEST((found->hash == cfgd::hash_content(found->bytes)));
  BOOST_TEST_REQUIRE((found->document && *found->document));
  BOOST_TEST((*found->document)->root.at("n").as_int64() == 1);
  BOOST_TEST(tree.seen.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_file_that_is_replaced_after_it_was_read_ahead_is_read_again) {
  settling_tree tree;

  replace_file(tree.file("app.json"), "2");
  BOOST_TEST(tree.look());

  BOOST_TEST(tree.last_content("app.json").value() == "2");
  BOOST_TEST(tree.seen.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_write_without_an_event_after_it_was_read_ahead_is_seen) {
  settling_tree tree;
  fs::create_directory(tree.top() / "elsewhere");
  fs::create_hard_link(tree.file("app.json"), tree.top() / "elsewhere/app");

  write_file(tree.top() / "elsewhere/app", "{\"n\": 2}"); // as long as before
  BOOST_TEST(tree.look());

  BOOST_TEST(tree.last_content("app.json").value() == "{\"n\": 2}");
  BOOST_TEST(tree.count<watched_tree::content>("app.json") == 1U);
}

BOOST_AUTO_TEST_CASE(the_directory_may_be_another_one_after_a_file_was_read_ahead) {
  settling_tree tree;

  fs::rename(tree.root(), tree.top() / "away");
  write_file(tree.file("app.json"), "2");
  BOOST_TEST(tree.look());

  BOOST_TEST(tree.last_content("app.json").value() == "2");
  BOOST_TEST(tree.count<watched_tree::content>("app.json") == 1U);
}

BOOST_AUTO_TEST_CASE(trust_that_is_lost_after_a_file_was_read_ahead_blocks_it) {
  for (auto const* const where : {"app.json", "."}) {
    BOOST_TEST_CONTEXT(where) {
      settling_tree tree;

      ::chmod(tree.file(where).c_str(), 0777);
      BOOST_TEST(tree.look());

      BOOST_TEST(tree.count<watched_tree::blocked>("app.json") == 1U);
      BOOST_TEST(tree.count<watched_tree::content>("app.json") == 0U);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_file_that_was_read_ahead_and_removed_is_gone) {
  settling_tree tree;

  fs::remove(tree.file("app.json"));
  BOOST_TEST(tree.look());

  BOOST_TEST(tree.until([&] { return tree.count<watched_tree::gone>("app.json") == 1; }));
  BOOST_TEST(tree.count<watched_tree::content>("app.json") == 0U);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
