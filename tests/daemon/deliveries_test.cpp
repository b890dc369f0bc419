#include "daemon/deliveries.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <string>

namespace {

struct fixture {
  boost::asio::io_context loop;
  cfgd::deliveries subject{loop.get_executor()};
  std::string said;

  void add(char what) {
    subject.add([this, what] { said += what; });
  }
  /// As add(), and so long that its slice ends with it.
  void add_long(char what) {
    subject.add([this, what] {
      said += what;
      auto const end = std::chrono::steady_clock::now() + cfgd::deliveries::slice;
      while (std::chrono::steady_clock::now() < end) {
      }
    });
  }
};

} // namespace

namespace cases {
BOOST_AUTO_TEST_SUITE(deliveries)

BOOST_FIXTURE_TEST_CASE(messages_arrive_in_their_order, fixture) {
  add('a');
  add('b');
  subject.send();
  add('c');
  subject.send();

  loop.run();

  BOOST_TEST(said == "abc");
}

BOOST_FIXTURE_TEST_CASE(what_was_not_sent_does_not_arrive, fixture) {
  add('a');
  loop.run();
  BOOST_TEST(said.empty());

  subject.send();
  loop.restart();
  loop.run();

  BOOST_TEST(said == "a");
}

BOOST_FIXTURE_TEST_CASE(a_group_is_one_handler_of_the_loop, fixture) {
  for (auto const what : {'a', 'b', 'c'})
    subject.add([this, what] { said += what; });
  subject.send();

  BOOST_TEST(loop.poll_one() == 1U);
  BOOST_TEST(said.size() >= 1U); // all of them, unless the machine is slow
  loop.run();
  BOOST_TEST(said == "abc");
}

BOOST_FIXTURE_TEST_CASE(other_handlers_run_between_slices, fixture) {
  add_long('a');
  add_long('b');
  subject.send();
  boost::asio::post(loop, [this] { said += '-'; });

  loop.run();

  BOOST_TEST(said == "a-b");
}

BOOST_FIXTURE_TEST_CASE(what_comes_behind_waits_for_all_that_was_sent, fixture) {
  add_long('a');
  add_long('b');
  subject.send();
  boost::asio::post(loop, [this] { subject.run_behind([this] { said += 'c'; }); });
  boost::asio::post(loop, [this] {
    add('d');
    subject.send();
  });

  loop.run();

  BOOST_TEST(said == "abcd");
}

BOOST_FIXTURE_TEST_CASE(what_comes_behind_waits_for_what_no_slice_has_seen, fixture) {
  add('a');
  subject.send();

  subject.run_behind([this] { said += 'b'; });
  BOOST_TEST(said.empty());
  loop.run();

  BOOST_TEST(said == "ab");
}

BOOST_FIXTURE_TEST_CASE(behind_nothing_it_runs_at_once, fixture) {
  subject.run_behind([this] { said += 'a'; });

  BOOST_TEST(said == "a");
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
