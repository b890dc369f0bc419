#include "tests/watchers/looked_tree.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace {

using cfgd::layer;
using cfgd::test::described;
using cfgd::test::everything;
using cfgd::test::looked_tree;
using cfgd::test::replace_file;
using cfgd::test::write_file;
using cfgd::watchers::look_request;
using cfgd::watchers::look_result;
namespace fs = std::filesystem;

look_request only(std::string const& unit) {
  look_request request;
  request.units = {{.root = 0, .name = unit}};
  return request;
}

BOOST_AUTO_TEST_SUITE(look)

BOOST_AUTO_TEST_CASE(unchanged_files_are_neither_reported_nor_read_again) {
  looked_tree files;
  write_file(files.file("a.json"), "1");
  write_file(files.file("a.d/b.json"), "2");
  auto looker = files.make_looker();

  BOOST_TEST(described(looker.look(everything())) == "a.d/b.json=2 a.json=1");
  // Until the kernel's clock for files has ticked, stat proves nothing and the bytes decide.
  auto const limit = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  look_result later;
  do {
    later = looker.look(everything());
    BOOST_TEST_REQUIRE(later.findings.size() == later.reads);
  } while (later.reads > 0 && std::chrono::steady_clock::now() < limit);

  BOOST_TEST(later.reads == 0U);
  BOOST_TEST(described(later).empty());
}

BOOST_AUTO_TEST_CASE(a_look_at_a_part_does_not_touch_the_rest) {
  looked_tree files;
  write_file(files.file("a.json"), "1");
  write_file(files.file("a.d/b.json"), "1");
  auto looker = files.make_looker();
  looker.look(everything());
  replace_file(files.file("a.json"), "2");
  replace_file(files.file("a.d/b.json"), "2");

  BOOST_TEST(described(looker.look(only("a.d"))) == "a.d/b.json=2");
  BOOST_TEST(described(looker.look(only(""))) == "a.json=2");
}

BOOST_AUTO_TEST_CASE(a_look_at_the_root_finds_new_and_lost_drop_in_directories) {
  looked_tree files;
  write_file(files.file("a.d/b.json"), "1");
  auto looker = files.make_looker();
  looker.look(everything());

  fs::rename(files.file("a.d"), files.file("c.d"));

  BOOST_TEST(described(looker.look(only(""))) == "a.d/b.json- c.d/b.json=1");
}

BOOST_AUTO_TEST_CASE(files_that_settle_are_skipped) {
  looked_tree files;
  write_file(files.file("a.json"), "1");
  write_file(files.file("gone.json"), "1");
  auto looker = files.make_looker();
  looker.look(everything());
  replace_file(files.file("a.json"), "2");
  fs::remove(files.file("gone.json"));

  auto request = everything();
  request.skip = {files.file("a.json").string(), files.file("gone.json").string()};
  BOOST_TEST(described(looker.look(request)).empty());

  BOOST_TEST(described(looker.look(everything())) == "a.json=2 gone.json-");
}

BOOST_AUTO_TEST_CASE(requested_sources_are_read_again) {
  looked_tree files;
  write_file(files.file("a.json"), "1");
  write_file(files.file("a.d/b.json"), "2");
  auto looker = files.make_looker();
  looker.look(everything());

  auto request = everything();
  request.again = {{.where = layer::admin, .relative = "a.d/b.json"}};
  auto const found = looker.look(request);

  BOOST_TEST(described(found).find("a.d/b.json=2") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(directories_are_watched_before_they_are_listed_and_unwatched_when_removed) {
  looked_tree files;
  write_file(files.file("a.d/b.json"), "1");
  auto looker = files.make_looker();
  auto const first = looker.look(everything());
  auto const before = first.watch_count;
  auto const is_here = [&](auto const& one) {
    return one.path == files.file("a.d").string() && one.watch >= 0 && one.all_names;
  };
  BOOST_TEST(std::any_of(first.watches.begin(), first.watches.end(), is_here));
  BOOST_TEST(first.unit_directories.size() == 2U);

  fs::remove_all(files.file("a.d"));
  auto const second = looker.look(everything());

  BOOST_TEST(second.watch_count == before - 1);
  BOOST_TEST_REQUIRE(second.watches.size() == 1U);
  BOOST_TEST(second.watches[0].watch == -1);
}

BOOST_AUTO_TEST_CASE(a_recreated_directory_gets_a_new_watch) {
  looked_tree files;
  write_file(files.file("a.d/b.json"), "1");
  auto looker = files.make_looker();
  auto const first = looker.look(everything());
  fs::rename(files.file("a.d"), files.file("x"));
  write_file(files.file("a.d/b.json"), "2");

  auto const second = looker.look(everything());

  BOOST_TEST(described(second) == "a.d/b.json=2");
  BOOST_TEST_REQUIRE(second.watches.size() == 1U);
  BOOST_TEST(second.watches[0].path == files.file("a.d").string());
  BOOST_TEST(second.watches[0].watch >= 0);
}

BOOST_AUTO_TEST_CASE(without_inotify_everything_is_found_and_nothing_is_watched) {
  looked_tree files;
  write_file(files.file("a.json"), "1");
  cfgd::watchers::looker looker(files.how(), {}, nullptr);

  auto const found = looker.look(everything());

  BOOST_TEST(described(found) == "a.json=1");
  BOOST_TEST(found.watch_count == 0U);
  BOOST_TEST(found.unwatched.at(files.file("").parent_path().string()) == EMFILE);
}

BOOST_AUTO_TEST_CASE(files_beyond_the_limit_are_counted) {
  looked_tree files;
  files.how().bounds.source_files = 2;
  for (auto const* const name : {"a.json", "b.json", "c.json"})
    write_file(files.file(name), "1");
  auto looker = files.make_looker();

  auto const first = looker.look(everything());
  BOOST_TEST(described(first) == "a.json=1 b.json=1");
  BOOST_TEST(first.ignored_files == 1U);

  fs::remove(files.file("a.json"));
  BOOST_TEST(described(looker.look(everything())).find("a.json-") != std::string::npos);
  BOOST_TEST(described(looker.look(everything())).find("c.json=1") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
