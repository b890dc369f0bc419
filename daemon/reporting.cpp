#include "daemon/reporting.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <unistd.h>

#include <utility>

// One wake-up a second for all that nobody else wakes us for: how late the loop is, the journal,
// problems to be saved, the file of figures. An idle service needs no more often.

namespace cfgd {
namespace {

namespace asio = boost::asio;

constexpr std::chrono::seconds pace{1};
constexpr unsigned textfile_mode = 0644; // another user's program reads it

} // namespace

reporting::reporting(asio::any_io_executor const& loop, parts with, textfile where)
    : with_(std::move(with)), where_(std::move(where)), timer_(loop), next_textfile_(clock::now()) {
  metrics::add_service_metrics(figures_, {.what = with_.what,
                                          .writer = with_.writer,
                                          .streams = with_.streams,
                                          .files = with_.files,
                                          .server = with_.server,
                                          .checks = with_.checks,
                                          .wrong = with_.wrong.kept(),
                                          .loop_lag = lag_,
                                          .started = wall_now(),
                                          .ready = with_.ready});
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
  look_at_watches();
  if (where_.path.empty() || writing_ || now < next_textfile_) return;
  next_textfile_ = now + where_.interval;
  write_textfile();
}

void reporting::look_at_watches() {
  bool const polls = with_.files.figures().polled_directories > 0;
  if (std::exchange(polls_, polls) && !polls)
    report_over("not_watched", "all directories of sources are watched again");
}

void reporting::write_textfile() {
  writing_ = true;
  file_writer::order what{
      .path = where_.path, .text = metrics::to_prometheus_text(text()), .mode = textfile_mode};
  with_.disk.write(std::move(what), [this](result<void> const& outcome) { note_written(outcome); });
}

void reporting::note_written(result<void> const& outcome) {
  writing_ = false;
  auto const path = where_.path.string();
  if (outcome) {
    if (std::exchange(cannot_write_, false))
      report_over("file_unwritten", "'" + path + "' can be written again", path);
  } else if (!std::exchange(cannot_write_, true)) {
    report("file_unwritten", "'" + path + "': " + outcome.error().message, {{"CFGD_PATH", path}});
  }
}

} // namespace cfgd
