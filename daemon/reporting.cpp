#include "daemon/reporting.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <unistd.h>

#include <algorithm>
#include <utility>

// One timer a second for everything without an event of its own: the lateness of the loop, the
// journal, unsaved problems, the metrics file.

namespace cfgd {
namespace {

namespace asio = boost::asio;

constexpr std::chrono::seconds pace{1};
constexpr unsigned textfile_mode = 0644; // another user's program reads it

} // namespace

reporting::reporting(asio::any_io_executor const& loop, parts with, textfile where)
    : with_(std::move(with)), where_(std::move(where)), timer_(loop), next_textfile_(clock::now()) {
  metrics::add_service_metrics(
      figures_, {with_, with_.checks, with_.wrong.kept(), lag_, wall_now(), with_.ready});
}

asio::awaitable<void> reporting::run() {
  for (;;) {
    timer_.expires_after(pace);
    auto const [cancelled] = co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
    if (cancelled) co_return;
    auto const now = clock::now();
    lag_.observe(now - timer_.expiry());
    tick(now);
  }
}

void reporting::tick(clock::time_point now) {
  with_.wrong.tick();
  with_.look_at_inputs();
  look_at_watches();
  look_at_memory(now);
  if (where_.path.empty() || writing_ || now < next_textfile_) return;
  next_textfile_ = now + where_.interval;
  write_textfile();
}

// Whatever a change brings was parsed, merged and written before; at a start it is everything.
void reporting::look_at_memory(clock::time_point now) {
  auto most = std::max(with_.server.take_peak_bytes(), with_.values.take_changed_bytes());
  if (with_.ready() && !std::exchange(has_started_, true)) {
    release_.start(); // and again when the first checks are over
    most = std::max(most, memory_release::least_peak_bytes);
  }
  release_.look(with_.server.users().all().sum(), most, now);
}

void reporting::look_at_watches() {
  bool const polls = with_.files.figures().polled_directories > 0;
  if (std::exchange(polls_, polls) && !polls)
    report_over("not_watched", "all directories of sources are watched again");
}

void reporting::write_textfile() {
  writing_ = true;
  file_writer::order what{.path = where_.path,
                          .text = metrics::to_prometheus_text(figures_.text()),
                          .mode = textfile_mode};
  with_.disk.write(std::move(what), [this](result<void> const& outcome) {
    writing_ = false;
    report_write(where_.path, outcome, cannot_write_);
  });
}

} // namespace cfgd
