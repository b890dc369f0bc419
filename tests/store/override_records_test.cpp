#include "store/layout_keys.hpp"
#include "store/lmdb.hpp"
#include "store/record_codec.hpp"
#include "tests/support/second_format.hpp"
#include "tests/support/store_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <ostream>
#include <string>

// Each override is a record of its own.

namespace {

namespace keys = cfgd::store::layout_keys;
using namespace cfgd;
using namespace cfgd::engine;
using namespace cfgd::store;
using namespace cfgd::test;

struct fixture : store_fixture {
  std::filesystem::path const data = store->data_file().parent_path();

  template <class Work>
  void with_records(Work work) {
    store.reset();
    {
      lmdb::environment env(data, {.map_bytes = 64 << 20, .databases = 8});
      lmdb::write_transaction in(env);
      work(in);
      in.commit();
    }
    store = open();
  }
  /// The keys of the records.
  std::string records() {
    std::string all;
    with_records([&all](lmdb::write_transaction& in) {
      lmdb::cursor at(in, in.open(keys::overrides, lmdb::transaction::if_absent::fail));
      for (auto entry = at.first(); entry; entry = at.next())
        all.append(entry->key).append("; ");
    });
    return all;
  }
  /// The overrides with the revisions that set them.
  std::string rows() {
    std::string all;
    for (auto const& one : store->overrides(std::nullopt))
      all += one.key + '=' + one.value + '@' + std::to_string(one.from.revision) + "; ";
    return all;
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(override_records, fixture)

BOOST_AUTO_TEST_CASE(a_record_says_one_key) {
  must(set({{"site-b.a", "3"}, {"site", R"({"x":{}})"}}));
  BOOST_TEST(records() == "site-b/a; site/; ");
  must(set({{"site.a", "1"}, {"site.b.c", "[2]"}}));
  BOOST_TEST(records() == "site-b/a; site/; site/a; site/b.c; ");
  BOOST_TEST(text("site") == R"({"a":1,"b":{"c":[2]},"x":{}})");
  must(unset({"site.b", "site-b"}));
  BOOST_TEST(text("site-b") == "(none)");
  must(unset({"site"}));
  BOOST_TEST(records() == "");
  BOOST_TEST(text("site") == "(none)");
}

BOOST_AUTO_TEST_CASE(keys_below_other_keys_are_put_together_again) {
  must(set({{"site.a", R"({"x":1,"y":{"z":2}})"}}));
  must(set({{"site.a.x", "3"}}));
  must(set({{"site.a-b", "4"}}));
  auto const before = rows();
  reopen();
  BOOST_TEST(rows() == before);
  BOOST_TEST(text("site") == R"({"a":{"x":3,"y":{"z":2}},"a-b":4})");
  must(unset({"site.a.x"}));
  reopen();
  BOOST_TEST(text("site") == R"({"a":{"y":{"z":2}},"a-b":4})");
  BOOST_TEST(rows() == R"(site.a={"y":{"z":2}}@1; site.a-b=4@3; )");
  BOOST_TEST(store->verify("site").has_value());
}

BOOST_AUTO_TEST_CASE(a_key_that_is_too_long_for_the_database_has_a_hash) {
  std::string const longest = "site." + std::string(507, 'k');
  std::string const other = "site." + std::string(506, 'k') + 'l';
  must(set({{longest, "1"}, {other, "2"}, {"site.z", "3"}}));
  BOOST_TEST(keys::encode_override(longest).size() == 22U);
  BOOST_TEST(keys::encode_override(longest) != keys::encode_override(other));
  reopen();
  BOOST_TEST(rows() == longest + "=1@1; " + other + "=2@1; site.z=3@1; ");
  must(unset({longest}));
  reopen();
  BOOST_TEST(rows() == other + "=2@1; site.z=3@1; ");
  BOOST_TEST(store->verify("site").has_value());
}

BOOST_AUTO_TEST_CASE(quoted_parts_and_hidden_values_are_read_back) {
  auto hiding = set({{R"(site."a.b/c"."\"")", "1.5"}});
  hiding.hide.push_back(to_key("site.gone"));
  must(hiding);
  auto const before = rows();
  reopen();
  BOOST_TEST(rows() == before);
  BOOST_TEST(text("site") == R"({"a.b/c":{"\"":1.5}})");
}

BOOST_AUTO_TEST_CASE(a_record_under_the_key_of_another_is_damaged) {
  must(set({{"site.a", "1"}}));
  record_writer out;
  write_override(out, {.key_text = {}, .set = {.by = {}, .value = 1}});
  std::string const record(out.finish("site/"));
  record_reader in(keys::overrides, {"site/", record});
  BOOST_CHECK_THROW(read_override(in, "site/"), damaged_record); // a namespace is an object
  std::string const text = "site." + std::string(600, 'k');
  record_writer hashed;
  write_override(hashed, {.key_text = text, .set = {.by = {}, .value = 1}});
  std::string const bytes(hashed.finish("site//other"));
  record_reader moved(keys::overrides, {"site//other", bytes});
  BOOST_CHECK_THROW(read_override(moved, "site//other"), damaged_record);
}

BOOST_AUTO_TEST_CASE(a_key_in_another_spelling_is_damaged) {
  record_writer out;
  write_override(out, {.key_text = {}, .set = {.by = {}, .value = 1}});
  constexpr auto quoted = R"(site/"a")"; // site.a: nothing would find the record again
  std::string const record(out.finish(quoted));
  record_reader in(keys::overrides, {quoted, record});
  BOOST_CHECK_THROW(read_override(in, quoted), damaged_record);
}

BOOST_AUTO_TEST_CASE(a_layer_of_an_older_format_becomes_records) {
  must(set({{"site.a", R"({"x":1})"}, {"other.b", "2"}}));
  must(set({{"site.a.y", "3"}}));
  auto const before = rows();
  store.reset();
  second_format_store::go_back(data);
  store = open();
  BOOST_TEST(rows() == before);
  BOOST_TEST(records() == "other/b; site/a; site/a.y; ");
  BOOST_TEST(text("site") == R"({"a":{"x":1,"y":3}})");
}

BOOST_AUTO_TEST_CASE(values_of_an_older_format_that_no_key_covers_are_kept) {
  must(set({{"site.a", "1"}}));
  store.reset();
  second_format_store::go_back(data);
  with_records([](lmdb::write_transaction& in) {
    second_format_store::put_layer(in, "site", to_json(R"({"a":1,"b":{"c":2,"d":{}}})").as_object(),
                                   {{to_key("site.a"), override_origin()}});
  });
  BOOST_TEST(records() == "site/a; site/b.c; site/b.d; ");
  must(set({{"site.b.d", "3"}}));
  BOOST_TEST(text("site") == R"({"a":1,"b":{"c":2,"d":3}})");
}

BOOST_AUTO_TEST_SUITE_END()
