#include "store/copies.hpp"
#include "store/layout_keys.hpp"
#include "store/lmdb.hpp"
#include "store/mending.hpp"
#include "store/recovery.hpp"
#include "tests/support/store_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// One bit of one record flips while the store is closed, or open: what is said, and what is back.

namespace {

namespace fs = std::filesystem;
namespace keys = cfgd::store::layout_keys;
using namespace cfgd;
using namespace cfgd::engine;
using namespace cfgd::store;
using namespace cfgd::test;

struct fixture : store_fixture {
  fs::path const state = directory / "state";
  fs::path const file = state / "data" / "data.mdb";

  fixture() {
    must(files_changed({good("admin/site.json", R"({"a":1,"b":"file"})"),
                        good("admin/other.json", R"({"x":1})")}));
    must(set({{"site.b", "\"set\""}, {"site.c.d", "[1,2]"}}));
    must(set({{"other.y", "2"}}));
  }

  /// The bytes of a record as they stand in the file.
  std::string record(char const* database, std::string_view key) const {
    lmdb::environment env(state / "data", {.map_bytes = 256U << 20U, .databases = 8});
    lmdb::read_transaction view(env);
    auto const found = view.get(view.open(database, lmdb::transaction::if_absent::fail), key);
    BOOST_REQUIRE(found);
    return std::string(*found);
  }
  /// Flips a bit of the last byte of a record wherever its bytes stand. The file may be open.
  void flip(std::string_view bytes) const {
    auto content = read_file(file);
    int places = 0;
    for (auto at = content.find(bytes); at != std::string::npos; at = content.find(bytes, at + 1)) {
      auto& last = content[at + bytes.size() - 1];
      last = static_cast<char>(last ^ 0x10);
      ++places;
    }
    BOOST_REQUIRE(places > 0);
    write_in_place(content);
  }
  void flip(char const* database, std::string_view key) {
    store.reset();
    flip(record(database, key));
  }
  /// Removes all copies, which are there from the first commit on.
  void forget_copies() {
    store.reset();
    for (auto const& copy : list_copies(state))
      fs::remove(copy);
  }
  void make_copy() {
    store->finish_copies();
    store.reset();
  }
  /// Opens the store as the daemon does; what was mended, a line for each record.
  std::vector<std::string> start() {
    auto opened = open_or_recover(state, bounds, at()).value();
    BOOST_TEST(!opened.recovered.has_value());
    store = std::move(opened.store);
    std::vector<std::string> lines;
    for (auto const& one : opened.mended)
      lines.push_back((one.is_lost ? "LOST " : "") + one.text());
    std::ranges::sort(lines);
    return lines;
  }
  std::string start_text() {
    std::string out;
    for (auto const& line : start())
      out += line + "\n";
    return out;
  }
  /// Nothing is damaged any more.
  void check_whole() {
    BOOST_TEST(start_text() == "");
    for (auto const& one : store->effectives())
      BOOST_TEST(store->verify(one.name_space).has_value(), one.name_space);
  }

 private:
  void write_in_place(std::string const& content) const {
    auto* const out = std::fopen(file.c_str(), "r+b");
    BOOST_REQUIRE(out != nullptr);
    BOOST_TEST(std::fwrite(content.data(), 1, content.size(), out) == content.size());
    std::fclose(out);
  }
};

constexpr char const* site_text = R"({"a":1,"b":"set","c":{"d":[1,2]}})";

} // namespace

BOOST_FIXTURE_TEST_SUITE(mending, fixture)

BOOST_AUTO_TEST_CASE(an_effective_value_is_merged_again) {
  flip(keys::effective, "site");

  BOOST_TEST(start_text() == "the effective value of 'site' at revision 3 had a damaged record in "
                             "the store: merged again from its layers\n");

  BOOST_TEST(text("site") == site_text);
  BOOST_TEST(store->revision() == 3U);
  BOOST_TEST(show(store->changes_after(2, 1 << 20).changes) == "3: other.y=->2;");
  store.reset();
  check_whole();
}

BOOST_AUTO_TEST_CASE(overrides_come_from_a_copy_that_has_them) {
  make_copy();
  flip(keys::overrides, "site/b");

  BOOST_TEST(start_text() == "an override of 'site' had a damaged record in the store: taken "
                             "from the copy of revision 3, and not changed since\n");

  BOOST_TEST(text("site") == site_text);
  auto const rows = store->overrides(std::nullopt);
  BOOST_REQUIRE_EQUAL(rows.size(), 3U);
  BOOST_TEST(rows[1].from.uid.value() == 1000U); // who set them is known
  store.reset();
  check_whole();
}

