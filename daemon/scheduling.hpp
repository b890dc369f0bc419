#pragma once

namespace cfgd {

/// How the kernel schedules the calling thread beside others of this machine. Both do what they
/// can: a kernel or a sandbox that does not allow it changes nothing.

/// It is to run soon when it wakes, for a short time: Linux 6.12 and later.
void run_promptly();
/// It is to give way to others, and to work long when it works.
void give_way();

} // namespace cfgd
