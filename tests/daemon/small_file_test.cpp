#include "daemon/small_file.hpp"
#include "tests/support/temporary_directory.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/stat.h>

#include <filesystem>
#include <string>

namespace {

using namespace cfgd;
using test::temporary_directory;
using test::write_file;

errc code_of(result<std::string> const& read) {
  BOOST_REQUIRE(!read);
  return read.error().code;
}

} // namespace

// Suites are namespaces: not in the global one, where the names of functions are.
namespace cases {
BOOST_AUTO_TEST_SUITE(small_file)

BOOST_AUTO_TEST_CASE(a_file_may_have_the_maximum_and_no_more) {
  temporary_directory const directory;
  std::string const text(100'000, 'x'); // longer than one read
  write_file(directory / "file", text);

  BOOST_TEST((read_small_file(directory / "file", text.size()).value() == text));
  auto const longer = read_small_file(directory / "file", text.size() - 1);
  BOOST_TEST((code_of(longer) == errc::limit));
  BOOST_TEST(longer.error().subject == (directory / "file").string());
}

BOOST_AUTO_TEST_CASE(a_file_that_does_not_exist_is_not_found) {
  temporary_directory const directory;
  BOOST_TEST((code_of(read_small_file(directory / "none", 1)) == errc::not_found));
}

BOOST_AUTO_TEST_CASE(a_directory_is_an_error_with_its_reason) {
  temporary_directory const directory;
  auto const read = read_small_file(directory.path(), 1);
  BOOST_TEST((code_of(read) == errc::io));
  BOOST_TEST(read.error().message == "Is a directory");
}

BOOST_AUTO_TEST_CASE(links_are_followed_unless_they_are_refused) {
  temporary_directory const directory;
  write_file(directory / "file", "text");
  std::filesystem::create_symlink("file", directory / "link");

  BOOST_TEST(read_small_file(directory / "link", 10).value() == "text");
  BOOST_TEST((code_of(read_small_file(directory / "link", 10, links::refuse)) == errc::io));
}

BOOST_AUTO_TEST_CASE(a_pipe_without_a_writer_is_empty) {
  temporary_directory const directory;
  BOOST_REQUIRE(::mkfifo((directory / "pipe").c_str(), 0600) == 0);
  BOOST_TEST(read_small_file(directory / "pipe", 10).value().empty());
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
