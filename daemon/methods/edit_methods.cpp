#include "daemon/methods/edit_methods.hpp"

#include "core/json.hpp"
#include "daemon/methods/handlers.hpp"
#include "daemon/methods/parameters.hpp"
#include "daemon/methods/reply.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <utility>

// none -> beginning -> holding -> ending -> none
//
// The beginning and the end each look at the files: a file that was saved before BeginEdit is
// committed as usual, and one that was saved before EndEdit is part of the edit, though it may
// still be settling. Files are collected only between the two. EndEdit, the holder's connection and
// the deadline end an edit in the same way; all calls that wait for it get the decision.

namespace cfgd {
namespace {

using watchers::source_watcher;

/// Why files are not effective as they were saved, and warnings. An issue that several files have
/// is listed once.
std::vector<issue> issues_of(engine::committed_change const& done) {
  std::vector<issue> all;
  for (auto const& one : done.transitions) {
    if (one.gone || one.now.status == engine::source_status::active || !one.now.why) continue;
    for (auto& found : issues_of(*one.now.why)) {
      if (found.path.empty()) found.path = one.now.path;
      if (std::ranges::find(all, found) == all.end()) all.push_back(std::move(found));
    }
  }
  all.insert(all.end(), done.warnings.begin(), done.warnings.end());
  return all;
}

std::string edit_reply(engine::committed_change const& done) {
  std::string out = "{\"revision\":" + std::to_string(done.revision) + ",\"changed\":";
  append_strings(out, changed_keys(done));
  out += ",\"issues\":";
  json::append_compact(out, to_json(issues_of(done)));
  return out += '}';
}

} // namespace

edit_methods::edit_methods(parts with, limits const& bounds)
    : parts_(std::move(with)), bounds_(bounds) {}

bool edit_methods::hold(std::vector<watchers::observation>& observed) {
  if (phase_ != phase::holding && phase_ != phase::ending) return false;
  held_.hold(std::move(observed));
  parts_.what.note_waiting_files(held_.size());
  return true;
}

std::optional<wall_time> edit_methods::deadline() const {
  if (phase_ != phase::holding) return std::nullopt;
  return deadline_;
}

std::optional<edit_methods::clock::time_point> edit_methods::ends_at() const {
  if (phase_ != phase::holding) return std::nullopt;
  return ends_at_;
}

void edit_methods::end_overdue(clock::time_point now) {
  if (phase_ == phase::holding && ends_at_ <= now) finish();
}

void edit_methods::begin(authorized_call const& asked) {
  auto const& answer = asked.answer;
  auto const time = check_seconds(
      integer_of(asked.parameters, "seconds")
          .value_or(std::chrono::duration_cast<std::chrono::seconds>(bounds_.edit_time).count()),
      "seconds", bounds_);
  if (!time) {
    fail(answer, config_interface, time.error());
    return;
  }
  if (phase_ != phase::none) {
    answer.fail("io.cfgd.Config.EditInProgress", "{\"uid\":" + std::to_string(holder_) +
                                                     ",\"deadline\":\"" + to_rfc3339(deadline_) +
                                                     "\"}");
    return;
  }
  phase_ = phase::beginning;
  holder_ = asked.from.uid;
  deadline_ = wall_now() + *time;
  ends_at_ = clock::now() + *time;
  begun_.emplace(waiter{answer, asked.by.visible()});
  answer.on_closed([this] {
    if (phase_ == phase::holding) finish();
  });
  parts_.files.look_now(source_watcher::depth::changed, [this] { begin_holding(); });
}

void edit_methods::begin_holding() {
  if (!begun_->answer.alive()) {
    phase_ = phase::none;
    begun_.reset();
    for (auto const& one : std::exchange(ends_, {}))
      one.answer.fail("io.cfgd.Config.NoEdit");
    return;
  }
  phase_ = phase::holding;
  begun_->answer.reply_continues("{\"deadline\":\"" + to_rfc3339(deadline_) + "\"}");
  parts_.deadline_changed();
  if (!ends_.empty()) finish();
}

void edit_methods::end(authorized_call const& asked) {
  if (phase_ == phase::none) {
    asked.answer.fail("io.cfgd.Config.NoEdit");
    return;
  }
  ends_.push_back({asked.answer, asked.by.visible()});
  if (phase_ == phase::holding) finish();
}

void edit_methods::finish() {
  phase_ = phase::ending;
  parts_.deadline_changed();
  parts_.files.look_now(source_watcher::depth::changed, [this] { commit(); });
}

void edit_methods::commit() {
  phase_ = phase::none;
  auto [edit, behind] = held_.release();
  parts_.what.note_waiting_files(0);
  auto waiting = std::exchange(ends_, {});
  if (auto const begun = std::exchange(begun_, std::nullopt)) waiting.push_back(*begun);
  auto const answer_all = [waiting](engine::decision const& made) {
    for (auto const& one : waiting) {
      if (made)
        one.answer.reply(edit_reply(one.may_read.part_of(*made)));
      else
        fail(one.answer, config_interface, one.may_read.part_of(made.error()));
    }
  };
  if (edit.empty())
    answer_all(engine::committed_change{.revision = parts_.what.revision()});
  else
    parts_.record(std::move(edit), engine::grouping::all_or_none, answer_all);
  if (!behind.empty())
    parts_.record(std::move(behind), engine::grouping::one_change, [](engine::decision const&) {});
}

void methods::begin_edit(method_context& with, authorized_call const& asked) {
  with.edits.begin(asked);
}
void methods::end_edit(method_context& with, authorized_call const& asked) {
  with.edits.end(asked);
}

} // namespace cfgd
