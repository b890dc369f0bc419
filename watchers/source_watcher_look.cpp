/// The looks of the source watcher: what is looked at, and what happens with the findings.
///
/// A look is planned from the settled paths, the callers of look_now() and the time. It runs on the
/// worker; its result is evaluated here. Bytes are reported, are not news, or come too early. Bytes
/// that come too early go back to settle and are read again whatever stat(2) returns; callers of
/// look_now() wait for them.
#include "core/log.hpp"
#include "core/message_ids.hpp"
#include "watchers/source_watcher_impl.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

namespace asio = boost::asio;

namespace cfgd::watchers {
namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

std::string why_unwatched(int code) {
  if (code == ENOSPC) return "raise the sysctl fs.inotify.max_user_watches";
  if (code == EMFILE) return "raise the sysctl fs.inotify.max_user_instances";
  if (code == EDQUOT) return "the limit watched_directories is reached";
  return std::generic_category().message(code);
}

/// False for a time stamp in the future: the clock was set back.
bool changed_after(file_identity const& identity, std::chrono::system_clock::time_point when) {
  std::chrono::nanoseconds const changed(identity.changed_ns);
  return changed > when.time_since_epoch() &&
         changed <= std::chrono::system_clock::now().time_since_epoch();
}

} // namespace

bool source_watcher::impl::plan(look_request& next) {
  bool const waited_for =
      std::any_of(waiters_.begin(), waiters_.end(), [](waiter const& who) { return !who.looked; });
  current_ = {};
  current_.asked = waited_for || first_;
  if (current_.asked) drain();
  auto const now = clock::now();
  current_.began = std::chrono::system_clock::now();
  auto group = current_.asked ? settle_.take_closed(now) : settle_.take(now);
  next.whole = current_.asked || now >= next_sweep_;
  for (auto& one : group) {
    if (one.subject == everything) next.whole = true;
    routes_.add_units(one.subject, next);
    auto subject = one.subject;
    current_.released.emplace(std::move(subject), std::move(one));
  }
  if (now >= next_poll_) {
    routes_.add_polled(next);
    next_poll_ = now + how_.poll;
  }
  plan_missing(next, now);
  plan_emptied(next, now);
  if (!next.whole && next.roots.empty() && next.units.empty() && next.entries.empty()) return false;
  for (auto& who : waiters_) {
    if (!std::exchange(who.looked, true))
      current_.how_far = std::max(current_.how_far, who.how_far);
  }
  current_.whole = next.whole;
  next.how_far = current_.how_far;
  next.skip = settle_.subjects();
  next.again = std::exchange(again_, {});
  next.lost_watches = std::exchange(lost_watches_, {});
  return true;
}

/// What will be released in a moment is read before, so that then only its identity is checked.
bool source_watcher::impl::plan_ahead(look_request& next) {
  for (auto const& subject : settle_.take_ahead(clock::now()))
    routes_.add_units(subject, next);
  next.units.clear();
  next.roots.clear();
  next.is_ahead = current_.is_ahead = !next.entries.empty();
  return next.is_ahead;
}

void source_watcher::impl::plan_missing(look_request& next, clock::time_point now) {
  for (auto const& id : ledger_.overdue(now)) {
    auto const location = ledger_.location(id);
    if (settle_.settles(location)) {
      ledger_.postpone(id, now + how_.quiet + 10ms);
      continue;
    }
    next.units.insert(unit_of(id));
    current_.overdue.push_back(id);
  }
}

void source_watcher::impl::plan_emptied(look_request& next, clock::time_point now) {
  // A file that settles is left out of the look: it has another turn.
  for (auto const& id : ledger_.take_due_emptied(now, now + how_.quiet + 10ms)) {
    next.units.insert(unit_of(id));
    again_.push_back(id);
  }
}