BOOST_AUTO_TEST_CASE(a_copy_is_good_for_overrides_that_did_not_change_after_it) {
  store->finish_copies();
  must(set({{"other.y", "3"}}));
  flip(keys::overrides, "site/b");
  BOOST_TEST(start_text().find("taken from the copy of revision 3") != std::string::npos);

  flip(keys::overrides, "other/y");
  auto const lines = start_text();

  BOOST_TEST(lines == "the overrides of 'other' at revision 4 had a damaged record in the store: "
                      "derived from the effective value, without who set them (other.y)\n");
  BOOST_TEST(text("other") == R"({"x":1,"y":3})");
}

BOOST_AUTO_TEST_CASE(overrides_without_a_copy_are_derived_from_the_effective_value) {
  forget_copies();
  flip(keys::overrides, "site/b");

  BOOST_TEST(start_text() ==
             "the overrides of 'site' at revision 2 had a damaged record in the store: derived "
             "from the effective value, without who set them (site.b)\n");

  BOOST_TEST(text("site") == site_text);
  BOOST_TEST(store->verify("site").has_value());
  must(unset({"site.b"}));
  BOOST_TEST(text("site") == R"({"a":1,"b":"file","c":{"d":[1,2]}})");
}

BOOST_AUTO_TEST_CASE(a_crash_in_between_is_made_up_for_at_the_next_start) {
  forget_copies();
  flip(keys::overrides, "site/b");
  flip(keys::effective, "site");
  flip(keys::overrides, "other/y");

  BOOST_REQUIRE(mend_records(state, bounds, {}).has_value()); // and it dies
  auto const lines = start_text();

  BOOST_TEST(lines.find("LOST the overrides of 'site' at revision 3") != std::string::npos, lines);
  BOOST_TEST(lines.find("the effective value of 'site' at revision 3") != std::string::npos);
  BOOST_TEST(lines.find("the overrides of 'other' at revision 3") != std::string::npos);
  BOOST_TEST(text("other") == R"({"x":1,"y":2})");
  BOOST_TEST(store->revision() == 4U);
  BOOST_TEST(store->changes_after(3, 1 << 20).compacted);
  must(unset({"other.y"}));
  BOOST_TEST(text("other") == R"({"x":1})");
  store.reset();
  check_whole();
}

BOOST_AUTO_TEST_CASE(what_is_left_to_mend_is_looked_for_where_its_record_is_damaged) {
  forget_copies();
  flip(keys::overrides, "site/b");
  BOOST_REQUIRE(mend_records(state, bounds, {}).has_value()); // and it dies
  flip(keys::meta, keys::mending);

  auto const lines = start_text();

  BOOST_TEST(lines.find("LOST what was left to mend") != std::string::npos, lines);
  BOOST_TEST(lines.find("the overrides of 'site' at revision 2 had a damaged record in the store: "
                        "derived from the effective value") != std::string::npos,
             lines);
  BOOST_TEST(text("site") == site_text);
  must(unset({"site.b"}));
  BOOST_TEST(text("site") == R"({"a":1,"b":"file","c":{"d":[1,2]}})");
  store.reset();
  check_whole();
}

BOOST_AUTO_TEST_CASE(what_is_damaged_before_the_mending_is_settled_is_added_to_it) {
  forget_copies();
  flip(keys::effective, "site");
  BOOST_REQUIRE(mend_records(state, bounds, {}).has_value());
  flip(keys::effective, "other");

  auto const lines = start_text();

  BOOST_TEST(lines.find("the effective value of 'site'") != std::string::npos, lines);
  BOOST_TEST(lines.find("the effective value of 'other'") != std::string::npos, lines);
  store.reset();
  check_whole();
}

BOOST_AUTO_TEST_CASE(hidden_values_are_derived_as_hidden) {
  auto hiding = set({});
  hiding.hide.push_back(to_key("site.a"));
  must(hiding);
  forget_copies();
  flip(keys::overrides, "site/a");

  start();

  BOOST_TEST(text("site") == R"({"b":"set","c":{"d":[1,2]}})");
  must(unset({"site"}));
  BOOST_TEST(text("site") == R"({"a":1,"b":"file"})");
}

BOOST_AUTO_TEST_CASE(overrides_are_lost_with_the_effective_value_and_nobody_resumes_over_that) {
  forget_copies();
  flip(keys::overrides, "site/b");
  flip(keys::effective, "site");

  auto const lines = start_text();

  BOOST_TEST(
      lines ==
      "LOST the overrides of 'site' at revision 3 had a damaged record in the store: lost, "
      "because the effective value is damaged, too\n"
      "the effective value of 'site' at revision 3 had a damaged record in the store: merged "
      "again from its layers\n");
  BOOST_TEST(text("site") == R"({"a":1,"b":"file","c":{"d":[1,2]}})");
  BOOST_TEST(store->revision() == 4U);
  BOOST_TEST(store->changes_after(3, 1 << 20).compacted);
  BOOST_TEST(text("other") == R"({"x":1,"y":2})");
  store.reset();
  check_whole();
}

