#include "core/log.hpp"
#include "daemon/announcer.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <memory>
#include <string>

namespace {

using namespace cfgd;

struct fixture {
  log::capture lines;
  boost::asio::io_context loop;
  view now{1024 * 1024};
  announcer subject{loop.get_executor(), now};

  void set(revision_number revision) {
    auto record = std::make_shared<change>();
    record->revision = revision;
    record->from.where = layer::overrides;
    record->from.uid = 1000;
    record->keys.push_back({.key = "site.a", .before = "1", .after = "2"});
    subject.announce({.revision = revision, .changes = {record}});
  }
  void save(revision_number revision) {
    auto record = std::make_shared<change>();
    record->revision = revision;
    record->from.path = "/etc/site.toml";
    record->keys.push_back({.key = "site.a", .before = "1", .after = "2"});
    subject.announce({.revision = revision, .changes = {record}});
  }
  /// The revisions of the lines that were written.
  std::string written() {
    std::string all;
    for (auto const& one : lines.take())
      all.append(one.message, 9, one.message.find(' ', 9) - 9).append(1, ' ');
    return all;
  }
};

} // namespace

namespace cases {
BOOST_AUTO_TEST_SUITE(announcer)

BOOST_FIXTURE_TEST_CASE(a_line_is_behind_what_its_turn_has_posted, fixture) {
  std::string before;
  set(1);
  save(2);
  boost::asio::post(loop, [&] { before = written(); });

  loop.run();

  BOOST_TEST(before.empty());
  BOOST_TEST(written() == "1 2 ");
}

BOOST_FIXTURE_TEST_CASE(lines_have_the_order_of_revisions, fixture) {
  set(1);
  set(2);
  save(3);
  set(4);

  loop.run();

  BOOST_TEST(written() == "1 2 3 4 ");
}

BOOST_FIXTURE_TEST_CASE(a_bounded_number_of_lines_waits, fixture) {
  for (std::size_t count = 0; count < cfgd::announcer::most_waiting + 2; ++count)
    set(count + 1);

  BOOST_TEST(written() == "1 2 ");
}

BOOST_AUTO_TEST_CASE(what_waits_at_the_end_is_written) {
  log::capture lines;
  {
    boost::asio::io_context loop;
    view now{1024 * 1024};
    cfgd::announcer subject(loop.get_executor(), now);
    auto record = std::make_shared<change>();
    record->revision = 1;
    subject.announce({.revision = 1, .changes = {record}});
  }

  BOOST_TEST(lines.take().size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
