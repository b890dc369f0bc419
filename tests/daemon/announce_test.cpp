#include "core/log.hpp"
#include "core/message_ids.hpp"
#include "daemon/announce.hpp"

#include <boost/test/unit_test.hpp>

#include <memory>
#include <string>
#include <vector>

namespace {

using namespace cfgd;

engine::source_row row(engine::source_status status, std::string message = {}) {
  engine::source_row made;
  made.id = {.where = layer::admin, .relative = "site.toml"};
  made.path = "/etc/cfgd/namespaces/site.toml";
  made.status = status;
  if (!message.empty())
    made.why = error{.code = errc::parse, .message = std::move(message), .where = {3, 5}};
  return made;
}

/// One line of the log: its level, its text, and the fields of one name.
struct fixture {
  log::capture lines;
  view now{1024 * 1024};

  log::capture::entry announced(engine::committed_change const& what) {
    announce(what, now);
    auto all = lines.take();
    BOOST_REQUIRE_EQUAL(all.size(), 1U);
    return all.front();
  }
  static std::string field(log::capture::entry const& line, std::string_view name) {
    std::string all;
    for (auto const& one : line.fields)
      if (name == one.name) all.append(all.empty() ? "" : " ").append(one.value);
    return all;
  }
};

engine::committed_change one_change(std::vector<std::string> const& keys) {
  auto record = std::make_shared<change>();
  record->revision = 7;
  record->from.where = layer::overrides;
  record->from.uid = 1000;
  record->from.pid = 42;
  for (auto const& one : keys)
    record->keys.push_back({.key = one, .before = "1", .after = "\"s3cret\""});
  return {.revision = 7, .changes = {record}};
}

} // namespace

