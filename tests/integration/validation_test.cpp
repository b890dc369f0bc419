#include "tests/integration/fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>

// What schemas and rules refuse, and what they let pass, from a saved file or a call to an answer.

namespace {

using namespace cfgd::test;

constexpr char const* schema = R"({
  "type": "object",
  "properties": {
    "port": {"type": "integer", "minimum": 1, "maximum": 65535, "default": 80},
    "name": {"type": "string"}
  },
  "additionalProperties": false
})";
constexpr char const* rules = R"(
[[rule]]
name = "backend-port"
severity = "error"
check = 'app.port == backend.port'
key = "app.port"
message = "the backend listens elsewhere"

[[rule]]
name = "low-port"
severity = "warning"
check = 'app.port >= 1024'
key = "app.port"
message = "ports below 1024 are the system's"
)";

struct serving : running {
  serving() {
    save_schema("app.json", schema);
    save("app.toml", "port = 8080\n");
    daemon.start();
  }
};

/// With two namespaces that have to say the same.
struct ruled : running {
  ruled() {
    save_schema("app.json", schema);
    save_rules("ports.toml", rules);
    save("app.toml", "port = 8080\n");
    save("backend.toml", "port = 8080\n");
    daemon.start();
  }
};

std::string rules_of(boost::json::object const& reply) {
  std::string names;
  for (auto const& one : reply.at("parameters").at("issues").as_array())
    names.append(names.empty() ? "" : ",").append(one.at("rule").as_string());
  return names;
}

} // namespace

