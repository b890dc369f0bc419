#include "cfgctl/text/usage_text.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

namespace {

constexpr cfgd::cfgctl::screen file{.terminal = false, .colored = false, .columns = 80};

std::string text_of(char const* reply) {
  return cfgd::cfgctl::usage_text(file, boost::json::parse(reply).as_object());
}

} // namespace

BOOST_AUTO_TEST_SUITE(usage_text)

BOOST_AUTO_TEST_CASE(a_line_about_all_and_a_row_for_each_user) {
  auto const text = text_of(R"({"connections": 7, "maximumConnections": 1024, "bytes": 3145728,
      "maximumBytes": 67108864, "users": [
        {"uid": 4242424, "connections": 5, "maximumConnections": 128, "readBytes": 1048576,
         "callBytes": 0, "queuedBytes": 2097152, "maximumBytes": 33554432, "paused": true,
         "refused": 1234},
        {"uid": 4242425, "connections": 2, "maximumConnections": 128}]})");

  BOOST_TEST(text.starts_with("In use: 7 of 1,024 connections, 3 MiB of 64 MiB of their memory\n"),
             text);
  BOOST_TEST(text.find("uid 4242424") != std::string::npos, text);
  BOOST_TEST(text.find("5 of 128     3 MiB of 32 MiB    2 MiB    1,234  paused\n") !=
                 std::string::npos,
             text);
  BOOST_TEST(text.find("uid 4242425") != std::string::npos, text);
}

BOOST_AUTO_TEST_CASE(without_users_there_is_no_table) {
  BOOST_TEST(text_of(R"({"connections": 1, "users": []})").find("USER") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_users_with_most_in_a_line_each) {
  auto const reply = boost::json::parse(R"({"users": [
      {"uid": 4242424, "connections": 5, "queuedBytes": 2097152, "paused": true, "refused": 1234},
      {"uid": 4242425, "connections": 1}, {"uid": 4242426}]})")
                         .as_object();

  auto const lines = cfgd::cfgctl::user_lines(reply, 2);

  BOOST_REQUIRE(lines.size() == 2U);
  BOOST_TEST(lines[0] == "uid 4242424: 5 connections, 2 MiB, 1,234 refused, paused");
  BOOST_TEST(lines[1] == "uid 4242425: 1 connection, 0 bytes");
  BOOST_TEST(cfgd::cfgctl::user_lines({}, 2).empty());
}

BOOST_AUTO_TEST_SUITE_END()
