#include "core/standard_descriptors.hpp"

#include <fcntl.h>
#include <sysexits.h>
#include <unistd.h>

// open(2) returns the lowest free number. So a program that was started without descriptor 2 opens
// its store there, and an error message of a library overwrites a page of it.

namespace cfgd {

void fill_standard_descriptors() noexcept {
  for (int number = STDIN_FILENO; number <= STDERR_FILENO; ++number) {
    if (::fcntl(number, F_GETFD) >= 0) continue;
    // Those below are open, so this one is the lowest free number.
    int const opened = ::open("/dev/null", number == STDERR_FILENO ? O_WRONLY : O_RDONLY);
    if (opened != number) ::_exit(EX_OSFILE);
  }
}

bool has_standard_descriptors() noexcept {
  for (int number = STDIN_FILENO; number <= STDERR_FILENO; ++number)
    if (::fcntl(number, F_GETFD) < 0) return false;
  return true;
}

} // namespace cfgd