BOOST_AUTO_TEST_CASE(lost_overrides_are_effective_until_the_next_change) {
  store->finish_copies();
  must(set({{"site.b", "\"newer than the copy\""}}));
  flip(keys::overrides, "site/b");
  flip(keys::sources, "admin/site.json");

  BOOST_TEST(start_text().find("LOST the overrides of 'site' at revision 4 had a damaged record in "
                               "the store: lost; the effective value has them until the next "
                               "change") != std::string::npos);
  BOOST_TEST(text("site") == R"({"a":1,"b":"newer than the copy","c":{"d":[1,2]}})");
  store.reset();
  BOOST_TEST(start_text() == "");
  BOOST_TEST(text("site") == R"({"a":1,"b":"newer than the copy","c":{"d":[1,2]}})");

  auto const done = must(set({{"site.e", "5"}}));

  BOOST_TEST(text("site") == R"({"a":1,"b":"file","c":{"d":[1,2]},"e":5})");
  BOOST_TEST(show(done.changes) == "6: site.e=->5;");
  auto const lost = store->take_foreign();
  BOOST_REQUIRE_EQUAL(lost.size(), 1U);
  BOOST_TEST(show(lost[0].changes) == "5: site.b=\"newer than the copy\"->\"file\";");
  store.reset();
  check_whole();
}

BOOST_AUTO_TEST_CASE(a_source_comes_from_a_copy_and_its_file_is_read_if_it_differs) {
  make_copy();
  flip(keys::sources, "admin/site.json");

  BOOST_TEST(start_text() == "the source 'admin/site.json' had a damaged record in the store: "
                             "taken from the copy of revision 3, and its file is read again if it "
                             "is newer\n");

  BOOST_TEST(store->sources().size() == 2U);
  BOOST_TEST(text("site") == site_text);
  store.reset();
  check_whole();
}

BOOST_AUTO_TEST_CASE(a_source_without_a_copy_is_not_known_until_its_file_is_read) {
  forget_copies();
  flip(keys::sources, "admin/site.json");

  BOOST_TEST(start_text() == "the source 'admin/site.json' had a damaged record in the store: its "
                             "file is read again\n");
  BOOST_TEST(store->sources().size() == 1U);
  BOOST_TEST(text("site") == site_text); // the effective value is intact

  auto const done = must(files_changed({good("admin/site.json", R"({"a":1,"b":"file"})")}));

  BOOST_TEST(done.changes.empty()); // nothing has changed for anybody
  BOOST_TEST(text("site") == site_text);
  BOOST_TEST(store->verify("site").has_value());
}

BOOST_AUTO_TEST_CASE(a_damaged_schema_hides_all_values_until_its_file_is_read) {
  auto const schema = good("schemas/admin/site.json", R"({"properties":{"b":{"x-secret":true}}})");
  must(files_changed({schema}));
  make_copy();
  flip(keys::sources, "schemas/admin/site.json");

  BOOST_TEST(start_text() ==
             "the source 'schemas/admin/site.json' had a damaged record in the store: its file is "
             "read again, and until then its namespace hides all values\n");

  BOOST_TEST(*store->read("site").shown == "{}");
  BOOST_TEST(store->is_secret("site", std::vector<std::string>{"a"}));
  must(set({{"other.y", "5"}})); // a commit does not change that
  must(files_changed({good("schemas/admin/other.json", R"({"type":"object"})")}));
  BOOST_TEST(*store->read("site").shown == "{}");
  reopen();
  BOOST_TEST(*store->read("site").shown == "{}");

  must(files_changed({schema}));
  BOOST_TEST(*store->read("site").shown == R"({"a":1,"c":{"d":[1,2]}})");
  BOOST_TEST(text("site") == site_text);
}

BOOST_AUTO_TEST_CASE(rules_are_read_again) {
  must(files_changed({good("rules/admin/site.toml", R"({"rule":[]})")}));
  forget_copies();
  flip(keys::sources, "rules/admin/site.toml");

  BOOST_TEST(start_text() == "the source 'rules/admin/site.toml' had a damaged record in the "
                             "store: its file is read again\n");
  BOOST_TEST(text("site") == site_text);
}

