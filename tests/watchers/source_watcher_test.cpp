#include "core/log.hpp"
#include "tests/watchers/watched_tree.hpp"
#include "watchers/source_watcher.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <set>
#include <string>
#include <vector>

namespace {

using cfgd::test::replace_file;
using cfgd::test::watched_tree;
using cfgd::test::write_file;
using depth = cfgd::watchers::source_watcher::depth;
using cfgd::watchers::known_source;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

/// What is known after the tree has been looked at once.
std::vector<known_source> known_of(std::vector<cfgd::watchers::observation> const& seen) {
  std::vector<known_source> known;
  for (auto const& one : seen) {
    auto const& content = std::get<watched_tree::content>(one.what);
    known.push_back({.id = one.id, .identity = one.identity, .hash = content.hash});
  }
  return known;
}

std::vector<known_source> first_look(watched_tree& tree) {
  tree.begin();
  BOOST_TEST(tree.look());
  auto known = known_of(tree.seen);
  tree.stop();
  tree.seen.clear();
  tree.calls = 0;
  return known;
}

/// A writer that has a file open.
class writer {
 public:
  explicit writer(fs::path const& path, int flags = O_WRONLY | O_CREAT | O_TRUNC)
      : fd_(::open(path.c_str(), flags | O_CLOEXEC, 0644)) {}
  ~writer() { close(); }
  writer(writer const&) = delete;
  writer& operator=(writer const&) = delete;