void source_watcher::impl::start(look_request next) {
  busy_ = true;
  if (!next.is_ahead) ++figures_.looks;
  asio::post(worker_, [this, box = inbox_, next = std::move(next)] {
    look_result result;
    std::exception_ptr failure;
    try {
      result = looker_.look(next);
    } catch (...) {
      failure = std::current_exception();
    }
    asio::post(loop_, [box, failure, result = std::move(result)]() mutable {
      if (box->owner != nullptr) box->owner->on_look(std::move(result), failure);
    });
  });
}

void source_watcher::impl::on_look(look_result result, std::exception_ptr const& failure) {
  if (failure || !inbox_->running) {
    busy_ = false;
    failure_ = failure;
    timer_.cancel();
    return;
  }
  if (current_.is_ahead) {
    figures_.reads += result.reads;
    early_.clear(); // it has set no watches
    busy_ = false;
    pump();
    return;
  }
  routes_.apply(result);
  for (auto& [event, name] : std::exchange(early_, {})) {
    event.name = name;
    if (routes_.knows(event.watch)) on_event(event);
  }
  drain();
  figures_.watches = result.watch_count;
  figures_.polled_directories = result.unwatched.size();
  figures_.reads += result.reads;

  // A mask first: what it hides must not be reported before it.
  std::stable_partition(result.findings.begin(), result.findings.end(), [](finding const& one) {
    return std::holds_alternative<finding::mask>(one.what);
  });
  std::vector<observation> observations;
  for (auto& found : result.findings) {
    auto const id = found.id;
    auto const outcome = evaluate(std::move(found), observations);
    for (auto& who : waiters_) {
      if (outcome == ledger::outcome::settled) {
        who.unreported.erase(id);
      } else if (current_.asked && who.looked) {
        who.unreported.insert(id);
      }
    }
  }
  report_gone(observations);
  read_unmasked();
  take_others(result.others);
  figures_.sources = ledger_.size();
  warn(result);

  auto const now = clock::now();
  if (current_.whole) {
    next_sweep_ = now + how_.sweep;
    ledger_.forget_unmounts();
  }
  if (!routes_.has_unwatched()) {
    next_poll_ = clock::time_point::max();
  } else if (next_poll_ == clock::time_point::max()) {
    next_poll_ = now + how_.poll;
  }
  first_ = false;
  if (!observations.empty()) found_(std::move(observations));
  answer();
  busy_ = false;
  pump();
}

/// A write shows in the file before its event is in the queue. So if a file has changed since the
/// look was planned, or later than its last event allows, its next event is still to come and may
/// be from a writer that has not finished.
bool source_watcher::impl::is_premature(finding const& found) const {
  if (std::holds_alternative<finding::unstable>(found.what)) return true;
  auto const* const file = std::get_if<whole_file>(&found.what);
  if (file == nullptr) return false;
  if (current_.lost_events || current_.rewritten.contains(found.location)) return true;
  std::chrono::milliseconds margin = how_.quiet;
  auto const released = current_.released.find(found.location);
  if (released != current_.released.end()) {
    if (margin == 0ms && released->second.written) margin = 1ms;
    if (released->second.late) margin = 0ms;
  }
  if (current_.asked) margin = 0ms;
  return changed_after(file->identity, current_.began - margin);
}

ledger::outcome source_watcher::impl::evaluate(finding found,
                                               std::vector<observation>& observations) {
  auto const now = clock::now();
  auto const location = found.location;
  auto const id = found.id;
  if (is_premature(found)) {
    ++figures_.unstable_reads;
    auto const before = current_.released.find(location);
    look_again(id, location, before == current_.released.end() ? now : before->second.first);
    return ledger::outcome::again;
  }
  bool const all = current_.how_far == depth::all || report_all_.contains(id);
  ledger::circumstances const when{
      .now = now, .grace = first_ ? 0ms : how_.grace, .how_far = all ? depth::all : depth::changed};
  auto const outcome = ledger_.take(std::move(found), when, observations);
  if (outcome == ledger::outcome::again) {
    // A truncation shows before its event is queued, and the write after it may take long.
    look_again(id, location, now, how_.grace);
  } else {
    report_all_.erase(id);
  }
  return outcome;
}

