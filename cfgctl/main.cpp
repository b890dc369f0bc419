/// cfgctl: read, change and observe the configuration of this machine.
///
/// main knows the order of things and nothing else: the command line is read (command_line), the
/// command runs (one file for each family), and what it ends with becomes the exit code. Outcomes
/// come back as values; what arrives here as an exception is a broken world.

#include "cfgctl/command_line.hpp"
#include "cfgctl/commands/commands.hpp"
#include "cfgctl/output.hpp"

#include <csignal>
#include <exception>
#include <string>

namespace cfgd::cfgctl {
namespace {

exit_code run_all(int argc, char const* const* argv) {
  auto const line = parse_command_line(argc, argv);
  if (auto const* end = std::get_if<early_end>(&line)) {
    complain(end->err);
    print(end->out);
    return end->code;
  }
  auto const& asked = std::get<invocation>(line);
  context const all{.asked = asked, .where = screen_of_output(asked.color)};
  return std::visit([&](auto const& what) { return run(all, what); }, asked.what);
}

} // namespace
} // namespace cfgd::cfgctl

int main(int argc, char** argv) {
  using namespace cfgd::cfgctl;
  ::signal(SIGPIPE, SIG_IGN); // a closed pipe is seen by write(2)
  try {
    return static_cast<int>(run_all(argc, argv));
  } catch (output_failed const& failed) {
    if (failed.closed()) return static_cast<int>(exit_code::ok);
    complain(std::string("cfgctl: ") + failed.what() + '\n');
    return static_cast<int>(exit_code::trouble);
  } catch (std::exception const& broken) {
    complain(std::string("cfgctl: ") + broken.what() + '\n');
    return static_cast<int>(exit_code::trouble);
  }
}
