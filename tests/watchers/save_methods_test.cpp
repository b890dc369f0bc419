#include "tests/support/save_methods.hpp"
#include "tests/watchers/watched_tree.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <string>

namespace {

using cfgd::test::replace_file;
using cfgd::test::saving;
using cfgd::test::watched_tree;
using cfgd::test::ways_to_save;
using cfgd::test::ways_without_change;
using cfgd::test::write_file;

/// Patient, as the tools run on a machine that does other things too.
void be_patient(watched_tree& tree) {
  tree.options.quiet = std::chrono::milliseconds(60);
  tree.options.late = std::chrono::milliseconds(3000);
  tree.options.grace = std::chrono::milliseconds(3000);
}

BOOST_AUTO_TEST_SUITE(save_methods)

BOOST_AUTO_TEST_CASE(every_way_to_save_is_one_change_with_the_right_bytes) {
  BOOST_TEST(ways_to_save().size() >= 25U);
  for (auto const& one : ways_to_save()) {
    BOOST_TEST_CONTEXT(one.name) {
      watched_tree tree;
      be_patient(tree);
      write_file(tree.file("site.yaml"), "value: old and longer\n");
      saving const what{.target = tree.file("site.yaml"),
                        .beside = tree.top() / "beside",
                        .text = "value: fresh and longer\n"};
      write_file(what.beside, what.text);
      tree.start();

      one.save(what);

      BOOST_TEST(tree.until([&] { return tree.last_content("site.yaml") == what.text; }));
      BOOST_TEST(tree.catch_up());
      BOOST_TEST(tree.count<watched_tree::content>("site.yaml") == 1U);
      BOOST_TEST(tree.count<watched_tree::gone>("site.yaml") == 0U);
      BOOST_TEST(tree.count<watched_tree::blocked>("site.yaml") == 0U);
    }
  }
}

BOOST_AUTO_TEST_CASE(saving_the_same_bytes_is_no_change) {
  for (auto const& one : ways_without_change()) {
    BOOST_TEST_CONTEXT(one.name) {
      watched_tree tree;
      be_patient(tree);
      write_file(tree.file("site.yaml"), "value: old\n");
      tree.start();

      one.save({.target = tree.file("site.yaml"), .beside = tree.top() / "beside", .text = {}});

      BOOST_TEST(tree.catch_up());
      BOOST_TEST(tree.look());
      BOOST_TEST(tree.count<watched_tree::content>("site.yaml") == 0U);
      BOOST_TEST(tree.count<watched_tree::gone>("site.yaml") == 0U);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_thousand_saves_of_the_same_bytes_are_no_change) {
  watched_tree tree;
  tree.options.quiet = std::chrono::milliseconds(0);
  write_file(tree.file("site.yaml"), "value: old\n");
  tree.start();

  for (int i = 0; i < 1'000; ++i) {
    replace_file(tree.file("site.yaml"), "value: old\n");
    tree.io().context().poll();
  }

  BOOST_TEST(tree.catch_up());
  BOOST_TEST(tree.look());
  BOOST_TEST(tree.count<watched_tree::content>("site.yaml") == 0U);
  BOOST_TEST(tree.count<watched_tree::gone>("site.yaml") == 0U);
}

BOOST_AUTO_TEST_CASE(a_swap_of_a_link_to_a_directory_is_one_change_of_all_files) {
  watched_tree tree;
  write_file(tree.file("..2024_1/site.yaml"), "a: 1\n");
  write_file(tree.file("..2024_1/theme.json"), "1");
  std::filesystem::create_directory_symlink("..2024_1", tree.file("..data"));
  std::filesystem::create_symlink("..data/site.yaml", tree.file("site.yaml"));
  std::filesystem::create_symlink("..data/theme.json", tree.file("theme.json"));
  tree.start();

  write_file(tree.file("..2024_2/site.yaml"), "a: 2\n");
  write_file(tree.file("..2024_2/theme.json"), "2");
  std::filesystem::create_directory_symlink("..2024_2", tree.file("..data_tmp"));
  std::filesystem::rename(tree.file("..data_tmp"), tree.file("..data"));
  std::filesystem::remove_all(tree.file("..2024_1"));

  BOOST_TEST(tree.until([&] { return tree.last_content("site.yaml") == "a: 2\n"; }));
  BOOST_TEST(tree.calls == 1U);
  BOOST_TEST(tree.last_content("theme.json").value_or("") == "2");
  BOOST_TEST(tree.catch_up());
  BOOST_TEST(tree.count<watched_tree::content>("site.yaml") == 1U);
}

BOOST_AUTO_TEST_CASE(files_saved_together_come_in_one_call) {
  watched_tree tree;
  tree.options.quiet = std::chrono::milliseconds(60);
  for (auto const* const name : {"a.json", "b.json", "b.d/1.json"})
    write_file(tree.file(name), "0");
  tree.start();

  for (auto const* const name : {"a.json", "b.json", "b.d/1.json"})
    replace_file(tree.file(name), "1");

  BOOST_TEST(tree.until([&] { return tree.calls > 0; }));
  BOOST_TEST(tree.seen.size() == 3U);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
