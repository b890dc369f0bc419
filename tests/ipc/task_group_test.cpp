#include "ipc/task_group.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/test/unit_test.hpp>

#include <stdexcept>
#include <string>
#include <vector>

namespace asio = boost::asio;

namespace {

struct fixture {
  asio::io_context loop;
  std::vector<std::string> failures;
  int ended = 0;
  cfgd::ipc::task_group group{
      loop.get_executor(),
      [this](std::string const& name, std::exception_ptr const&) { failures.push_back(name); }};

  asio::awaitable<void> finish() {
    ++ended;
    co_return;
  }

  asio::awaitable<void> fail() {
    throw std::runtime_error("a reason");
    co_return;
  }

  asio::awaitable<void> wait_for_ever() {
    asio::steady_timer timer(co_await asio::this_coro::executor);
    timer.expires_at(asio::steady_timer::time_point::max());
    co_await timer.async_wait(asio::use_awaitable);
  }

  asio::awaitable<void> wait_and_tidy() {
    asio::steady_timer timer(co_await asio::this_coro::executor);
    timer.expires_at(asio::steady_timer::time_point::max());
    co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    ++ended;
  }

  asio::awaitable<void> spawn_another() {
    group.spawn("another", finish());
    co_return;
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(task_group, fixture)

BOOST_AUTO_TEST_CASE(runs_tasks_and_forgets_them) {
  group.spawn("one", finish());
  group.spawn("two", finish());
  BOOST_TEST(group.size() == 2U);

  loop.run();

  BOOST_TEST(ended == 2);
  BOOST_TEST(group.size() == 0U);
  BOOST_TEST(failures.empty());
}

BOOST_AUTO_TEST_CASE(reports_which_task_failed) {
  group.spawn("good", finish());
  group.spawn("bad", fail());

  loop.run();

  BOOST_TEST(failures == std::vector<std::string>{"bad"}, boost::test_tools::per_element());
  BOOST_TEST(group.size() == 0U);
}

BOOST_AUTO_TEST_CASE(cancels_tasks_and_takes_it_for_no_failure) {
  group.spawn("one", wait_for_ever());
  group.spawn("two", wait_and_tidy());
  loop.poll();
  BOOST_TEST(group.size() == 2U);

  group.cancel();
  loop.run();

  BOOST_TEST(group.size() == 0U);
  BOOST_TEST(ended == 1);
  BOOST_TEST(failures.empty());
}

BOOST_AUTO_TEST_CASE(says_once_when_it_is_empty) {
  int notified = 0;
  group.spawn("one", wait_for_ever());
  group.on_empty([&] { ++notified; });
  loop.poll();
  BOOST_TEST(notified == 0);

  group.cancel();
  loop.run();
  BOOST_TEST(notified == 1);

  loop.restart();
  group.spawn("two", finish());
  loop.run();
  BOOST_TEST(notified == 1);
}

BOOST_AUTO_TEST_CASE(says_so_through_the_loop_if_it_is_empty_already) {
  bool notified = false;
  group.on_empty([&] { notified = true; });
  BOOST_TEST(!notified);

  loop.run();

  BOOST_TEST(notified);
}

BOOST_AUTO_TEST_CASE(a_task_may_spawn_another) {
  group.spawn("first", spawn_another());

  loop.run();

  BOOST_TEST(ended == 1);
  BOOST_TEST(group.size() == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
