/// The command line of what tells how the service is: health, problems, metrics, top, doctor,
/// limits.

#include "cfgctl/command_line_parts.hpp"

#include <cmath>

namespace cfgd::cfgctl {

void add_health_commands(CLI::App& app, parsed& into) {
  auto* health = app.add_subcommand("health", "Print the checks; ends as a monitoring plugin does");
  health->add_option("CHECK", into.health.checks, "Only these; without, all")->type_name("");
  health->add_flag("--run", into.health.run, "Run them now");
  choose(*health, into, [&] { return into.health; });

  auto* problems = app.add_subcommand("problems", "Print the errors that were recorded");
  auto* kind =
      problems->add_option("KIND", into.problems.kind, "Only of this kind: parse, schema, ...")
          ->type_name("");
  auto* limit = problems->add_option("-n,--limit", into.problems.limit, "At most so many")
                    ->type_name("N")
                    ->check(CLI::PositiveNumber);
  auto* open = problems->add_flag("--open", into.problems.open, "Only those that are not over");
  problems->add_flag("--clear", into.problems.clear, "Forget all of them")
      ->excludes(kind)
      ->excludes(limit)
      ->excludes(open);
  choose(*problems, into, [&] { return into.problems; });

  auto* metrics = app.add_subcommand("metrics", "Print all figures as OpenMetrics text");
  choose(*metrics, into, [] { return metrics_command(); });

  auto* top = app.add_subcommand("top", "Show what the service does, and how fast, live");
  auto const read = [&into](double seconds) {
    into.top.interval = std::chrono::milliseconds(std::lround(seconds * 1000));
  };
  top->add_option_function<double>("--interval", read, "Time between two looks [2]")
      ->type_name("SECONDS")
      ->check(CLI::Range(0.1, 3600.0));
  top->add_flag("--once", into.top.once, "Print one screen as text");
  choose(*top, into, [&] { return into.top; });

  auto* doctor = app.add_subcommand("doctor", "Look at the installation and say what to do");
  doctor->add_option("--root", into.doctor.root, "The tree of 'cfgd --root'")->type_name("DIR");
  choose(*doctor, into, [&] { return into.doctor; });

  auto* limits = app.add_subcommand("limits", "Print every limit of the service");
  choose(*limits, into, [] { return limits_command(); });
}

} // namespace cfgd::cfgctl
