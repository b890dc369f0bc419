#include "tests/support/temporary_directory.hpp"
#include "watchers/inotify.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/inotify.h>

#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

namespace {

using cfgd::unique_fd;
using cfgd::test::temporary_directory;
using cfgd::watchers::kernel_event;
using cfgd::watchers::parse_events;

std::string packed(int watch, std::uint32_t mask, std::string const& name) {
  inotify_event header{};
  header.wd = watch;
  header.mask = mask;
  header.len = name.empty() ? 0 : static_cast<std::uint32_t>((name.size() / 16 + 1) * 16);
  std::string bytes(sizeof header + header.len, '\0');
  std::memcpy(bytes.data(), &header, sizeof header);
  std::memcpy(bytes.data() + sizeof header, name.data(), name.size());
  return bytes;
}

std::string described(kernel_event const& event) {
  return std::to_string(event.watch) + ' ' + cfgd::watchers::mask_text(event.mask) + ' ' +
         std::string(event.name);
}

unique_fd open_directory(std::filesystem::path const& path) {
  return unique_fd(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
}

BOOST_AUTO_TEST_SUITE(inotify)

BOOST_AUTO_TEST_CASE(events_are_split_with_and_without_names) {
  auto const bytes = packed(1, IN_CREATE | IN_ISDIR, "site.d") + packed(2, IN_DELETE_SELF, "") +
                     packed(-1, IN_Q_OVERFLOW, "") + packed(3, IN_MOVED_TO, "sixteen-bytes-ab");
  std::vector<std::string> got;

  auto const used =
      parse_events(bytes, [&](auto const& event) { got.push_back(described(event)); });

  std::vector<std::string> const expected{"1 IN_CREATE|IN_ISDIR site.d", "2 IN_DELETE_SELF ",
                                          "-1 IN_Q_OVERFLOW ", "3 IN_MOVED_TO sixteen-bytes-ab"};
  BOOST_TEST(got == expected, boost::test_tools::per_element());
  BOOST_TEST(used == bytes.size());
}

BOOST_AUTO_TEST_CASE(a_truncated_event_is_left) {
  auto const whole = packed(1, IN_CREATE, "a");
  auto const bytes = whole + packed(2, IN_CREATE, "b");
  for (std::size_t cut = whole.size(); cut < bytes.size(); ++cut) {
    std::size_t count = 0;

    auto const used = parse_events(std::span(bytes).first(cut), [&](auto const&) { ++count; });

    BOOST_TEST(used == whole.size());
    BOOST_TEST(count == 1U);
  }
}

BOOST_AUTO_TEST_CASE(a_directory_is_watched_by_its_descriptor) {
  temporary_directory const top;
  std::filesystem::create_directory(top / "a");
  auto const directory = open_directory(top / "a");
  std::filesystem::rename(top / "a", top / "b");
  std::filesystem::create_directory(top / "a");
  cfgd::watchers::inotify const kernel;

  int const watch =
      kernel.watch(directory.get(), (top / "a").string(), cfgd::watchers::inotify::files_mask);
  cfgd::test::write_file(top / "a/wrong.json", "1");
  cfgd::test::write_file(top / "b/right.json", "1");

  BOOST_TEST(watch >= 0);
  std::vector<std::string> names;
  kernel.read([&](auto const& event) { names.emplace_back(event.name); });
  BOOST_TEST(!names.empty());
  for (auto const& name : names)
    BOOST_TEST(name == "right.json");
}

BOOST_AUTO_TEST_CASE(reading_a_file_causes_no_event) {
  temporary_directory const top;
  cfgd::test::write_file(top / "a.json", "1");
  cfgd::watchers::inotify const kernel;
  auto const directory = open_directory(top.path());
  BOOST_TEST(
      kernel.watch(directory.get(), top.path().string(), cfgd::watchers::inotify::files_mask) >= 0);

  cfgd::test::read_file(top / "a.json");

  BOOST_TEST(kernel.read([](auto const&) {}) == 0U);
}

BOOST_AUTO_TEST_CASE(a_second_watch_on_a_directory_does_not_narrow_the_first) {
  temporary_directory const top;
  cfgd::watchers::inotify const kernel;
  auto const directory = open_directory(top.path());
  auto const path = top.path().string();

  int const first = kernel.watch(directory.get(), path, cfgd::watchers::inotify::files_mask);
  int const second = kernel.watch(directory.get(), path, cfgd::watchers::inotify::names_mask);
  cfgd::test::write_file(top / "a.json", "1");

  BOOST_TEST(first == second);
  std::uint32_t seen = 0;
  kernel.read([&](auto const& event) { seen |= event.mask; });
  BOOST_TEST((seen & IN_CLOSE_WRITE) != 0U);
}

BOOST_AUTO_TEST_CASE(only_directories_are_watched) {
  temporary_directory const top;
  cfgd::test::write_file(top / "a.json", "1");
  unique_fd const file(::open((top / "a.json").c_str(), O_PATH | O_CLOEXEC));
  cfgd::watchers::inotify const kernel;

  BOOST_TEST(kernel.watch(file.get(), "a", cfgd::watchers::inotify::files_mask) == -ENOTDIR);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
