#include "tests/integration/fixture.hpp"
#include "tests/integration/other_user.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>

namespace {

using namespace cfgd::test;
namespace bj = boost::json;

struct with_problems : running {
  bj::object reply(std::string_view parameters = "{}") {
    return call("Service.Problems", parameters).at("parameters").as_object();
  }
  bj::array problems(std::string_view parameters = "{}") {
    return reply(parameters).at("problems").as_array();
  }
  /// How many there are, but for checks of health, which see the same.
  std::size_t count() {
    std::size_t found = 0;
    for (auto const& one : problems())
      found += text(one.as_object(), "source").starts_with("check ") ? 0 : 1;
    return found;
  }
  /// The one about a source; waits until there is one for which `holds`.
  template <class Predicate>
  bj::object await_problem(std::string_view source, Predicate holds) {
    auto const end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (std::chrono::steady_clock::now() < end) {
      for (auto const& one : problems())
        if (text(one.as_object(), "source").ends_with(source) && holds(one.as_object()))
          return one.as_object();
      std::this_thread::yield();
    }
    throw std::runtime_error("no such problem: " + text_of(reply()));
  }
  static std::string text(bj::object const& of, std::string_view name) {
    return std::string(of.at(name).as_string());
  }
};

bool is_open(bj::object const& one) { return !one.contains("resolved"); }
bool is_over(bj::object const& one) { return one.contains("resolved"); }

} // namespace

namespace cases {
BOOST_AUTO_TEST_SUITE(problems)

BOOST_FIXTURE_TEST_CASE(a_faulty_file_is_one_until_it_is_mended, with_problems) {
  save("site.json", R"({"x":1})");
  daemon.start();
  BOOST_TEST(problems().empty());

  save("site.json", "{\n  \"x\": }\n");
  auto const found = await_problem("site.json", is_open);

  BOOST_TEST(text(found, "kind") == "parse");
  BOOST_TEST(text(found, "recovery") == "its last good content stays effective");
  BOOST_TEST(text(found, "message").find("site.json':2:8") != std::string::npos);
  BOOST_TEST(text(found, "message").find("stays effective") == std::string::npos);
  BOOST_TEST(found.at("recoverable").as_bool());
  BOOST_TEST(text(found.at("context").as_object(), "namespace") == "site");
  BOOST_TEST(found.at("context").as_object().at("line").as_int64() == 2);
  BOOST_TEST(!reply().at("critical").as_bool());
  BOOST_TEST(reply().at("counts").as_object().at("parse").as_int64() == 1);

  save("site.json", R"({"x":2})");
  BOOST_TEST(!text(await_problem("site.json", is_over), "resolved").empty());
}

BOOST_FIXTURE_TEST_CASE(they_outlive_a_restart_and_end_with_what_was_done_meanwhile,
                        with_problems) {
  save("a.json", "{");
  save("b.json", "{");
  daemon.start();
  await_problem("a.json", is_open);
  BOOST_TEST(daemon.stop() == 0);
  save("a.json", "{}");

  daemon.start();

  await_problem("a.json", is_over);
  await_problem("b.json", is_open);
  BOOST_TEST(count() == 2U);
}

BOOST_FIXTURE_TEST_CASE(a_killed_service_finds_them_again, with_problems) {
  save("a.json", "{");
  daemon.start();
  await_problem("a.json", is_open);
  daemon.kill();
  std::filesystem::remove(root / "state" / "problems.json");

  daemon.start();

  BOOST_TEST(text(await_problem("a.json", is_open), "kind") == "parse");
}

BOOST_FIXTURE_TEST_CASE(a_damaged_list_is_a_problem_and_no_reason_not_to_start, with_problems) {
  daemon.start();
  daemon.stop();
  write_file(root / "state" / "problems.json", "{\"version\":1,");

  daemon.start();

  BOOST_TEST(text(await_problem("problems.json", is_over), "kind") == "store");
}

BOOST_FIXTURE_TEST_CASE(a_list_is_of_one_kind_and_bounded, with_problems) {
  for (auto const* const name : {"a.json", "b.json", "c.json"})
    save(name, "{");
  daemon.start();
  await_problem("c.json", is_open);

  BOOST_TEST(problems(R"({"kind":"parse","limit":2})").size() == 2U);
  BOOST_TEST(problems(R"({"kind":"network"})").empty());
  BOOST_TEST(problems(R"({"limit":0})").empty());
  BOOST_TEST(answer("Service.Problems", R"({"kind":"weather"})") ==
             R"(InvalidParameter {"parameter":"kind"})");
  BOOST_TEST(answer("Service.Problems", R"({"limit":-1})") ==
             R"(InvalidParameter {"parameter":"limit"})");
}

BOOST_FIXTURE_TEST_CASE(settings_that_are_sound_again_end_theirs, with_problems) {
  daemon.start();
  save_settings("[log]\nlevel = 3\n");
  BOOST_TEST(!daemon.connect().reload());
  auto const found = await_problem("cfgd.toml", is_open);
  BOOST_TEST(text(found, "recovery") == "keeping the previous settings");

  save_settings("");
  daemon.connect().reload().value();

  await_problem("cfgd.toml", is_over);
}

BOOST_FIXTURE_TEST_CASE(an_administrator_clears_them, with_problems) {
  save("a.json", "{");
  daemon.start();
  await_problem("a.json", is_open);

  BOOST_TEST(answer("Service.ClearProblems") == "{}");

  BOOST_TEST(problems().empty());
  BOOST_TEST(reply().at("counts").as_object().at("parse").as_int64() == 1);
}

BOOST_FIXTURE_TEST_CASE(others_may_read_them_and_not_clear_them_and_fill_neither_list_nor_log,
                        with_problems, *as_root) {
  std::filesystem::permissions(directory.path(), std::filesystem::perms(0755));
  save("a.json", "{");
  daemon.start();
  await_problem("a.json", is_open);

  BOOST_TEST(as_other_user([this] {
    stream to(daemon.socket());
    bool refused = true;
    for (int time = 0; time < 1'000; ++time)
      refused = refused && to.ask(call_text("Service.ClearProblems", "{}")).contains("error");
    return refused && problems().size() >= 1;
  }));

  auto const found = await_problem(
      "uid 4242", [](bj::object const& one) { return one.at("count").as_int64() == 1'000; });
  BOOST_TEST(text(found, "kind") == "permission");
  BOOST_TEST(is_over(found));
  await_problem("a.json", is_open);
  BOOST_TEST(count() == 2U);
  std::size_t lines = 0;
  auto const log = daemon.log();
  for (auto at = log.find("refused io.cfgd"); at != log.npos;
       at = log.find("refused io.cfgd", at + 1))
    ++lines;
  BOOST_TEST(lines >= 1U);
  BOOST_TEST(lines <= 20U); // one, and another every 5 s
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
