#include "apply/definition_watch.hpp"
#include "tests/support/temporary_directory.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <filesystem>

namespace {

using namespace cfgd;
namespace fs = std::filesystem;

struct watched {
  /// Runs the loop until a notification; false: none came in 10 s.
  bool is_notified() {
    int const before = notified;
    auto const end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (notified == before && std::chrono::steady_clock::now() < end)
      loop.run_one_until(end);
    return notified != before;
  }

  test::temporary_directory place;
  fs::path base = fs::canonical(place.path());
  boost::asio::io_context loop{1};
  int notified = 0;
  apply::definition_watch watch{
      loop.get_executor(), {base / "vendor" / "targets", base / "etc"}, [this] { ++notified; }};
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(definition_watch, watched)

BOOST_AUTO_TEST_CASE(a_directory_that_is_made_later_is_watched_and_so_are_its_files) {
  fs::create_directories(base / "vendor" / "targets");
  BOOST_TEST(is_notified());

  test::write_file(base / "vendor" / "targets" / "a.toml", "a");
  BOOST_TEST(is_notified());
  test::write_file(base / "vendor" / "targets" / "a.toml", "b");
  BOOST_TEST(is_notified());
  fs::remove(base / "vendor" / "targets" / "a.toml");
  BOOST_TEST(is_notified());
}

BOOST_AUTO_TEST_CASE(a_directory_that_is_replaced_is_watched) {
  fs::create_directory(base / "etc");
  BOOST_TEST(is_notified());
  fs::rename(base / "etc", base / "old");
  fs::create_directory(base / "etc");
  BOOST_TEST(is_notified());

  test::write_file(base / "etc" / "a.toml", "a");
  BOOST_TEST(is_notified());
}

BOOST_AUTO_TEST_CASE(several_changes_at_once_are_one_notification_and_others_none) {
  fs::create_directory(base / "etc");
  BOOST_TEST(is_notified());
  test::write_file(base / "other", "a");
  for (auto const* const name : {"a", "b", "c"})
    test::write_file(base / "etc" / name, "a");

  BOOST_TEST(is_notified());

  BOOST_TEST(loop.poll() == 0U);
  BOOST_TEST(notified == 2);
}

BOOST_AUTO_TEST_CASE(nothing_is_notified_after_it_was_stopped) {
  fs::create_directory(base / "etc");
  BOOST_TEST(is_notified());

  watch.stop();
  test::write_file(base / "etc" / "a", "a");
  loop.run();

  BOOST_TEST(notified == 1);
}

BOOST_AUTO_TEST_SUITE_END()
