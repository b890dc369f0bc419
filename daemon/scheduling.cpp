#include "daemon/scheduling.hpp"

#include <linux/sched.h>
#include <linux/sched/types.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

// A call goes through several threads, and each waits for a processor if there are more threads
// than processors. The kernel (EEVDF) takes the one whose slice would end first, so that one with a
// short slice is taken earlier, and gets no more time for that. It needs no privilege.

namespace cfgd {
namespace {

constexpr std::uint64_t short_slice_ns = 100'000; // the shortest that the kernel accepts
constexpr int low_niceness = 10;

/// sched_setattr(2), for which glibc has no function.
bool schedule(std::uint32_t policy, int niceness, std::uint64_t slice_ns) {
  sched_attr how{};
  how.sched_flags = SCHED_FLAG_RESET_ON_FORK; // other threads and programs have work of any length
  how.size = SCHED_ATTR_SIZE_VER0;
  how.sched_policy = policy;
  how.sched_nice = niceness;
  how.sched_runtime = slice_ns;
  return ::syscall(SYS_sched_setattr, 0, &how, 0) == 0;
}

} // namespace

void run_promptly() {
  (void)schedule(SCHED_NORMAL, ::getpriority(PRIO_PROCESS, 0), short_slice_ns);
}

void give_way() {
  // nice(7) is of a thread here. Batch: it does not displace others when it wakes.
  if (!schedule(SCHED_BATCH, low_niceness, 0))
    (void)::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), low_niceness);
}

} // namespace cfgd
