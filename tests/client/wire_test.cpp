#include "client/detail/methods.hpp"
#include "client/detail/wire.hpp"
#include "core/json.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <string_view>

using namespace cfgd::client;
using namespace cfgd::client::detail;

namespace {

boost::json::object object_of(std::string_view text) {
  return std::move(cfgd::json::parse(text).value().as_object());
}

template <class T>
result<T> read_reply(std::string_view text) {
  return decode<T>("a.b.C", object_of(text));
}

template <class T>
std::string fault_of(std::string_view text) {
  return read_reply<T>(text).error().message;
}

} // namespace

BOOST_AUTO_TEST_SUITE(wire)

BOOST_AUTO_TEST_CASE(unknown_fields_are_ignored) {
  auto const found =
      read_reply<snapshot>(R"({"values":{"a.b":1},"missing":["c"],"revision":7,"x":[{}]})");

  BOOST_TEST(found.value().values.at("a.b").as_int64() == 1);
  BOOST_TEST(found.value().missing.size() == 1U);
  BOOST_TEST(found.value().revision == 7U);
}

BOOST_AUTO_TEST_CASE(optional_fields_may_be_absent_or_null) {
  auto const event = read_reply<watch_event>(R"({"revision":3,"values":null,"ready":null})");

  BOOST_TEST(event.value().values.empty());
  BOOST_TEST(!event.value().ready);
  BOOST_TEST(!event.value().from.has_value());
}

BOOST_AUTO_TEST_CASE(a_missing_field_is_named_with_its_method) {
  auto const found = read_reply<snapshot>(R"({"values":{}})");

  BOOST_REQUIRE(!found);
  BOOST_TEST((found.error().kind == failure::protocol));
  BOOST_TEST(found.error().message == "unexpected reply to a.b.C: the field 'revision' is missing");
}

BOOST_AUTO_TEST_CASE(a_fault_inside_a_list_has_its_place) {
  BOOST_TEST(fault_of<health_report>(R"({"status":"healthy","checks":[
                 {"name":"x","status":"healthy","message":"","details":{},"durationMs":1,"time":""},
                 {"name":"y","status":7}]})") ==
             "unexpected reply to a.b.C: the field 'checks[1].status' is not a string");
  BOOST_TEST(fault_of<cache_stats>(R"({"namespaces":{"a":{"entries":1}}})") ==
             "unexpected reply to a.b.C: the field 'namespaces.a.bytes' is missing");
  BOOST_TEST(fault_of<change_log>(R"({"changes":[[]]})") ==
             "unexpected reply to a.b.C: the field 'changes[0]' is not an object");
}

BOOST_AUTO_TEST_CASE(a_field_of_a_wrong_type_is_refused) {
  BOOST_TEST(!read_reply<snapshot>(R"({"values":[],"revision":1})"));
  BOOST_TEST(!read_reply<snapshot>(R"({"revision":"1"})"));
  BOOST_TEST(!read_reply<snapshot>(R"({"revision":-1})"));
  BOOST_TEST(!read_reply<snapshot>(R"({"revision":1,"missing":[1]})"));
  BOOST_TEST(!read_reply<watch_event>(R"({"revision":1,"ready":1})"));
  BOOST_TEST(!read_reply<watch_event>(R"({"revision":1,"origin":{}})"));
}

BOOST_AUTO_TEST_CASE(an_explanation_has_its_candidates_in_order) {
  auto const found = read_reply<explanation>(R"({"values":{"a.b":2},"candidates":[
          {"origin":{"layer":"override","uid":1000,"revision":5},"values":{"a.b":2}},
          {"origin":{"layer":"admin","path":"/e/a.yaml","line":3,"column":8,"revision":1}}],
          "schema":{"type":"integer"},"secret":false,"writable":true,"revision":5})");

  BOOST_REQUIRE(found);
  BOOST_TEST(found->value->as_int64() == 2);
  BOOST_REQUIRE(found->candidates.size() == 2U);
  BOOST_TEST(found->candidates[0].from.uid.value() == 1000);
  BOOST_TEST(found->candidates[0].value->as_int64() == 2);
  BOOST_TEST(found->candidates[1].from.path.value() == "/e/a.yaml");
  BOOST_TEST(!found->candidates[1].value.has_value());
  BOOST_TEST(found->schema->at("type").as_string() == "integer");
  BOOST_TEST(found->writable);
}

