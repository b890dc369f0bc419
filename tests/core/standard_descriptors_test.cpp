#include "core/standard_descriptors.hpp"
#include "tests/support/child_process.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace {

using cfgd::test::child_process;

} // namespace

// Suites are namespaces: not in the global one, where the names of functions are.
namespace cases {
BOOST_AUTO_TEST_SUITE(standard_descriptors)

BOOST_AUTO_TEST_CASE(closed_ones_are_filled_and_open_ones_stay) {
  child_process program([](int) {
    ::close(STDIN_FILENO);
    ::close(STDERR_FILENO);
    if (cfgd::has_standard_descriptors()) return 1;
    char one = 'x';

    cfgd::fill_standard_descriptors();

    if (!cfgd::has_standard_descriptors()) return 2;
    if (::read(STDIN_FILENO, &one, 1) != 0) return 3;
    if (::write(STDERR_FILENO, &one, 1) != 1) return 4;
    int const next = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    return next > STDERR_FILENO ? 0 : 5;
  });
  BOOST_TEST(program.wait() == 0);
}

BOOST_AUTO_TEST_CASE(output_that_was_closed_fails_as_before) {
  child_process program([](int) {
    ::close(STDOUT_FILENO);
    cfgd::fill_standard_descriptors();
    return ::write(STDOUT_FILENO, "x", 1) < 0 && errno == EBADF ? 0 : 1;
  });
  BOOST_TEST(program.wait() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