  void write(std::string const& text) const {
    BOOST_REQUIRE(::write(fd_, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

 private:
  int fd_;
};

BOOST_AUTO_TEST_SUITE(source_watcher)

BOOST_AUTO_TEST_CASE(the_first_look_reports_every_source_in_one_call) {
  watched_tree tree;
  write_file(tree.file("site.yaml"), "a: 1\n");
  write_file(tree.file("site.d/50-more.json"), "{}");
  write_file(tree.file("site.yaml~"), "old");
  write_file(tree.file("README.txt"), "no source");

  tree.begin();
  BOOST_TEST(tree.look());

  BOOST_TEST(tree.calls == 1U);
  BOOST_TEST(tree.seen.size() == 2U);
  BOOST_TEST(tree.last_content("site.yaml").value() == "a: 1\n");
  BOOST_TEST(tree.last_content("site.d/50-more.json").value() == "{}");
  BOOST_TEST(tree.watcher().figures().sources == 2U);
  BOOST_TEST(tree.watcher().watched_by(tree.seen.at(0).id) == "inotify");
  BOOST_TEST(tree.seen.at(0).path.starts_with(tree.root().string()));
}

BOOST_AUTO_TEST_CASE(known_sources_are_not_read_again) {
  watched_tree tree;
  write_file(tree.file("site.yaml"), "a: 1\n");
  auto const known = first_look(tree);

  tree.begin(known);
  BOOST_TEST(tree.look());

  BOOST_TEST(tree.seen.empty());
  BOOST_TEST(tree.watcher().figures().reads == 0U);
  BOOST_TEST(tree.watcher().figures().sources == 1U);
}

BOOST_AUTO_TEST_CASE(the_first_look_reports_changes_made_before_the_start) {
  watched_tree tree;
  for (auto const* const name : {"a.json", "b.json", "c.json", "d.json"})
    write_file(tree.file(name), "0");
  auto known = first_look(tree);
  known.back().identity = {}; // d.json was blocked
  replace_file(tree.file("a.json"), "1");
  replace_file(tree.file("b.json"), "0");
  fs::remove(tree.file("c.json"));

  tree.begin(known);
  BOOST_TEST(tree.look());

  BOOST_TEST(tree.calls == 1U);
  BOOST_TEST(tree.seen.size() == 4U);
  BOOST_TEST(tree.last_content("a.json").value_or("") == "1");
  BOOST_TEST(tree.count<watched_tree::touched>("b.json") == 1U);
  BOOST_TEST(tree.count<watched_tree::gone>("c.json") == 1U);
  BOOST_TEST(tree.last_content("d.json").value_or("") == "0");
}

BOOST_AUTO_TEST_CASE(known_sources_of_a_missing_directory_are_gone) {
  watched_tree tree;
  write_file(tree.file("site.d/a.json"), "0");
  auto const known = first_look(tree);
  fs::remove_all(tree.root());

  tree.begin(known);
  BOOST_TEST(tree.look());

  BOOST_TEST(tree.count<watched_tree::gone>("site.d/a.json") == 1U);
}

BOOST_AUTO_TEST_CASE(a_touched_file_is_reported_with_its_new_identity) {
  watched_tree tree;
  write_file(tree.file("site.yaml"), "a: 1\n");
  tree.start();

  replace_file(tree.file("site.yaml"), "a: 1\n");

  BOOST_TEST(tree.until([&] { return tree.count<watched_tree::touched>("site.yaml") == 1; }));
  struct stat info {};
  BOOST_TEST(::stat(tree.file("site.yaml").c_str(), &info) == 0);
  BOOST_TEST(tree.seen.back().identity.inode == info.st_ino);
  BOOST_TEST(tree.count<watched_tree::content>("site.yaml") == 0U);
}

BOOST_AUTO_TEST_CASE(a_deleted_file_is_gone_after_the_grace) {
  watched_tree tree;
  tree.options.grace = 200ms;
  write_file(tree.file("site.yaml"), "a: 1\n");
  tree.start();
  auto const begin = std::chrono::steady_clock::now();

  fs::remove(tree.file("site.yaml"));

  BOOST_TEST(tree.until([&] { return tree.count<watched_tree::gone>("site.yaml") == 1; }));
  BOOST_TEST((std::chrono::steady_clock::now() - begin >= 200ms));
  BOOST_TEST(tree.watcher().figures().sources == 0U);
}

BOOST_AUTO_TEST_CASE(the_same_bytes_after_a_removal_are_content) {
  watched_tree tree;
  tree.options.grace = 50ms;
  write_file(tree.file("site.yaml"), "a: 1\n");
  tree.start();
  fs::remove(tree.file("site.yaml"));
  BOOST_TEST(tree.until([&] { return tree.count<watched_tree::gone>("site.yaml") == 1; }));

  write_file(tree.file("site.yaml"), "a: 1\n");

  BOOST_TEST(tree.until([&] { return tree.count<watched_tree::content>("site.yaml") == 1; }));
}

BOOST_AUTO_TEST_CASE(looks_at_neighbours_wait_for_a_stalled_writer_too) {
  watched_tree tree;
  write_file(tree.file("site.yaml"), "a: 1\n");
  tree.start();

  writer slow(tree.file("site.yaml"));
  slow.write("a: ");
  BOOST_TEST(tree.catch_up()); // somebody else's event in the same directory
  BOOST_TEST(tree.look());
  BOOST_TEST(tree.count<watched_tree::content>("site.yaml") == 0U);
  slow.write("2\n");
  slow.close();

  BOOST_TEST(tree.until([&] { return tree.last_content("site.yaml") == "a: 2\n"; }));
  BOOST_TEST(tree.count<watched_tree::content>("site.yaml") == 1U);
}

BOOST_AUTO_TEST_CASE(an_emptied_file_is_reported_after_the_second_look) {
  watched_tree tree;
  tree.options.emptied = 0ms;
  write_file(tree.file("site.yaml"), "a: 1\n");
  tree.start();
  auto const looks = tree.watcher().figures().looks;

  write_file(tree.file("site.yaml"), "");

  BOOST_TEST(tree.until([&] { return tree.last_content("site.yaml") == ""; }));
  BOOST_TEST(tree.watcher().figures().looks >= looks + 2);
  BOOST_TEST(tree.count<watched_tree::content>("site.yaml") == 1U);
}

BOOST_AUTO_TEST_CASE(an_emptied_file_is_blocked_before_its_values_go) {
  watched_tree tree;
  tree.options.grace = 20ms;
  tree.options.emptied = 1s;
  write_file(tree.file("site.yaml"), "a: 1\n");
  tree.start();

  write_file(tree.file("site.yaml"), "");

  BOOST_TEST(tree.until([&] { return tree.count<watched_tree::blocked>("site.yaml") == 1; }));
  BOOST_TEST(tree.watcher().emptied() == 1U);
  BOOST_TEST(tree.until([&] { return tree.last_content("site.yaml") == ""; }));
  BOOST_TEST(tree.watcher().emptied() == 0U);
  BOOST_TEST(tree.count<watched_tree::content>("site.yaml") == 1U);
}

BOOST_AUTO_TEST_CASE(look_now_does_not_wait_for_an_emptied_file_and_counts_it) {
  watched_tree tree;
  tree.options.grace = 20ms;
  tree.options.emptied = 10min;
  write_file(tree.file("site.yaml"), "a: 1\n");
  tree.start();
  write_file(tree.file("site.yaml"), "");

  BOOST_TEST(tree.look());

  BOOST_TEST(tree.count<watched_tree::blocked>("site.yaml") == 1U);
  BOOST_TEST(tree.watcher().emptied() == 1U);
  write_file(tree.file("site.yaml"), "a: 2\n");
  BOOST_TEST(tree.until([&] { return tree.last_content("site.yaml") == "a: 2\n"; }));
  BOOST_TEST(tree.watcher().emptied() == 0U);
}

BOOST_AUTO_TEST_CASE(look_now_reports_edits_that_were_finished_before) {
  watched_tree tree;
  tree.options.quiet = 10min;
  tree.options.late = 10min;
  for (auto const* const name : {"a.json", "b.json", "c.json"})
    write_file(tree.file(name), "0");
  tree.options.grace = 50ms;
  tree.start();

  replace_file(tree.file("a.json"), "1");
  write_file(tree.file("b.json"), "1");
  fs::remove(tree.file("c.json"));
  BOOST_TEST(tree.look());

  BOOST_TEST(tree.last_content("a.json").value_or("") == "1");
  BOOST_TEST(tree.last_content("b.json").value_or("") == "1");
  BOOST_TEST(tree.count<watched_tree::gone>("c.json") == 1U);
}

BOOST_AUTO_TEST_CASE(looks_are_answered_in_order) {
  watched_tree tree;
  tree.begin();
  std::vector<int> order;

  for (int i = 0; i < 5; ++i)
    tree.watcher().look_now(i % 2 == 0 ? depth::changed : depth::all,
                            [&order, i] { order.push_back(i); });

  BOOST_TEST(tree.until([&] { return order.size() == 5; }));
  std::vector<int> const expected{0, 1, 2, 3, 4};
  BOOST_TEST(order == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_look_at_all_reports_unchanged_sources) {
  watched_tree tree;
  write_file(tree.file("a.json"), "0");
  write_file(tree.file("site.d/b.json"), "1");
  tree.start();

  BOOST_TEST(tree.look(depth::all));

  BOOST_TEST(tree.calls == 1U);
  BOOST_TEST(tree.last_content("a.json").value_or("") == "0");
  BOOST_TEST(tree.last_content("site.d/b.json").value_or("") == "1");
}

BOOST_AUTO_TEST_CASE(sources_of_a_directory_created_later_are_found) {
  watched_tree tree;
  tree.options.roots.front().directory = tree.top() / "not/yet/there";
  tree.start();

  write_file(tree.top() / "not/yet/there/site.yaml", "a: 1\n");

  BOOST_TEST(tree.until([&] { return tree.last_content("site.yaml") == "a: 1\n"; }));
  replace_file(tree.top() / "not/yet/there/site.yaml", "a: 2\n");
  BOOST_TEST(tree.until([&] { return tree.last_content("site.yaml") == "a: 2\n"; }));
}

BOOST_AUTO_TEST_CASE(drop_in_directories_appear_change_and_disappear) {
  watched_tree tree;
  tree.options.grace = 50ms;
  write_file(tree.file("site.yaml"), "a: 1\n");
  tree.start();

  write_file(tree.file("site.d/1.json"), "1");
  BOOST_TEST(tree.until([&] { return tree.last_content("site.d/1.json") == "1"; }));
  write_file(tree.file("site.d/1.json"), "2");
  BOOST_TEST(tree.until([&] { return tree.last_content("site.d/1.json") == "2"; }));
  fs::rename(tree.file("site.d"), tree.file("other.d"));

  BOOST_TEST(tree.until([&] {
    return tree.count<watched_tree::gone>("site.d/1.json") == 1 &&
           tree.last_content("other.d/1.json") == "2";
  }));
  BOOST_TEST(tree.count<watched_tree::content>("site.yaml") == 0U);
}

BOOST_AUTO_TEST_CASE(leftovers_are_not_sources) {
  watched_tree tree;
  tree.start();

  for (auto const* const name : {".site.json.swp", "site.json~", "#site.json#", ".#site.json",
                                 "site.json.tmp", "site.json.dpkg-new", "site.json.rpmsave"})
    write_file(tree.file(name), "{}");

  BOOST_TEST(tree.catch_up());
  BOOST_TEST(tree.seen.size() == 1U); // the marker
  BOOST_TEST(tree.watcher().figures().sources == 1U);
}

BOOST_AUTO_TEST_CASE(a_directory_of_each_layer_is_watched) {
  watched_tree tree;
  tree.options.roots.push_back({.where = cfgd::layer::vendor, .directory = tree.top() / "vendor"});
  write_file(tree.top() / "vendor/site.yaml", "a: 0\n");
  write_file(tree.file("site.yaml"), "a: 1\n");
  tree.begin();
  BOOST_TEST(tree.look());

  std::set<std::string> ids;
  for (auto const& one : tree.seen)
    ids.insert(to_string(one.id));
  std::set<std::string> const expected{"admin/site.yaml", "vendor/site.yaml"};
  BOOST_TEST(ids == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(files_beyond_the_limit_are_left_out_with_one_warning) {
  watched_tree tree;
  tree.options.bounds.source_files = 2;
  for (auto const* const name : {"a.json", "b.json", "c.json", "d.json"})
    write_file(tree.file(name), "0");
  cfgd::log::capture log;

  tree.begin();
  BOOST_TEST(tree.look());
  BOOST_TEST(tree.look());

  BOOST_TEST(tree.seen.size() == 2U);
  auto const lines = log.take();
  BOOST_TEST_REQUIRE(lines.size() == 1U);
  BOOST_TEST(lines[0].message == "2 source files are ignored: the limit source_files is 2");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
