#pragma once

#include <cstdio>
#include <cstdlib>

namespace cfgd::test {

/// Stops the program, as a fuzzer wants it, if the code under test broke a promise.
inline void require(bool holds, char const* promise) {
  if (holds) return;
  std::fprintf(stderr, "broken promise: %s\n", promise);
  std::abort();
}

} // namespace cfgd::test
