#include "core/json.hpp"
#include "engine/source_content.hpp"
#include "engine/text_places.hpp"
#include "tests/support/random_document.hpp"

#include <boost/json/value.hpp>
#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

// The place of a leaf is that of the document that was packed.

namespace {

using namespace cfgd;
namespace bj = boost::json;

std::size_t count_nodes(bj::value const& of) {
  std::size_t count = 0;
  if (auto const* const object = of.if_object())
    for (auto const& member : *object)
      count += 1 + count_nodes(member.value());
  else if (auto const* const list = of.if_array())
    for (auto const& element : *list)
      count += 1 + count_nodes(element);
  return count;
}

/// Calls `visit` with the path of each leaf.
template <class Visitor>
void visit_leaves(bj::object const& of, std::vector<std::string>& path, Visitor visit) {
  for (auto const& member : of) {
    path.emplace_back(member.key());
    if (auto const* const object = member.value().if_object(); object && !object->empty())
      visit_leaves(*object, path, visit);
    else
      visit(path);
    path.pop_back();
  }
}

} // namespace

BOOST_AUTO_TEST_SUITE(text_places)

BOOST_AUTO_TEST_CASE(are_those_of_the_document) {
  for (std::uint32_t seed = 0; seed < 200; ++seed) {
    test::random_document random(seed);
    sourced_document document;
    for (auto parts = 1 + random.below(40); parts > 0; --parts)
      document.root.insert_or_assign("part" + std::to_string(random.below(100)),
                                     random.object(3, test::random_document::nulls::yes));
    auto const count = count_nodes(document.root);
    for (std::uint32_t node = 0; node < count; ++node)
      document.places.push_back({.line = 1 + static_cast<std::uint32_t>(random.below(5'000)),
                                 .column = 1 + static_cast<std::uint32_t>(random.below(200))});
    engine::source_content const content(source_kind::values, document);

    std::vector<std::string> path;
    visit_leaves(document.root, path, [&](std::vector<std::string> const& leaf) {
      auto const found = content.find_place(leaf);
      auto const wanted = find_place(document, leaf);
      BOOST_REQUIRE_EQUAL(found.line, wanted.line);
      BOOST_REQUIRE_EQUAL(found.column, wanted.column);
    });
    std::vector<std::string> const missing{"part1", "no such name"};
    BOOST_REQUIRE_EQUAL(content.find_place(missing).line, find_place(document, missing).line);
  }
}

BOOST_AUTO_TEST_CASE(a_document_without_places_has_none) {
  sourced_document document;
  document.root["a"] = 1;
  engine::source_content const content(source_kind::values, document);

  BOOST_TEST(content.find_place(std::vector<std::string>{"a"}).line == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
