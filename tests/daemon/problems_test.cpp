#include "core/json.hpp"
#include "daemon/problems/problems.hpp"

#include <boost/json/object.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <set>
#include <string>

namespace {

using cfgd::find_situation;
using cfgd::occurrence;
using cfgd::problem_kind;
using cfgd::situation;
using cfgd::wall_time;
using namespace std::chrono_literals;

wall_time at(std::chrono::milliseconds time) { return wall_time(1'800'000'000s + time); }

situation const& row(std::string_view name) { return *find_situation(name); }

occurrence refused(std::string path, std::string message = "bad") {
  return {
      .what = row("source_unreadable"), .message = std::move(message), .source = std::move(path)};
}
occurrence failed_store(std::string message = "no space") {
  return {.what = row("store_failed"), .message = std::move(message)};
}
occurrence refused_call(std::string who) {
  return {.what = row("call_refused"), .message = "no", .source = std::move(who)};
}

} // namespace

// Suites are namespaces: not in the global one, where the names of functions are.
namespace cases {
BOOST_AUTO_TEST_SUITE(problems)

BOOST_AUTO_TEST_CASE(the_table_names_each_situation_once_and_has_all_kinds) {
  std::set<std::string_view> names;
  std::set<problem_kind> kinds;
  std::set<std::pair<std::string_view, problem_kind>> lines;
  for (auto const& one : cfgd::situations()) {
    BOOST_TEST(names.insert(one.name).second);
    BOOST_TEST(lines.insert({one.message_id, one.kind}).second, one.name);
    BOOST_TEST(!one.recovery.empty(), one.name);
    BOOST_TEST((one.severity <= cfgd::log::level::warning), one.name);
    kinds.insert(one.kind);
    BOOST_TEST(find_situation(one.message_id, to_string(one.kind)) == &one);
    BOOST_TEST(cfgd::parse_problem_kind(to_string(one.kind)).has_value());
  }
  BOOST_TEST(kinds.size() == cfgd::problem_kinds);
}

BOOST_AUTO_TEST_CASE(what_happens_again_is_one_problem_that_is_counted) {
  ::cfgd::problems kept;
  kept.note(failed_store(), at(0ms));
  kept.note(failed_store("another"), at(1ms));
  kept.note(failed_store(), at(2ms));

  auto const list = kept.list();
  BOOST_REQUIRE(list.size() == 2U);
  BOOST_TEST(list[0]->message == "no space");
  BOOST_TEST(list[0]->count == 2U);
  BOOST_TEST((list[0]->first == at(0ms) && list[0]->last == at(2ms)));
  BOOST_TEST(list[1]->message == "another");
  BOOST_TEST(list[1]->id == 2U);
  BOOST_TEST(kept.counts().at(static_cast<std::size_t>(problem_kind::store)) == 3U);
}

BOOST_AUTO_TEST_CASE(the_table_fills_in_what_a_line_does_not_say) {
  ::cfgd::problems kept;
  kept.note(failed_store(), at(0ms));

  auto const& one = *kept.list().front();
  BOOST_TEST(one.source == "store");
  BOOST_TEST(one.recovery == "it is opened again");
  BOOST_TEST((one.kind == problem_kind::store));

  kept.note({.what = row("source_unavailable"),
             .message = "x",
             .source = "/a",
             .kind = problem_kind::validation,
             .recovery = "nothing of it is effective"},
            at(1ms));
  BOOST_TEST((kept.list().front()->kind == problem_kind::validation));
  BOOST_TEST(kept.list().front()->recovery == "nothing of it is effective");
}

BOOST_AUTO_TEST_CASE(a_problem_that_is_over_keeps_the_time_and_comes_back_open) {
  ::cfgd::problems kept;
  kept.note(failed_store(), at(0ms));
  BOOST_TEST(kept.is_open("store_failed", ""));

  BOOST_TEST(kept.resolve("store_failed", "", at(5ms)) == 1U);
  BOOST_TEST(kept.resolve("store_failed", "", at(6ms)) == 0U);
  BOOST_TEST((kept.list().front()->resolved == at(5ms)));
  BOOST_TEST(!kept.is_open("store_failed", ""));

  kept.note(failed_store(), at(7ms));
  BOOST_TEST(!kept.list().front()->resolved.has_value());
  BOOST_TEST(kept.list().front()->count == 2U);
}

BOOST_AUTO_TEST_CASE(a_file_has_one_fault_at_a_time) {
  ::cfgd::problems kept;
  kept.note(refused("/a", "first"), at(0ms));
  kept.note(refused("/b"), at(1ms));
  kept.note(refused("/a", "second"), at(2ms));

  auto const list = kept.list();
  BOOST_REQUIRE(list.size() == 3U);
  BOOST_TEST(!list[0]->resolved.has_value());
  BOOST_TEST(list[0]->message == "second");
  BOOST_TEST(!list[1]->resolved.has_value());
  BOOST_TEST((list[2]->resolved == at(2ms)));

  BOOST_TEST(kept.resolve_file("/a", at(3ms)) == 1U);
  BOOST_TEST((kept.list()[0]->resolved == at(3ms)));
  BOOST_TEST(kept.is_open("source_unreadable", "/b"));
}

BOOST_AUTO_TEST_CASE(the_same_fault_again_is_not_ended_by_itself) {
  ::cfgd::problems kept;
  kept.note(refused("/a"), at(0ms));
  kept.note(refused("/a"), at(1ms));

  BOOST_TEST(kept.size() == 1U);
  BOOST_TEST(kept.is_open("source_unreadable", "/a"));
}

BOOST_AUTO_TEST_CASE(events_are_over_at_once_and_one_for_each_peer) {
  ::cfgd::problems kept;
  for (int time = 0; time < 1'000; ++time)
    kept.note({.what = row("call_refused"),
               .message = "refused " + std::to_string(time),
               .source = "uid 1000"},
              at(std::chrono::milliseconds(time)));

  BOOST_REQUIRE(kept.size() == 1U);
  BOOST_TEST(kept.list().front()->count == 1'000U);
  BOOST_TEST(kept.list().front()->message == "refused 999");
  BOOST_TEST((kept.list().front()->resolved == at(999ms)));
}

BOOST_AUTO_TEST_CASE(critical_while_one_that_is_not_recoverable_is_open) {
  ::cfgd::problems kept;
  kept.note(failed_store(), at(0ms));
  BOOST_TEST(!kept.critical());
  kept.note({.what = row("task_ended"), .message = "x"}, at(1ms));
  BOOST_TEST(kept.critical());

  kept.resolve("task_ended", "", at(2ms));
  BOOST_TEST(!kept.critical());
}

BOOST_AUTO_TEST_CASE(clients_cannot_push_out_what_is_open) {
  ::cfgd::problems kept;
  kept.note({.what = row("task_ended"), .message = "x"}, at(0ms));
  kept.note(refused("/a"), at(1ms));
  for (int who = 0; who < 10'000; ++who)
    kept.note(refused_call("uid " + std::to_string(who)), at(2ms));

  BOOST_TEST(kept.size() == ::cfgd::problems::most);
  BOOST_TEST(kept.is_open("task_ended", ""));
  BOOST_TEST(kept.is_open("source_unreadable", "/a"));
}

BOOST_AUTO_TEST_CASE(of_open_ones_those_that_can_be_recovered_from_go_first) {
  ::cfgd::problems kept(3);
  kept.note({.what = row("task_ended"), .message = "x"}, at(0ms));
  for (int file = 0; file < 10; ++file)
    kept.note(refused("/" + std::to_string(file)), at(1ms));

  BOOST_TEST(kept.size() == 3U);
  BOOST_TEST(kept.critical());
  BOOST_TEST(kept.list()[0]->source == "/9");
  BOOST_TEST(kept.list()[1]->source == "/8");
  BOOST_TEST(kept.counts().at(static_cast<std::size_t>(problem_kind::parse)) == 10U);
}

BOOST_AUTO_TEST_CASE(a_list_is_of_one_kind_and_bounded) {
  ::cfgd::problems kept;
  kept.note(failed_store(), at(0ms));
  for (int file = 0; file < 5; ++file)
    kept.note(refused("/" + std::to_string(file)), at(1ms));

  BOOST_TEST(kept.list(problem_kind::parse, 3).size() == 3U);
  BOOST_TEST(kept.list(problem_kind::store).size() == 1U);
  BOOST_TEST(kept.list(problem_kind::cache).empty());
  BOOST_TEST(kept.open_counts().at(static_cast<std::size_t>(problem_kind::parse)) == 5U);

  kept.clear();
  BOOST_TEST(kept.list().empty());
  BOOST_TEST(kept.counts().at(static_cast<std::size_t>(problem_kind::parse)) == 5U);
}

BOOST_AUTO_TEST_CASE(what_is_wrong_with_files_is_open_after_a_restart) {
  ::cfgd::problems before;
  before.note(refused("/a", "wrong \"here\"\n"), at(0ms));
  before.note({.what = row("task_ended"), .message = "x", .context = {{"errno", "5"}}}, at(1ms));
  auto const text = before.to_text();

  ::cfgd::problems after;
  BOOST_REQUIRE(after.read_text(text, at(10ms)));

  auto const list = after.list();
  BOOST_REQUIRE(list.size() == 2U);
  BOOST_TEST(!after.critical());
  BOOST_TEST((list[0]->resolved == at(10ms)));
  BOOST_TEST(list[0]->context.front().second == "5");
  BOOST_TEST((*list[1] == *before.list()[1]));
  after.note(failed_store(), at(11ms));
  BOOST_TEST(after.list().front()->id == 3U);
  BOOST_TEST(after.counts().at(static_cast<std::size_t>(problem_kind::parse)) == 0U);
}

BOOST_AUTO_TEST_CASE(damaged_text_is_not_taken) {
  ::cfgd::problems whole;
  whole.note(refused("/a"), at(0ms));
  auto const text = whole.to_text();
  for (std::size_t length = 0; length + 2 < text.size(); ++length) {
    ::cfgd::problems kept;
    BOOST_TEST(!kept.read_text(text.substr(0, length), at(1ms)), length);
    BOOST_TEST(kept.size() == 0U);
  }
  for (auto const* const wrong :
       {"", "1", "[]", "{}", R"({"version":2,"next":1,"problems":[]})",
        R"({"version":1,"next":1,"problems":[1]})", R"({"version":1,"next":1,"problems":[{}]})"})
    BOOST_TEST(!::cfgd::problems().read_text(wrong, at(1ms)), wrong);
}

BOOST_AUTO_TEST_CASE(a_situation_that_is_not_known_is_left_out) {
  ::cfgd::problems kept;
  kept.note(refused("/a"), at(0ms));
  auto text = kept.to_text();
  text.replace(text.find("source_unreadable"), 17, "of_a_later_version");

  ::cfgd::problems after;
  BOOST_TEST(after.read_text(text, at(1ms)));
  BOOST_TEST(after.size() == 0U);
}

BOOST_AUTO_TEST_CASE(bytes_that_are_no_text_do_not_break_what_goes_out) {
  ::cfgd::problems kept;
  kept.note(refused("/\xff/a", "wrong \xc3"), at(0ms));
  kept.note(refused("/b", std::string(2'047, 'x') + "\xc3\xa4"), at(1ms));

  for (auto const* const one : kept.list())
    BOOST_TEST(cfgd::json::parse(cfgd::json::canonical(cfgd::to_json(*one))).has_value());
  BOOST_TEST(kept.list()[0]->message == std::string(2'047, 'x'));
  BOOST_TEST(kept.list()[1]->source == "/?/a");
}

BOOST_AUTO_TEST_CASE(its_json_is_that_of_the_interface) {
  ::cfgd::problems kept;
  kept.note({.what = row("source_refused"),
             .message = "must be at least 1",
             .source = "/a",
             .context = {{"line", "3"}, {"issue", "x"}, {"issue", "y"}}},
            at(0ms));
  auto const& one = *kept.list().front();

  BOOST_TEST(cfgd::json::canonical(cfgd::to_json(one)) ==
             R"({"context":{"issue":["x","y"],"line":3},"count":1,"id":1,"kind":"validation",)"
             R"("message":"must be at least 1","recoverable":true,)"
             R"("recovery":"its last good content stays effective","source":"/a",)"
             R"("time":"2027-01-15T08:00:00.000Z"})");
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
