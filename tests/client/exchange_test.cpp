#include "client/detail/exchange.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <string>
#include <string_view>

using namespace cfgd::client;
using namespace cfgd::client::detail;
using namespace std::string_view_literals;
using cfgd::ipc::call_kind;

namespace {

constexpr auto no_deadline = detail::exchange::clock::time_point::max();

/// An exchange with a connection that is made.
struct fixture {
  detail::exchange line;

  fixture() {
    line.connect("/run/x", no_deadline);
    line.on_connect(0);
    BOOST_REQUIRE((line.next() == action::done));
    BOOST_REQUIRE(line.take());
  }

  void call(call_kind kind = call_kind::plain) {
    line.call("a.b.C", {}, kind, no_deadline);
    BOOST_REQUIRE((line.next() == action::send));
    line.on_sent(static_cast<std::ptrdiff_t>(line.unsent().size()), 0);
  }

  /// Bytes come from the service.
  void receive(std::string_view bytes) {
    BOOST_REQUIRE((line.next() == action::wait_readable));
    line.on_ready();
    BOOST_REQUIRE((line.next() == action::receive));
    auto const room = line.room();
    BOOST_REQUIRE(room.size() >= bytes.size());
    std::copy(bytes.begin(), bytes.end(), room.begin());
    line.on_received(static_cast<std::ptrdiff_t>(bytes.size()), 0);
  }

  failure outcome() {
    BOOST_REQUIRE((line.next() == action::done));
    return line.take().error().kind;
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(exchange, fixture)

BOOST_AUTO_TEST_CASE(a_call_is_sent_in_pieces_and_its_reply_received_in_pieces) {
  line.call("a.b.C", R"({"n":1})", call_kind::plain, no_deadline);
  BOOST_TEST(line.unsent() == "{\"method\":\"a.b.C\",\"parameters\":{\"n\":1}}\0"sv);
  line.on_sent(5, 0);
  BOOST_TEST(line.unsent().starts_with("hod"));
  line.on_sent(-1, EAGAIN);
  BOOST_TEST((line.next() == action::wait_writable));
  line.on_ready();
  line.on_sent(-1, EINTR);
  BOOST_TEST((line.next() == action::send));
  line.on_sent(static_cast<std::ptrdiff_t>(line.unsent().size()), 0);

  receive("{\"parameters\"");
  receive(":{\"m\":2}}\0"sv);

  BOOST_REQUIRE((line.next() == action::done));
  auto const reply = line.take();
  BOOST_TEST(reply.value().parameters.at("m").as_int64() == 2);
  BOOST_TEST(!reply.value().continues);
  BOOST_TEST(!line.broken());
}

BOOST_AUTO_TEST_CASE(a_full_backlog_is_tried_again_and_other_errors_are_not) {
  line.connect("/run/x", no_deadline);
  line.on_connect(EAGAIN);
  BOOST_TEST((line.next() == action::wait_backlog));
  line.on_ready();
  BOOST_TEST((line.next() == action::connect));
  line.on_connect(ECONNREFUSED);

  BOOST_REQUIRE((line.next() == action::done));
  auto const reply = line.take();
  BOOST_TEST((reply.error().kind == failure::unreachable));
  BOOST_TEST(reply.error().message ==
             "cannot connect to '/run/x': Connection refused (is cfgd running?)");
  BOOST_TEST(line.broken());
}

BOOST_AUTO_TEST_CASE(replies_that_came_together_are_given_one_by_one) {
  call(call_kind::more);
  receive("{\"parameters\":{\"n\":1},\"continues\":true}\0{\"parameters\":{\"n\":2}}\0"sv);
  BOOST_TEST(line.take().value().continues);

  line.next_reply(no_deadline);

  BOOST_REQUIRE((line.next() == action::done));
  auto const last = line.take();
  BOOST_TEST(last.value().parameters.at("n").as_int64() == 2);
  BOOST_TEST(!last.value().continues);
}

BOOST_AUTO_TEST_CASE(a_oneway_call_is_done_when_it_is_sent) {
  call(call_kind::oneway);

  BOOST_TEST((line.next() == action::done));
  BOOST_TEST(line.take().has_value());
}

BOOST_AUTO_TEST_CASE(a_refusal_leaves_the_connection_usable) {
  call();
  receive("{\"error\":\"a.b.No\"}\0"sv);

  BOOST_TEST((outcome() == failure::refused));
  BOOST_TEST(!line.broken());
}

BOOST_AUTO_TEST_CASE(a_deadline_breaks_the_connection) {
  auto const end = detail::exchange::clock::now();
  line.call("a.b.C", {}, call_kind::plain, end);
  BOOST_TEST((line.deadline() == end));

  line.on_timeout();

  BOOST_TEST((outcome() == failure::timed_out));
  BOOST_TEST(line.broken());
}

BOOST_AUTO_TEST_CASE(an_end_before_the_reply_is_closed) {
  call();
  line.on_ready();
  line.on_received(0, 0);

  BOOST_TEST((outcome() == failure::closed));
  BOOST_TEST(line.broken());
}

BOOST_AUTO_TEST_CASE(a_reply_is_read_though_the_call_was_cut) {
  line.call("a.b.C", {}, call_kind::plain, no_deadline);
  line.on_sent(-1, EPIPE);

  receive("{\"error\":\"a.b.LimitExceeded\"}\0"sv);

  BOOST_TEST((outcome() == failure::refused));
}

BOOST_AUTO_TEST_CASE(more_replies_than_were_asked_for_are_a_protocol_failure) {
  call();
  receive("{\"continues\":true}\0"sv);

  BOOST_TEST((outcome() == failure::protocol));
  BOOST_TEST(line.broken());
}

BOOST_AUTO_TEST_CASE(a_new_connection_forgets_what_the_old_one_sent) {
  call();
  receive("{\"parameters\":");
  line.on_ready();
  line.on_received(-1, ECONNRESET);
  BOOST_TEST((outcome() == failure::closed));

  line.connect("/run/x", no_deadline);
  line.on_connect(0);
  call();
  receive("{}\0"sv);

  BOOST_TEST((line.next() == action::done));
  BOOST_TEST(line.take().has_value());
}

BOOST_AUTO_TEST_SUITE_END()
