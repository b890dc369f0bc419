#include "tests/watchers/watched_tree.hpp"
#include "watchers/inotify.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/inotify.h>
#include <unistd.h>

#include <array>
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

BOOST_AUTO_TEST_SUITE_END()

} // namespace
