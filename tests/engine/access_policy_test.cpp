#include "tests/support/plan_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <ostream>
#include <string>

// Access files in the policy: their order, what a bad one does, and requests that meet them.

namespace {

using namespace cfgd;
using namespace cfgd::engine;
using namespace cfgd::test;

constexpr auto file = "access/admin/10.toml";
constexpr auto second = "access/admin/20.toml";
constexpr auto of_vendor = "access/vendor/10.toml";

std::string allowing(std::string_view name) {
  return R"({"entry":[{"allow":"write","to":"any","namespaces":")" + std::string(name) + R"("}]})";
}

struct fixture : plan_fixture {
  access_rules const& rules() const { return *state.active_policy->access; }
  /// The namespaces of all entries in order, then the broken files.
  std::string listed() const {
    std::string out;
    for (auto const& one : rules().entries)
      out += one.namespaces.at(0) + ' ';
    for (auto const& one : rules().broken)
      out += "broken:" + one + ' ';
    return out;
  }
  /// Permits a request if the first entry is about this namespace.
  static permission needs(std::string name) {
    return [name = std::move(name)](access_rules const& met) -> result<void> {
      if (!met.entries.empty() && met.entries[0].namespaces.at(0) == name) return {};
      return error{.code = errc::denied, .message = "not permitted"};
    };
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(access_policy, fixture)

BOOST_AUTO_TEST_CASE(the_administrators_files_are_asked_first) {
  must(files_changed({good("access/vendor/05.toml", allowing("d")), good(second, allowing("b")),
                      good(of_vendor, allowing("hidden")), good(file, allowing("a"))}));

  BOOST_TEST(listed() == "a b d ");
}

BOOST_AUTO_TEST_CASE(without_files_there_are_no_entries) {
  must(files_changed({good("admin/site.json", "{}")}));

  BOOST_TEST(listed() == "");
  auto const said = engine::decide(rules(), {}, {.uid = 1}, operation::read, "site");
  BOOST_TEST((said.what == access_answer::verdict::no_entry));
}

BOOST_AUTO_TEST_CASE(a_file_that_becomes_invalid_keeps_its_last_good_content) {
  must(files_changed({good(file, allowing("a"))}));
  must(files_changed({good(file, R"({"entry":[{"permit":"write"}]})")}));

  BOOST_TEST((status(file) == source_status::quarantined));
  BOOST_TEST(listed() == "a ");
  must(files_changed({refused(file, "[[entry", "not TOML")}));
  BOOST_TEST(listed() == "a ");
  must(files_changed({blocked(file, source_status::missing)}));
  BOOST_TEST(listed() == "a ");
  must(files_changed({good(file, allowing("b"))}));
  BOOST_TEST(listed() == "b ");
  must(files_changed({gone(file)}));
  BOOST_TEST(listed() == "");
}

BOOST_AUTO_TEST_CASE(a_file_that_was_never_valid_is_broken) {
  must(files_changed({good(file, allowing("a"))}));
  must(files_changed({refused(second, "[[entry", "not TOML"), good(of_vendor, allowing("c")),
                      good("access/vendor/30.toml", allowing("d"))}));

  BOOST_TEST(listed() == "a d broken:/access/admin/20.toml ");
  BOOST_TEST(rules().entries_before_broken == 1U);
  must(files_changed({good(second, R"({"lock":[{"above":"vendor"}]})")}));
  BOOST_TEST((status(second) == source_status::quarantined));
  BOOST_TEST(listed() == "a d broken:/access/admin/20.toml ");
  must(files_changed({good(second, allowing("b"))}));
  BOOST_TEST(listed() == "a b d ");
}

BOOST_AUTO_TEST_CASE(a_broken_file_that_a_higher_one_hides_does_not_count) {
  must(files_changed({refused(of_vendor, "[[entry", "not TOML")}));
  BOOST_TEST(listed() == "broken:/access/vendor/10.toml ");

  must(files_changed({good(file, allowing("a"))}));

  BOOST_TEST(listed() == "a ");
}

BOOST_AUTO_TEST_CASE(a_request_meets_the_files_that_changed_before_it) {
  auto wanted = set({{"site.a", "1"}});
  wanted.permitted = needs("site");
  auto const done = decide_together({wanted, files_changed({good(file, allowing("site"))}), wanted,
                                     files_changed({gone(file)}), wanted});

  BOOST_TEST((done[0].error().code == errc::denied));
  BOOST_TEST(done[2].has_value());
  BOOST_TEST((done[4].error().code == errc::denied));
  BOOST_TEST(text("site") == R"({"a":1})");
}

BOOST_AUTO_TEST_CASE(every_kind_of_request_asks_for_permission) {
  auto const denied = [this](auto one) {
    one.permitted = needs("nothing");
    return refusal(one).message;
  };
  auto dry = set({{"site.a", "1"}});
  dry.dry_run = true;

  BOOST_TEST(denied(dry) == "not permitted");
  BOOST_TEST(denied(rollback_request{.revision = 1}) == "not permitted");
  BOOST_TEST(denied(restore_request{}) == "not permitted");
  BOOST_TEST(denied(pending_request{.revision = 7}) == "not permitted");
}

BOOST_AUTO_TEST_SUITE_END()
