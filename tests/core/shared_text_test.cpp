#include "core/document.hpp"
#include "core/json.hpp"
#include "core/shared_text.hpp"
#include "tests/support/random_document.hpp"

#include <boost/json/value.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

// Compared with documents that are edited as a whole and written anew. Values are long, so that few
// of them fill a page.

namespace {

namespace bj = boost::json;
using namespace cfgd;
using canonical::shared_text;
using path = std::vector<std::string>;

shared_text text_of(bj::object const& document) {
  return std::make_shared<std::string const>(json::canonical(document));
}

class random_edits {
 public:
  explicit random_edits(std::uint32_t seed) : random_(seed) {}

  path any_path() {
    path made;
    for (auto depth = 1 + random_.below(4); depth > 0; --depth)
      made.push_back(random_.below(20) == 0 ? "" : random_.name());
    return made;
  }
  bj::value any_value(std::size_t depth) {
    if (depth == 0 || random_.below(3) > 0)
      return bj::value(std::string(random_.below(1'200), random_.below(9) == 0 ? '"' : 'x'));
    bj::object made;
    for (auto count = random_.below(9); count > 0; --count)
      made.insert_or_assign(random_.name(), any_value(depth - 1));
    return made;
  }
  std::size_t below(std::size_t end) { return random_.below(end); }

 private:
  test::random_document random_;
};

/// Gives the member of a document another value; none: removes it. Returns false if that leaves an
/// object below the root empty. What the path leads through is there.
bool edit(bj::object& document, std::span<std::string const> at, std::optional<bj::value> value) {
  auto* object = &document;
  for (auto const& part : at.first(at.size() - 1))
    object = &object->at(part).as_object();
  if (value)
    object->insert_or_assign(at.back(), *std::move(value));
  else
    object->erase(at.back());
  return at.size() == 1 || !object->empty();
}

void check_paths(shared_text const& made, std::string const& whole, random_edits& random) {
  for (int count = 0; count < 5; ++count) {
    auto const which = random.any_path();
    std::string space;
    auto const found = made.follow(which, &space);
    auto const wanted = canonical::follow(whole, which);
    BOOST_REQUIRE_EQUAL(found.depth, wanted.depth);
    BOOST_REQUIRE_EQUAL(found.value, wanted.value);
    BOOST_REQUIRE(made.find(which, space) == canonical::find(whole, which));
  }
}

} // namespace

BOOST_AUTO_TEST_SUITE(shared_text)

BOOST_AUTO_TEST_CASE(is_the_document_that_was_edited) {
  std::size_t refused = 0;
  std::size_t longest = 0;
  for (std::uint32_t seed = 0; seed < 60; ++seed) {
    random_edits random(seed);
    bj::object document;
    auto made = text_of(document);
    for (int step = 0; step < 200; ++step) {
      auto const whole = json::canonical(document);
      auto which = random.any_path();
      which.resize(canonical::follow(whole, which).depth);
      bool const is_there = canonical::find(whole, which).has_value();
      bool const removes = is_there && random.below(3) == 0;
      auto const value = removes ? std::nullopt : std::optional(random.any_value(2));
      auto next = document;
      bool const is_possible = edit(next, which, value);
      auto const before = made;

      auto const edited = made.with(which, value ? json::canonical(*value) : "");

      BOOST_REQUIRE_EQUAL(edited.has_value(), is_possible);
      if (!edited) {
        ++refused;
        continue;
      }
      made = random.below(20) == 0 ? text_of(next) : *edited;
      document = std::move(next);
      auto const now = json::canonical(document);
      longest = std::max(longest, now.size());
      BOOST_REQUIRE_EQUAL(made.size(), now.size());
      check_paths(made, now, random);
      if (step % 7 == 0) {
        BOOST_REQUIRE_EQUAL(*made, now);
        BOOST_REQUIRE_EQUAL(*before, whole);
      }
    }
    BOOST_REQUIRE_EQUAL(*made, json::canonical(document));
  }
  BOOST_TEST(refused > 0U);
  BOOST_TEST(longest > 30'000U);
}

BOOST_AUTO_TEST_CASE(is_made_whole_when_somebody_wants_it) {
  auto const before = text_of({{"a", {{"x", 1}, {"y", 2}}}});
  BOOST_TEST(before.is_whole());

  auto after = before.with(path{"a", "y"}, "3");

  BOOST_REQUIRE(after);
  BOOST_TEST(!after->is_whole());
  BOOST_TEST(after->size() == before.size());
  auto const copy = *after;
  BOOST_TEST(*copy == R"({"a":{"x":1,"y":3}})");
  BOOST_TEST(after->is_whole());
  BOOST_TEST((copy == *after));
  BOOST_TEST(!(copy == before));
}

BOOST_AUTO_TEST_CASE(no_text_is_none) {
  cfgd::canonical::shared_text const none;

  BOOST_TEST(!none);
  BOOST_TEST(none.size() == 0U);
  BOOST_TEST(none.whole() == nullptr);
  BOOST_TEST((none == cfgd::canonical::shared_text(std::shared_ptr<std::string const>())));
}

BOOST_AUTO_TEST_SUITE_END()