void source_watcher::impl::look_again(source_id const& id, std::string const& location,
                                      clock::time_point first, std::chrono::milliseconds after) {
  again_.push_back(id);
  if (current_.how_far == depth::all) report_all_.insert(id);
  settle_.put_back(location, first, clock::now() + after);
}

look_unit source_watcher::impl::unit_of(source_id const& id) const {
  auto const root = std::find_if(how_.roots.begin(), how_.roots.end(),
                                 [&](source_root const& one) { return one.holds(id); });
  auto const slash = id.relative.find('/');
  return {.root = static_cast<std::size_t>(root - how_.roots.begin()),
          .name = slash == std::string::npos ? std::string() : id.relative.substr(0, slash)};
}

void source_watcher::impl::report_gone(std::vector<observation>& observations) {
  auto const now = clock::now();
  for (auto const& id : current_.overdue) {
    if (!ledger_.is_missing(id)) continue;
    if (settle_.settles(ledger_.location(id))) {
      ledger_.postpone(id, now + how_.quiet + 10ms);
      continue;
    }
    ledger_.report_gone(id, observations);
    for (auto& who : waiters_)
      who.unreported.erase(id);
  }
}

/// Files that were masked have to be read by the next look; callers of look_now() wait for them.
void source_watcher::impl::read_unmasked() {
  for (auto const& id : ledger_.take_unmasked()) {
    look_again(id, ledger_.location(id), clock::now());
    for (auto& who : waiters_)
      if (current_.asked && who.looked) who.unreported.insert(id);
  }
}

void source_watcher::impl::take_others(std::map<look_unit, other_files> const& newest) {
  for (auto const& [unit, files] : newest) {
    auto& known = others_[unit];
    for (auto const& [name, size] : files) {
      if (known.contains(name)) continue;
      auto const found = other_file(unit, name, size);
      log::write(log::level::notice, "'" + found.path + "' is ignored: " + found.why,
                 {{"MESSAGE_ID", message_id::source_ignored}, {"CFGD_PATH", found.path}});
    }
    known = files;
    if (known.empty()) others_.erase(unit);
  }
}

unused_file source_watcher::impl::other_file(look_unit const& in, std::string const& name,
                                             std::uint64_t size) const {
  auto const& root = how_.roots.at(in.root);
  auto const relative = in.name.empty() ? name : join(in.name, name);
  source_id const id{.where = root.where, .relative = relative, .what = root.what};
  return {.id = id,
          .path = (root.directory.lexically_normal() / relative).string(),
          .size = size,
          .how = unused_file::reason::ignored,
          .why = source_name_fault(id)};
}

std::vector<unused_file> source_watcher::impl::unused() const {
  auto all = ledger_.masked();
  for (auto const& [unit, files] : others_)
    for (auto const& [name, size] : files)
      all.push_back(other_file(unit, name, size));
  return all;
}

void source_watcher::impl::warn(look_result const& result) {
  if (result.unwatched.empty()) {
    warned_unwatched_ = false;
  } else if (!std::exchange(warned_unwatched_, true)) {
    auto const& [path, code] = *result.unwatched.begin();
    log::write(log::level::warning,
               std::to_string(result.unwatched.size()) + " directories are polled because '" +
                   path + "' cannot be watched: " + why_unwatched(code),
               {{"MESSAGE_ID", message_id::not_watched}, {"ERRNO", std::to_string(code)}});
  }
  if (!current_.whole) return;
  if (result.ignored_files == 0) {
    warned_files_ = false;
  } else if (!std::exchange(warned_files_, true)) {
    log::write(log::level::warning,
               std::to_string(result.ignored_files) +
                   " source files are ignored: the limit source_files is " +
                   std::to_string(how_.bounds.source_files),
               {{"MESSAGE_ID", message_id::too_many_sources}});
  }
}

void source_watcher::impl::answer() {
  while (!waiters_.empty() && waiters_.front().looked && waiters_.front().unreported.empty()) {
    auto const done = std::move(waiters_.front().done);
    waiters_.pop_front();
    if (done) done();
  }
}

} // namespace cfgd::watchers
