#include "ipc/framing.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <cstring>
#include <string>
#include <vector>

using cfgd::ipc::frame_reader;

namespace {

void put(frame_reader& reader, std::string_view bytes) {
  if (bytes.empty()) return;
  auto const room = reader.prepare(bytes.size());
  BOOST_REQUIRE(room.size() >= bytes.size());
  std::memcpy(room.data(), bytes.data(), bytes.size());
  reader.commit(bytes.size());
}

std::vector<std::string> take_all(frame_reader& reader) {
  std::vector<std::string> messages;
  while (auto const message = reader.next())
    messages.emplace_back(*message);
  return messages;
}

std::string const three("one\0\0three\0", 11);
std::vector<std::string> const three_messages{"one", "", "three"};

} // namespace

BOOST_AUTO_TEST_SUITE(framing)

BOOST_AUTO_TEST_CASE(splits_what_was_joined) {
  frame_reader reader(100);

  put(reader, three);

  BOOST_TEST(take_all(reader) == three_messages, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(joins_what_was_split_anywhere) {
  for (std::size_t cut = 0; cut <= three.size(); ++cut) {
    frame_reader reader(100);

    put(reader, three.substr(0, cut));
    auto messages = take_all(reader);
    put(reader, three.substr(cut));
    for (auto& rest : take_all(reader))
      messages.push_back(std::move(rest));

    BOOST_TEST(messages == three_messages, boost::test_tools::per_element());
    BOOST_TEST(!reader.has_partial());
  }
}

BOOST_AUTO_TEST_CASE(a_message_that_is_put_back_is_the_next_one_again) {
  frame_reader reader(100);
  put(reader, three);

  reader.put_back(*reader.next());
  BOOST_TEST(reader.buffered_bytes() == three.size());
  reader.keep(); // the views are gone

  BOOST_TEST(take_all(reader) == three_messages, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_last_message_can_be_put_back) {
  frame_reader reader(100);
  put(reader, three);
  while (auto const message = reader.next())
    if (*message == "three") {
      reader.put_back(*message);
      break;
    }

  put(reader, three);

  BOOST_TEST(take_all(reader) == (std::vector<std::string>{"three", "one", "", "three"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(joins_single_bytes) {
  frame_reader reader(100);
  std::vector<std::string> messages;

  for (char const byte : three) {
    put(reader, {&byte, 1});
    for (auto& message : take_all(reader))
      messages.push_back(std::move(message));
  }

  BOOST_TEST(messages == three_messages, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(gives_a_message_of_just_the_limit) {
  frame_reader reader(512);

  put(reader, std::string(512, 'x') + '\0');

  BOOST_TEST(!reader.too_large());
  BOOST_TEST(reader.next().value().size() == 512U);
}

BOOST_AUTO_TEST_CASE(gives_a_message_below_the_limit) {
  frame_reader reader(512);

  put(reader, std::string(511, 'x') + '\0');

  BOOST_TEST(!reader.too_large());
  BOOST_TEST(reader.next().value().size() == 511U);
}

BOOST_AUTO_TEST_CASE(refuses_an_ended_message_over_the_limit) {
  frame_reader reader(512);

  put(reader, std::string(513, 'x') + '\0');

  BOOST_TEST(reader.too_large());
  BOOST_TEST(!reader.next());
  BOOST_TEST(reader.too_large());
}

BOOST_AUTO_TEST_CASE(refuses_a_message_that_does_not_end_within_the_limit) {
  frame_reader reader(512);
  put(reader, std::string(512, 'x'));
  BOOST_TEST(!reader.next());
  BOOST_TEST(!reader.too_large());

  put(reader, "x");

  BOOST_TEST(reader.too_large());
  BOOST_TEST(!reader.next());
}

BOOST_AUTO_TEST_CASE(measures_each_message_alone) {
  frame_reader reader(512);

  for (int count = 0; count < 10; ++count)
    put(reader, std::string(512, 'x') + '\0');

  BOOST_TEST(!reader.too_large());
  BOOST_TEST(take_all(reader).size() == 10U);
}

BOOST_AUTO_TEST_CASE(gives_messages_before_one_that_is_too_large) {
  frame_reader reader(8);

  put(reader, std::string("first\0", 6) + std::string(9, 'x') + '\0');

  BOOST_TEST(!reader.too_large());
  BOOST_TEST(reader.next().value() == "first");
  BOOST_TEST(reader.too_large());
  BOOST_TEST(!reader.next());
}

BOOST_AUTO_TEST_CASE(holds_no_memory_when_empty) {
  frame_reader reader(100'000);
  BOOST_TEST(reader.held_bytes() == 0U);

  put(reader, std::string(50'000, 'x') + '\0');
  BOOST_TEST(reader.held_bytes() >= 50'001U);
  take_all(reader);

  BOOST_TEST(reader.held_bytes() == 0U);
  BOOST_TEST(reader.buffered_bytes() == 0U);
}

BOOST_AUTO_TEST_CASE(keeps_only_what_is_left_of_a_loan) {
  std::vector<char> scratch(4096);
  frame_reader reader(100);
  reader.borrow(scratch);
  put(reader, std::string("whole\0par", 9));
  BOOST_TEST(reader.next().value() == "whole");
  BOOST_TEST(!reader.next());

  reader.keep();
  scratch.assign(scratch.size(), '!');
  put(reader, std::string("tial\0", 5));

  BOOST_TEST(reader.held_bytes() < 100U);
  BOOST_TEST(reader.next().value() == "partial");
}

BOOST_AUTO_TEST_CASE(keeps_nothing_of_a_loan_that_was_used_up) {
  std::vector<char> scratch(4096);
  frame_reader reader(100);
  reader.borrow(scratch);
  put(reader, three);
  take_all(reader);

  reader.keep();

  BOOST_TEST(reader.held_bytes() == 0U);
  put(reader, three);
  BOOST_TEST(take_all(reader) == three_messages, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(does_not_borrow_while_something_is_left) {
  std::vector<char> scratch(4096, '!');
  frame_reader reader(100);
  put(reader, "begun");

  reader.borrow(scratch);
  put(reader, std::string(" ended\0", 7));

  BOOST_TEST(reader.next().value() == "begun ended");
  BOOST_TEST(scratch.front() == '!');
}

BOOST_AUTO_TEST_CASE(moves_whole_messages_that_are_left_of_a_loan) {
  std::vector<char> scratch(4096);
  frame_reader reader(100);
  reader.borrow(scratch);
  put(reader, three);
  BOOST_TEST(reader.next().value() == "one");

  reader.keep();
  scratch.assign(scratch.size(), '!');

  BOOST_TEST(reader.next().value() == "");
  BOOST_TEST(reader.next().value() == "three");
}

BOOST_AUTO_TEST_SUITE_END()
