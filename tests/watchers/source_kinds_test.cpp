#include "core/log.hpp"
#include "tests/watchers/watched_tree.hpp"
#include "watchers/source_watcher.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace cfgd;
using test::replace_file;
using test::watched_tree;
using test::write_file;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

/// A watched tree with schemas, rules and access files beside the namespaces of its layer.
class tree_of_kinds : public watched_tree {
 public:
  tree_of_kinds() {
    for (auto const what : {source_kind::schema, source_kind::rules, source_kind::access}) {
      fs::create_directory(top() / directory_of(what));
      options.roots.push_back(
          {.where = layer::admin, .directory = top() / directory_of(what), .what = what});
    }
  }

  fs::path schema(std::string_view name) const { return top() / "schemas" / name; }
  fs::path rules(std::string_view name) const { return top() / "rules" / name; }
  fs::path access(std::string_view name) const { return top() / "access" / name; }

  /// "schemas/admin/site.json=bytes", "admin/site.yaml!untrusted", "admin/a.json-", in the order
  /// in which they were reported.
  std::vector<std::string> reported() const {
    std::vector<std::string> words;
    for (auto const& one : seen) {
      words.push_back(to_string(one.id));
      if (auto const* const bytes = std::get_if<content>(&one.what))
        words.back() += '=' + bytes->bytes;
      if (auto const* const refused = std::get_if<blocked>(&one.what))
        words.back() += std::string("!") + to_string(refused->why.code);
      if (std::holds_alternative<touched>(one.what)) words.back() += '+';
      if (std::holds_alternative<gone>(one.what)) words.back() += '-';
    }
    return words;
  }
  bool was_reported(std::string_view what) const {
    auto const all = reported();
    return std::find(all.begin(), all.end(), what) != all.end();
  }
};

void check_reported(tree_of_kinds const& tree, std::vector<std::string> const& expected) {
  auto const words = tree.reported();
  BOOST_CHECK_EQUAL_COLLECTIONS(words.begin(), words.end(), expected.begin(), expected.end());
}

} // namespace

BOOST_AUTO_TEST_SUITE(source_kinds)

BOOST_AUTO_TEST_CASE(the_first_look_reports_all_kinds_in_one_call_in_root_order) {
  tree_of_kinds tree;
  write_file(tree.rules("site.toml"), "r");
  write_file(tree.schema("site.json"), "s");
  write_file(tree.schema("_common.yaml"), "c");
  write_file(tree.file("site.json"), "v");
  tree.begin();
  BOOST_TEST(tree.look());

  BOOST_TEST(tree.calls == 1U);
  check_reported(tree, {"admin/site.json=v", "schemas/admin/_common.yaml=c",
                        "schemas/admin/site.json=s", "rules/admin/site.toml=r"});
  BOOST_TEST(tree.seen.at(2).path == tree.schema("site.json").string());
  BOOST_TEST(tree.seen.at(3).path == tree.rules("site.toml").string());
  BOOST_TEST(tree.watcher().figures().sources == 4U);
}

BOOST_AUTO_TEST_CASE(a_directory_has_sources_of_its_kind_only) {
  tree_of_kinds tree;
  tree.start();

  for (auto const* const name : {"site.toml", "site.jsonc", "site.env", ".site.json", "site.json~"})
    write_file(tree.schema(name), "{}");
  for (auto const* const name : {"site.json", "site.yaml", "site.toml.swp"})
    write_file(tree.rules(name), "{}");
  write_file(tree.schema("site.d/10-more.json"), "{}");
  write_file(tree.rules("site.d/10-more.toml"), "");
  write_file(tree.schema("sub/site.json"), "{}");
  write_file(tree.file("_common.json"), "{}");

  BOOST_TEST(tree.catch_up());
  BOOST_TEST(tree.look());
  BOOST_TEST(tree.seen.size() == 1U); // the marker
  BOOST_TEST(tree.watcher().figures().sources == 1U);
}

