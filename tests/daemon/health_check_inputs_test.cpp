#include "daemon/health/check_inputs.hpp"
#include "daemon/health/result.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <string>

namespace {

using cfgd::health::check_inputs;

/// The names of the checks, each behind a space.
std::string changed(check_inputs& subject, check_inputs::values const& newest) {
  std::string names;
  for (auto const which : subject.take(newest))
    names.append(1, ' ').append(cfgd::health::to_string(which));
  return names;
}

struct fixture {
  fixture() { subject.take(values); }
  check_inputs subject;
  check_inputs::values values{.sources_version = 7, .queue_overflows = 1, .failed_commits = 2};
};

} // namespace

// Suites are namespaces: not in the global one, where the names of functions are.
namespace cases {
BOOST_AUTO_TEST_SUITE(health_check_inputs)

BOOST_AUTO_TEST_CASE(numbers_have_their_units_and_plurals) {
  using cfgd::health::count_text;
  using cfgd::health::time_text;
  using namespace std::chrono_literals;

  BOOST_TEST(time_text(0ns) == "0 ms");
  BOOST_TEST(time_text(40us) == "< 0.1 ms");
  BOOST_TEST(time_text(1500us) == "1.5 ms");
  BOOST_TEST(time_text(20ms) == "20 ms");
  BOOST_TEST(time_text(3200ms) == "3.2 s");
  BOOST_TEST(count_text(1, "connection") == "1 connection");
  BOOST_TEST(count_text(0, "connection") == "0 connections");
}

BOOST_AUTO_TEST_CASE(the_first_values_are_no_change) {
  check_inputs subject;
  BOOST_TEST(changed(subject, {.sources_version = 3, .queue_overflows = 2}) == "");
}

BOOST_FIXTURE_TEST_CASE(equal_values_are_no_change, fixture) {
  BOOST_TEST(changed(subject, values) == "");
}

BOOST_FIXTURE_TEST_CASE(each_value_has_its_check, fixture) {
  ++values.sources_version;
  BOOST_TEST(changed(subject, values) == " files");
  ++values.queue_overflows;
  BOOST_TEST(changed(subject, values) == " watch");
  ++values.polled_directories;
  BOOST_TEST(changed(subject, values) == " watch");
  --values.polled_directories;
  BOOST_TEST(changed(subject, values) == " watch");
  ++values.failed_commits;
  BOOST_TEST(changed(subject, values) == " store disk");
  ++values.refused_connections;
  BOOST_TEST(changed(subject, values) == " peers");
  ++values.slow_connections_closed;
  BOOST_TEST(changed(subject, values) == " peers");
  ++values.consumers_version;
  BOOST_TEST(changed(subject, values) == " consumers");
  BOOST_TEST(changed(subject, values) == "");
}

BOOST_FIXTURE_TEST_CASE(several_checks_may_have_changed, fixture) {
  ++values.sources_version;
  ++values.refused_connections;
  BOOST_TEST(changed(subject, values) == " files peers");
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
