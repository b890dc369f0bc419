#include "tests/integration/fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

// What was, and the way back.

namespace {

using namespace cfgd::test;

/// Revision 1: the file. 2 to 4: app.n is 2 to 4; 5: other.x.
struct serving : running {
  serving() {
    save_schema("app.json", R"({"properties": {"n": {"type": "integer"}}})");
    save("app.toml", "n = 1\ntext = \"file\"\n");
    daemon.start();
    for (int n = 2; n <= 4; ++n)
      daemon.connect()
          .set({.values = {{"app.n", n}}, .comment = "to " + std::to_string(n)})
          .value();
    daemon.connect().set({.values = {{"other.x", true}}}).value();
  }

  /// Revisions of a Log's only reply.
  std::string log(std::string_view parameters) {
    return revisions(call("History.Log", parameters).at("parameters"));
  }
  static std::string revisions(boost::json::value const& page) {
    std::string numbers;
    for (auto const& one : page.at("changes").as_array())
      numbers.append(numbers.empty() ? "" : ",").append(text_of(one.at("revision")));
    return numbers;
  }
};

} // namespace

namespace cases {
BOOST_AUTO_TEST_SUITE(history)

BOOST_FIXTURE_TEST_CASE(log_has_the_newest_changes_first, serving) {
  BOOST_TEST(log("{}") == "5,4,3,2,1");
  BOOST_TEST(log(R"({"limit":2})") == "5,4");
  BOOST_TEST(log(R"({"limit":2,"beforeRevision":4})") == "3,2");
  BOOST_TEST(log(R"({"afterRevision":3})") == "5,4");
  BOOST_TEST(log(R"({"prefix":"other"})") == "5");
  BOOST_TEST(log(R"({"prefix":"app.text"})") == "1");
  BOOST_TEST(log(R"({"limit":0})") == "");
}

BOOST_FIXTURE_TEST_CASE(log_without_more_returns_as_many_as_requested, serving) {
  for (int n = 0; n < 4; ++n)
    daemon.connect()
        .set({.values = {{"big.text", std::string(200'000, static_cast<char>('a' + n))}}})
        .value();

  BOOST_TEST(log(R"({"limit":9,"values":true})") == "9,8,7,6,5,4,3,2,1");
  BOOST_TEST(log(R"({"limit":3,"values":true})") == "9,8,7");
}

BOOST_FIXTURE_TEST_CASE(numbers_below_zero_are_refused_by_name, serving) {
  auto const refused = [this](std::string_view method, std::string_view parameters,
                              std::string const& name) {
    return answer(method, parameters) == "InvalidParameter {\"parameter\":\"" + name + "\"}";
  };
  BOOST_TEST(refused("History.Log", R"({"limit":-1})", "limit"));
  BOOST_TEST(refused("History.Log", R"({"beforeRevision":-1})", "beforeRevision"));
  BOOST_TEST(refused("History.Diff", R"({"from":-1})", "from"));
  BOOST_TEST(refused("History.Rollback", R"({"revision":-1})", "revision"));
  BOOST_TEST(refused("History.Compact", R"({"keep":-1})", "keep"));
  BOOST_TEST(log("{}") == "5,4,3,2,1"); // nothing was compacted
}

BOOST_FIXTURE_TEST_CASE(log_says_who_changed_what, serving) {
  auto const page = call("History.Log", R"({"prefix":"app.n","limit":1,"values":true})");
  auto const& change = page.at("parameters").at("changes").at(0).as_object();

  BOOST_TEST(text_of(change.at("revision")) == "4");
  BOOST_TEST(text_of(change.at("comment")) == R"("to 4")");
  BOOST_TEST(text_of(change.at("updated")) == R"(["app.n"])");
  BOOST_TEST(text_of(change.at("created")) == "[]");
  BOOST_TEST(text_of(change.at("before")) == R"({"app.n":3})");
  BOOST_TEST(text_of(change.at("after")) == R"({"app.n":4})");
  BOOST_TEST(text_of(change.at("origin").at("layer")) == R"("override")");
  BOOST_TEST(change.at("origin").as_object().contains("uid"));
  BOOST_TEST(change.contains("pid"));
  BOOST_TEST(text_of(page.at("parameters").at("oldest")) == "1");
  BOOST_TEST(
      !call("History.Log").at("parameters").at("changes").at(0).as_object().contains("after"));
}

BOOST_FIXTURE_TEST_CASE(log_since_a_time, serving) {
  auto const time = answer_at("/changes/0/time", "History.Log", R"({"prefix":"other"})");

  BOOST_TEST(log(R"({"since":)" + time + "}").starts_with("5"));
  BOOST_TEST(log(R"({"since":"2999-01-01T00:00:00+01:00"})") == "");
  BOOST_TEST(log(R"({"since":"1999-01-01T00:00:00Z"})") == "5,4,3,2,1");
  BOOST_TEST(answer("History.Log", R"({"since":"noon"})") == R"(BadTime {"time":"noon"})");
}

BOOST_FIXTURE_TEST_CASE(a_long_log_comes_in_pieces, serving) {
  auto writer = daemon.connect();
  std::string const bulk(20'000, 'x');
  for (int n = 0; n < 40; ++n)
    writer.set({.values = {{"bulk.v", bulk + std::to_string(n)}}}).value();

  auto const replies =
      stream(daemon.socket())
          .ask_for_all(call_more("History.Log", R"({"prefix":"bulk","limit":1000,"values":true})"));
  std::string all;
  for (auto const& page : replies)
    all.append(all.empty() ? "" : ",").append(revisions(page));

  std::string expected;
  for (int revision = 45; revision > 5; --revision)
    expected.append(expected.empty() ? "" : ",").append(std::to_string(revision));
  BOOST_TEST(all == expected);
  BOOST_TEST(replies.size() >= 3U);
}

BOOST_FIXTURE_TEST_CASE(diff_returns_what_differs, serving) {
  BOOST_TEST(answer("History.Diff", R"({"from":2,"to":4})") ==
             R"({"after":{"app.n":4},"before":{"app.n":2}})");
  BOOST_TEST(answer("History.Diff", R"({"from":4,"to":2})") ==
             R"({"after":{"app.n":2},"before":{"app.n":4}})");
  BOOST_TEST(answer("History.Diff", R"({"from":3})") ==
             R"({"after":{"app.n":4,"other.x":true},"before":{"app.n":3}})");
  BOOST_TEST(answer("History.Diff", R"({"from":3,"prefix":"other"})") ==
             R"({"after":{"other.x":true},"before":{}})");
  BOOST_TEST(answer("History.Diff", R"({"from":99})").starts_with("NoSuchRevision"));
}

BOOST_FIXTURE_TEST_CASE(keys_are_read_as_they_were, serving) {
  BOOST_TEST(answer("History.GetAt", R"({"keys":["app.n","other.x","app"],"revision":2})") ==
             R"({"missing":["other.x"],"values":{"app":{"n":2,"text":"file"},"app.n":2}})");
  BOOST_TEST(answer("History.GetAt", R"({"keys":["app.n"],"revision":-1})")
                 .starts_with("InvalidParameter"));
  BOOST_TEST(answer("History.GetAt", R"({"keys":["App"],"revision":2})").starts_with("BadKey"));
}

BOOST_FIXTURE_TEST_CASE(a_namespace_is_rolled_back_as_a_new_revision, serving) {
  BOOST_TEST(answer_at("/changed", "History.Rollback",
                       R"({"revision":2,"namespace":"app","dryRun":true})") == R"(["app.n"])");
  BOOST_TEST(revision() == 5U);

  BOOST_TEST(answer_at("/revision", "History.Rollback",
                       R"({"revision":2,"namespace":"app","comment":"back"})") == "6");

  BOOST_TEST(value("app.n") == "2");
  BOOST_TEST(value("other.x") == "true");
  BOOST_TEST(answer_at("/changes/0/comment", "History.Log", R"({"limit":1})") == R"("back")");
}

BOOST_FIXTURE_TEST_CASE(all_is_rolled_back_and_forth, serving) {
  call("History.Rollback", R"({"revision":1})");
  BOOST_TEST(value("app.n") == "1");
  BOOST_TEST(value("other.x") == "-");

  call("History.Rollback", R"({"revision":5})");
  BOOST_TEST(value("app.n") == "4");
  BOOST_TEST(value("other.x") == "true");
  BOOST_TEST(answer("History.Rollback", R"({"revision":3,"ifRevision":1})") ==
             R"(RevisionMismatch {"revision":7})");
}

BOOST_FIXTURE_TEST_CASE(a_rollback_to_what_todays_schema_refuses_is_refused, serving) {
  save_schema("app.json", R"({"properties": {"n": {"type": "integer", "minimum": 4}}})");
  sync();
  BOOST_TEST(source("/schemas/app.json").state == "active");

  auto const refused = call("History.Rollback", R"({"revision":2})");

  BOOST_TEST(text_of(refused.at("error")) == R"("io.cfgd.History.Invalid")");
  BOOST_TEST(text_of(refused.at("parameters").at("issues").at(0).at("rule")) == R"("minimum")");
  BOOST_TEST(value("app.n") == "4");
}

BOOST_FIXTURE_TEST_CASE(compaction_forgets_and_the_rest_is_named, serving) {
  BOOST_TEST(answer("History.Compact", R"({"keep":2})") == R"({"oldest":4})");

  BOOST_TEST(log("{}") == "5,4");
  auto const gone = answer("History.Rollback", R"({"revision":1})");
  BOOST_TEST(gone.starts_with("NoSuchRevision"));
  BOOST_TEST(gone.find(R"("newest":5)") != std::string::npos);
  BOOST_TEST(value("app.n") == "4");
}

BOOST_FIXTURE_TEST_CASE(blame_names_who_gave_each_key_its_value, serving) {
  auto const reply = call("History.Blame", R"({"namespace":"app"})");
  auto const& lines = reply.at("parameters").at("lines").as_array();

  BOOST_REQUIRE(lines.size() == 2U);
  BOOST_TEST(text_of(lines[0].at("key")) == R"("app.n")");
  BOOST_TEST(text_of(lines[0].at("values")) == R"({"app.n":4})");
  BOOST_TEST(text_of(lines[0].at("comment")) == R"("to 4")");
  BOOST_TEST(text_of(lines[1].at("key")) == R"("app.text")");
  BOOST_TEST(text_of(lines[1].at("origin").at("layer")) == R"("admin")");
  BOOST_TEST(lines[1].as_object().contains("time"));
  BOOST_TEST(answer("History.Blame", R"({"namespace":"nothing"})") ==
             R"(NoSuchNamespace {"namespace":"nothing"})");
}

BOOST_FIXTURE_TEST_CASE(a_restore_replaces_all_overrides, serving) {
  auto const done = call("History.Restore", R"({"overrides":{"fresh":{"y":1}}})");

  BOOST_TEST(text_of(done.at("parameters").at("changed")) == R"(["app.n","fresh.y","other.x"])");
  BOOST_TEST(value("app.n") == "1");
  BOOST_TEST(value("fresh.y") == "1");
  BOOST_TEST(answer("History.Restore", R"({"overrides":{"Fresh":{}}})").starts_with("BadKey"));
  BOOST_TEST(answer("History.Restore", R"({"overrides":{"fresh":1}})").starts_with("Invalid"));
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
