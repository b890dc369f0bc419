/// cfgctl: read, change and observe the configuration of this machine.
///
/// main parses the command line (command_line), runs the command (commands/, one file for each
/// family) and returns its exit code. Expected failures are return values; an exception that
/// arrives here is an unexpected failure of the system.

#include "cfgctl/command_line.hpp"
#include "cfgctl/output.hpp"
#include "cfgctl/pager.hpp"
#include "cfgctl/session.hpp"
#include "core/standard_descriptors.hpp"

#include <csignal>
#include <exception>
#include <string>

namespace cfgd::cfgctl {
namespace {

exit_code parse_and_run(int argc, char const* const* argv) {
  auto const line = parse_command_line(argc, argv);
  if (auto const* const end = std::get_if<early_end>(&line)) {
    complain(end->err);
    print(end->out);
    return end->code;
  }
  auto const& asked = std::get<invocation>(line);
  pager const reader(asked.is_long ? pager::use::yes : pager::use::no);
  try {
    return asked.run(asked.all);
  } catch (output_failed const&) {
    throw;
  } catch (std::exception const& broken) {
    return fail(asked.all, broken.what(), exit_code::trouble);
  }
}

} // namespace
} // namespace cfgd::cfgctl

int main(int argc, char** argv) {
  using namespace cfgd::cfgctl;
  cfgd::fill_standard_descriptors();
  ::signal(SIGPIPE, SIG_IGN); // write(2) reports a closed pipe
  ::signal(SIGCHLD, SIG_DFL); // ignored by a parent, it would leave nothing to wait for
  try {
    return static_cast<int>(parse_and_run(argc, argv));
  } catch (output_failed const& failed) {
    if (failed.closed()) return static_cast<int>(exit_code::ok);
    complain(std::string("cfgctl: ") + failed.what() + '\n');
  } catch (std::exception const& broken) {
    complain(std::string("cfgctl: ") + broken.what() + '\n');
  }
  return static_cast<int>(exit_code::trouble);
}
