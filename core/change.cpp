#include "core/change.hpp"

#include <time.h>

#include <cstdio>

namespace cfgd {

std::string to_rfc3339(wall_time when) {
  auto const seconds = std::chrono::floor<std::chrono::seconds>(when);
  auto const milliseconds = static_cast<int>((when - seconds).count());
  std::time_t const since_epoch = seconds.time_since_epoch().count();
  std::tm parts{};
  ::gmtime_r(&since_epoch, &parts);
  char text[64];
  int const length = std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
                                   parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
                                   parts.tm_hour, parts.tm_min, parts.tm_sec, milliseconds);
  return {text, static_cast<std::size_t>(length)};
}

} // namespace cfgd
