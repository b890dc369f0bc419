#pragma once

namespace cfgd::test {

/// Runs the current test case in a child process with a user namespace of its own, whose limits in
/// /proc/sys/user apply to no other process and end with it. Returns true in the child, which has
/// to run the body of the case. Returns false in the parent, after the child has ended; a child
/// that failed fails the case. Where namespaces are not allowed, or the user is not root, it prints
/// that the case is skipped and returns false.
bool enter_user_namespace();

/// Sets a limit below /proc/sys/user of the namespace that enter_user_namespace() made.
/// Throws std::runtime_error.
void set_namespace_limit(char const* name, int value);

} // namespace cfgd::test
