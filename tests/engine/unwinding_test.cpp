#include "core/json.hpp"
#include "engine/unwinding.hpp"
#include "tests/support/store_requests.hpp"

#include <boost/test/unit_test.hpp>

#include <list>

namespace {

using namespace cfgd;
using engine::key_filter;
using engine::view_of;

change change_of(std::vector<key_change> keys) {
  change made;
  made.revision = 1;
  made.keys = std::move(keys);
  return made;
}

/// History of single changes, added from the newest to the oldest.
struct fixture {
  std::list<change> kept;
  engine::unwinding since{key_filter(std::nullopt)};

  void add(std::vector<key_change> keys) {
    kept.push_back(change_of(std::move(keys)));
    since.add(view_of(kept.back()));
  }
  std::string undo(std::map<std::string, std::string_view> const& now,
                   engine::unwinding::secrets how = engine::unwinding::secrets::kept) const {
    std::string out;
    for (auto const& [name, document] : since.undo(now, how))
      out += name + json::canonical(boost::json::value(document)) + ' ';
    return out;
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(unwinding, fixture)

BOOST_AUTO_TEST_CASE(a_leaf_keeps_its_newest_and_its_oldest_value) {
  add({{"n.a", "2", "3"}});
  add({{"n.a", "1", "2"}});
  add({{"n.a", "", "1"}});

  auto const& leaf = since.leaves().at("n.a");
  BOOST_TEST(leaf.before == "");
  BOOST_TEST(leaf.after == "3");
  BOOST_TEST(undo({{"n", R"({"a":3,"b":1})"}}) == R"(n{"b":1} )");
}

BOOST_AUTO_TEST_CASE(a_leaf_that_became_an_object_is_restored) {
  add({{"n.a", "1", ""}, {"n.a.b", "", "2"}});

  BOOST_TEST(undo({{"n", R"({"a":{"b":2}})"}}) == R"(n{"a":1} )");
}

BOOST_AUTO_TEST_CASE(an_object_that_became_a_leaf_is_restored) {
  add({{"n.a", "", "1"}, {"n.a.b", "2", ""}, {"n.a.c", "[3]", ""}});

  BOOST_TEST(undo({{"n", R"({"a":1})"}}) == R"(n{"a":{"b":2,"c":[3]}} )");
}

BOOST_AUTO_TEST_CASE(a_removed_namespace_comes_back) {
  add({{"n.a", "1", ""}});

  BOOST_TEST(undo({}) == R"(n{"a":1} )");
}

BOOST_AUTO_TEST_CASE(secrets_are_left_out_on_request) {
  add({{"n.a", "1", "2"}, {"n.b", "1", "2", true}});
  using enum engine::unwinding::secrets;

  BOOST_TEST(undo({{"n", R"({"a":2,"b":2})"}}, left_out) == R"(n{"a":1} )");
  BOOST_TEST(undo({{"n", R"({"a":2,"b":2})"}}) == R"(n{"a":1,"b":1} )");
}

BOOST_AUTO_TEST_CASE(only_the_keys_of_the_filter_are_kept) {
  engine::unwinding some{key_filter(test::to_key("n.a"))};
  auto const one = change_of({{"n.a", "1", "2"}, {"n.a.b", "1", ""}, {"n.ab", "1", "2"}});

  some.add(view_of(one));

  BOOST_TEST(some.leaves().size() == 2U);
  BOOST_TEST(!some.leaves().contains("n.ab"));
}

BOOST_AUTO_TEST_CASE(texts_before_has_all_namespaces_with_leaves) {
  add({{"n.a", "1", "2"}, {"gone.x", "1", ""}, {"new.x", "", "1"}});

  auto const texts = since.texts_before(
      {{"n", R"({"a":2})"}, {"new", R"({"x":1})"}, {"same", R"({"y":1})"}, {"empty", "{}"}});

  std::map<std::string, std::string> const expected{
      {"empty", "{}"}, {"gone", R"({"x":1})"}, {"n", R"({"a":1})"}, {"same", R"({"y":1})"}};
  BOOST_TEST((texts == expected));
}

BOOST_AUTO_TEST_CASE(a_damaged_record_is_a_storage_failure) {
  add({{"not a key", "1", "2"}});
  BOOST_CHECK_THROW(undo({}), storage_failure);

  engine::unwinding other{key_filter(std::nullopt)};
  auto const broken = change_of({{"n.a", "{", "2"}});
  other.add(view_of(broken));
  BOOST_CHECK_THROW(other.undo({}, engine::unwinding::secrets::kept), storage_failure);
}

BOOST_AUTO_TEST_SUITE_END()
