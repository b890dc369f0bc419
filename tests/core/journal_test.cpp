#include "core/journal.hpp"
#include "core/message_ids.hpp"
#include "tests/support/datagram_receiver.hpp"
#include "tests/support/temporary_directory.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace {

namespace lg = cfgd::log; // log(3) is a function
using cfgd::test::datagram_receiver;
using cfgd::test::temporary_directory;

bool has_line(std::string const& text, std::string const& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

void send(lg::journal& to, std::string const& message, std::vector<lg::field> const& fields = {}) {
  to.send({lg::level::notice, message, fields, BOOST_CURRENT_LOCATION});
}

} // namespace

// Suites are namespaces: not in the global one, where the names of functions are.
namespace cases {
BOOST_AUTO_TEST_SUITE(journal)

BOOST_AUTO_TEST_CASE(a_record_is_one_datagram_with_all_its_fields) {
  temporary_directory const directory;
  datagram_receiver receiver(directory / "socket");
  lg::journal to(receiver.path(), "cfgd");

  send(to, "revision 7",
       {{"MESSAGE_ID", cfgd::message_id::changed},
        {"CFGD_KEY", "site.domain"},
        {"CFGD_KEY", "site.title"}});

  auto const text = receiver.take().value();
  BOOST_TEST(has_line(text, "MESSAGE=revision 7"));
  BOOST_TEST(has_line(text, "PRIORITY=5"));
  BOOST_TEST(has_line(text, "SYSLOG_IDENTIFIER=cfgd"));
  BOOST_TEST(has_line(text, "CODE_FILE=tests/core/journal_test.cpp"));
  BOOST_TEST(has_line(text, std::string("MESSAGE_ID=") + cfgd::message_id::changed));
  BOOST_TEST(has_line(text, "CFGD_KEY=site.domain"));
  BOOST_TEST(has_line(text, "CFGD_KEY=site.title"));
  BOOST_TEST(text.find("\nCODE_LINE=") != std::string::npos);
  BOOST_TEST(text.find("\nCODE_FUNC=") != std::string::npos);
  BOOST_TEST(!receiver.take().has_value());
}

BOOST_AUTO_TEST_CASE(a_value_of_two_lines_cannot_become_a_field) {
  std::vector<lg::field> const fields{{"CFGD_PATH", "a\nPRIORITY=0"}};

  auto const text =
      lg::to_journal_text({lg::level::info, "x", fields, BOOST_CURRENT_LOCATION}, "cfgd");

  std::string const length("\x0c\0\0\0\0\0\0\0", 8);
  BOOST_TEST(text.ends_with("CFGD_PATH\n" + length + "a\nPRIORITY=0\n"));
}

BOOST_AUTO_TEST_CASE(a_record_is_bounded) {
  temporary_directory const directory;
  datagram_receiver receiver(directory / "socket");
  lg::journal to(receiver.path(), "cfgd");
  std::vector<lg::field> const many(1'000, {"CFGD_KEY", std::string(512, 'k')});

  send(to, std::string(1024 * std::size_t{1024}, 'm'), many);

  auto const text = receiver.take().value();
  BOOST_TEST(text.size() <= lg::journal_record_bytes);
  BOOST_TEST(text.ends_with("k\n"));
  BOOST_TEST(to.lost() == 0U);
}

BOOST_AUTO_TEST_CASE(a_full_journal_does_not_block_and_the_loss_is_reported) {
  temporary_directory const directory;
  datagram_receiver receiver(directory / "socket");
  lg::journal to(receiver.path(), "cfgd");
  auto const begin = std::chrono::steady_clock::now();

  // The kernel queues a few datagrams for a socket that nobody reads (net.unix.max_dgram_qlen).
  std::size_t sent = 0;
  for (; sent < 100'000 && to.lost() == 0; ++sent)
    send(to, "line");
  BOOST_REQUIRE(to.lost() == 1U);
  send(to, "lost too");
  while (receiver.take()) {
  }
  send(to, "again");

  BOOST_TEST((std::chrono::steady_clock::now() - begin < std::chrono::seconds(20)));
  auto const report = receiver.take().value();
  BOOST_TEST(has_line(report, "MESSAGE=2 lines of the log were lost, as the journal took none"));
  BOOST_TEST(has_line(report, std::string("MESSAGE_ID=") + cfgd::message_id::log_lines_lost));
  BOOST_TEST(has_line(receiver.take().value(), "MESSAGE=again"));
  BOOST_TEST(to.lost() == 0U);
}

BOOST_AUTO_TEST_CASE(a_journal_that_comes_back_is_found) {
  temporary_directory const directory;
  lg::journal to(directory / "socket", "cfgd");
  BOOST_TEST(!to.reachable());

  send(to, "lost");
  BOOST_TEST(to.lost() == 1U);
  datagram_receiver receiver(directory / "socket");
  BOOST_TEST(to.reachable());
  send(to, "here");

  BOOST_TEST(receiver.take().value().starts_with("MESSAGE=1 lines of the log were lost"));
  BOOST_TEST(has_line(receiver.take().value(), "MESSAGE=here"));
}

BOOST_AUTO_TEST_CASE(a_loss_is_reported_without_another_record) {
  temporary_directory const directory;
  lg::journal to(directory / "socket", "cfgd");
  send(to, "lost");
  send(to, "lost too");
  BOOST_TEST(!to.report_lost());
  BOOST_TEST(to.lost() == 2U);

  datagram_receiver receiver(directory / "socket");

  BOOST_TEST(to.report_lost());
  BOOST_TEST(receiver.take().value().starts_with("MESSAGE=2 lines of the log were lost"));
  BOOST_TEST(to.report_lost());
  BOOST_TEST(!receiver.take().has_value());
  BOOST_TEST(to.lost() == 0U);
  BOOST_TEST(to.lost_in_all() == 2U);
}

BOOST_AUTO_TEST_CASE(the_journal_is_not_used_unless_standard_error_is_it) {
  temporary_directory const directory;
  datagram_receiver const receiver(directory / "socket");

  BOOST_TEST(!lg::to_journal(receiver.path(), "cfgd"));
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
