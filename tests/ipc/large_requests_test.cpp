#include "tests/ipc/session_fixture.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <boost/test/unit_test.hpp>

#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

// Requests that are read on another thread: for a client nothing is different.

using namespace cfgd;
using namespace cfgd::test;

namespace {

std::string const large(64 * std::size_t{1024}, 'x');

std::string with_text(std::string_view text) {
  return R"({"text":")" + std::string(text) + R"("})";
}
std::string note(std::string_view text) { return try_call("Note", with_text(text)); }
std::string reply_of(std::string_view text) { return R"({"parameters":)" + with_text(text) + '}'; }

/// One write of several calls.
std::string together(std::initializer_list<std::string> calls) {
  std::string all;
  for (auto const& one : calls)
    all.append(one) += '\0';
  return all;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(large_requests, connected_fixture)

BOOST_AUTO_TEST_CASE(they_are_served_in_their_order) {
  client.send_raw(together({note("1"), note(large + '2'), note(large + '3'), note("4")}));

  for (int count = 0; count < 4; ++count)
    BOOST_TEST(received(client) == "{}");
  BOOST_TEST(noted == (std::vector<std::string>{"1", large + '2', large + '3', "4"}));
}

BOOST_AUTO_TEST_CASE(others_are_served_while_one_is_read) {
  std::promise<void> go_on;
  std::thread::id reader;
  server->bind_reader("org.example.try.Echo",
                      [&, may_go = std::make_shared<std::future<void>>(go_on.get_future())](
                          ipc::call const&) -> std::shared_ptr<void> {
                        reader = std::this_thread::get_id();
                        may_go->wait();
                        return nullptr;
                      });
  client.send(try_call("Echo", with_text(large)));
  auto other = connect();

  BOOST_TEST(other.ask(note("small")) == "{}");
  go_on.set_value();
  BOOST_TEST(received(client) == reply_of(large));
  BOOST_TEST((reader != std::this_thread::get_id()));
}

BOOST_AUTO_TEST_CASE(what_a_reader_makes_comes_to_the_handler_with_the_parameters) {
  server->bind_reader("org.example.try.Echo", [](ipc::call const& made) -> std::shared_ptr<void> {
    return std::make_shared<std::string_view>(made.parameters.at("text").get_string());
  });
  std::shared_ptr<std::string_view> kept;
  server->bind("org.example.try.Echo", [&kept](ipc::call const& made) {
    kept = std::static_pointer_cast<std::string_view>(made.made);
    made.answer.reply(with_text(kept ? "large" : "small"));
  });

  BOOST_TEST(client.ask(try_call("Echo", with_text("x"))) == reply_of("small"));
  BOOST_TEST(client.ask(try_call("Echo", with_text(large))) == reply_of("large"));
  client.close();
  BOOST_REQUIRE(ended());
  stop();

  BOOST_TEST(*kept == large); // as long as somebody has it
}

BOOST_AUTO_TEST_CASE(what_a_reader_throws_is_a_failure_of_the_call) {
  server->bind_reader("org.example.try.Echo", [](ipc::call const&) -> std::shared_ptr<void> {
    throw std::runtime_error("a reason");
  });

  auto const answer = client.ask(try_call("Echo", with_text(large)));

  BOOST_TEST(answer.starts_with(R"({"error":"org.example.try.InternalError")"));
  BOOST_TEST(client.ask(note("next")) == "{}");
}

BOOST_AUTO_TEST_CASE(they_are_refused_as_small_ones_are) {
  std::string const padding = R"("x.pad":")" + large + R"(",)";
  BOOST_TEST(
      client.ask(try_call("Note", R"({"text":1,"other":")" + large + R"("})")) ==
      R"({"error":"org.varlink.service.InvalidParameter","parameters":{"parameter":"text"}})");
  BOOST_TEST(client.ask('{' + padding + R"("method":"org.example.try.Nothing"})")
                 .starts_with(R"({"error":"org.varlink.service.MethodNotFound")"));
  BOOST_TEST(client.ask('{' + padding + R"("method":"org.example.try.Stream"})") ==
             R"({"error":"org.varlink.service.ExpectedMore"})");
  BOOST_TEST(client.ask(note("next")) == "{}");
}

BOOST_AUTO_TEST_CASE(what_is_no_varlink_ends_the_connection) {
  client.send("{\"" + large + "\":1}");

  BOOST_TEST(received(client) == "closed");
}

BOOST_AUTO_TEST_CASE(a_connection_may_end_while_its_request_waits) {
  std::promise<void> go_on;
  server->bind_reader("org.example.try.Echo",
                      [may_go = std::make_shared<std::future<void>>(go_on.get_future())](
                          ipc::call const&) -> std::shared_ptr<void> {
                        may_go->wait();
                        return nullptr;
                      });
  auto other = connect();
  client.send(try_call("Echo", with_text(large)));
  BOOST_TEST(connect().ask(note("1")) == "{}"); // the loop has seen what was sent before
  other.send_raw(together({note(large), note("never")}));
  BOOST_TEST(connect().ask(note("2")) == "{}");
  client.close();
  other.close();
  go_on.set_value();

  BOOST_REQUIRE(ended());
  BOOST_TEST(server->users().all().sum() == 0U);
}

BOOST_AUTO_TEST_CASE(they_overlap_as_small_ones_do) {
  auto const queue = [](std::string_view text) { return try_call("Queue", with_text(text)); };
  client.send_raw(together({queue("1"), queue(large), queue("3"), note(large), queue("5")}));
  BOOST_REQUIRE(holds(3));
  held[2].reply(with_text("third"));
  held[1].reply(with_text("second"));
  BOOST_TEST(noted.empty()); // it waits for the calls before
  held[0].reply(with_text("first"));

  for (auto const* const text : {"first", "second", "third"})
    BOOST_TEST(received(client) == reply_of(text));
  BOOST_TEST(received(client) == "{}");
  BOOST_REQUIRE(holds(4));
}

BOOST_AUTO_TEST_SUITE_END()