BOOST_AUTO_TEST_CASE(malformed_issues_are_left_out) {
  auto const found = read_reply<validation>(R"({"valid":false,"issues":[1,{"severity":"error"},
                 {"severity":"error","rule":"maximum","key":"a.b","message":"too large"}]})");

  BOOST_REQUIRE(found);
  BOOST_REQUIRE(found->issues.size() == 1U);
  BOOST_TEST(found->issues[0].key.value() == "a.b");
  BOOST_TEST(!found->issues[0].pointer.has_value());
}

BOOST_AUTO_TEST_CASE(a_transaction_says_only_what_is_wanted) {
  transaction what;
  BOOST_TEST(encode(what) == "");

  what.values["a.b"] = 0.5;
  BOOST_TEST(encode(what) == R"({"values":{"a.b":0.5}})");

  what.unset = {"c.d", "e"};
  what.if_revision = 7;
  what.mode = commit_mode::check;
  what.comment = "why \"so\"";
  BOOST_TEST(
      encode(what) ==
      R"({"values":{"a.b":0.5},"unset":["c.d","e"],"ifRevision":7,"dryRun":true,"comment":"why \"so\""})");
}

BOOST_AUTO_TEST_CASE(a_transaction_may_have_a_deadline) {
  transaction what;
  what.unset = {"a"};
  what.confirm = std::chrono::minutes(15);
  BOOST_TEST(encode(what) == R"({"unset":["a"],"confirmSeconds":900})");

  what.confirm.reset();
  what.expire = std::chrono::hours(2);
  BOOST_TEST(encode(what) == R"({"unset":["a"],"expireSeconds":7200})");

  auto const done =
      read_reply<commit>(R"({"revision":3,"changed":[],"deadline":"2026-11-23T10:36:32.000Z"})");
  BOOST_TEST(done.value().deadline.value() == "2026-11-23T10:36:32.000Z");
}

BOOST_AUTO_TEST_CASE(a_refusal_has_its_places_and_what_is_left_out) {
  call_error why{.kind = failure::refused,
                 .message = {},
                 .name = "io.cfgd.History.Invalid",
                 .parameters = object_of(
                     R"({"issues":[{"severity":"error","rule":"r","message":"m","path":"/e/a.yaml",
                         "line":3,"column":8}],"more":4})")};

  auto const found = refusal_of(why);

  BOOST_REQUIRE(found.has_value());
  BOOST_TEST(found->more == 4);
  BOOST_TEST(found->issues.at(0).path.value() == "/e/a.yaml");
  BOOST_TEST(found->issues.at(0).line.value() == 3);
  BOOST_TEST(found->issues.at(0).column.value() == 8);
  why.name = "io.cfgd.Config.ReadOnly";
  BOOST_TEST(!refusal_of(why).has_value());
}

BOOST_AUTO_TEST_CASE(an_origin_says_who_wrote) {
  auto const found = read_reply<explanation>(
      R"({"candidates":[{"origin":{"layer":"override","uid":1,"gid":2,"pid":3,"unit":"a.service",
          "time":"2026-11-23T10:36:32.000Z","revision":5}}],
          "secret":true,"writable":false,"revision":5})");

  BOOST_REQUIRE(found);
  origin const& from = found->candidates.at(0).from;
  BOOST_TEST(from.gid.value() == 2);
  BOOST_TEST(from.pid.value() == 3);
  BOOST_TEST(from.unit.value() == "a.service");
  BOOST_TEST(from.time.value() == "2026-11-23T10:36:32.000Z");
}

BOOST_AUTO_TEST_CASE(the_state_has_the_pending_changes) {
  auto const found = read_reply<service_status>(
      R"({"version":"1","pid":1,"startTime":"t","status":"healthy","ready":true,"degraded":false,
          "revision":5,"namespaces":[],"connections":1,"watchers":0,"fallback":["a"],
          "pending":[{"revision":4,"kind":"confirm","deadline":"d","keys":["a.b"],"uid":7}],
          "editDeadline":"e"})");

  BOOST_REQUIRE(found);
  BOOST_TEST(found->fallback.at(0) == "a");
  BOOST_TEST(found->pending.at(0).kind == "confirm");
  BOOST_TEST(found->pending.at(0).uid.value() == 7);
  BOOST_TEST(found->edit_deadline.value() == "e");
}

