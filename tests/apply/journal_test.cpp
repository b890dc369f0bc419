#include "apply/journal.hpp"
#include "tests/support/temporary_directory.hpp"

#include <boost/test/unit_test.hpp>

#include <fstream>
#include <string>

namespace {

using namespace cfgd;

struct state_directory {
  apply::journal open() const { return apply::journal::open(place.path()).value(); }
  void append(std::string const& text) const {
    std::ofstream(place / "journal", std::ios::app) << text;
  }
  std::string text() const { return test::read_file(place / "journal"); }

  test::temporary_directory place;
};

apply::target_record record_of(std::uint64_t revision) {
  return {.state = apply::condition::failed,
          .revision = revision,
          .message = "two\nlines",
          .time = "2026-11-29T12:00:00.000Z",
          .fingerprint = "f",
          .files = {{"/a", "1"}, {"/b", "2"}}};
}

apply::application_record const begun{
    .revision = 7,
    .unit = "app.service",
    .action = "signal",
    .signal = "SIGHUP",
    .targets = {{.name = "app",
                 .fingerprint = "f",
                 .files = {{.path = "/a", .before = "", .after = "1"}}}}};

} // namespace

BOOST_FIXTURE_TEST_SUITE(journal, state_directory)

BOOST_AUTO_TEST_CASE(what_was_written_is_known_to_the_next_process) {
  {
    auto first = open();
    BOOST_TEST(first.write(apply::target_line("app", record_of(3))).has_value());
    BOOST_TEST(first.write(apply::begin_line(begun)).has_value());
    BOOST_TEST(first.write(apply::phase_line(apply::phase::restoring, "why")).has_value());
  }

  auto const second = open();

  auto const& known = second.state().targets.at("app");
  BOOST_TEST(to_string(known.state) == "failed");
  BOOST_TEST(known.revision == 3U);
  BOOST_TEST(known.message == "two\nlines");
  BOOST_TEST(known.files.at("/b") == "2");
  auto const& unfinished = second.state().open.value();
  BOOST_TEST(to_string(unfinished.at) == "restoring");
  BOOST_TEST(unfinished.message == "why");
  BOOST_TEST(unfinished.signal == "SIGHUP");
  BOOST_TEST(unfinished.targets.at(0).files.at(0).after == "1");
}

BOOST_AUTO_TEST_CASE(an_application_that_has_ended_is_not_open) {
  auto one = open();
  BOOST_TEST(one.write(apply::begin_line(begun)).has_value());
  BOOST_TEST(one.write(apply::end_line()).has_value());

  BOOST_TEST(!one.state().open);
}

BOOST_AUTO_TEST_CASE(a_line_that_could_not_be_read_is_not_written) {
  auto one = open();
  auto odd = record_of(3);
  odd.message = "\xa9";

  BOOST_TEST(!one.write(apply::target_line("app", odd)).has_value());
  BOOST_TEST(text().empty());
}

BOOST_AUTO_TEST_CASE(a_line_that_was_not_completed_is_dropped) {
  { BOOST_TEST(open().write(apply::target_line("app", record_of(3))).has_value()); }
  auto const before = text();
  append(apply::begin_line(begun).substr(0, 30));

  { BOOST_TEST(!open().state().open); }

  BOOST_TEST(text() == before);
}

BOOST_AUTO_TEST_CASE(lines_behind_one_that_cannot_be_read_are_dropped) {
  append("nonsense\n" + apply::begin_line(begun) + '\n');

  BOOST_TEST(!open().state().open);
  BOOST_TEST(text().empty());
}

BOOST_AUTO_TEST_CASE(it_is_rewritten_before_it_becomes_large) {
  auto one = open();
  auto record = record_of(1);
  record.message = std::string(10'000, 'm');
  BOOST_TEST(one.write(apply::begin_line(begun)).has_value());
  BOOST_TEST(one.write(apply::phase_line(apply::phase::acting, "")).has_value());
  for (std::uint64_t i = 0; i < 300; ++i) {
    record.revision = i;
    BOOST_TEST(one.write(apply::target_line("app", record)).has_value());
  }

  BOOST_TEST(text().size() < 2'000'000U);
  apply::journal_state again;
  std::string const whole = text();
  for (std::size_t at = 0; at < whole.size(); at = whole.find('\n', at) + 1)
    BOOST_TEST(take_line(again, whole.substr(at, whole.find('\n', at) - at)).has_value());
  BOOST_TEST(again.targets.at("app").revision == 299U);
  BOOST_TEST(to_string(again.open.value().at) == "acting");
}

BOOST_AUTO_TEST_SUITE_END()
