#include "core/json.hpp"
#include "engine/source_content.hpp"
#include "tests/support/plan_fixture.hpp"
#include "tests/support/random_document.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

// The content of sources as memory keeps it: what is read back is what was put in.

namespace {

using namespace cfgd;
using namespace cfgd::engine;
using namespace cfgd::test;

constexpr auto unsorted = R"({"b":{"y":[1,{"d":2,"c":null}],"x":"\u007f"},"a":1.5,"":{}})";

/// With a place of its own for each node, as many lines apart as they are in the text.
sourced_document numbered(boost::json::object root, std::size_t nodes) {
  sourced_document made{.root = std::move(root), .places = {}};
  for (std::uint32_t node = 0; node < nodes; ++node)
    made.places.push_back({.line = 1000 - node * 7, .column = node * 300 + 1});
  return made;
}

sourced_document some() { return numbered(boost::json::parse(unsorted).as_object(), 9); }

source_content const& content_of(engine::model const& all, std::string_view name) {
  return find_source(all, to_source(name))->document;
}

} // namespace

BOOST_AUTO_TEST_SUITE(source_content)

BOOST_AUTO_TEST_CASE(values_are_read_back_in_the_order_of_their_names_with_the_same_places) {
  auto const before = some();
  engine::source_content const kept(source_kind::values, before);

  auto const read = kept.read();

  BOOST_TEST(json::canonical(read->root) == json::canonical(before.root));
  BOOST_TEST(*kept.text() == json::canonical(before.root));
  BOOST_TEST(read->root.begin()->key() == "");
  BOOST_TEST(read->places.size() == before.places.size());
  for (auto const* const pointer :
       {"/a", "/b", "/b/x", "/b/y", "/b/y/0", "/b/y/1", "/b/y/1/c", "/b/y/1/d", "/"})
    BOOST_TEST((find_place(*read, std::string_view(pointer)) ==
                find_place(before, std::string_view(pointer))),
               pointer);
}

BOOST_AUTO_TEST_CASE(files_of_the_policy_keep_the_order_of_their_members) {
  auto const before = some();
  engine::source_content const kept(source_kind::schema, before);

  BOOST_TEST(boost::json::serialize(kept.read()->root) == boost::json::serialize(before.root));
  BOOST_TEST((kept.read()->places == before.places));
  BOOST_TEST(kept.read() == kept.read());
  BOOST_TEST(!kept.text());
}

BOOST_AUTO_TEST_CASE(an_empty_object_is_nothing) {
  engine::source_content const kept(source_kind::values, {});

  BOOST_TEST(kept.empty());
  BOOST_TEST(kept.read()->root.empty());
  BOOST_TEST((kept == engine::source_content()));
  BOOST_TEST((kept != engine::source_content(source_kind::values, some())));
}

BOOST_AUTO_TEST_CASE(equal_values_are_equal_whatever_their_places) {
  auto moved = some();
  moved.places.front().line = 1;
  engine::source_content const first(source_kind::values, some());
  engine::source_content const second(source_kind::values, moved);

  BOOST_TEST((first == second));
  BOOST_TEST((first.read()->places != second.read()->places));
}

BOOST_AUTO_TEST_CASE(a_document_that_was_read_last_is_not_made_again) {
  engine::source_content const kept(source_kind::values, some());
  auto const* const once = kept.read().get();
  BOOST_TEST(kept.read().get() == once);

  std::vector<engine::source_content> others;
  others.reserve(20);
  for (int number = 0; number < 20; ++number)
    others.emplace_back(source_kind::values, numbered({{"n", number}}, 1));
  for (auto const& one : others)
    BOOST_TEST(one.read()->places.size() == 1U);

  BOOST_TEST(json::canonical(kept.read()->root) == *kept.text());
}

BOOST_AUTO_TEST_CASE(random_documents_are_read_back) {
  random_document random(12);
  for (int round = 0; round < 200; ++round) {
    auto const root = random.object(4, random_document::nulls::yes);
    engine::source_content const kept(source_kind::values, {.root = root, .places = {}});

    BOOST_TEST(json::canonical(kept.read()->root) == json::canonical(root));
    BOOST_TEST(kept.read()->places.empty());
  }
}

BOOST_FIXTURE_TEST_CASE(a_value_of_one_source_is_in_memory_once, plan_fixture) {
  must(
      files_changed({good("admin/one.json", R"({"b":1,"a":{"c":"x"}})"),
                     good("admin/two.json", R"({"a":1})"), good("admin/two.d/1.json", R"({"b":2})"),
                     good("admin/removing.json", R"({"a":null,"b":"null"})")}));

  auto const& one = *find_namespace(state, "one");
  BOOST_TEST((one.value.text == content_of(state, "admin/one.json").text()));
  BOOST_TEST(text("two") == R"({"a":1,"b":2})");
  BOOST_TEST(text("removing") == R"({"b":"null"})");
}

BOOST_FIXTURE_TEST_CASE(an_override_makes_a_text_of_its_own, plan_fixture) {
  must(files_changed({good("admin/one.json", R"({"a":1,"b":2})")}));

  must(set({{"one.a", "3"}}));
  BOOST_TEST(text("one") == R"({"a":3,"b":2})");
  BOOST_TEST(*content_of(state, "admin/one.json").text() == R"({"a":1,"b":2})");
  must(unset({"one.a"}));

  BOOST_TEST(text("one") == R"({"a":1,"b":2})");
}

BOOST_FIXTURE_TEST_CASE(a_file_with_other_places_only_keeps_its_text, plan_fixture) {
  must(files_changed({good("admin/one.json", R"({"a":1,"b":2})")}));
  auto const before = content_of(state, "admin/one.json").text();
  auto again = good("admin/one.json", R"({"b":2,"a":1})");
  std::get<source_update::good>(again.what).document.places.front().line = 77;

  BOOST_TEST(must(files_changed({again})).changes.empty());

  BOOST_TEST((content_of(state, "admin/one.json").text() == before));
  BOOST_TEST(find_place(*content_of(state, "admin/one.json").read(), "/b").line == 77U);
}

BOOST_AUTO_TEST_SUITE_END()
