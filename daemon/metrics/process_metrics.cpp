#include "core/log.hpp"
#include "daemon/health/system_checks.hpp"
#include "daemon/metrics/service_metrics.hpp"
#include "daemon/version.hpp"

#include <chrono>
#include <cstdint>

// Figures that any process has. /proc/self is visible in the sandbox (ProcSubset=pid), and reading
// it needs no disk, so the loop reads it.

namespace cfgd::metrics {
namespace {

void add_log(registry& to) {
  to.add({.name = "cfgd_log_lines", .what = type::counter, .help = "Lines of the log by level."},
         [](sampler& into) {
           for (auto const& [level, lines] : log::figures().written)
             into.value(lines, {{"level", log::to_string(level)}});
         });
  to.add({.name = "cfgd_log_lines_suppressed",
          .what = type::counter,
          .help = "Lines that were left out because there were too many like them."},
         [](sampler& into) { into.value(log::figures().suppressed); });
  to.add({.name = "cfgd_log_lines_lost",
          .what = type::counter,
          .help = "Lines that the journal did not take."},
         [](sampler& into) { into.value(log::figures().lost); });
}

} // namespace

void add_process_metrics(registry& to, sources const& from) {
  to.add({.name = "cfgd_loop_lag_seconds",
          .what = type::histogram,
          .unit = "seconds",
          .help = "How late the loop came to a timer, once a second."},
         [&lag = from.loop_lag](sampler& into) { into.value(lag); });
  to.add({.name = "cfgd_resident_memory_bytes",
          .unit = "bytes",
          .help = "Memory of the process that is in use."},
         [](sampler& into) {
           if (auto const bytes = health::resident_bytes()) into.value(*bytes);
         });
  add_log(to);
  to.add({.name = "cfgd_ready", .help = "1 when every source was read once, else 0."},
         [ready = from.ready](sampler& into) { into.value(std::uint64_t{ready() ? 1U : 0U}); });
  to.add({.name = "cfgd_start_time_seconds",
          .unit = "seconds",
          .help = "When the service was started, in seconds since 1970."},
         [started = from.started](sampler& into) {
           into.value(std::chrono::duration<double>(started.time_since_epoch()).count());
         });
  to.add({.name = "cfgd_build_info", .help = "1, with the version."}, [](sampler& into) {
    into.value(std::uint64_t{1}, {{"version", version}});
  });
}

} // namespace cfgd::metrics
