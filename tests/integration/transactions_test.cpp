#include "tests/integration/fixture.hpp"
#include "tests/integration/other_user.hpp"

#include <boost/json/object.hpp>
#include <boost/test/unit_test.hpp>

#include <unistd.h>

#include <string>
#include <thread>
#include <vector>

namespace {

using namespace cfgd::test;
using cfgd::client::commit_mode;
using cfgd::client::transaction;

struct serving : running {
  serving() {
    save("app.toml", "a = 1\n[deep]\nx = \"file\"\n");
    daemon.start();
  }

  static std::string set_text(std::string const& values) {
    return call_text("Config.Set", R"({"values":)" + values + '}');
  }
  std::string refusal(transaction const& what) {
    auto const done = daemon.connect().set(what);
    return done ? "accepted" : done.error().name.substr(done.error().name.rfind('.') + 1);
  }
};

} // namespace

namespace cases {
BOOST_AUTO_TEST_SUITE(transactions)

BOOST_FIXTURE_TEST_CASE(keys_of_several_namespaces_are_one_revision, serving) {
  auto watching = watch(daemon.socket());

  auto const done = daemon.connect()
                        .set({.values = {{"app.a", 2}, {"app.deep.y", true}, {"fresh.z", "new"}}})
                        .value();

  BOOST_TEST(done.revision == 2U);
  BOOST_TEST(done.changed == (std::vector<std::string>{"app.a", "app.deep.y", "fresh.z"}),
             boost::test_tools::per_element());
  BOOST_TEST(text_of(watching.parameters().at("values")) ==
             R"({"app.a":2,"app.deep.y":true,"fresh.z":"new"})");
}

BOOST_FIXTURE_TEST_CASE(pipelined_changes_share_commits_and_are_answered_in_order, serving) {
  auto const commits = [this] {
    auto const text = answer_at("/text", "Service.Metrics");
    std::string const name = R"(cfgd_commits_total{outcome=\"done\"} )";
    return std::stoi(text.substr(text.find(name) + name.size()));
  };
  auto const before = commits();
  std::string all;
  for (int n = 0; n < 16; ++n)
    all.append(
           set_text(n == 7 ? R"({"app..bad":1})" : R"({"app.a":)" + std::to_string(100 + n) + '}'))
        .append(1, '\0');
  all += call_text("Config.Get", R"({"keys":["app.a"]})");
  stream peer(daemon.socket());

  peer.send(all);

  int revision = 1;
  for (int n = 0; n < 16; ++n) {
    auto const reply = text_of(peer.next());
    if (n == 7)
      BOOST_TEST(reply.find("BadKey") != std::string::npos);
    else
      BOOST_TEST(reply.find(R"("revision":)" + std::to_string(++revision)) != std::string::npos,
                 reply);
  }
  BOOST_TEST(text_of(peer.next()).find(R"("app.a":115)") != std::string::npos);
  BOOST_TEST(commits() - before < 8);
}

BOOST_FIXTURE_TEST_CASE(a_pipelined_change_meets_the_state_that_the_one_before_left, serving) {
  save_schema("app.json", R"({"properties":{"a":{"type":"integer","maximum":9}}})");
  sync();
  stream peer(daemon.socket());
  auto const now = revision();
  auto const expecting = [](std::string_view values, std::uint64_t revision) {
    return call_text("Config.Set", R"({"values":)" + std::string(values) + R"(,"ifRevision":)" +
                                       std::to_string(revision) + '}');
  };

  peer.send(expecting(R"({"app.a":2})", now) + '\0' + expecting(R"({"app.a":10})", now + 1) + '\0' +
            expecting(R"({"app.a":3})", now + 1) + '\0' + expecting(R"({"app.a":4})", now));

  BOOST_TEST(text_of(peer.next()).find("\"error\"") == std::string::npos);
  BOOST_TEST(text_of(peer.next()).find("Config.Invalid") != std::string::npos);
  BOOST_TEST(text_of(peer.next()).find("\"error\"") == std::string::npos);
  BOOST_TEST(text_of(peer.next()).find("RevisionMismatch") != std::string::npos);
  BOOST_TEST(value("app.a") == "3");
}

BOOST_FIXTURE_TEST_CASE(an_override_hides_the_file_and_shows_it_again, serving) {
  auto connected = daemon.connect();
  connected.set({.values = {{"app.deep.x", "override"}}, .comment = "trial"}).value();
  BOOST_TEST(value("app.deep.x") == R"("override")");
  auto const explained = connected.explain("app.deep.x").value();
  BOOST_REQUIRE(explained.candidates.size() == 2U);
  BOOST_TEST(explained.candidates[0].from.layer == "override");
  BOOST_TEST(explained.candidates[0].from.uid.value() == static_cast<std::int64_t>(::getuid()));
  BOOST_TEST(explained.candidates[1].from.layer == "admin");

  auto const done = connected.unset({"app.deep.x"}).value();

  BOOST_TEST(done.changed == std::vector<std::string>{"app.deep.x"},
             boost::test_tools::per_element());
  BOOST_TEST(value("app.deep.x") == R"("file")");
}

BOOST_FIXTURE_TEST_CASE(the_file_may_change_below_an_override, serving) {
  daemon.connect().set({.values = {{"app.a", 5}}}).value();

  save("app.toml", "a = 7\n");
  sync();

  BOOST_TEST(value("app.a") == "5");
  daemon.connect().unset({"app.a"}).value();
  BOOST_TEST(value("app.a") == "7");
}

BOOST_FIXTURE_TEST_CASE(a_revision_that_has_moved_on_refuses, serving) {
  auto connected = daemon.connect();

  auto const refused = connected.set({.values = {{"app.a", 2}}, .if_revision = 0});

  BOOST_REQUIRE(!refused);
  BOOST_TEST(refused.error().name == "io.cfgd.Config.RevisionMismatch");
  BOOST_TEST(text_of(refused.error().parameters) == R"({"revision":1})");
  BOOST_TEST(connected.set({.values = {{"app.a", 2}}, .if_revision = 1}).value().revision == 2U);
}

BOOST_FIXTURE_TEST_CASE(a_dry_run_reports_and_changes_nothing, serving) {
  auto connected = daemon.connect();

  auto const checked =
      connected.set({.values = {{"app.a", 2}}, .mode = commit_mode::check}).value();

  BOOST_TEST(checked.changed == std::vector<std::string>{"app.a"},
             boost::test_tools::per_element());
  BOOST_TEST(checked.revision == 1U);
  BOOST_TEST(value("app.a") == "1");
  BOOST_TEST(revision() == 1U);
}

BOOST_FIXTURE_TEST_CASE(what_cannot_be_kept_is_refused_whole, serving) {
  BOOST_TEST(refusal({.values = {{"app.b", 1}, {"App.a", 1}}}) == "BadKey");
  BOOST_TEST(refusal({.values = {{"app.b", 1}, {"app.c", nullptr}}}) == "Invalid");
  BOOST_TEST(refusal({.values = {{"app", 1}}}) != "accepted");
  BOOST_TEST(refusal({.values = {{"app.b", std::string(300 * 1024, 'x')}}}) == "LimitExceeded");
  BOOST_TEST(refusal({.values = {{"app.b", {{"c", 1}}}, {"app.b.c", 2}}}) == "BadKey");

  BOOST_TEST(value("app.b") == "-");
  BOOST_TEST(revision() == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_set_that_changes_nothing_is_no_revision, serving) {
  BOOST_TEST(daemon.connect().set({.values = {{"app.a", 1}}}).value().revision == 1U);
  BOOST_TEST(daemon.connect().unset({"app.nothing"}).value().revision == 1U);
}

BOOST_FIXTURE_TEST_CASE(writers_at_the_same_time_each_get_a_revision_of_their_own, serving) {
  constexpr int writers = 8;
  constexpr int sets = 25;
  std::vector<std::thread> threads;
  threads.reserve(writers);
  for (int writer = 0; writer < writers; ++writer)
    threads.emplace_back([&, writer] {
      auto connected = daemon.connect();
      for (int set = 0; set < sets; ++set)
        connected.set({.values = {{"app.w" + std::to_string(writer), set}}}).value();
    });
  for (auto& thread : threads)
    thread.join();

  BOOST_TEST(revision() == 1U + writers * sets);
  for (int writer = 0; writer < writers; ++writer)
    BOOST_TEST(value("app.w" + std::to_string(writer)) == std::to_string(sets - 1));
}

BOOST_FIXTURE_TEST_CASE(others_may_read_and_not_write, serving, *as_root) {
  std::filesystem::permissions(directory.path(), std::filesystem::perms(0755));

  BOOST_TEST(as_other_user([this] {
    auto connected = daemon.connect();
    bool const reads = connected.get_value("app.a").value().has_value();
    auto const refused = connected.set({.values = {{"app.a", 2}}});
    return reads && !refused && refused.error().name == "org.varlink.service.PermissionDenied";
  }));
  BOOST_TEST(value("app.a") == "1");
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