BOOST_AUTO_TEST_CASE(changes_have_their_keys_and_values) {
  auto const found = read_reply<change_log>(
      R"({"changes":[{"revision":4,"time":"t","origin":{"layer":"admin","path":"/e","revision":4},
          "pid":9,"comment":"why","created":["a.b"],"updated":[],"deleted":["a.c"],
          "before":{"a.c":1},"after":{"a.b":2}}],"oldest":2})");

  BOOST_REQUIRE(found);
  change const& one = found->changes.at(0);
  BOOST_TEST(one.revision == 4U);
  BOOST_TEST(one.from.layer == "admin");
  BOOST_TEST(one.pid.value() == 9);
  BOOST_TEST(one.created.at(0) == "a.b");
  BOOST_TEST(one.before.at("a.c").as_int64() == 1);
  BOOST_TEST(one.after.at("a.b").as_int64() == 2);
  BOOST_TEST(found->oldest == 2U);
  BOOST_TEST(!read_reply<change_log>(R"({"changes":[{"revision":4}],"oldest":2})"));
}

BOOST_AUTO_TEST_CASE(questions_to_history_say_only_what_is_wanted) {
  BOOST_TEST(encode(log_query()) == "");
  log_query query;
  query.prefix = "a";
  query.before = 9;
  query.limit = 5;
  query.detail = log_detail::values;
  BOOST_TEST(encode(query) == R"({"prefix":"a","limit":5,"values":true,"beforeRevision":9})");
  rollback_request back;
  back.revision = 3;
  back.mode = commit_mode::check;
  back.confirm = std::chrono::seconds(60);
  BOOST_TEST(encode(back) == R"({"revision":3,"dryRun":true,"confirmSeconds":60})");
}

BOOST_AUTO_TEST_CASE(an_object_keeps_its_order) {
  boost::json::object const what{{"b", 1}, {"a", {{"z", "x"}}}};

  BOOST_TEST(parameters_text(what) == R"({"b":1,"a":{"z":"x"}})");
  BOOST_TEST(parameters_text({}) == "");
}

BOOST_AUTO_TEST_CASE(an_empty_argument_is_sent_where_it_means_something) {
  std::vector<std::string> const none;
  boost::json::object const document;

  BOOST_TEST(encode(keys_request{&none}) == R"({"keys":[]})");
  BOOST_TEST(encode(validate_request{"a", &document}) == R"({"namespace":"a","document":{}})");
  BOOST_TEST(encode(validate_request{"a", nullptr}) == R"({"namespace":"a"})");
  BOOST_TEST(encode(restore_request()) == R"({"overrides":{}})");
  BOOST_TEST(encode(checks_request{&none}) == "");
}

BOOST_AUTO_TEST_CASE(parts_of_a_reply_are_put_together) {
  auto all = read_reply<snapshot>(R"({"values":{"a":1},"missing":["x"],"revision":7})").value();

  merge(all, read_reply<snapshot>(R"({"values":{"b":2},"missing":["y"],"revision":8})").value());

  BOOST_TEST(object_text(all.values) == R"({"a":1,"b":2})");
  BOOST_TEST(all.missing == (std::vector<std::string>{"x", "y"}), boost::test_tools::per_element());
  BOOST_TEST(all.revision == 8U);
}

BOOST_AUTO_TEST_CASE(sources_and_cache_figures_are_read) {
  auto const files = read_reply<sources_reply>(
      R"({"sources":[{"path":"/e/a.yaml","namespace":"a","layer":"admin","state":"quarantined",
          "message":"bad","line":1,"column":2,"revision":4,"size":10,"watch":"inotify"}]})");
  auto const cache = read_reply<cache_stats>(
      R"({"namespaces":{"a":{"entries":1,"bytes":2,"hits":3,"misses":4,"invalidations":5}},
          "bytes":2,"maximumBytes":10,"evictions":0})");

  BOOST_REQUIRE(files);
  BOOST_TEST(files->sources.at(0).line.value() == 1);
  BOOST_TEST(files->sources.at(0).state == "quarantined");
  BOOST_REQUIRE(cache);
  BOOST_TEST(cache->namespaces.at(0).name_space == "a");
  BOOST_TEST(cache->namespaces.at(0).misses == 4);
  BOOST_TEST(!read_reply<sources_reply>(R"({"sources":[{"path":"/e"}]})"));
}

BOOST_AUTO_TEST_SUITE_END()
