/// top: what the service does, live.
///
/// Each sample is some calls (own_calls) over one connection, which is opened again when it is
/// lost. top_model computes what is shown, without these calls; top_screen draws it. A signal ends
/// it as the key q does.

#include "cfgctl/commands/declare.hpp"
#include "cfgctl/failure_report.hpp"
#include "cfgctl/session.hpp"
#include "cfgctl/stop_source.hpp"
#include "cfgctl/text/service_text.hpp"
#include "cfgctl/text/values.hpp"
#include "cfgctl/top/top_model.hpp"
#include "cfgctl/top/top_screen.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <optional>
#include <utility>

namespace cfgd::cfgctl {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::int64_t changes_shown = 5;
/// Keys are not read during a sample, so that it must not take longer.
constexpr milliseconds sample_limit{5'000};

struct options {
  double interval_s = 2;
  bool once = false; ///< one frame as text

  milliseconds interval() const { return milliseconds(std::lround(interval_s * 1000)); }
};

/// Takes samples, over a connection that is opened when it is needed.
class sampler {
 public:
  explicit sampler(context const& all) : all_(all) {}

  client::result<top_sample> take() {
    auto found = try_take();
    if (!found && found.error().kind != client::failure::refused) service_.reset();
    return found;
  }

 private:
  client::result<top_sample> try_take() {
    if (!service_) {
      auto made = client::connection::connect(all_.socket, all_.time_limit.value_or(sample_limit));
      if (!made) return made.error();
      service_.emplace(std::move(*made));
    }
    auto figures = service_->figures();
    if (!figures) return figures.error();
    top_sample out;
    out.when = steady_clock::now();
    out.at = wall_now();
    out.figures = std::move(*figures);
    auto health = service_->health();
    if (!health) return health.error();
    out.health = std::move(*health);
    client::log_query query;
    query.limit = changes_shown;
    // A user who may not read the history sees the rest.
    auto changes = service_->log(query);
    if (!changes && changes.error().kind != client::failure::refused) return changes.error();
    if (changes) out.changes = std::move(changes->changes);
    auto sources = service_->sources();
    if (!sources && sources.error().kind != client::failure::refused) return sources.error();
    if (sources) {
      std::ranges::copy_if(*sources, std::back_inserter(out.bad_files), is_bad);
    }
    client::problem_query newest;
    newest.limit = 1;
    auto problems = service_->problems(newest);
    if (!problems && problems.error().kind != client::failure::refused) return problems.error();
    if (problems && !problems->problems.empty())
      out.last_problem = std::move(problems->problems.front());
    auto use = service_->call("io.cfgd.Service.Usage");
    if (!use && use.error().kind != client::failure::refused) return use.error();
    if (use) out.use = std::move(*use);
    return out;
  }

  context const& all_;
  std::optional<client::connection> service_;
};

std::vector<frame_line> help_frame() {
  std::vector<frame_line> out;
  for (char const* const line :
       {"q  quit", "p  pause", "s  sort methods by calls, p99, total, name", "+  update less often",
        "-  update more often", "h  help", "", "CALLS and FAILED are per second. P50 and P99 are",
        "of the calls since the last update.", "", "Press any key to go back."})
    out.push_back({line});
  return out;
}

/// Prints what happened between two samples, one interval apart.
exit_code print_once(context const& all, options const& what) {
  stop_source const until;
  sampler service(all);
  top_model model;
  for (int const count : {0, 1}) {
    if (count == 1) {
      // Waits for the end of the interval, or a signal.
      pollfd stop{.fd = until.descriptor(), .events = POLLIN, .revents = 0};
      if (::poll(&stop, 1, static_cast<int>(what.interval().count())) > 0) return exit_code::ok;
    }
    auto sample = service.take();
    if (!sample) return report(all, "top", sample.error());
    model.add(std::move(*sample));
  }
  constexpr std::size_t rows_of_text = 1'000;
  if (all.as_json()) {
    print(json_text(all.where, model.json(top_order::rate)));
    return exit_code::ok;
  }
  print(frame_text(all.where, model.frame({.columns = all.where.columns,
                                           .rows = rows_of_text,
                                           .interval = what.interval()})));
  return exit_code::ok;
}

/// The screen, until the user quits.
class live_top {
 public:
  live_top(context const& all, options const& what)
      : service_(all),
        screen_(all.where.colored ? top_screen::coloring::some : top_screen::coloring::none) {
    view_.interval = what.interval();
  }

  void run() {
    auto next = steady_clock::now();
    for (;;) {
      if (steady_clock::now() >= next) {
        if (!view_.paused) sample();
        next = steady_clock::now() + view_.interval;
      }
      draw();
      auto const key = screen_.wait(std::chrono::ceil<milliseconds>(next - steady_clock::now()),
                                    until_.descriptor());
      if (key == top_key::quit) return;
      if (apply(key)) next = steady_clock::now() + view_.interval;
    }
  }

 private:
  void sample() {
    auto newest = service_.take();
    view_.trouble = newest ? std::string() : "no answer: " + failure_line(newest.error());
    if (newest) model_.add(std::move(*newest));
  }

  void draw() {
    view_.columns = screen_.columns();
    view_.rows = screen_.rows();
    screen_.draw(helping_ ? help_frame() : model_.frame(view_));
  }

  /// Returns whether the interval was changed.
  bool apply(top_key key) {
    if (key == top_key::none || key == top_key::resized) return false;
    if (std::exchange(helping_, key == top_key::help && !helping_)) return false;
    if (key == top_key::pause) view_.paused = !view_.paused;
    if (key == top_key::sort) view_.order = next_of(view_.order);
    if (key != top_key::faster && key != top_key::slower) return false;
    auto const changed = key == top_key::faster ? view_.interval / 2 : view_.interval * 2;
    view_.interval = std::clamp(changed, milliseconds(125), milliseconds(64'000));
    return true;
  }

  stop_source until_;
  sampler service_;
  top_model model_;
  top_model::view view_;
  bool helping_ = false;
  top_screen screen_;
};

exit_code run(context const& all, options const& what) {
  if (what.once || all.as_json()) return print_once(all, what);
  if (!all.where.terminal || ::isatty(STDIN_FILENO) != 1) {
    return fail(all, "top: not a terminal; --once prints a screen as text", exit_code::usage);
  }
  live_top(all, what).run();
  return exit_code::ok;
}

} // namespace

void add_top_command(declarations const& to) {
  auto const top = declare(to, "top", "Show what the service does, and how fast, live", run);
  add_seconds(top.app, "--interval", top.options.interval_s, "Time between two updates [2]",
              {0.1, 3600});
  top->add_flag("--once", top.options.once, "Print one screen as text");
}

} // namespace cfgd::cfgctl