namespace cases {
BOOST_AUTO_TEST_SUITE(validation)

BOOST_FIXTURE_TEST_CASE(defaults_of_the_schema_are_the_lowest_layer, serving) {
  save("app.toml", "name = \"a\"\n");
  sync();

  BOOST_TEST(value("app") == R"({"name":"a","port":80})");
  auto const explained = daemon.connect().explain("app.port").value();
  BOOST_REQUIRE(explained.candidates.size() == 1U);
  BOOST_TEST(explained.candidates[0].from.layer == "default");
  BOOST_TEST(explained.candidates[0].from.path.value().ends_with("/schemas/app.json"));
  BOOST_REQUIRE(explained.schema.has_value());
  BOOST_TEST(text_of(explained.schema->at("maximum")) == "65535");
  BOOST_TEST(!explained.secret);
}

BOOST_FIXTURE_TEST_CASE(a_bad_edit_is_quarantined_with_its_place_and_the_good_one_stays, serving) {
  save("app.toml", "name = \"a\"\nport = 70000\n");
  daemon.wait_for_line("app.toml':2:");
  sync();

  BOOST_TEST(value("app") == R"({"port":8080})");
  auto const file = source("/namespaces/app.toml");
  BOOST_TEST(file.state == "quarantined");
  BOOST_TEST(file.kind == "values");
  BOOST_REQUIRE(file.issues.size() == 1U);
  BOOST_TEST(file.issues[0].rule == "maximum");
  BOOST_TEST(file.issues[0].key.value() == "app.port");
  BOOST_TEST(file.issues[0].line.value() == 2);
  BOOST_TEST(file.issues[0].column.value() >= 1);
  BOOST_TEST(daemon.log().find("70000") == std::string::npos); // values are not logged

  save("app.toml", "port = 9090\n");
  daemon.wait_for_line("is valid again");
  sync();
  BOOST_TEST(value("app.port") == "9090");
}

BOOST_FIXTURE_TEST_CASE(a_set_is_refused_with_all_issues, serving) {
  auto const reply = call("Config.Set", R"({"values":{"app.port":0,"app.name":5,"app.extra":1}})");

  BOOST_TEST(text_of(reply.at("error")) == R"("io.cfgd.Config.Invalid")");
  auto const& issues = reply.at("parameters").at("issues").as_array();
  BOOST_TEST(issues.size() == 3U);
  BOOST_TEST(std::ranges::all_of(
      issues, [](auto const& one) { return one.at("severity").as_string() == "error"; }));
  BOOST_TEST(rules_of(reply).find("minimum") != std::string::npos);
  BOOST_TEST(rules_of(reply).find("type") != std::string::npos);
  BOOST_TEST(value("app") == R"({"port":8080})");
  BOOST_TEST(revision() == 1U);
}

BOOST_FIXTURE_TEST_CASE(the_number_of_omitted_issues_is_reported, running) {
  save_schema("app.json", R"({"additionalProperties": {"type": "integer"}})");
  daemon.start();
  boost::json::object values;
  for (int n = 0; n < 30; ++n)
    values["app.k" + std::to_string(n)] = "text";

  auto const reply = call("Config.Set", text_of(boost::json::object{{"values", values}}));

  BOOST_TEST(reply.at("parameters").at("issues").as_array().size() == 20U);
  BOOST_TEST(text_of(reply.at("parameters").at("more")) == "10");
}

BOOST_FIXTURE_TEST_CASE(a_rule_looks_across_namespaces, ruled) {
  auto const reply = call("Config.Set", R"({"values":{"app.port":9090}})");
  BOOST_TEST(text_of(reply.at("error")) == R"("io.cfgd.Config.Invalid")");
  BOOST_TEST(rules_of(reply) == "backend-port");
  BOOST_TEST(text_of(reply.at("parameters").at("issues").at(0).at("key")) == R"("app.port")");

  BOOST_TEST(call("Config.Set", R"({"values":{"app.port":9090,"backend.port":9090}})")
                 .at("parameters")
                 .as_object()
                 .contains("revision"));
}

BOOST_FIXTURE_TEST_CASE(a_warning_is_returned_and_logged_and_lets_pass, ruled) {
  auto const reply = call("Config.Set", R"({"values":{"app.port":99,"backend.port":99}})");

  auto const& warnings = reply.at("parameters").at("warnings").as_array();
  BOOST_REQUIRE(warnings.size() == 1U);
  BOOST_TEST(text_of(warnings[0].at("rule")) == R"("low-port")");
  BOOST_TEST(text_of(warnings[0].at("severity")) == R"("warning")");
  BOOST_TEST(value("app.port") == "99");
  auto const line = daemon.wait_for_line("ports below 1024 are the system's");
  BOOST_TEST(line.find("warning") != std::string::npos);
  BOOST_TEST(answer_at("/changes/0/warnings/0/rule", "History.Log", R"({"limit":1})") ==
             R"("low-port")");
}

BOOST_FIXTURE_TEST_CASE(a_tightened_schema_waits_until_the_files_pass_it, serving) {
  save_schema("app.json", R"({"properties": {"port": {"type": "integer", "maximum": 100}}})");
  daemon.wait_for_line("schemas/app.json'");
  sync();

  auto const refused = source("/schemas/app.json");
  BOOST_TEST(refused.state == "quarantined");
  BOOST_TEST(refused.kind == "schema");
  BOOST_TEST(value("app.port") == "8080");
  BOOST_TEST(daemon.connect().set({.values = {{"app.port", 9090}}}).has_value()); // the old one

  daemon.connect().unset({"app.port"}).value();
  save("app.toml", "port = 80\n");
  daemon.wait_for_line("is valid again");
  sync();

  BOOST_TEST(source("/schemas/app.json").state == "active");
  BOOST_TEST(!daemon.connect().set({.values = {{"app.port", 9090}}}).has_value());
}

BOOST_FIXTURE_TEST_CASE(an_unknown_keyword_of_a_schema_is_a_warning, serving) {
  save_schema("app.json", R"({"properties": {"port": {"type": "integer", "minimun": 1}}})");

  auto const line = daemon.wait_for_line("unknown keyword 'minimun'");
  BOOST_TEST(line.find("schemas/app.json':1:45: at /properties/port/minimun: ") !=
             std::string::npos);
  sync();
  auto const active = source("/schemas/app.json");
  BOOST_TEST(active.state == "active");
  BOOST_REQUIRE(active.issues.size() == 1U);
  BOOST_TEST(active.issues[0].severity == "warning");
  BOOST_TEST(active.issues[0].message == "unknown keyword 'minimun' (did you mean 'minimum'?)");
}

BOOST_FIXTURE_TEST_CASE(a_read_only_key_is_changed_by_files_only, serving) {
  save_schema("app.json", R"({"properties": {"port": {"type": "integer", "readOnly": true}}})");
  sync();

  auto const rejected = call("Config.Set", R"({"values":{"app.port":90}})");
  BOOST_TEST(text_of(rejected.at("error")) == R"("io.cfgd.Config.ReadOnly")");
  auto const& why = rejected.at("parameters");
  BOOST_TEST(text_of(why.at("key")) == R"("app.port")");
  BOOST_TEST(text_of(why.at("path")).ends_with(R"(/etc/schemas/app.json")"));
  BOOST_TEST(text_of(why.at("line")) == "1");
  BOOST_TEST(text_of(why.at("column")) == "45");
  BOOST_TEST(answer("Config.Set", R"({"unset":["app.port"]})").starts_with("ReadOnly "));
  BOOST_TEST(answer_at("/writable", "Config.Explain", R"({"key":"app.port"})") == "false");
  BOOST_TEST(answer_at("/readOnly", "Config.Explain", R"({"key":"app.port"})") == "true");
  auto const other = call("Config.Explain", R"({"key":"app.name"})").at("parameters");
  BOOST_TEST(text_of(other.at("writable")) == "true");
  BOOST_TEST(!other.as_object().contains("readOnly"));
  save("app.toml", "port = 90\n");
  sync();
  BOOST_TEST(value("app.port") == "90");
}

BOOST_FIXTURE_TEST_CASE(a_call_may_make_a_rejected_file_valid, ruled) {
  save("app.toml", "port = 9090\n");
  daemon.wait_for_line("app.toml'");
  sync();
  BOOST_TEST(source("/app.toml").state == "quarantined");

  daemon.connect().set({.values = {{"app.port", 9090}, {"backend.port", 9090}}}).value();
  daemon.wait_for_line("is valid again");

  BOOST_TEST(source("/app.toml").state == "active");
}

BOOST_FIXTURE_TEST_CASE(files_that_need_each_other_are_saved_together, ruled) {
  daemon.stop();
  save_settings("[watch]\nquiet_ms = 400\nlate_ms = 5000\n"); // time for both saves
  daemon.start();
  auto watching = watch(daemon.socket());

  save("app.toml", "port = 9090\n");
  save("backend.toml", "port = 9090\n");

  BOOST_TEST(text_of(watching.parameters().at("values")) ==
             R"({"app.port":9090,"backend.port":9090})");
}

BOOST_FIXTURE_TEST_CASE(an_edit_takes_files_in_together, ruled) {
  stream edit(daemon.socket());
  auto const begun = edit.ask(call_more("Config.BeginEdit"));
  BOOST_TEST(begun.contains("continues"));
  BOOST_TEST(begun.at("parameters").as_object().contains("deadline"));
  BOOST_TEST(status().edit_deadline.has_value());

  save("app.toml", "port = 9090\n");
  sync();
  BOOST_TEST(value("app.port") == "8080"); // rejected
  BOOST_TEST(source("/app.toml").state == "active");
  BOOST_TEST(answer("Config.BeginEdit").find("ExpectedMore") == 0U);
  BOOST_TEST(text_of(stream(daemon.socket()).ask(call_more("Config.BeginEdit")).at("error")) ==
             R"("io.cfgd.Config.EditInProgress")");
  save("backend.toml", "port = 9090\n");

  BOOST_TEST(answer("Config.EndEdit") ==
             R"({"changed":["app.port","backend.port"],"issues":[],"revision":3})");
  auto const done = edit.next();
  BOOST_TEST(!done.contains("continues"));
  BOOST_TEST(text_of(done.at("parameters")) ==
             R"({"changed":["app.port","backend.port"],"issues":[],"revision":3})");
  BOOST_TEST(value("app.port") == "9090");
  BOOST_TEST(answer("Config.EndEdit") == "NoEdit {}");
}

BOOST_FIXTURE_TEST_CASE(an_edit_is_taken_whole_or_not_at_all, ruled) {
  stream edit(daemon.socket());
  edit.ask(call_more("Config.BeginEdit"));
  save("app.toml", "port = 9090\n");
  save("other.toml", "x = 1\n");

  auto const ended = call("Config.EndEdit");

  BOOST_TEST(ended.at("parameters").at("changed").as_array().empty());
  BOOST_TEST(rules_of(ended).find("backend-port") != std::string::npos);
  BOOST_TEST(value("app.port") == "8080");
  BOOST_TEST(value("other.x") == "-");
}

BOOST_FIXTURE_TEST_CASE(an_edit_ends_with_its_connection, ruled) {
  auto watching = watch(daemon.socket());
  {
    stream edit(daemon.socket());
    edit.ask(call_more("Config.BeginEdit"));
    save("app.toml", "port = 9090\n");
    save("backend.toml", "port = 9090\n");
    sync();
    BOOST_TEST(value("app.port") == "8080");
  }

  BOOST_TEST(text_of(watching.parameters().at("values")) ==
             R"({"app.port":9090,"backend.port":9090})");
}

BOOST_FIXTURE_TEST_CASE(an_edit_ends_when_its_time_is_over, ruled) {
  stream edit(daemon.socket());
  edit.ask(call_more("Config.BeginEdit", R"({"seconds":4})"));
  save("app.toml", "port = 9090\n");
  save("backend.toml", "port = 9090\n");

  BOOST_TEST(text_of(edit.next().at("parameters").at("changed")) ==
             R"(["app.port","backend.port"])");
}

BOOST_FIXTURE_TEST_CASE(a_document_is_checked_as_if_it_were_effective, ruled) {
  BOOST_TEST(answer_at("/valid", "Config.Validate", R"({"namespace":"backend"})") == "true");

  auto const reply =
      call("Config.Validate", R"({"namespace":"app","document":{"port":70000,"name":1}})");

  BOOST_TEST(text_of(reply.at("parameters").at("valid")) == "false");
  BOOST_TEST(rules_of(reply).find("maximum") != std::string::npos);
  BOOST_TEST(rules_of(reply).find("type") != std::string::npos);
  BOOST_TEST(value("app.port") == "8080");
  BOOST_TEST(answer("Config.Validate", R"({"namespace":"nothing"})") ==
             R"(NoSuchNamespace {"namespace":"nothing"})");
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
