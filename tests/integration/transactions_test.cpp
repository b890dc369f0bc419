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