BOOST_AUTO_TEST_CASE(files_of_the_same_name_in_different_kinds_are_different_sources) {
  tree_of_kinds tree;
  tree.options.grace = 50ms;
  write_file(tree.file("site.json"), "v1");
  write_file(tree.schema("site.json"), "s1");
  tree.start();

  replace_file(tree.schema("site.json"), "s2");
  BOOST_TEST(tree.until([&] { return tree.was_reported("schemas/admin/site.json=s2"); }));
  replace_file(tree.file("site.json"), "v2");
  BOOST_TEST(tree.until([&] { return tree.was_reported("admin/site.json=v2"); }));
  fs::remove(tree.schema("site.json"));
  BOOST_TEST(tree.until([&] { return tree.was_reported("schemas/admin/site.json-"); }));

  check_reported(tree,
                 {"schemas/admin/site.json=s2", "admin/site.json=v2", "schemas/admin/site.json-"});
  BOOST_TEST(tree.watcher().figures().sources == 1U);
}

BOOST_AUTO_TEST_CASE(a_file_and_its_schema_saved_together_are_reported_together) {
  tree_of_kinds tree;
  write_file(tree.file("site.yaml"), "0");
  write_file(tree.schema("site.json"), "0");
  write_file(tree.rules("site.toml"), "0");
  tree.options.quiet = 400ms; // long enough for three saves also on a slow machine
  tree.options.late = 5s;
  tree.start();

  for (int round = 1; round <= 3; ++round) {
    auto const text = std::to_string(round);
    tree.seen.clear();
    tree.calls = 0;
    if (round % 2 == 1) {
      replace_file(tree.schema("site.json"), text);
      replace_file(tree.file("site.yaml"), text);
      replace_file(tree.rules("site.toml"), text);
    } else {
      write_file(tree.rules("site.toml"), text);
      write_file(tree.file("site.yaml"), text);
      write_file(tree.schema("site.json"), text);
    }
    BOOST_TEST(tree.until([&] { return tree.calls > 0; }));
    BOOST_TEST(tree.calls == 1U);
    check_reported(tree, {"admin/site.yaml=" + text, "schemas/admin/site.json=" + text,
                          "rules/admin/site.toml=" + text});
  }
}

BOOST_AUTO_TEST_CASE(a_file_and_its_schema_removed_together_are_gone_together) {
  tree_of_kinds tree;
  tree.options.grace = 200ms;
  tree.options.quiet = 100ms;
  write_file(tree.file("site.yaml"), "0");
  write_file(tree.schema("site.json"), "0");
  tree.start();

  fs::remove(tree.file("site.yaml"));
  fs::remove(tree.schema("site.json"));

  BOOST_TEST(tree.until([&] { return tree.calls > 0; }));
  BOOST_TEST(tree.calls == 1U);
  check_reported(tree, {"admin/site.yaml-", "schemas/admin/site.json-"});
}

BOOST_AUTO_TEST_CASE(known_sources_of_every_kind_are_not_read_again) {
  tree_of_kinds tree;
  write_file(tree.file("site.json"), "same");
  write_file(tree.schema("site.json"), "same");
  write_file(tree.rules("site.toml"), "gone");
  tree.begin();
  BOOST_TEST(tree.look());
  std::vector<watchers::known_source> known;
  for (auto const& one : tree.seen)
    known.push_back({one.id, one.identity, std::get<watched_tree::content>(one.what).hash});
  tree.stop();
  tree.seen.clear();
  replace_file(tree.schema("site.json"), "new");
  fs::remove(tree.rules("site.toml"));

  tree.begin(known);
  BOOST_TEST(tree.look());

  check_reported(tree, {"schemas/admin/site.json=new", "rules/admin/site.toml-"});
  BOOST_TEST(tree.watcher().figures().reads == 1U);
}

