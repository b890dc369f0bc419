#include "client/units.hpp"

#include <boost/test/unit_test.hpp>

namespace client = cfgd::client;

BOOST_AUTO_TEST_SUITE(units)

BOOST_AUTO_TEST_CASE(durations_are_numbers_with_units_that_are_added_up) {
  auto const seconds = [](char const* text) {
    auto const found = client::parse_duration(text);
    return found ? static_cast<double>(found->count()) / 1e6 : -1;
  };

  BOOST_TEST(seconds("1h30m") == 5400);
  BOOST_TEST(seconds(" 1min 30 s ") == 90);
  BOOST_TEST(seconds("250ms") == 0.25);
  BOOST_TEST(seconds("7us") == 7e-6);
  BOOST_TEST(seconds("90") == 90);
  BOOST_TEST(seconds("0") == 0);
  BOOST_TEST(seconds("2w1d") == 15 * 86400);
  BOOST_TEST(seconds("292471y") == -1);
}

BOOST_AUTO_TEST_CASE(texts_that_are_no_durations_are_rejected) {
  for (auto const* text :
       {"", " ", "h", "1x", "-1s", "1.5h", "1h,", "1 h m", "18446744073709551615",
        "9223372036854775808us", "5124095576h", "999999999999999999999s"})
    BOOST_TEST(!client::parse_duration(text), text);
  BOOST_TEST(client::parse_duration("9223372036854775807us").has_value());
  BOOST_TEST(!client::parse_duration("9223372036854775807us1us").has_value());
}

BOOST_AUTO_TEST_CASE(sizes_have_binary_and_decimal_units) {
  BOOST_TEST(client::parse_size("10M").value() == 10U << 20);
  BOOST_TEST(client::parse_size("512 KiB").value() == 512U << 10);
  BOOST_TEST(client::parse_size("1GB").value() == 1'000'000'000U);
  BOOST_TEST(client::parse_size("3kB").value() == 3'000U);
  BOOST_TEST(client::parse_size("4096").value() == 4096U);
  BOOST_TEST(client::parse_size("16777215T").value() == 16777215ULL << 40);
}

BOOST_AUTO_TEST_CASE(texts_that_are_no_sizes_are_rejected) {
  for (auto const* text : {"", "M", "10X", "1M1K", "-1", "1.5G", "10m", "16777216T"})
    BOOST_TEST(!client::parse_size(text), text);
}

BOOST_AUTO_TEST_SUITE_END()
