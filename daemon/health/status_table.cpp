#include "daemon/health/status_table.hpp"

#include "core/log.hpp"
#include "core/message_ids.hpp"
#include "daemon/line_text.hpp"

#include <algorithm>
#include <limits>
#include <system_error>
#include <utility>

// Connects the checks with the service. Each change of a status is one log line with both states,
// whatever started the run; later findings of the same status are in the check's details only.
//
// Checks of files are compared by their whole definition: a reload replaces those that changed, and
// the others keep their current status.

namespace cfgd::health {
namespace {

/// The kind of problem that a failing check is.
std::string_view kind_of(std::string_view check) {
  using enum built_in;
  for (auto const which : {store, integrity, committer, disk})
    if (check == to_string(which)) return "store";
  for (auto const which : {files, watch})
    if (check == to_string(which)) return "watch";
  if (check == to_string(cache)) return "cache";
  if (check == to_string(peers)) return "network";
  return "internal";
}

void log_change(monitor::transition const& what) {
  auto const& now = what.now;
  std::string const line = "check '" + now.name + "' is " + std::string(to_string(now.found.what)) +
                           ", was " + std::string(to_string(what.before)) + ": " +
                           now.found.message;
  std::vector<log::field> fields{{"CFGD_CHECK", now.name},
                                 {"CFGD_STATUS", std::string(to_string(now.found.what))},
                                 {"CFGD_STATUS_BEFORE", std::string(to_string(what.before))},
                                 {"CFGD_KIND", std::string(kind_of(now.name))}};
  auto const say = [&](log::level how, char const* id) {
    fields.push_back({"MESSAGE_ID", id});
    log::write(how, line, fields);
  };
  switch (now.found.what) {
  case state::critical:
    return say(log::level::error, message_id::check_critical);
  case state::warning:
    return say(log::level::warning, message_id::check_warning);
  case state::unknown:
  case state::healthy:
    // A first result that is healthy is not worth a line.
    return say(what.before == state::unknown ? log::level::debug : log::level::notice,
               message_id::check_recovered);
  }
}

void report_unread_checks(std::string const& why) {
  log::write(log::level::warning, "own checks cannot be read; the current ones stay: " + why,
             {{"MESSAGE_ID", message_id::check_warning}, {"CFGD_KIND", "internal"}});
}

} // namespace

status_table::status_table(boost::asio::any_io_executor const& loop, service_parts const& with,
                           options how, monitor::listener changed)
    : threads_(loop), how_(std::move(how)), of_{with, loop, threads_}, changed_(std::move(changed)),
      checks_(loop, [this](monitor::transition const& what) { on_change(what); }) {}

void status_table::start() {
  measures const by{.how = how_.how,
                    .bounds = how_.bounds,
                    .state = how_.state,
                    .directories = how_.directories,
                    .trusted = how_.trusted};
  checks_.add(store_check(of_, by));
  checks_.add(cache_check(of_, by));
  checks_.add(files_check(of_, by));
  checks_.add(watch_check(of_, by));
  checks_.add(memory_check(of_, by));
  checks_.add(disk_check(of_, by));
  checks_.add(integrity_check(of_, by));
  checks_.add(loop_check(of_, by, [this] { return checks_.take_lateness(); }));
  checks_.add(committer_check(of_, by));
  checks_.add(clock_check(by));
  checks_.add(peers_check(of_, by));
  checks_.add(consumers_check(of_, by));
  read_own_checks([] {});
  look_at_inputs();
  checks_.set_input_lookup([this] { look_at_inputs(); });
}

void status_table::look_at_inputs() {
  auto const files = of_.files.figures();
  auto const& server = of_.server.figures();
  auto const& writer = of_.writer.figures();
  auto const changed = inputs_.take({.sources_version = of_.values.sources_version(),
                                     .queue_overflows = files.overflows,
                                     .polled_directories = files.polled_directories,
                                     .refused_connections = server.refused,
                                     .slow_connections_closed = server.slow_closed,
                                     .failed_commits = writer.failed + writer.losses,
                                     .consumers_version = of_.programs.version()});
  for (auto const which : changed)
    checks_.refresh(to_string(which));
}

void status_table::read_own_checks(std::function<void()> const& done) {
  try {
    threads_.run([this, done, how = how_]() -> workers::job {
      try {
        auto found = read_check_files(how.checks, how.trusted, how.how.general, how.bounds);
        return [this, done, found = std::move(found)]() mutable {
          take_own_checks(own_.take(found));
          done();
        };
      } catch (std::exception const& broken) { // no memory, most likely
        return [done, why = std::string(broken.what())] {
          report_unread_checks(why);
          done();
        };
      }
    });
  } catch (std::system_error const& no_thread) {
    report_unread_checks(no_thread.what());
    done();
  }
}

void status_table::take_own_checks(own_checks::is_effective newest) {
  std::erase_if(running_, [&](auto const& one) {
    bool const stays =
        std::find(newest.checks.begin(), newest.checks.end(), one.second) != newest.checks.end();
    if (!stays) checks_.remove(one.first);
    return !stays;
  });
  std::erase_if(faulty_, [&](auto const& one) {
    auto const still = newest.faults.find(one.first);
    bool const stays = still != newest.faults.end() && still->second == one.second;
    if (!stays) checks_.remove(one.first);
    return !stays;
  });
  for (auto const& one : newest.checks)
    if (running_.emplace(one.name, one).second) checks_.add(make_check(one));
  for (auto const& [name, why] : newest.faults) {
    if (!faulty_.emplace(name, why).second) continue;
    finding const fault{.what = state::warning, .message = one_line(to_string(why))};
    checks_.add({.name = name, .how = how_.how.general, .run = [fault](completion const& done) {
                   done(fault);
                 }});
  }
}

check status_table::make_check(own_check const& of) {
  check made{.name = of.name, .how = of.how, .run = {}};
  if (auto const* const rule = std::get_if<own_check::rule>(&of.what)) {
    made.run = [this, of, what = rule->what](completion const& done) {
      of_.writer.query([what](store::config_store& store) { return store.run_rule(what); },
                       [of, done](result<rules::verdict> const& said) {
                         done(said ? as_reported(evaluate_rule(*said, of.severity), of)
                                   : finding{state::critical, said.error().message});
                       });
    };
    return made;
  }
  made.run = [this, of](completion const& done) {
    run_on_thread(
        of_.threads,
        [of] {
          auto const* const socket = std::get_if<own_check::socket>(&of.what);
          auto const now = wall_now();
          return as_reported(socket != nullptr
                                 ? try_socket(*socket, of.how.limit)
                                 : look_at_file(std::get<own_check::file>(of.what), now),
                             of);
        },
        done);
  };
  return made;
}

void status_table::on_change(monitor::transition const& what) {
  log_change(what);
  changed_(what);
  if (!is_alive()) return;
  for (auto const& alive : std::exchange(waiting_, {}))
    alive();
}

bool status_table::is_alive() const {
  for (auto const which : {built_in::loop, built_in::committer}) {
    auto const* const seen = checks_.find(to_string(which));
    if (seen != nullptr && seen->found.what == state::critical) return false;
  }
  return true;
}

void status_table::when_alive(std::function<void()> alive) {
  if (is_alive())
    alive();
  else
    waiting_.push_back(std::move(alive));
}

std::string describe_health(monitor const& checks) {
  std::string text;
  for (auto const how : {state::critical, state::warning}) {
    name_list names(std::numeric_limits<std::size_t>::max());
    for (auto const& one : checks.reports())
      if (one.found.what == how) names.add(one.name);
    if (!names.empty()) text.append(", ").append(to_string(how)).append(":").append(names.text());
  }
  return text;
}

} // namespace cfgd::health
