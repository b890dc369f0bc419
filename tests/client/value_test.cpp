#include "client/value.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

namespace client = cfgd::client;

namespace {

template <class T>
std::optional<T> read(char const* json) {
  auto const value = boost::json::parse(json);
  return client::value_as<T>(&value);
}

} // namespace

BOOST_AUTO_TEST_SUITE(value)

BOOST_AUTO_TEST_CASE(integers_are_read_within_their_range) {
  BOOST_TEST((read<int>("16") == 16));
  BOOST_TEST((read<std::uint8_t>("255") == 255));
  BOOST_TEST(!read<std::uint8_t>("256"));
  BOOST_TEST(!read<unsigned>("-1"));
  BOOST_TEST((read<std::uint64_t>("18446744073709551615") == 18446744073709551615ULL));
  BOOST_TEST(!read<std::int64_t>("18446744073709551615"));
  BOOST_TEST(!read<int>("1.0"));
  BOOST_TEST(!read<int>("true"));
  BOOST_TEST(!read<int>("\"1\""));
}

BOOST_AUTO_TEST_CASE(other_types_are_read_as_they_are_written) {
  BOOST_TEST((read<double>("2.5") == 2.5));
  BOOST_TEST((read<double>("2") == 2.0));
  BOOST_TEST((read<double>("18446744073709551615") == 18446744073709551615.0));
  BOOST_TEST((read<bool>("true") == true));
  BOOST_TEST(!read<bool>("1"));
  BOOST_TEST((read<std::string>("\"x\"") == "x"));
  BOOST_TEST(!read<std::string>("1"));
  BOOST_TEST((read<std::vector<int>>("[1,2]") == std::vector{1, 2}));
  BOOST_TEST(!read<std::vector<int>>("[1,\"2\"]"));
  BOOST_TEST(!client::value_as<int>(nullptr));
}

BOOST_AUTO_TEST_CASE(durations_are_seconds_or_texts_and_rounded_down) {
  using std::chrono::milliseconds;
  using std::chrono::seconds;

  BOOST_TEST((read<seconds>("90") == seconds(90)));
  BOOST_TEST((read<milliseconds>("1.5") == milliseconds(1500)));
  BOOST_TEST((read<seconds>("\"1h\"") == seconds(3600)));
  BOOST_TEST((read<seconds>("\"1999ms\"") == seconds(1)));
  BOOST_TEST(!read<seconds>("\"x\""));
  BOOST_TEST(!read<seconds>("1e300"));
  BOOST_TEST(!read<seconds>("[]"));
}

BOOST_AUTO_TEST_CASE(sizes_are_bytes_or_texts) {
  BOOST_TEST((read<client::byte_size>("\"10M\"") == client::byte_size{10U << 20}));
  BOOST_TEST((read<client::byte_size>("7") == client::byte_size{7}));
  BOOST_TEST(!read<client::byte_size>("-7"));
  BOOST_TEST(!read<client::byte_size>("\"x\""));
}

BOOST_AUTO_TEST_SUITE_END()