// Suites are namespaces: not in the global one, where the names of functions are.
namespace cases {
BOOST_AUTO_TEST_SUITE(announce)

using ::fixture;

BOOST_FIXTURE_TEST_CASE(a_change_names_its_keys_and_never_values, fixture) {
  auto const line = announced(one_change({"site.a", "site.b", "web.c"}));

  BOOST_TEST(line.message == "revision 7 from uid 1000: site.a, site.b, web.c");
  BOOST_TEST((line.severity == log::level::notice));
  BOOST_TEST(field(line, "CFGD_KEY") == "site.a site.b web.c");
  BOOST_TEST(field(line, "CFGD_NAMESPACE") == "site web");
  BOOST_TEST(field(line, "CFGD_REVISION") == "7");
  BOOST_TEST(field(line, "CFGD_PEER_UID") == "1000");
  BOOST_TEST(field(line, "MESSAGE_ID") == message_id::changed);
  for (auto const& one : line.fields)
    BOOST_TEST(one.value.find("s3cret") == std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(a_line_names_five_keys_and_the_number_of_the_others, fixture) {
  auto const line = announced(one_change({"a.a", "a.b", "a.c", "a.d", "a.e", "a.f", "a.g"}));
  BOOST_TEST(line.message == "revision 7 from uid 1000: a.a, a.b, a.c, a.d, a.e and 2 more");
}

BOOST_FIXTURE_TEST_CASE(a_rejected_file_is_a_warning_with_its_place, fixture) {
  auto const line = announced(
      {.transitions = {{.now = row(engine::source_status::quarantined, "a value is missing")}}});

  BOOST_TEST((line.severity == log::level::warning));
  BOOST_TEST(line.message.starts_with("'/etc/cfgd/namespaces/site.toml':3:5: a value is missing"),
             line.message);
  BOOST_TEST(field(line, "CFGD_LINE") == "3");
  BOOST_TEST(field(line, "CFGD_KIND") == "parse");
  BOOST_TEST(field(line, "MESSAGE_ID") == message_id::source_quarantined);
}

BOOST_FIXTURE_TEST_CASE(a_message_that_begins_with_a_quote_has_its_place_too, fixture) {
  auto const line = announced({.transitions = {{.now = row(engine::source_status::quarantined,
                                                           "'-' inside '[' opened at 3:1")}}});

  BOOST_TEST(line.message.starts_with(
                 "'/etc/cfgd/namespaces/site.toml':3:5: '-' inside '[' opened at 3:1"),
             line.message);
}

BOOST_FIXTURE_TEST_CASE(an_edit_without_effect_names_what_hides_it, fixture) {
  engine::hidden_value one{.key = "site.tagline", .from = {}, .by = {}};
  one.from.path = "/etc/cfgd/namespaces/site.yaml";
  one.from.at = {4, 1};
  one.by.where = layer::overrides;
  one.by.uid = 0;
  one.by.revision = 42;
  one.override_key = "site.tagline";

  auto const line = announced({.without_effect = {.listed = {one}, .count = 1}});

  BOOST_TEST(line.message == "/etc/cfgd/namespaces/site.yaml:4:1 site.tagline has no effect: "
                             "overridden by revision 42 (uid 0); unset site.tagline");
  BOOST_TEST((line.severity == log::level::notice));
  BOOST_TEST(field(line, "CFGD_KEY") == "site.tagline");
  BOOST_TEST(field(line, "CFGD_LINE") == "4");
  BOOST_TEST(field(line, "CFGD_REVISION") == "42");
  BOOST_TEST(field(line, "MESSAGE_ID") == message_id::edit_hidden);
}

BOOST_FIXTURE_TEST_CASE(an_edit_below_a_higher_file_names_that_file, fixture) {
  engine::hidden_value one{.key = "site.a", .from = {}, .by = {}};
  one.from.path = "/usr/lib/cfgd/namespaces/site.yaml";
  one.by.path = "/etc/cfgd/namespaces/site.yaml";
  one.by.at = {3, 1};
  one.is_removed = true;

  BOOST_TEST(announced({.without_effect = {.listed = {one}, .count = 1}}).message ==
             "/usr/lib/cfgd/namespaces/site.yaml site.a was removed without effect: overridden by "
             "/etc/cfgd/namespaces/site.yaml:3");
}

BOOST_FIXTURE_TEST_CASE(many_edits_without_effect_are_a_few_lines, fixture) {
  engine::hidden_value one{.key = "site.a", .from = {}, .by = {}};
  cfgd::announce({.without_effect = {.listed = std::vector(9, one), .count = 12}}, now);

  auto const all = lines.take();
  BOOST_REQUIRE(all.size() == 5U);
  BOOST_TEST(all.back().message.ends_with(", and 7 more"), all.back().message);
}

BOOST_FIXTURE_TEST_CASE(a_file_that_is_valid_again_is_a_notice, fixture) {
  auto const line = announced({.transitions = {{.now = row(engine::source_status::active),
                                                .before = engine::source_status::quarantined}}});

  BOOST_TEST((line.severity == log::level::notice));
  BOOST_TEST(field(line, "MESSAGE_ID") == message_id::source_active);
}

BOOST_FIXTURE_TEST_CASE(a_note_on_an_effective_file_is_a_warning_with_its_place, fixture) {
  auto noted = row(engine::source_status::active, "odd");
  noted.why->issues = {{.how = severity::warning,
                        .rule = "yaml",
                        .key = "site.mode",
                        .message = "this is odd",
                        .path = noted.path,
                        .where = {2, 7}}};

  auto const line = announced({.transitions = {{.now = noted}}});

  BOOST_TEST((line.severity == log::level::warning));
  BOOST_TEST(line.message == "'/etc/cfgd/namespaces/site.toml':2:7: site.mode: this is odd");
  BOOST_TEST(field(line, "CFGD_LINE") == "2");
  BOOST_TEST(field(line, "CFGD_KEY") == "site.mode");
  BOOST_TEST(field(line, "MESSAGE_ID") == message_id::source_noted);
}

BOOST_FIXTURE_TEST_CASE(the_state_names_sources_that_are_not_effective, fixture) {
  now.publish(
      {.revision = 3, .transitions = {{.now = row(engine::source_status::quarantined, "wrong")}}});

  auto const text = describe_state(now);

  BOOST_TEST(text.starts_with("revision 3, "), text);
  BOOST_TEST(text.find("'/etc/cfgd/namespaces/site.toml' quarantined") != std::string::npos, text);
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
