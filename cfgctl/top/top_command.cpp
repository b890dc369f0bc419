/// top: what the service does, live.
///
/// One connection, which is made anew when it is lost; each look is three calls. What is shown is
/// top_model's affair, how it gets to the terminal top_screen's. `top` counts itself: its own calls
/// are among the figures, as they should be.

#include "cfgctl/failure_report.hpp"
#include "cfgctl/output.hpp"
#include "cfgctl/session.hpp"
#include "cfgctl/stop_source.hpp"
#include "cfgctl/top/top_model.hpp"
#include "cfgctl/top/top_screen.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace cfgd::cfgctl {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::int64_t changes_shown = 5;
/// A look that takes longer would make the screen deaf for keys.
constexpr milliseconds longest_look{5'000};

/// Asks the service, over a connection that it makes when there is none.
class looker {
 public:
  explicit looker(context const& all) : all_(all) {}

  client::result<top_sample> look() {
    auto found = try_look();
    if (!found && found.error().kind != client::failure::refused) service_.reset();
    return found;
  }

 private:
  client::result<top_sample> try_look() {
    if (!service_) {
      auto made = client::connection::connect(all_.asked.socket,
                                              all_.asked.time_limit.value_or(longest_look));
      if (!made) return made.error();
      service_.emplace(std::move(*made));
    }
    auto const text = service_->metrics();
    if (!text) return text.error();
    top_sample out;
    out.when = steady_clock::now();
    out.at = wall_now();
    out.figures = metrics_sample::parse(*text);
    auto health = service_->health();
    if (!health) return health.error();
    out.health = std::move(*health);
    client::log_query query;
    query.limit = changes_shown;
    // Who may not read history sees all the rest.
    auto changes = service_->log(query);
    if (!changes && changes.error().kind != client::failure::refused) return changes.error();
    if (changes) out.changes = std::move(changes->changes);
    return out;
  }

  context const& all_;
  std::optional<client::connection> service_;
};

std::vector<frame_line> help_frame() {
  std::vector<frame_line> out;
  for (char const* const line :
       {"q  quit", "p  pause", "s  sort methods by calls, p99, total, name", "+  look less often",
        "-  look more often", "h  help", "", "CALLS and FAILED are in a second. P50 and P99 are",
        "of calls since the last look.", "", "Any key goes back."})
    out.push_back({{.text = line, .color = tint::plain}});
  return out;
}

/// Two looks, one interval apart, as text.
exit_code print_once(context const& all, top_command const& what) {
  stop_source const until;
  looker service(all);
  top_model model;
  for (int const look : {0, 1}) {
    if (look == 1) {
      // Nothing else is waited for than the end of the interval, or a signal.
      pollfd stop{.fd = until.descriptor(), .events = POLLIN, .revents = 0};
      if (::poll(&stop, 1, static_cast<int>(what.interval.count())) > 0) return exit_code::ok;
    }
    auto sample = service.look();
    if (!sample) return report("top", sample.error());
    model.add(std::move(*sample));
  }
  constexpr std::size_t rows_of_text = 1'000;
  print(frame_text(all.where, model.frame({.columns = all.where.columns,
                                           .rows = rows_of_text,
                                           .interval = what.interval})));
  return exit_code::ok;
}

/// The screen, until somebody quits.
class live_top {
 public:
  live_top(context const& all, top_command const& what)
      : service_(all),
        screen_(all.where.colored ? top_screen::coloring::some : top_screen::coloring::none) {
    view_.interval = what.interval;
  }

  void run() {
    auto next = steady_clock::now();
    for (;;) {
      if (steady_clock::now() >= next) {
        if (!view_.paused) look();
        next = steady_clock::now() + view_.interval;
      }
      draw();
      auto const key = screen_.wait(std::chrono::ceil<milliseconds>(next - steady_clock::now()));
      if (key == top_key::quit) return;
      if (take(key)) next = steady_clock::now() + view_.interval;
    }
  }

 private:
  void look() {
    auto sample = service_.look();
    view_.trouble = sample ? std::string() : "no answer: " + failure_line(sample.error());
    if (sample) model_.add(std::move(*sample));
  }

  void draw() {
    view_.columns = screen_.columns();
    view_.rows = screen_.rows();
    screen_.draw(helping_ ? help_frame() : model_.frame(view_));
  }

  /// Whether the interval is another one.
  bool take(top_key key) {
    if (key == top_key::none || key == top_key::resized) return false;
    if (std::exchange(helping_, key == top_key::help && !helping_)) return false;
    if (key == top_key::pause) view_.paused = !view_.paused;
    if (key == top_key::sort) view_.order = next_of(view_.order);
    if (key != top_key::faster && key != top_key::slower) return false;
    auto const changed = key == top_key::faster ? view_.interval / 2 : view_.interval * 2;
    view_.interval = std::clamp(changed, milliseconds(125), milliseconds(64'000));
    return true;
  }

  looker service_;
  top_model model_;
  top_model::view view_;
  bool helping_ = false;
  top_screen screen_;
};

} // namespace

exit_code run(context const& all, top_command const& what) {
  if (what.once) return print_once(all, what);
  if (!all.where.terminal || ::isatty(STDIN_FILENO) != 1) {
    complain("cfgctl: top: this is no terminal; --once prints a screen as text\n");
    return exit_code::usage;
  }
  live_top(all, what).run();
  return exit_code::ok;
}

} // namespace cfgd::cfgctl
