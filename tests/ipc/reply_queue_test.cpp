#include "ipc/reply_queue.hpp"

#include <boost/test/unit_test.hpp>

namespace {

void put(cfgd::ipc::reply_queue& queue, std::string& spare, std::size_t bytes, char what = 'x') {
  queue.begin_append(spare).append(bytes, what);
  queue.end_append();
}

} // namespace

BOOST_AUTO_TEST_SUITE(reply_queue)

BOOST_AUTO_TEST_CASE(gives_bytes_in_order_however_they_are_taken) {
  cfgd::ipc::reply_queue queue(100, 200);
  std::string spare;
  std::string taken;

  for (char letter = 'a'; letter <= 'z'; ++letter) {
    put(queue, spare, 10, letter);
    taken += queue.unsent().substr(0, 7);
    queue.consume(7);
  }
  taken += queue.unsent();
  queue.consume(queue.size());

  std::string wanted;
  for (char letter = 'a'; letter <= 'z'; ++letter)
    wanted.append(10, letter);
  BOOST_TEST(taken == wanted);
  BOOST_TEST(queue.empty());
}

BOOST_AUTO_TEST_CASE(knows_its_marks_from_below_at_and_above) {
  cfgd::ipc::reply_queue queue(100, 200);
  std::string spare;

  put(queue, spare, 100);
  BOOST_TEST(!queue.above_soft());
  put(queue, spare, 1);
  BOOST_TEST(queue.above_soft());
  put(queue, spare, 99);
  BOOST_TEST(!queue.above_hard());
  put(queue, spare, 1);
  BOOST_TEST(queue.above_hard());
}

BOOST_AUTO_TEST_CASE(is_drained_once_after_each_time_above_the_soft_mark) {
  cfgd::ipc::reply_queue queue(100, 200);
  std::string spare;
  put(queue, spare, 100);
  queue.consume(100);
  BOOST_TEST(!queue.take_drained());

  put(queue, spare, 101);
  BOOST_TEST(!queue.take_drained());
  queue.consume(50);
  BOOST_TEST(!queue.take_drained());
  queue.consume(51);

  BOOST_TEST(queue.take_drained());
  BOOST_TEST(!queue.take_drained());
}

BOOST_AUTO_TEST_CASE(lends_its_memory_to_the_next) {
  cfgd::ipc::reply_queue first(100, 200);
  cfgd::ipc::reply_queue second(100, 200);
  std::string spare;
  put(first, spare, 1000);
  first.consume(1000);

  first.release(spare);
  BOOST_TEST(first.held_bytes() <= std::string().capacity());
  BOOST_TEST(spare.capacity() >= 1000U);
  put(second, spare, 1);

  BOOST_TEST(second.held_bytes() >= 1000U);
}

BOOST_AUTO_TEST_CASE(does_not_keep_the_memory_of_a_huge_reply) {
  cfgd::ipc::reply_queue queue(100, 200);
  std::string spare;
  put(queue, spare, 10'000'000);
  queue.consume(10'000'000);

  queue.release(spare);

  BOOST_TEST(queue.held_bytes() + spare.capacity() < 1'000'000U);
}

BOOST_AUTO_TEST_SUITE_END()