BOOST_AUTO_TEST_CASE(schemas_and_rules_that_others_may_write_are_blocked) {
  tree_of_kinds tree;
  write_file(tree.schema("site.json"), "{}");
  write_file(tree.rules("site.toml"), "");
  tree.start();

  BOOST_TEST(::chmod(tree.schema("site.json").c_str(), 0666) == 0);
  BOOST_TEST(tree.until([&] { return tree.was_reported("schemas/admin/site.json!untrusted"); }));
  fs::remove(tree.rules("site.toml"));
  fs::create_symlink("/nowhere/site.toml", tree.rules("site.toml"));
  BOOST_TEST(tree.until([&] {
    return tree.was_reported("rules/admin/site.toml!untrusted") ||
           tree.was_reported("rules/admin/site.toml!not_found");
  }));
  BOOST_TEST(::chmod(tree.schema("site.json").c_str(), 0644) == 0);
  BOOST_TEST(tree.until([&] { return tree.was_reported("schemas/admin/site.json+"); }));
}

BOOST_AUTO_TEST_CASE(changes_behind_links_to_schemas_are_found) {
  tree_of_kinds tree;
  write_file(tree.schema("..data_1/site.json"), "1");
  write_file(tree.schema("..data_2/site.json"), "2");
  fs::create_symlink("..data_1", tree.schema("..data"));
  fs::create_symlink("..data/site.json", tree.schema("site.json"));
  tree.start();

  fs::create_symlink("..data_2", tree.schema("..new"));
  fs::rename(tree.schema("..new"), tree.schema("..data"));

  BOOST_TEST(tree.until([&] { return tree.was_reported("schemas/admin/site.json=2"); }));
  BOOST_TEST(tree.calls == 1U);
}

BOOST_AUTO_TEST_CASE(a_directory_of_schemas_may_be_created_later) {
  tree_of_kinds tree;
  fs::remove(tree.top() / "schemas");
  tree.start();

  write_file(tree.schema("site.json"), "1");

  BOOST_TEST(tree.until([&] { return tree.was_reported("schemas/admin/site.json=1"); }));
}

BOOST_AUTO_TEST_CASE(the_limit_of_files_holds_for_all_kinds_together) {
  tree_of_kinds tree;
  tree.options.bounds.source_files = 2;
  write_file(tree.file("a.json"), "1");
  write_file(tree.schema("a.json"), "1");
  write_file(tree.schema("b.json"), "1");
  write_file(tree.rules("a.toml"), "1");
  log::capture log;

  tree.begin();
  BOOST_TEST(tree.look());

  check_reported(tree, {"admin/a.json=1", "schemas/admin/a.json=1"});
  auto const lines = log.take();
  BOOST_TEST_REQUIRE(lines.size() == 1U);
  BOOST_TEST(lines[0].message == "2 source files are ignored: the limit source_files is 2");
}

BOOST_AUTO_TEST_CASE(kinds_that_cannot_be_watched_are_polled) {
  tree_of_kinds tree;
  tree.options.bounds.watched_directories = 0;
  tree.options.poll = 20ms;
  write_file(tree.schema("site.json"), "1");
  log::capture const log;
  tree.start();
  BOOST_TEST(tree.watcher().watched_by({layer::admin, "site.json", source_kind::schema}) == "poll");

  replace_file(tree.schema("site.json"), "2");

  BOOST_TEST(tree.until([&] { return tree.was_reported("schemas/admin/site.json=2"); }));
}

BOOST_AUTO_TEST_CASE(a_sweep_finds_changes_without_events_in_every_kind) {
  tree_of_kinds tree;
  tree.options.bounds.watched_directories = 0;
  tree.options.poll = 10min;
  tree.options.sweep = 20ms;
  write_file(tree.rules("site.toml"), "1");
  log::capture const log;
  tree.start();

  replace_file(tree.rules("site.toml"), "2");

  BOOST_TEST(tree.until([&] { return tree.was_reported("rules/admin/site.toml=2"); }));
}

