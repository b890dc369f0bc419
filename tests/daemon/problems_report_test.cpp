#include "core/message_ids.hpp"
#include "daemon/problems/problems_report.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace {

namespace lg = cfgd::log;
using cfgd::ending;
using cfgd::occurrence;
using cfgd::problem_kind;

/// What a line means.
cfgd::meaning meaning_of(std::string const& message, std::vector<lg::field> const& fields) {
  return cfgd::interpret({lg::level::warning, message, fields, BOOST_CURRENT_LOCATION});
}

std::string value_of(std::vector<lg::field> const& fields, std::string_view name) {
  for (auto const& one : fields)
    if (one.name == name) return one.value;
  return "-";
}

} // namespace

// Suites are namespaces: not in the global one, where the names of functions are.
namespace cases {
BOOST_AUTO_TEST_SUITE(problems_report)

BOOST_AUTO_TEST_CASE(a_report_is_a_line_and_an_occurrence_as_the_table_has_it) {
  lg::capture captured;
  std::vector<cfgd::meaning> collected;
  lg::listener const listening(
      [&](lg::record const& line) { collected.push_back(cfgd::interpret(line)); });

  cfgd::report("store_failed", "the store failed: no space", {{"ERRNO", "28"}});

  auto const lines = captured.take();
  BOOST_REQUIRE(lines.size() == 1U);
  BOOST_TEST(lines[0].message == "the store failed: no space; it is opened again");
  BOOST_TEST((lines[0].severity == lg::level::error));
  BOOST_TEST(value_of(lines[0].fields, "MESSAGE_ID") == cfgd::message_id::store_failed);
  BOOST_TEST(value_of(lines[0].fields, "CFGD_KIND") == "store");
  BOOST_REQUIRE(collected.size() == 1U);
  auto const& what = std::get<occurrence>(collected[0]);
  BOOST_TEST(what.what.name == "store_failed");
  BOOST_TEST(what.message == "the store failed: no space");
  BOOST_REQUIRE(what.context.size() == 1U);
  BOOST_TEST(what.context[0].first == "errno");
  BOOST_TEST(what.context[0].second == "28");
}

BOOST_AUTO_TEST_CASE(its_end_is_a_line_too) {
  lg::capture captured;
  std::vector<cfgd::meaning> collected;
  lg::listener const listening(
      [&](lg::record const& line) { collected.push_back(cfgd::interpret(line)); });

  cfgd::report_over("store_failed", "the store works again");
  cfgd::report_over("file_unwritten", "'/a' can be written again", "/a");

  BOOST_TEST((captured.take().at(0).severity == lg::level::notice));
  BOOST_TEST(std::get<ending>(collected.at(0)).situations.at(0) == "store_failed");
  BOOST_TEST(std::get<ending>(collected.at(0)).source.empty());
  BOOST_TEST(std::get<ending>(collected.at(1)).source == "/a");
}

BOOST_AUTO_TEST_CASE(lines_of_other_parts_are_found_by_their_id) {
  auto const cut = std::get<occurrence>(
      meaning_of("closing a connection", {{"MESSAGE_ID", cfgd::message_id::client_cut_off},
                                          {"CFGD_PEER_UID", "1000"},
                                          {"CFGD_PEER_PID", "7"}}));
  BOOST_TEST(cut.what.name == "client_cut_off");
  BOOST_TEST(cut.source == "uid 1000");
  BOOST_TEST(cut.context.size() == 1U);
  BOOST_TEST(cut.context[0].first == "peer_pid");

  BOOST_TEST((std::holds_alternative<std::monostate>(meaning_of("no id", {}))));
  BOOST_TEST((std::holds_alternative<std::monostate>(
      meaning_of("a change", {{"MESSAGE_ID", cfgd::message_id::changed}, {"CFGD_PATH", "/a"}}))));
}

BOOST_AUTO_TEST_CASE(of_several_situations_of_one_line_the_kind_decides) {
  auto const name_of = [](char const* id, std::string kind) {
    return std::get<occurrence>(
               meaning_of("x", {{"MESSAGE_ID", id}, {"CFGD_KIND", std::move(kind)}}))
        .what.name;
  };
  using namespace cfgd::message_id;
  BOOST_TEST(name_of(source_quarantined, "parse") == "source_unreadable");
  BOOST_TEST(name_of(source_quarantined, "validation") == "source_refused");
  BOOST_TEST(name_of(source_quarantined, "schema") == "schema_refused");
  BOOST_TEST(name_of(source_blocked, "permission") == "source_untrusted");
  BOOST_TEST(name_of(source_blocked, "watch") == "source_unavailable");
  // A kind that the table has not with it stays what it is.
  auto const odd = std::get<occurrence>(
      meaning_of("x", {{"MESSAGE_ID", settings_faulty}, {"CFGD_KIND", "permission"}}));
  BOOST_TEST(odd.what.name == "settings_faulty");
  BOOST_TEST((odd.kind == problem_kind::permission));
}

BOOST_AUTO_TEST_CASE(the_recovery_is_not_repeated_in_the_message) {
  std::vector<lg::field> const fields{{"MESSAGE_ID", cfgd::message_id::source_quarantined},
                                      {"CFGD_KIND", "parse"},
                                      {"CFGD_PATH", "/a"},
                                      {"CFGD_LINE", "3"},
                                      {"CFGD_RECOVERY", "'site' has no values"}};
  auto const said = std::get<occurrence>(meaning_of("'/a':3: bad; 'site' has no values", fields));
  BOOST_TEST(said.message == "'/a':3: bad");
  BOOST_TEST(said.recovery == "'site' has no values");
  BOOST_TEST(said.source == "/a");

  auto const other = std::get<occurrence>(meaning_of("'/a':3: bad", fields));
  BOOST_TEST(other.message == "'/a':3: bad");
}

BOOST_AUTO_TEST_CASE(a_file_that_is_good_again_or_gone_has_no_fault) {
  for (auto const* const id : {cfgd::message_id::source_active, cfgd::message_id::source_gone}) {
    auto const over = std::get<ending>(meaning_of("x", {{"MESSAGE_ID", id}, {"CFGD_PATH", "/a"}}));
    BOOST_TEST(over.situations.empty());
    BOOST_TEST(over.source == "/a");
  }
}

BOOST_AUTO_TEST_CASE(a_check_is_what_it_happens_to) {
  auto const failed =
      std::get<occurrence>(meaning_of("x", {{"MESSAGE_ID", cfgd::message_id::check_warning},
                                            {"CFGD_KIND", "cache"},
                                            {"CFGD_CHECK", "cache"}}));
  BOOST_TEST(failed.source == "check cache");
  BOOST_TEST((failed.kind == problem_kind::cache));

  auto const over = std::get<ending>(meaning_of(
      "x", {{"MESSAGE_ID", cfgd::message_id::check_recovered}, {"CFGD_CHECK", "cache"}}));
  BOOST_TEST(over.source == "check cache");
  BOOST_TEST(over.situations.size() == 2U);
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
