#include "engine/candidate.hpp"
#include "tests/support/store_requests.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using namespace cfgd::engine;

namespace_state state_of(std::string_view name, cfgd::revision_number revision) {
  namespace_state made;
  made.value = {.name_space = std::string(name), .revision = revision};
  return made;
}

struct fixture {
  candidate::states staged{{"a", state_of("a", 2)}};
  candidate::states model{{"a", state_of("a", 1)}, {"b", state_of("b", 1)}};
  candidate made{staged, model, std::make_shared<policy const>()};
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(candidate, fixture)

BOOST_AUTO_TEST_CASE(a_namespace_is_found_in_the_first_table_that_has_it) {
  BOOST_TEST(made.find("a")->value.revision == 2U);
  BOOST_TEST(made.find("b")->value.revision == 1U);
  BOOST_TEST((made.find("c") == nullptr));
  BOOST_TEST(made.edited().empty());
}

BOOST_AUTO_TEST_CASE(an_edit_copies_and_leaves_the_states_below) {
  made.edit("a").value.revision = 7;
  made.edit("b").value.revision = 8;

  BOOST_TEST(made.find("a")->value.revision == 7U);
  BOOST_TEST(made.was("a")->value.revision == 2U);
  BOOST_TEST(staged.at("a").value.revision == 2U);
  BOOST_TEST(model.at("b").value.revision == 1U);
  BOOST_TEST(made.edited().size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_second_edit_continues_the_first) {
  made.edit("a").value.revision = 7;
  BOOST_TEST(made.edit("a").value.revision == 7U);
}

BOOST_AUTO_TEST_CASE(a_new_namespace_starts_empty_and_knows_its_name) {
  auto const& added = made.edit("new");

  BOOST_TEST(added.value.name_space == "new");
  BOOST_TEST(!added.exists());
  BOOST_TEST((made.was("new") == nullptr));
}

BOOST_AUTO_TEST_SUITE_END()
