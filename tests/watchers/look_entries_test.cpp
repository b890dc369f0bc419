#include "tests/support/temporary_directory.hpp"
#include "tests/watchers/looked_tree.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace {

using cfgd::test::described;
using cfgd::test::everything;
using cfgd::test::looked_tree;
using cfgd::test::replace_file;
using cfgd::test::write_file;
using cfgd::watchers::look_request;
using cfgd::watchers::look_result;
namespace fs = std::filesystem;

/// What events on these files ask for.
look_request events_on(looked_tree const& files, std::vector<std::string> const& names) {
  look_request request;
  for (auto const& name : names) {
    auto const slash = name.rfind('/');
    auto const unit = slash == std::string::npos ? std::string() : name.substr(0, slash);
    request.entries[{.root = 0, .name = unit}].insert(files.file(name).string());
  }
  return request;
}

/// A look at all may also read files again that were changed a moment ago.
bool has(look_result const& found, std::string const& word) {
  return (' ' + described(found) + ' ').find(' ' + word + ' ') != std::string::npos;
}

BOOST_AUTO_TEST_SUITE(look_entries)

BOOST_AUTO_TEST_CASE(only_entries_with_events_are_looked_at) {
  looked_tree files;
  for (auto const* const name : {"a.json", "b.json", "a.d/1.json", "a.d/2.json"})
    write_file(files.file(name), "1");
  auto looker = files.make_looker();
  looker.look(everything());
  for (auto const* const name : {"a.json", "b.json", "a.d/1.json", "a.d/2.json"})
    replace_file(files.file(name), "2");

  BOOST_TEST(described(looker.look(events_on(files, {"a.json"}))) == "a.json=2");
  BOOST_TEST(described(looker.look(events_on(files, {"a.d/2.json"}))) == "a.d/2.json=2");
  auto const rest = looker.look(everything());
  BOOST_TEST(has(rest, "a.d/1.json=2"));
  BOOST_TEST(has(rest, "b.json=2"));
}

BOOST_AUTO_TEST_CASE(new_and_lost_entries_are_found) {
  looked_tree files;
  write_file(files.file("lost.json"), "1");
  auto looker = files.make_looker();
  looker.look(everything());
  fs::remove(files.file("lost.json"));
  write_file(files.file("new.json"), "1");

  auto const found = looker.look(events_on(files, {"lost.json", "new.json", "never.json"}));

  BOOST_TEST(described(found) == "lost.json- new.json=1");
}

BOOST_AUTO_TEST_CASE(an_entry_that_settles_is_neither_read_nor_lost) {
  looked_tree files;
  write_file(files.file("a.json"), "1");
  auto looker = files.make_looker();
  looker.look(everything());
  fs::remove(files.file("a.json"));

  auto request = events_on(files, {"a.json"});
  request.skip = {files.file("a.json").string()};

  BOOST_TEST(described(looker.look(request)).empty());
  BOOST_TEST(described(looker.look(events_on(files, {"a.json"}))) == "a.json-");
}

BOOST_AUTO_TEST_CASE(where_files_are_links_any_entry_is_a_reason_to_look_at_all) {
  looked_tree files;
  write_file(files.file("a.json"), "1");
  auto looker = files.make_looker();
  looker.look(everything());
  fs::create_symlink("a.json", files.file("link.json"));
  BOOST_TEST(described(looker.look(events_on(files, {"link.json"}))) == "link.json=1");

  replace_file(files.file("a.json"), "2");
  BOOST_TEST(has(looker.look(events_on(files, {"a.json"})), "link.json=2"));

  // Without the link the entry is enough again.
  fs::remove(files.file("link.json"));
  BOOST_TEST(has(looker.look(events_on(files, {"link.json"})), "link.json-"));
  write_file(files.file("b.json"), "1");
  replace_file(files.file("a.json"), "3");
  BOOST_TEST(described(looker.look(events_on(files, {"a.json"}))) == "a.json=3");
}

BOOST_AUTO_TEST_CASE(a_link_to_nothing_is_a_mask_and_no_dependency) {
  looked_tree files;
  fs::create_symlink("/dev/null", files.file("mask.json"));
  write_file(files.file("a.json"), "1");
  write_file(files.file("b.json"), "1");
  auto looker = files.make_looker();
  looker.look(everything());
  replace_file(files.file("a.json"), "2");
  replace_file(files.file("b.json"), "2");

  BOOST_TEST(described(looker.look(events_on(files, {"a.json"}))) == "a.json=2");
}

BOOST_AUTO_TEST_CASE(a_replaced_directory_is_looked_at_as_a_whole) {
  looked_tree files;
  write_file(files.file("a.json"), "1");
  write_file(files.file("lost.json"), "1");
  auto looker = files.make_looker();
  looker.look(everything());
  fs::rename(files.file(""), files.file("").parent_path().parent_path() / "away");
  write_file(files.file("a.json"), "2");
  write_file(files.file("b.json"), "2");

  auto const found = looker.look(events_on(files, {"a.json"}));

  BOOST_TEST(described(found) == "a.json=2 b.json=2 lost.json-");
  BOOST_TEST(found.watches.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_replaced_drop_in_directory_is_looked_at_as_a_whole) {
  looked_tree files;
  write_file(files.file("a.d/1.json"), "1");
  auto looker = files.make_looker();
  looker.look(everything());
  fs::rename(files.file("a.d"), files.file("away"));
  write_file(files.file("a.d/1.json"), "2");
  write_file(files.file("a.d/2.json"), "2");

  BOOST_TEST(described(looker.look(events_on(files, {"a.d/1.json"}))) ==
             "a.d/1.json=2 a.d/2.json=2");
}

BOOST_AUTO_TEST_CASE(a_new_drop_in_directory_is_a_reason_to_look_at_its_root) {
  looked_tree files;
  auto looker = files.make_looker();
  looker.look(everything());
  write_file(files.file("a.d/1.json"), "1");

  BOOST_TEST(described(looker.look(events_on(files, {"a.d"}))) == "a.d/1.json=1");
}

BOOST_AUTO_TEST_CASE(drop_in_directories_do_not_depend_on_files_beside_them) {
  looked_tree files;
  write_file(files.file("a.json"), "1");
  write_file(files.file("a.d/1.json"), "1");
  auto looker = files.make_looker();
  looker.look(everything());
  replace_file(files.file("a.json"), "2");
  replace_file(files.file("a.d/1.json"), "2");

  auto request = events_on(files, {"a.json"});
  // As routes says it: the drop-in directory is reached through the one with the event.
  request.entries[{.root = 0, .name = "a.d"}].insert(files.file("a.json").string());

  BOOST_TEST(described(looker.look(request)) == "a.json=2");
}

BOOST_AUTO_TEST_CASE(a_file_that_is_no_source_is_listed_while_it_is_there) {
  looked_tree files;
  auto looker = files.make_looker();
  looker.look(everything());
  write_file(files.file("README.txt"), "text");
  auto const unit = cfgd::watchers::look_unit{.root = 0, .name = {}};

  auto const found = looker.look(events_on(files, {"README.txt"}));
  BOOST_TEST(found.others.at(unit).at("README.txt") == 4U);

  fs::remove(files.file("README.txt"));
  BOOST_TEST(looker.look(events_on(files, {"README.txt"})).others.at(unit).empty());
  write_file(files.file("a.json~"), "a leftover");
  BOOST_TEST(looker.look(events_on(files, {"a.json~"})).others.empty());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
