#include "core/json.hpp"
#include "store/layout.hpp"
#include "store/layout_keys.hpp"
#include "store/recovery.hpp"
#include "tests/support/foreign_writer.hpp"
#include "tests/support/random_document.hpp"
#include "tests/support/store_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <iostream>
#include <map>
#include <ostream>
#include <string>
#include <utility>

// Values are derived from records that lack changes, and from those changes. Set CFGD_STORE_STEPS
// for more steps of the random test, CFGD_STORE_SEED for other ones.

namespace {

namespace keys = cfgd::store::layout_keys;
using namespace cfgd;
using namespace cfgd::engine;
using namespace cfgd::store;
using namespace cfgd::test;

unsigned number_from(char const* name, unsigned otherwise) {
  char const* const text = std::getenv(name);
  return text == nullptr ? otherwise : static_cast<unsigned>(std::atol(text));
}

struct fixture : store_fixture {
  std::filesystem::path const data = store->data_file().parent_path();

  /// Works on the records of the closed store.
  template <class Work>
  auto with_records(Work work) {
    store.reset();
    lmdb::environment env(data, {.map_bytes = 256U << 20U, .databases = 8});
    lmdb::write_transaction in(env);
    auto done = work(in);
    in.commit();
    return done;
  }
  /// The revision of the checkpoint of a namespace; 0: there is none. Closes the store and opens
  /// it.
  revision_number checkpoint(std::string const& name) {
    auto const found = with_records([&name](lmdb::write_transaction& in) {
      auto const bytes = in.get(in.open(keys::effective, lmdb::transaction::if_absent::fail), name);
      if (!bytes) return revision_number{0};
      record_reader fields(keys::effective, {name, *bytes});
      return read_effective(fields, name).revision;
    });
    store = open();
    return found;
  }
  /// Flips a bit in a record.
  void damage(char const* database, std::string const& key) {
    with_records([&](lmdb::write_transaction& in) {
      auto const over = in.open(database, lmdb::transaction::if_absent::fail);
      std::string bytes(in.get(over, key).value());
      bytes.back() = static_cast<char>(bytes.back() ^ 1);
      in.put(over, key, bytes);
      return 0;
    });
  }
  void recover() {
    store.reset();
    store = open_or_recover(directory / "state", bounds, at()).value().store;
  }
  void add(std::string const& name, std::size_t bytes, char with) {
    must(set({{name, '"' + std::string(bytes, with) + '"'}}));
  }

