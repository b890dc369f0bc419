#include "daemon/metrics/service_metrics.hpp"

#include <array>
#include <chrono>
#include <map>
#include <memory>
#include <string>

// One family below the other, with its labels. Labels have few values, all known to this program: a
// method that does not exist is "unknown", and keys, files and peers are not labels. So the number
// of series is bounded, whatever clients do; the names of own checks are the administrator's.

namespace cfgd::metrics {
namespace {

constexpr auto counter = type::counter;
constexpr auto histogram = type::histogram;

void add_requests(registry& to, ipc::server& server) {
  to.add({.name = "cfgd_requests",
          .what = counter,
          .help = "Calls by method and what became of them: replied, failed (answered with an "
                  "error), cancelled (the connection ended before)."},
         [&server](sampler& into) {
           server.each_method([&](std::string_view method, ipc::method_figures const& one) {
             into.value(one.replied, {{"method", method}, {"outcome", "replied"}});
             into.value(one.failed, {{"method", method}, {"outcome", "failed"}});
             into.value(one.cancelled, {{"method", method}, {"outcome", "cancelled"}});
           });
         });
  to.add({.name = "cfgd_request_duration_seconds",
          .what = histogram,
          .unit = "seconds",
          .help = "From a call to its last reply, for methods that were called; not of streams. Of "
                  "calls that a short cut answers one in 64 is timed and stands for all."},
         [&server](sampler& into) {
           server.each_method([&](std::string_view method, ipc::method_figures const& one) {
             if (one.times.count() != 0) into.value(one.times, {{"method", method}});
           });
         });
}

void add_connections(registry& to, ipc::server& server) {
  to.add({.name = "cfgd_connections", .help = "Open connections."},
         [&server](sampler& into) { into.value(std::uint64_t{server.figures().connections}); });
  to.add({.name = "cfgd_connections_accepted",
          .what = counter,
          .help = "Connections that were accepted."},
         [&server](sampler& into) { into.value(server.figures().accepted); });
  to.add({.name = "cfgd_connections_refused",
          .what = counter,
          .help = "Connections that were refused: too many, in all or of one user."},
         [&server](sampler& into) { into.value(server.figures().refused); });
  to.add({.name = "cfgd_connections_closed",
          .what = counter,
          .help =
              "Connections that the service closed, by reason: slow (the client did not read), "
              "limit (it went over one), memory (all of it was in use, and this one had most)."},
         [&server](sampler& into) {
           into.value(server.figures().slow_closed, {{"reason", "slow"}});
           into.value(server.figures().cut_off, {{"reason", "limit"}});
           into.value(server.figures().closed_for_memory, {{"reason", "memory"}});
         });
  to.add({.name = "cfgd_connections_delayed",
          .what = counter,
          .help = "Connections that were served later because their user makes too many."},
         [&server](sampler& into) { into.value(server.figures().delayed); });
  to.add({.name = "cfgd_replies_refused",
          .what = counter,
          .help = "Replies that became an error because of their user's memory."},
         [&server](sampler& into) { into.value(server.figures().refused_replies); });
  to.add({.name = "cfgd_buffer_bytes",
          .unit = "bytes",
          .help = "Memory of all connections: what was read and not handled, calls without an "
                  "answer, queued replies."},
         [&server](sampler& into) { into.value(std::uint64_t{server.users().all().sum()}); });
  to.add(
      {.name = "cfgd_buffer_limit_bytes", .unit = "bytes", .help = "What they may have together."},
      [&server](sampler& into) { into.value(std::uint64_t{server.bounds().buffer_bytes}); });
  to.add({.name = "cfgd_reply_queue_bytes",
          .unit = "bytes",
          .help = "Replies that clients have not taken yet, of all connections."},
         [&server](sampler& into) { into.value(std::uint64_t{server.users().all().queued}); });
}

void add_consumers(registry& to, consumers const& all) {
  static auto const now = [] { return consumers::steady::now(); };
  to.add({.name = "cfgd_consumers",
          .help = "Programs that watch under a name, by state: watching, absent."},
         [&all](sampler& into) {
           auto const seen = all.counts(now());
           into.value(std::uint64_t{seen.watching}, {{"state", "watching"}});
           into.value(std::uint64_t{seen.absent}, {{"state", "absent"}});
         });
  to.add({.name = "cfgd_consumers_failed",
          .help = "Of these, how many could not apply the last revision that they tried."},
         [&all](sampler& into) { into.value(std::uint64_t{all.counts(now()).failed}); });
  to.add({.name = "cfgd_consumers_behind",
          .help = "Of these, how many have not applied what was sent to them."},
         [&all](sampler& into) { into.value(std::uint64_t{all.counts(now()).behind}); });
  to.add({.name = "cfgd_consumers_lag_seconds",
          .unit = "seconds",
          .help = "How long one of them has been behind, at most."},
         [&all](sampler& into) {
           into.value(std::chrono::duration<double>(all.counts(now()).longest).count());
         });
}

void add_cache(registry& to, value_cache& cache) {
  // They are summed over all namespaces: once, for the first family.
  auto const seen = std::make_shared<value_cache::figures>();
  to.add(
      {.name = "cfgd_cache_lookups",
       .what = counter,
       .help = "Keys that were looked up in memory, by whether their bytes were ready: hit, miss."},
      [&cache, seen](sampler& into) {
        *seen = cache.stats();
        into.value(seen->all.hits, {{"result", "hit"}});
        into.value(seen->all.misses, {{"result", "miss"}});
      });
  to.add(
      {.name = "cfgd_cache_invalidations",
       .what = counter,
       .help = "Namespaces that were dropped from memory because they changed or were asked to."},
      [seen](sampler& into) { into.value(seen->all.invalidations); });
  to.add({.name = "cfgd_cache_evictions",
          .what = counter,
          .help = "Namespaces that were dropped from memory to free memory."},
         [seen](sampler& into) { into.value(seen->evictions); });
  to.add({.name = "cfgd_cache_bytes", .unit = "bytes", .help = "Memory that values take."},
         [seen](sampler& into) { into.value(std::uint64_t{seen->bytes}); });
  to.add(
      {.name = "cfgd_cache_limit_bytes", .unit = "bytes", .help = "Memory that values may take."},
      [seen](sampler& into) { into.value(std::uint64_t{seen->maximum_bytes}); });
}

void add_commits(registry& to, sources const& from) {
  auto const& writer = from.writer;
  to.add({.name = "cfgd_revision", .help = "The revision that readers see."},
         [&values = from.values](sampler& into) { into.value(std::uint64_t{values.revision()}); });
  to.add(
      {.name = "cfgd_namespaces", .help = "Namespaces that are there."},
      [&values = from.values](sampler& into) { into.value(std::uint64_t{values.cache().size()}); });
  to.add({.name = "cfgd_commits",
          .what = counter,
          .help = "Transactions of the store, by outcome: done, failed."},
         [&writer](sampler& into) {
           into.value(writer.figures().done, {{"outcome", "done"}});
           into.value(writer.figures().failed, {{"outcome", "failed"}});
         });
  to.add({.name = "cfgd_commit_requests",
          .what = counter,
          .help = "Changes that were put into transactions together (group commit)."},
         [&writer](sampler& into) { into.value(writer.figures().requests); });
  to.add({.name = "cfgd_commit_duration_seconds",
          .what = histogram,
          .unit = "seconds",
          .help = "Time of a transaction, until it was durable."},
         [&writer](sampler& into) { into.value(writer.figures().times); });
  to.add({.name = "cfgd_committer_queue_length",
          .help = "Work that waits for the thread that has the store."},
         [&writer](sampler& into) { into.value(std::uint64_t{writer.waiting()}); });
  to.add({.name = "cfgd_unrecorded", .help = "1 while what files say cannot be recorded, else 0."},
         [&values = from.values](sampler& into) {
           into.value(std::uint64_t{values.unrecorded().has_value() ? 1U : 0U});
         });
}

void add_files(registry& to, sources const& from) {
  auto const& files = from.files;
  to.add({.name = "cfgd_sources",
          .help = "Files of values, schemas and rules by state: active, or the effective values "
                  "differ from "
                  "what they say."},
         [&files, &values = from.values](sampler& into) {
           std::map<engine::source_status, std::uint64_t> faulty;
           for (auto const& [name, one] : values.problems())
             ++faulty[one.status];
           auto const there = faulty[engine::source_status::quarantined] +
                              faulty[engine::source_status::untrusted];
           auto const all = std::uint64_t{files.figures().sources};
           into.value(all > there ? all - there : 0, {{"state", "active"}});
           for (auto const state :
                {engine::source_status::quarantined, engine::source_status::missing,
                 engine::source_status::untrusted})
             into.value(faulty[state], {{"state", engine::to_string(state)}});
         });
  to.add({.name = "cfgd_overrides", .help = "Keys that are set in the override layer."},
         [&values = from.values](sampler& into) {
           into.value(std::uint64_t{values.overrides().overrides});
         });
  to.add({.name = "cfgd_overridden_keys",
          .help = "Values of files that have no effect because an override hides them."},
         [&values = from.values](sampler& into) {
           into.value(std::uint64_t{values.overrides().hidden});
         });
  to.add({.name = "cfgd_file_watches", .help = "Directories that the kernel watches."},
         [&files](sampler& into) { into.value(std::uint64_t{files.figures().watches}); });
  to.add(
      {.name = "cfgd_polled_directories", .help = "Directories that have to be polled instead."},
      [&files](sampler& into) { into.value(std::uint64_t{files.figures().polled_directories}); });
  to.add({.name = "cfgd_file_events", .what = counter, .help = "Events of files from the kernel."},
         [&files](sampler& into) { into.value(files.figures().events); });
  to.add({.name = "cfgd_file_event_overflows",
          .what = counter,
          .help = "Times that the kernel's queue was full and everything was looked at."},
         [&files](sampler& into) { into.value(files.figures().overflows); });
  to.add({.name = "cfgd_file_looks", .what = counter, .help = "Looks at directories of sources."},
         [&files](sampler& into) { into.value(files.figures().looks); });
  to.add({.name = "cfgd_file_reads",
          .what = counter,
          .help = "Files that were read, by outcome: stable, unstable (moved on while they were "
                  "read)."},
         [&files](sampler& into) {
           auto const figures = files.figures();
           into.value(figures.reads, {{"outcome", "stable"}});
           into.value(figures.unstable_reads, {{"outcome", "unstable"}});
         });
}

void add_health(registry& to, sources const& from) {
  auto const& checks = from.checks;
  static constexpr std::array states{health::state::healthy, health::state::unknown,
                                     health::state::warning, health::state::critical};
  to.add({.name = "cfgd_health", .help = "1 for the worst status of all checks, 0 for the others."},
         [&checks](sampler& into) {
           for (auto const state : states)
             into.value(std::uint64_t{checks.overall() == state ? 1U : 0U},
                        {{"status", health::to_string(state)}});
         });
  to.add({.name = "cfgd_health_check",
          .help = "By check: 1 for the status that it has, 0 for the others."},
         [&checks](sampler& into) {
           for (auto const& one : checks.reports())
             for (auto const state : states)
               into.value(std::uint64_t{one.found.what == state ? 1U : 0U},
                          {{"check", one.name}, {"status", health::to_string(state)}});
         });
  to.add({.name = "cfgd_health_check_duration_seconds",
          .unit = "seconds",
          .help = "How long the last run of a check took."},
         [&checks](sampler& into) {
           for (auto const& one : checks.reports())
             into.value(std::chrono::duration<double>(one.duration).count(), {{"check", one.name}});
         });
  to.add({.name = "cfgd_health_check_runs", .what = counter, .help = "Runs of a check."},
         [&checks](sampler& into) {
           for (auto const& [name, one] : checks.figures())
             into.value(one.runs, {{"check", name}});
         });
}

void add_problems(registry& to, problems const& wrong) {
  auto const each = [](problems::by_kind const& counts, sampler& into) {
    for (std::size_t kind = 0; kind < problem_kinds; ++kind)
      into.value(counts.at(kind), {{"kind", to_string(static_cast<problem_kind>(kind))}});
  };
  to.add({.name = "cfgd_problems", .what = counter, .help = "Errors by kind, since the start."},
         [&wrong, each](sampler& into) { each(wrong.counts(), into); });
  to.add({.name = "cfgd_problems_open", .help = "Errors by kind that are not over."},
         [&wrong, each](sampler& into) { each(wrong.open_counts(), into); });
  to.add({.name = "cfgd_critical",
          .help = "1 while an error is open that the service cannot recover from, else 0."},
         [&wrong](sampler& into) { into.value(std::uint64_t{wrong.critical() ? 1U : 0U}); });
}

} // namespace

void add_service_metrics(registry& to, sources const& from) {
  add_requests(to, from.server);
  add_connections(to, from.server);
  to.add({.name = "cfgd_watchers", .help = "Streams of changes that clients hold."},
         [&streams = from.streams](sampler& into) { into.value(std::uint64_t{streams.size()}); });
  add_consumers(to, from.programs);
  add_cache(to, from.values.cache());
  add_commits(to, from);
  add_files(to, from);
  add_health(to, from);
  add_problems(to, from.wrong);
  add_process_metrics(to, from);
}

} // namespace cfgd::metrics
