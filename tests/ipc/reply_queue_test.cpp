#include "ipc/reply_queue.hpp"

#include <boost/test/unit_test.hpp>

#include <memory>
#include <string>

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

BOOST_AUTO_TEST_CASE(a_shared_text_has_its_place_between_others) {
  cfgd::ipc::reply_queue queue(100'000, 200'000);
  std::string spare;
  auto const long_one = std::make_shared<std::string const>(5'000, 'b');
  auto const short_one = std::make_shared<std::string const>(20, 'd');
  std::string taken;

  put(queue, spare, 10, 'a');
  queue.append_shared(long_one, 0, spare);
  put(queue, spare, 10, 'c');
  queue.append_shared(short_one, 0, spare);
  queue.append_shared(long_one, 0, spare);
  put(queue, spare, 10, 'e');
  BOOST_TEST(queue.size() == 10'050U);
  while (!queue.empty()) {
    auto const part = queue.unsent().substr(0, 7);
    taken += part;
    queue.consume(part.size());
    BOOST_TEST(queue.size() + taken.size() == 10'050U);
  }

  BOOST_TEST(taken == std::string(10, 'a') + *long_one + std::string(10, 'c') + *short_one +
                          *long_one + std::string(10, 'e'));
}

BOOST_AUTO_TEST_CASE(borrowed_memory_does_not_stay_with_a_shared_text) {
  cfgd::ipc::reply_queue queue(100'000, 200'000);
  std::string spare;
  auto const text = std::make_shared<std::string const>(5'000, 'b');

  for (std::size_t round = 1; round <= 3; ++round) {
    if (spare.capacity() < 100'000U) spare.reserve(100'000); // as a connection gives it back
    put(queue, spare, 10);
    queue.append_shared(text, 0, spare);
    BOOST_TEST(queue.size() == round * 5'010U);
    BOOST_TEST(queue.held_bytes() >= 100'000U + round * 5'010U);
  }
  BOOST_TEST(spare.capacity() >= 100'000U); // it was taken once
}

BOOST_AUTO_TEST_CASE(a_long_shared_text_is_held_until_it_is_sent) {
  cfgd::ipc::reply_queue queue(1'000, 100'000);
  std::string spare;
  auto const text = std::make_shared<std::string const>(5'000, 'x');

  queue.append_shared(text, 4'000, spare); // the rest is short
  BOOST_TEST(text.use_count() == 1);
  BOOST_TEST(queue.size() == 1'000U);
  queue.consume(1'000);
  queue.append_shared(text, 1'000, spare);
  queue.append_shared(text, 0, spare);
  BOOST_TEST(text.use_count() == 3);
  BOOST_TEST(queue.size() == 9'000U); // each counts as if it were a copy
  BOOST_TEST(queue.above_soft());
  queue.consume(4'000);
  BOOST_TEST(text.use_count() == 2);
  queue.consume(5'000);
  BOOST_TEST(text.use_count() == 1);
  BOOST_TEST(queue.take_drained());
  queue.append_shared(text, 0, spare);
  queue.discard();
  BOOST_TEST(text.use_count() == 1);
  BOOST_TEST(queue.empty());
}

BOOST_AUTO_TEST_SUITE_END()