  /// All values with their revisions.
  using values = std::map<std::string, std::pair<std::string, revision_number>>;
  values now() {
    values all;
    for (auto const& one : store->effectives())
      all[one.name_space] = {*one.text, one.revision};
    return all;
  }
};

/// Without the revisions.
fixture::values texts(fixture::values all) {
  for (auto& [name, value] : all)
    value.second = 0;
  return all;
}

std::string show(fixture::values const& all) {
  std::string out;
  for (auto const& [name, value] : all)
    out += name + '=' + value.first + '@' + std::to_string(value.second) + "; ";
  return out;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(checkpoints, fixture)

BOOST_AUTO_TEST_CASE(a_small_change_writes_no_checkpoint) {
  must(set({{"site.a", "1"}}));
  must(set({{"site.b.c", "2"}}));
  must(unset({"site.a"}));

  BOOST_TEST(checkpoint("site") == 1U);
  BOOST_TEST(show(now()) == R"(site={"b":{"c":2}}@3; )");
  BOOST_TEST(store->verify("site").has_value());
}

BOOST_AUTO_TEST_CASE(changes_as_large_as_the_namespace_write_one) {
  must(set({{"site.a", "1"}}));
  for (char with = 'a'; with < 'd'; ++with)
    add("site.b", 3'000, with);
  BOOST_TEST(checkpoint("site") == 1U);
  add("site.b", 3'000, 'z');
  BOOST_TEST(checkpoint("site") == 5U);
}

BOOST_AUTO_TEST_CASE(a_namespace_that_changed_long_ago_gets_one) {
  must(set({{"site.a", "1"}}));
  must(set({{"site.a", "2"}}));
  must(set({{"other.a", "1"}}));
  bounds.value_bytes = 1 << 20;
  reopen();
  for (char with = 'a'; with < 'e'; ++with)
    add("other.a", 500'000, with);
  BOOST_TEST(checkpoint("site") == 1U);
  add("other.a", 500'000, 'y');
  add("other.a", 500'000, 'z');
  BOOST_TEST(checkpoint("site") == 2U);
}

BOOST_AUTO_TEST_CASE(history_is_not_trimmed_past_a_checkpoint) {
  must(set({{"site.a", "1"}}));
  must(set({{"site.a", "2"}}));
  must(set({{"site.a", "3"}, {"other.a", "1"}}));
  auto const before = now();
  store->compact(1);
  BOOST_TEST(checkpoint("site") == 3U);
  BOOST_TEST(show(now()) == show(before));

  bounds.history_revisions = 1;
  bounds.history_age = std::chrono::hours(0);
  reopen();
  must(set({{"other.a", "2"}}));
  for (int value = 0; value < 5; ++value) {
    request const asked = set({{"site.a", std::to_string(value)}});
    BOOST_REQUIRE(store->commit({&asked, 1}, at(1 + value)).front().has_value());
  }
  BOOST_TEST(checkpoint("other") == 4U);
  BOOST_TEST(text("other") == R"({"a":2})");
}

BOOST_AUTO_TEST_CASE(a_namespace_that_went_and_came_back_is_what_it_is) {
  must(set({{"site.a", "1"}, {"site.b", "2"}}));
  must(unset({"site"}));
  BOOST_TEST(checkpoint("site") == 0U);
  BOOST_TEST(text("site") == "(none)");
  must(set({{"site.c", "3"}}));
  reopen();
  BOOST_TEST(text("site") == R"({"c":3})");
  must(files_changed({good("admin/empty.json", "{}")}));
  must(files_changed({good("admin/empty.json", R"({"x":{}})")}));
  reopen();
  BOOST_TEST(text("empty") == R"({"x":{}})");
}

BOOST_AUTO_TEST_CASE(a_damaged_change_after_a_checkpoint_costs_no_value) {
  must(files_changed({good("admin/site.json", R"({"a":1,"b":1})")}));
  must(set({{"site.a", "2"}, {"other.a", "1"}}));
  must(set({{"site.c", "3"}}));
  auto const before = now();
  damage(keys::changes, keys::encode_revision(2));
  store = open();

  BOOST_TEST(text("site") == R"({"a":2,"b":1,"c":3})");
  BOOST_TEST(store->verify("site").has_value());
  BOOST_TEST(show(now()) == show(before));
  must(set({{"new.a", "1"}}));
  BOOST_TEST(checkpoint("site") == 3U); // so the next start need not merge again
}

BOOST_AUTO_TEST_CASE(a_damaged_checkpoint_is_merged_again) {
  must(set({{"site.a", "1"}}));
  must(set({{"site.b", "2"}}));
  damage(keys::effective, "site");
  recover();
  BOOST_TEST(text("site") == R"({"a":1,"b":2})");
  BOOST_TEST(store->verify("site").has_value());
}

BOOST_AUTO_TEST_CASE(another_program_writes_no_values) {
  must(set({{"site.a", "1"}}));
  foreign_writer::elsewhere([&] { foreign_writer::write_two_revisions(data, 1, "1"); });
  store->refresh();
  BOOST_TEST(show(now()) == R"(site={"a":"two"}@3; )");
  must(unset({"site.a"}));
  // The namespace is a new one.
  foreign_writer::elsewhere([&] { foreign_writer::write_two_revisions(data, 4, ""); });
  reopen();
  BOOST_TEST(text("site") == R"({"a":"two"})");
  must(set({{"site.b", "3"}}));
  BOOST_TEST(checkpoint("site") == 7U);
}

BOOST_AUTO_TEST_CASE(whatever_happens_a_restart_changes_no_value) {
  auto const seed = number_from("CFGD_STORE_SEED", 815);
  std::cout << "CFGD_STORE_SEED=" << seed << '\n';
  random_document random(seed);
  bounds.history_revisions = 20;
  bounds.history_age = std::chrono::hours(0);
  reopen();
  auto const name = [&] { return std::string(1, static_cast<char>('a' + random.below(6))); };
  for (auto step = number_from("CFGD_STORE_STEPS", 400); step > 0; --step) {
    std::vector<request> group;
    for (auto left = 1 + random.below(3); left > 0; --left) {
      auto const space = name();
      auto const what = random.below(8);
      if (what == 0)
        group.emplace_back(unset({space}));
      else if (what == 1)
        group.emplace_back(
            files_changed({good("admin/" + space + ".json",
                                json::canonical(random.object(2, random_document::nulls::no)))}));
      else if (what == 2)
        group.emplace_back(files_changed({gone("admin/" + space + ".json")}));
      else if (what == 3)
        group.emplace_back(set({{space + ".large", '"' + std::string(9'000, 'x') + name() + '"'}}));
      else
        group.emplace_back(set({{key(std::vector<std::string>{space, random.name()}).str(),
                                 json::canonical(random.value(2, random_document::nulls::no))}}));
    }
    for (auto const& one : store->commit(group, at(1'000 - step)))
      BOOST_REQUIRE(one.has_value() || one.error().code != errc::store_failed);
    if (random.below(4) != 0) continue;

    auto const before = now();
    auto const revision = store->revision();
    auto const oldest = store->changes_after(0, 1).oldest;
    auto const what = random.below(6);
    if (what == 0) store->compact(1 + random.below(5));
    if (what == 1 && oldest < revision) {
      damage(keys::changes, keys::encode_revision(oldest + random.below(revision - oldest)));
      store = open();
      BOOST_REQUIRE_EQUAL(show(texts(now())), show(texts(before)));
      continue;
    }
    if (what == 2 && !before.empty()) {
      auto const& damaged =
          std::next(before.begin(), static_cast<long>(random.below(before.size())))->first;
      damage(keys::effective, damaged);
      recover();
      BOOST_REQUIRE_EQUAL(text(damaged), before.at(damaged).first);
      continue;
    }
    reopen();
    BOOST_REQUIRE_EQUAL(show(now()), show(before));
    BOOST_REQUIRE_EQUAL(store->revision(), revision);
    for (auto const& [each, value] : before)
      BOOST_REQUIRE(store->verify(each).has_value());
  }
}

BOOST_AUTO_TEST_SUITE_END()
