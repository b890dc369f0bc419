#include <valgrind/callgrind.h>

#include <csignal>

// Preloaded into a program that runs in callgrind: SIGUSR2 makes callgrind write what was counted
// since the last one into a file, and count anew. The program need not know of it, and no debugger
// interface is used, which many containers forbid.

namespace {

void dump(int) { CALLGRIND_DUMP_STATS; }

[[gnu::constructor]] void install() {
  struct sigaction what {};
  what.sa_handler = dump;
  what.sa_flags = SA_RESTART;
  ::sigaction(SIGUSR2, &what, nullptr);
}

} // namespace
