#include "daemon/problems/problems_keeper.hpp"

#include "daemon/small_file.hpp"

#include <boost/asio/post.hpp>

#include <chrono>
#include <map>
#include <string>
#include <utility>
#include <variant>

// Log lines are collected on the thread that writes them, and go to the loop as messages. These
// have a weak pointer to the list, as some may still be queued when the service ends.
//
// The file is written at most once a second and never by the loop. After a crash it may be a second
// old; the store knows which sources are not effective, so both are compared after a start.

namespace cfgd {
namespace {

namespace asio = boost::asio;

constexpr std::size_t most_file_bytes = 4 * std::size_t{1024} * 1024;
constexpr std::string_view journal_problem = "log_lines_lost";

situation const& situation_of(engine::source_row const& row) {
  auto const code = row.why ? row.why->code : errc::io;
  std::string_view name = "source_unavailable";
  if (code == errc::parse)
    name = "source_unreadable";
  else if (code == errc::untrusted)
    name = "source_untrusted";
  else if (row.status == engine::source_status::quarantined)
    name = row.id.what == source_kind::schema ? "schema_refused" : "source_refused";
  return *find_situation(name);
}

} // namespace

struct problems_keeper::state {
  problems kept;
  bool dirty = false;

  void take(meaning const& what) {
    if (auto const* const happened = std::get_if<occurrence>(&what)) {
      note(*happened);
    } else if (auto const* const over = std::get_if<ending>(&what)) {
      std::size_t ended =
          over->situations.empty() ? kept.resolve_file(over->source, wall_now()) : 0;
      for (auto const& name : over->situations)
        ended += kept.resolve(name, over->source, wall_now());
      dirty |= ended > 0;
    }
  }

  void note(occurrence const& what) {
    // What was critical and is now a warning, or the other way round, is no more what it was.
    auto const other = what.what.name == "check_critical"  ? "check_warning"
                       : what.what.name == "check_warning" ? "check_critical"
                                                           : "";
    kept.resolve(other, what.source, wall_now());
    kept.note(what, wall_now());
    dirty = true;
  }
};

problems_keeper::problems_keeper(asio::any_io_executor loop, file_writer& files,
                                 std::filesystem::path file)
    : loop_(std::move(loop)), files_(files), file_(std::move(file)),
      state_(std::make_shared<state>()), lost_(log::figures().lost) {
  listener_.emplace([this, found = std::weak_ptr(state_)](log::record const& line) {
    auto what = interpret(line);
    if (std::holds_alternative<std::monostate>(what)) return;
    asio::post(loop_, [found, what = std::move(what)] {
      if (auto const list = found.lock()) list->take(what);
    });
  });
  read_file();
}

problems_keeper::~problems_keeper() = default;

problems const& problems_keeper::kept() const { return state_->kept; }

void problems_keeper::clear() {
  state_->kept.clear();
  state_->dirty = true;
}

void problems_keeper::read_file() {
  auto const text = read_small_file(file_, most_file_bytes, links::refuse);
  if (text && state_->kept.read_text(*text, wall_now())) return;
  if (!text && text.error().code == errc::not_found) return;
  report("problems_unreadable",
         "'" + file_.string() + "': " + (text ? "it is damaged" : text.error().message),
         {{"CFGD_PATH", file_.string()}});
}

void problems_keeper::compare(std::vector<engine::source_row> const& rows) {
  std::map<std::string, engine::source_row const*> faulty;
  for (auto const& row : rows)
    if (row.status != engine::source_status::active) faulty.emplace(row.path, &row);
  std::vector<std::string> over;
  for (auto const* const one : state_->kept.list())
    if (!one->resolved && one->what->how_long == lasting::file && faulty.erase(one->source) == 0)
      over.push_back(one->source);
  for (auto const& path : over)
    state_->kept.resolve_file(path, wall_now());
  for (auto const& [path, row] : faulty)
    state_->kept.note({.what = situation_of(*row),
                       .message = row->why ? row->why->message : "it was not effective before",
                       .source = path},
                      wall_now());
  state_->dirty |= !over.empty() || !faulty.empty();
}

void problems_keeper::tick() {
  watch_journal();
  if (state_->dirty && !saving_) save({});
}

void problems_keeper::watch_journal() {
  log::report_lost();
  auto const figures = log::figures();
  auto& kept = state_->kept;
  bool const is_open = kept.is_open(journal_problem, {});
  if (figures.lost == lost_ && !is_open) return;
  if (!is_open)
    kept.note(
        {.what = *find_situation(journal_problem), .message = "the journal does not accept lines"},
        wall_now());
  auto const lines = std::to_string(figures.lost);
  if (figures.lost != std::exchange(lost_, figures.lost) || !is_open)
    kept.amend(journal_problem, "lines", lines);
  if (figures.unreported == 0) kept.resolve(journal_problem, {}, wall_now());
  state_->dirty = true;
}

void problems_keeper::save(std::function<void()> done) {
  if (!state_->dirty && !saving_) {
    if (done) done();
    return;
  }
  state_->dirty = false;
  saving_ = true;
  files_.write({.path = file_, .text = state_->kept.to_text()},
               [this, done = std::move(done)](result<void> const& outcome) {
                 saved(outcome);
                 if (done) done();
               });
}

void problems_keeper::saved(result<void> const& outcome) {
  saving_ = false;
  state_->dirty |= !outcome; // the next tick tries again
  report_write(file_, outcome, cannot_save_);
}

} // namespace cfgd