BOOST_AUTO_TEST_CASE(a_pending_change_comes_from_a_copy_or_is_lost) {
  auto pending = set({{"site.a", "7"}});
  pending.ends = expiry{.what = expiry::kind::expire, .after = std::chrono::hours(1)};
  must(pending);
  make_copy();
  flip(keys::timed, keys::encode_revision(4));
  BOOST_TEST(start_text() == "the pending change 4 had a damaged record in the store: taken from "
                             "the copy of revision 4, with its deadline then\n");
  BOOST_TEST(store->pending().size() == 1U);

  forget_copies();
  flip(keys::timed, keys::encode_revision(4));
  BOOST_TEST(start_text() == "LOST the pending change 4 had a damaged record in the store: lost: "
                             "the change stays, and is not undone at its deadline\n");
  BOOST_TEST(store->pending().empty());
  BOOST_TEST(text("site") == R"({"a":7,"b":"set","c":{"d":[1,2]}})");
}

BOOST_AUTO_TEST_CASE(what_is_said_about_the_store_is_made_again) {
  auto const id = store->store_id();
  make_copy();

  for (auto const* const word : {"revision", "store_id"}) {
    flip(keys::meta, word);
    BOOST_TEST(start_text() == "the record '" + std::string(word) +
                                   "' about the store had a damaged record in the store: made "
                                   "again from other records\n");
    BOOST_TEST(store->revision() == 3U);
    BOOST_TEST(store->store_id() == id);
    BOOST_TEST(text("site") == site_text);
  }
  forget_copies();
  flip(keys::meta, "store_id");
  start();
  BOOST_TEST(store->store_id().size() == 32U);
  BOOST_TEST(store->store_id() !=
             id); // nobody resumes where it is not known whose revisions are meant
}

BOOST_AUTO_TEST_CASE(history_is_readable_on_both_sides_of_the_damage) {
  flip(keys::changes, keys::encode_revision(2));

  BOOST_TEST(start_text() == "");

  auto const page = store->log({.limit = 10}, 1 << 20);
  BOOST_TEST(show(page.changes) == "3: other.y=->2; 1: other.x=->1 site.a=->1 site.b=->\"file\";");
  BOOST_REQUIRE_EQUAL(page.damaged.size(), 1U);
  BOOST_TEST(page.damaged[0] == 2U);
  BOOST_TEST(store->examine_history(0, 1 << 20).damaged.size() == 1U);
}

BOOST_AUTO_TEST_CASE(several_records_are_mended_at_once) {
  make_copy();
  flip(keys::effective, "site");
  flip(keys::overrides, "other/y");
  flip(keys::sources, "admin/other.json");

  BOOST_TEST(start().size() == 3U);

  BOOST_TEST(text("site") == site_text);
  BOOST_TEST(text("other") == R"({"x":1,"y":2})");
  store.reset();
  check_whole();
}

BOOST_AUTO_TEST_CASE(a_copy_of_another_store_is_not_used) {
  make_copy();
  fs::rename(state, directory / "other");
  store = open();
  must(files_changed({good("admin/site.json", R"({"a":1,"b":"file"})")}));
  must(set({{"site.b", "9"}}));
  forget_copies();
  for (auto const& copy : list_copies(directory / "other"))
    fs::copy_file(copy, state / copy.filename());
  flip(keys::overrides, "site/b");

  auto const found = mend_records(state, bounds, {}).value();

  BOOST_TEST(found.without_overrides.contains("site"));
}

BOOST_AUTO_TEST_CASE(what_is_damaged_while_the_store_is_used_is_written_again_from_memory) {
  must(files_changed({good("schemas/admin/site.json", R"({"type":"object"})")}));
  auto pending = set({{"site.a", "7"}});
  pending.ends = expiry{.what = expiry::kind::expire, .after = std::chrono::hours(1)};
  auto const revision = must(pending).revision;
  store.reset();
  std::vector<std::string> const damaged{
      record(keys::effective, "site"), record(keys::overrides, "site/a"),
      record(keys::sources, "admin/site.json"), record(keys::sources, "schemas/admin/site.json"),
      record(keys::timed, keys::encode_revision(revision))};
  store = open();
  BOOST_TEST(store->rewrite_damaged("site").empty());
  for (auto const& bytes : damaged)
    flip(bytes);

  auto const of_site = store->rewrite_damaged("site");
  auto const of_none = store->rewrite_damaged({});

  BOOST_REQUIRE_EQUAL(of_site.size(), 3U);
  BOOST_TEST(of_site[0].text() == "the source 'admin/site.json' had a damaged record in the store: "
                                  "written again from memory");
  BOOST_REQUIRE_EQUAL(of_none.size(), 2U);
  BOOST_TEST(store->verify("site").has_value());
  BOOST_TEST(store->rewrite_damaged("site").empty());
  BOOST_TEST(store->rewrite_damaged({}).empty());
  store.reset();
  check_whole();
}

BOOST_AUTO_TEST_SUITE_END()