BOOST_AUTO_TEST_CASE(files_with_other_names_are_listed_with_the_reason_and_logged_once) {
  tree_of_kinds tree;
  for (auto const* const name : {"App.yaml", "a.b.yaml", "x.YAML", "notes.txt~", ".hidden"})
    write_file(tree.file(name), "{}");
  write_file(tree.file("site.d/README"), "text");
  write_file(tree.file("App.d/x.toml"), "");
  fs::create_directory(tree.file("other"));
  write_file(tree.rules("site.yaml"), "{}");
  log::capture log;
  tree.start();

  std::set<std::string> names;
  for (auto const& one : tree.watcher().unused()) {
    names.insert(fs::path(one.path).lexically_relative(tree.top()).string());
    BOOST_TEST(!one.why.empty());
  }
  BOOST_TEST((names == std::set<std::string>{"namespaces/App.d", "namespaces/App.yaml",
                                             "namespaces/a.b.yaml", "namespaces/site.d/README",
                                             "namespaces/x.YAML", "rules/site.yaml"}));
  BOOST_TEST(log.take().size() == 6U);
  BOOST_TEST(tree.look());
  BOOST_TEST(log.take().empty());

  fs::remove(tree.file("App.yaml"));
  write_file(tree.file("b.c.yaml"), "{}");
  BOOST_TEST(tree.look());
  auto const lines = log.take();
  BOOST_REQUIRE(lines.size() == 1U);
  BOOST_TEST(lines.front().message.find("b.c.yaml' is ignored: 'b.c' is not the name of a "
                                        "namespace") != std::string::npos);
  BOOST_TEST(tree.watcher().unused().size() == 6U);
}

BOOST_AUTO_TEST_CASE(the_number_of_listed_files_with_other_names_is_limited) {
  tree_of_kinds tree;
  tree.options.bounds.ignored_files = 2;
  for (auto const* const name : {"A.yaml", "B.yaml", "C.yaml"})
    write_file(tree.file(name), "{}");
  write_file(tree.rules("site.yaml"), "{}");
  log::capture const log;
  tree.start();
  BOOST_TEST(tree.watcher().unused().size() == 2U);

  fs::remove(tree.file("A.yaml"));
  BOOST_TEST(tree.look());

  BOOST_TEST(tree.watcher().unused().size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_link_to_dev_null_masks_the_file_of_a_lower_layer) {
  tree_of_kinds tree;
  for (auto const what :
       {source_kind::values, source_kind::schema, source_kind::rules, source_kind::access})
    tree.options.roots.insert(tree.options.roots.begin(),
                              {.where = layer::vendor,
                               .directory = tree.top() / "vendor" / directory_of(what),
                               .what = what});
  auto const vendor = [&](char const* name) { return tree.top() / "vendor" / name; };
  write_file(vendor("namespaces/site.yaml"), "v");
  write_file(vendor("namespaces/site.d/10.toml"), "d");
  write_file(vendor("schemas/site.json"), "s");
  write_file(vendor("rules/site.toml"), "r");
  write_file(vendor("access/10.toml"), "a");
  fs::create_symlink("/dev/null", tree.file("site.yaml"));
  tree.begin();
  BOOST_TEST(tree.look());
  BOOST_TEST(!tree.was_reported("vendor/site.yaml=v")); // masked from the start
  BOOST_TEST(tree.was_reported("vendor/site.d/10.toml=d"));

  fs::create_directory(tree.file("site.d"));
  fs::create_symlink("/dev/null", tree.file("site.d/10.toml"));
  fs::create_symlink("/dev/null", tree.schema("site.json"));
  fs::create_symlink("/dev/null", tree.rules("site.toml"));
  fs::create_symlink("/dev/null", tree.access("10.toml"));
  BOOST_TEST(tree.look());
  for (auto const* const gone : {"vendor/site.d/10.toml-", "schemas/vendor/site.json-",
                                 "rules/vendor/site.toml-", "access/vendor/10.toml-"})
    BOOST_TEST(tree.was_reported(gone), gone);
  BOOST_TEST(tree.watcher().unused().size() == 5U);

  tree.seen.clear();
  fs::remove(tree.file("site.yaml"));
  replace_file(tree.schema("site.json"), "own");
  BOOST_TEST(tree.look()); // waits for what was uncovered
  BOOST_TEST(tree.was_reported("vendor/site.yaml=v"));
  BOOST_TEST(tree.was_reported("schemas/vendor/site.json=s"));
  BOOST_TEST(tree.was_reported("schemas/admin/site.json=own"));
  BOOST_TEST(tree.watcher().unused().size() == 3U);
}

BOOST_AUTO_TEST_SUITE_END()
