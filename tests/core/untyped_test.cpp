#include "core/json.hpp"
#include "core/untyped.hpp"

#include <boost/json/value.hpp>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <ostream>
#include <string>

namespace {

using namespace cfgd;
namespace data = boost::unit_test::data;

struct sample {
  std::string_view text;
  std::string_view expected; ///< as JSON
};
std::ostream& operator<<(std::ostream& out, sample const& row) { return out << row.text; }

constexpr sample typed[] = {
    {"null", "null"},
    {"true", "true"},
    {"false", "false"},
    {"0", "0"},
    {"-1", "-1"},
    {"9223372036854775807", "9223372036854775807"},
    {"-9223372036854775808", "-9223372036854775808"},
    {"1.5", "1.5"},
    {"1000.0", "1000.0"},
    {"-0.5", "-0.5"},
};

constexpr std::string_view texts[] = {
    "",     "1.10", "00123", "080", "+1",    "1e400", "1e3",   "-0",   "True",
    "NULL", "Null", "yes",   " 1",  "1 ",    "1\n",   "0x10",  "1_0",  "1.",
    ".5",   "-",    "--1",   "1e",  "1-2",   "12:30", "NaN",   "Inf",  "12345678901234567890",
    "[1]",  "{}",   "\"1\"", "nan", "1.0.0", "truex", "null ", "0.10", "9223372036854775808",
};

} // namespace

BOOST_AUTO_TEST_SUITE(untyped)

BOOST_DATA_TEST_CASE(tokens_that_come_back_are_typed, data::make(typed), row) {
  auto const value = value_of_text(row.text);

  BOOST_CHECK(!value.is_string());
  BOOST_CHECK_EQUAL(json::canonical(value), row.expected);
}

BOOST_DATA_TEST_CASE(every_other_token_is_text, data::make(texts), text) {
  auto const value = value_of_text(text);

  BOOST_REQUIRE(value.is_string());
  BOOST_CHECK_EQUAL(std::string_view(value.get_string()), text);
}

BOOST_AUTO_TEST_CASE(a_number_that_is_asked_for_may_be_written_in_any_way_of_json) {
  BOOST_CHECK_EQUAL(json::canonical(number_of_text("1.10").value()), "1.1");
  BOOST_CHECK_EQUAL(json::canonical(number_of_text("1e3").value()), "1000.0");
  BOOST_CHECK_EQUAL(json::canonical(number_of_text("-12").value()), "-12");
  for (auto const* const text : {"00123", "+1", "1e400", "9223372036854775808", "true", " 1", ""})
    BOOST_CHECK_MESSAGE(!number_of_text(text), text);
}

BOOST_AUTO_TEST_CASE(numbers_out_of_range_are_distinguished_from_other_text) {
  BOOST_CHECK_EQUAL(number_range_fault("9223372036854775808"), integer_range_message);
  BOOST_CHECK_EQUAL(number_range_fault("-9223372036854775809"), integer_range_message);
  BOOST_CHECK_EQUAL(number_range_fault("12345678901234567890"), integer_range_message);
  BOOST_CHECK_EQUAL(number_range_fault("1e400"), double_range_message);
  BOOST_CHECK_EQUAL(number_range_fault("-1.5e999"), double_range_message);
  for (auto const* const text : {"1", "1.10", "00123", "0912345678901234567890", "x", "", "1e"})
    BOOST_CHECK_MESSAGE(number_range_fault(text).empty(), text);
}

BOOST_AUTO_TEST_SUITE_END()
