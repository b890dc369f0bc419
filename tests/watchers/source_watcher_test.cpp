#include "watchers/source_watcher.hpp"

#include "tests/watchers/watched_tree.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

namespace {

using cfgd::test::replace_file;
using cfgd::test::watched_tree;
using cfgd::test::write_file;
using depth = cfgd::watchers::source_watcher::depth;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(source_watcher)

BOOST_AUTO_TEST_CASE(first_look_tells_every_source_in_one_call) {
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
  BOOST_TEST(tree.watcher().watched_by(tree.seen[0].id) == "inotify");
}

BOOST_AUTO_TEST_CASE(rename_into_place_is_one_change) {
  watched_tree tree;
  write_file(tree.file("site.yaml"), "a: 1\n");
  tree.start();

  replace_file(tree.file("site.yaml"), "a: 2\n");

  BOOST_TEST(tree.until([&] { return tree.last_content("site.yaml") == "a: 2\n"; }));
  BOOST_TEST(tree.catch_up());
  BOOST_TEST(tree.count<watched_tree::content>("site.yaml") == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
