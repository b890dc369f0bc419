#include "engine/file_change_plan.hpp"
#include "tests/support/plan_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <map>
#include <ostream>
#include <string>

// Which files of a change are accepted, over a model without a store.

namespace {

using namespace cfgd;
using namespace cfgd::engine;
using namespace cfgd::test;

constexpr auto ports = R"({"properties":{"port":{"type":"integer"}}})";

/// Two namespaces whose port must be a number, and two without a schema.
struct fixture : plan_fixture {
  fixture() {
    must(files_changed(
        {good("schemas/admin/first.json", ports), good("schemas/admin/second.json", ports),
         good("admin/first.json", R"({"port":1})"), good("admin/second.json", R"({"port":1})"),
         good("admin/third.json", R"({"a":1})"), good("admin/fourth.json", R"({"a":1})")}));
  }
  static request first_edit() {
    return files_changed(
        {good("admin/first.json", R"({"port":"x"})"), good("admin/third.json", R"({"a":2})")},
        grouping::all_or_none);
  }
  static request second_edit() {
    return files_changed(
        {good("admin/second.json", R"({"port":"x"})"), good("admin/fourth.json", R"({"a":2})")},
        grouping::all_or_none);
  }
  /// Repairs the first edit and expects it to be accepted, and the second one not.
  void accept_first_only() {
    must(files_changed({good("admin/first.json", R"({"port":2})")}));
    BOOST_TEST(text("third") == R"({"a":2})");
    BOOST_TEST((status("admin/third.json") == source_status::active));
    BOOST_TEST(text("fourth") == R"({"a":1})");
    BOOST_TEST((status("admin/fourth.json") == source_status::quarantined));
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(file_change_plan, fixture)

BOOST_AUTO_TEST_CASE(edits_of_one_transaction_do_not_depend_on_each_other) {
  decide_together({first_edit(), second_edit()});
  accept_first_only();
}

BOOST_AUTO_TEST_CASE(edits_at_the_same_time_do_not_depend_on_each_other) {
  must(first_edit());
  must(second_edit());
  accept_first_only();
}

BOOST_AUTO_TEST_CASE(an_edit_is_rejected_as_a_whole) {
  auto const done = must(first_edit());

  BOOST_TEST(done.changes.empty());
  BOOST_TEST((status("admin/first.json") == source_status::quarantined));
  BOOST_TEST((status("admin/third.json") == source_status::quarantined));
  BOOST_TEST(must(files_changed({})).changes.empty());
}

BOOST_AUTO_TEST_CASE(other_file_changes_reject_single_files) {
  auto const done = must(files_changed(
      {good("admin/first.json", R"({"port":"x"})"), good("admin/third.json", R"({"a":2})")}));

  BOOST_TEST(done.changes.size() == 1U);
  BOOST_TEST((status("admin/first.json") == source_status::quarantined));
  BOOST_TEST(text("first") == R"({"port":1})");
  BOOST_TEST(text("third") == R"({"a":2})");
  BOOST_TEST(done.transitions.size() == 1U);
}

BOOST_AUTO_TEST_CASE(files_of_a_namespace_that_are_valid_alone_are_accepted) {
  must(files_changed({good("admin/first.json", R"({"port":"x"})"),
                      good("admin/first.d/a.json", R"({"name":"n"})")}));

  BOOST_TEST(text("first") == R"({"name":"n","port":1})");
  BOOST_TEST((status("admin/first.json") == source_status::quarantined));
}

BOOST_AUTO_TEST_CASE(the_last_update_of_a_source_counts) {
  must(files_changed(
      {good("admin/third.json", R"({"a":2})"), good("admin/third.json", R"({"a":3})")}));
  BOOST_TEST(text("third") == R"({"a":3})");

  must(files_changed({good("admin/new.json", "{}"), gone("admin/new.json")}));
  BOOST_TEST(text("new") == "(none)");
}

BOOST_AUTO_TEST_CASE(the_topmost_file_that_sets_a_key_is_its_origin) {
  auto const done = must(files_changed({good("admin/third.json", R"({"a":2})"),
                                        good("admin/third.d/a.json", R"({"a":3})"),
                                        good("admin/third.d/b.json", R"({})")}));

  BOOST_TEST(done.changes.at(0)->from.path == "/admin/third.d/a.json");
  BOOST_TEST(done.changes.at(0)->from.at.line == 1U);
}

BOOST_AUTO_TEST_CASE(a_removed_key_has_the_file_as_origin_that_was_removed) {
  auto const done = must(files_changed({gone("admin/third.json")}));
  BOOST_TEST(done.changes.at(0)->from.path == "/admin/third.json");
}

BOOST_AUTO_TEST_CASE(a_name_that_is_not_a_source_is_an_error) {
  source_update odd = good("admin/third.json", "{}");
  odd.id.relative = "Not A Name.json";

  auto const why = refusal(files_changed({odd}));

  BOOST_TEST((why.code == errc::bad_key));
  BOOST_TEST(why.message == "not a valid source file name");
}

BOOST_AUTO_TEST_CASE(each_key_of_a_revision_has_the_origin_of_its_own_file) {
  auto const done = must(files_changed({good("admin/third.json", R"({"a":2,"b":3})"),
                                        good("admin/fourth.json", R"({"x":{"y":1},"a":5})")}));

  BOOST_REQUIRE(done.changes.size() == 1U);
  auto const& made = *done.changes.front();
  std::string text;
  for (auto const& one : made.keys) {
    auto const from = origin_of(made, one);
    text += one.key + ' ' + from.path + ':' + std::to_string(from.at.line) + ' ' +
            std::to_string(from.revision) + "; ";
  }
  BOOST_TEST(text == "fourth.a /admin/fourth.json:3 2; fourth.x.y /admin/fourth.json:2 2; "
                     "third.a /admin/third.json:1 2; third.b /admin/third.json:2 2; ");
  BOOST_TEST((made.from == origin_of(made, made.keys.front())));
}

BOOST_AUTO_TEST_CASE(a_removed_key_comes_from_the_file_that_had_it) {
  must(files_changed({good("admin/third.d/10.json", R"({"b":1,"c":1})"),
                      good("admin/third.d/20.json", R"({"d":1})")}));

  auto const done = must(files_changed(
      {good("admin/third.d/10.json", R"({"c":1})"), good("admin/third.d/20.json", R"({"d":2})")}));

  auto const& made = *done.changes.front();
  BOOST_TEST(made.keys.front().key == "third.b");
  BOOST_TEST(origin_of(made, made.keys.front()).path == "/admin/third.d/10.json");
  BOOST_TEST(origin_of(made, made.keys.back()).path == "/admin/third.d/20.json");
}

BOOST_AUTO_TEST_CASE(a_soft_override_gives_way_to_the_next_edit_of_its_key) {
  must(files_changed({good("admin/third.json", R"({"a":2,"b":2})")}));
  history = [](revision_number, std::string const&) -> result<std::map<std::string, std::string>> {
    return std::map<std::string, std::string>{{"third", R"({"a":1,"b":1})"}};
  };
  must(rollback_request{.revision = 1, .name_space = "third", .kind = rollback_kind::soft});
  BOOST_TEST(text("third") == R"({"a":1,"b":1})");

  must(files_changed({good("admin/third.json", R"({"a":3,"b":2})")}));

  BOOST_TEST(text("third") == R"({"a":3,"b":1})");
}

BOOST_AUTO_TEST_CASE(a_lasting_override_stays_over_edits_of_its_key) {
  must(files_changed({good("admin/third.json", R"({"a":2})")}));
  history = [](revision_number, std::string const&) -> result<std::map<std::string, std::string>> {
    return std::map<std::string, std::string>{{"third", R"({"a":1})"}};
  };
  auto const done = must(rollback_request{.revision = 1, .name_space = "third"});
  BOOST_TEST(done.hides.count == 1U);

  must(files_changed({good("admin/third.json", R"({"a":3})")}));

  BOOST_TEST(text("third") == R"({"a":1})");
}

BOOST_AUTO_TEST_CASE(a_file_that_became_empty_is_noted_with_the_number_of_its_values) {
  must(files_changed({good("admin/third.toml", R"({"b":1,"c":{"d":2}})")}));
  auto emptied = good("admin/third.toml", "{}");
  emptied.what = source_update::good{};

  auto const done = must(files_changed({emptied}));

  BOOST_TEST(text("third") == R"({"a":1})");
  BOOST_REQUIRE(done.transitions.size() == 1U);
  auto const& row = done.transitions.front().now;
  BOOST_TEST((row.status == source_status::active));
  BOOST_REQUIRE(row.why.has_value());
  BOOST_REQUIRE(row.why->issues.size() == 1U);
  BOOST_TEST((row.why->issues.front().how == severity::warning));
  BOOST_TEST(row.why->issues.front().message ==
             "the file has become empty: 2 values no longer apply");
  // A file that says so itself has not become empty by accident.
  must(files_changed({good("admin/third.toml", R"({"b":1})")}));
  BOOST_TEST(must(files_changed({good("admin/third.toml", "{}")})).transitions.empty());
  BOOST_TEST(!find_source(state, to_source("admin/third.toml"))->row.why.has_value());
}

BOOST_AUTO_TEST_CASE(several_updates_of_one_source_count_once) {
  must(files_changed({good("admin/third.json", R"({"a":5})"), gone("admin/third.json"),
                      good("admin/third.json", R"({"a":6})"), good("admin/new.json", "{}"),
                      gone("admin/new.json"), touched("admin/new.json")}));

  BOOST_TEST(text("third") == R"({"a":6})");
  BOOST_TEST(find_source(state, to_source("admin/new.json")) == nullptr);
}

BOOST_AUTO_TEST_CASE(the_origin_of_a_key_is_sought_in_its_own_namespace_only) {
  constexpr std::size_t count = 300;
  file_change asked{.updates = {}, .how = grouping::change_per_namespace};
  for (std::size_t number = 0; number < count; ++number)
    asked.updates.push_back(
        good("admin/many" + std::to_string(number) + ".json", R"({"a":1,"b":2})"));
  engine::file_change_plan work(asked, bounds, 0);
  auto const find = [this](source_id const& id) { return find_source(state, id); };
  BOOST_REQUIRE(work.add_updates(find));
  work.add_retryable({}, 0, find);
  candidate::states const nothing;
  auto const best = work.resolve([&] {
    return work.evaluate(candidate(nothing, state.namespaces, state.active_policy),
                         policy_validator);
  });
  BOOST_REQUIRE(best.found.differences.size() == count);

  for (auto const& one : best.found.differences)
    for (auto const& leaf : one.keys)
      BOOST_TEST(work.origin_of(one.name, leaf.key, nullptr).path ==
                 "/admin/" + one.name + ".json");

  BOOST_TEST(work.steps() == 2 * count);
}

BOOST_AUTO_TEST_CASE(many_files_are_rejected_each_for_its_own_reason) {
  std::vector<source_update> updates;
  for (auto const* const name : {"first", "second"})
    updates.push_back(good(std::string("admin/") + name + ".json", R"({"port":"x"})"));
  for (int number = 0; number < 40; ++number)
    updates.push_back(good("admin/many" + std::to_string(number) + ".json", R"({"a":1})"));

  auto const done = must(files_changed(std::move(updates)));

  BOOST_TEST(done.effectives.size() == 40U);
  for (auto const* const name : {"first", "second"}) {
    auto const& row = find_source(state, to_source(std::string("admin/") + name + ".json"))->row;
    BOOST_TEST((row.status == source_status::quarantined));
    BOOST_TEST(row.why->issues.size() == 1U);
    BOOST_TEST(row.why->issues.front().key == std::string(name) + ".port");
  }
}

BOOST_AUTO_TEST_SUITE_END()
