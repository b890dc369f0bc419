#include "daemon/health/built_in.hpp"
#include "daemon/store_report.hpp"

#include <boost/json/array.hpp>

#include <memory>
#include <utility>

// Checks that query the committer. Each query waits for earlier commits, so a store that hangs
// makes these checks overdue, as intended.
//
// Integrity queries one namespace at a time, so that a commit never waits for more than one of
// them. Results reach the loop in the order of the committer's work, after the publication of
// earlier commits. So the cache can be compared with a result as soon as it arrives.

namespace cfgd::health {
namespace {

using steady = std::chrono::steady_clock;
namespace bj = boost::json;

constexpr std::size_t listed_faults = 20;
/// Of the history, in one query.
constexpr std::size_t history_piece = 256 * 1024;

struct examined_piece {
  engine::examined_history seen;
  std::vector<store::mended_record> mended;
};

/// A run of the integrity check.
struct integrity_run {
  subjects of;
  std::vector<std::string> names;
  completion done;
  std::size_t next = 0;
  std::size_t verified = 0;
  std::size_t in_cache = 0;
  std::size_t skipped = 0;
  std::size_t faults = 0;
  bj::array listed = {};
  finding found = {};
};

struct verified_namespace {
  engine::effective value;
  std::size_t errors = 0;                        ///< of schemas and rules in its effective value
  std::vector<store::mended_record> mended = {}; ///< records of it that were damaged
};

void add_fault(integrity_run& run, state how, std::string const& text) {
  if (run.faults++ == 0 || how > run.found.what) {
    run.found.what = std::max(run.found.what, how);
    run.found.message = text;
  }
  if (run.listed.size() < listed_faults) run.listed.emplace_back(text);
}

/// Damage that was repaired: the disk or the memory is not to be relied on.
void take_mended(integrity_run& run, std::vector<store::mended_record> const& all) {
  report_mended(all);
  for (auto const& one : all)
    add_fault(run, state::warning, one.text());
}

/// Whether the loop serves what the store has.
bool cache_agrees(view& what, engine::effective const& value, bool& loaded) {
  auto const kept = what.cache().peek(value.name_space);
  loaded = static_cast<bool>(kept);
  if (!loaded) return true;
  auto const& shown = value.shown ? value.shown : value.text;
  if (!(kept == shown) && (!shown || *kept != *shown)) return false;
  auto const* const secret = what.secrets_of(value.name_space);
  return secret == nullptr || secret->whole == nullptr || *secret->whole == *value.text;
}

void validate_namespace(integrity_run& run, std::string const& name,
                        result<verified_namespace> const& seen) {
  if (!seen) {
    auto const& why = seen.error();
    if (why.code == errc::not_found || why.code == errc::conflict)
      ++run.skipped; // it has gone, or is being written by somebody else: next time
    else
      add_fault(run, state::critical, "'" + name + "': " + why.message);
    return;
  }
  ++run.verified;
  take_mended(run, seen->mended);
  if (seen->errors > 0)
    add_fault(run, state::warning,
              "'" + name + "': " + std::to_string(seen->errors) +
                  " errors of schemas or rules in effective values");
  bool loaded = false;
  if (!cache_agrees(run.of.values, seen->value, loaded))
    add_fault(run, state::critical, "'" + name + "': the cache has another value than the store");
  if (loaded) ++run.in_cache;
}

void finish(integrity_run& run) {
  auto& found = run.found;
  found.details["namespaces"] = run.verified;
  found.details["inCache"] = run.in_cache;
  if (run.skipped > 0) found.details["skipped"] = run.skipped;
  if (run.faults == 0)
    found.message = count_text(run.verified, "namespace") +
                    (run.verified == 1 ? " agrees with its layers" : " agree with their layers");
  else if (run.faults > 1)
    found.message += " (and " + std::to_string(run.faults - 1) + " more)";
  if (run.faults > 0) found.details["faults"] = std::move(run.listed);
  run.done(std::move(found));
}

void take_examined(integrity_run& run, engine::examined_history const& seen) {
  for (auto const revision : seen.damaged)
    add_fault(run, state::warning,
              "the record of revision " + std::to_string(revision) +
                  " in the history is damaged; log leaves it out");
}

void examine_history(std::shared_ptr<integrity_run> const& run, revision_number after) {
  run->of.writer.query(
      [after](store::config_store& store) {
        examined_piece piece{.seen = store.examine_history(after, history_piece), .mended = {}};
        piece.mended = store.mend_index(after, piece.seen.last);
        return piece;
      },
      [run](result<examined_piece> const& piece) {
        if (piece) {
          take_examined(*run, piece->seen);
          take_mended(*run, piece->mended);
          if (piece->seen.more) return examine_history(run, piece->seen.last);
        } else {
          add_fault(*run, state::critical, "the history: " + piece.error().message);
        }
        finish(*run);
      });
}

void step(std::shared_ptr<integrity_run> const& run) {
  if (run->next == run->names.size()) {
    // What is of no namespace: schemas, rules, pending changes.
    run->of.writer.query([](store::config_store& store) { return store.rewrite_damaged({}); },
                         [run](result<std::vector<store::mended_record>> const& mended) {
                           if (mended)
                             take_mended(*run, *mended);
                           else
                             add_fault(*run, state::critical, mended.error().message);
                           examine_history(run, 0);
                         });
    return;
  }
  auto const name = run->names[run->next++];
  run->of.writer.query(
      [name](store::config_store& store) -> result<verified_namespace> {
        auto value = store.verify(name);
        std::vector<store::mended_record> mended;
        if (!value && value.error().code == errc::store_failed) {
          mended = store.rewrite_damaged(name);
          if (!mended.empty()) value = store.verify(name);
        }
        if (!value) return value.error();
        verified_namespace seen{.value = std::move(*value), .mended = std::move(mended)};
        auto const said = store.validate(name, nullptr);
        if (!said) return said.error();
        for (auto const& one : *said)
          seen.errors += one.how == severity::error ? 1 : 0;
        return seen;
      },
      [run, name](result<verified_namespace> const& seen) {
        validate_namespace(*run, name, seen);
        step(run);
      });
}

} // namespace

finding evaluate_store(result<store::probe_report> const& seen, settings const& how) {
  if (!seen)
    return {.what = state::critical,
            .message = "the store cannot be written: " + seen.error().message};
  auto const took = seen->written + seen->read;
  auto const fill = percent_of(seen->live_bytes, seen->maximum_bytes);
  finding found;
  found.details = {{"writeMs", milliseconds_of(seen->written)},
                   {"readMs", milliseconds_of(seen->read)},
                   {"mapBytes", seen->map_bytes},
                   {"fileBytes", seen->file_bytes},
                   {"usedBytes", seen->live_bytes},
                   {"maximumBytes", seen->maximum_bytes},
                   {"usedPercent", fill},
                   {"deadReaders", seen->dead_readers},
                   {"revision", seen->revision}};
  if (seen->last_change) found.details["lastChange"] = to_rfc3339(*seen->last_change);
  found.add(how.store_ms.evaluate(milliseconds_of(took)),
            "written and read back within " + time_text(took));
  auto const room = how.store_percent.evaluate(fill);
  if (seen->copy) found.details["copyRevision"] = *seen->copy;
  if (!seen->copy_failure.empty())
    found.add(state::warning, "no copy of it could be written: " + seen->copy_failure);
  if (!seen->traces.empty())
    found.add(state::warning,
              "values that were not sealed, or with the key before, are still in free "
              "pages or copies, which the next start removes: " +
                  seen->traces);
  if (!seen->damaged.empty()) {
    found.details["damaged"] = seen->damaged;
    found.add(state::warning, "a damaged store is kept in '" + seen->damaged +
                                  "': set lost overrides again, then remove it");
  }
  if (room != state::healthy)
    found.add(room, "it is " + std::to_string(fill) +
                        " % full; beyond its maximum_bytes changes "
                        "are refused");
  return found;
}

check store_check(subjects const& of, measures const& by) {
  return make_check(built_in::store, by, [of, how = by.how](completion const& done) {
    of.writer.query(
        [](store::config_store& store) { return store.probe(wall_now()); },
        [how, done](result<store::probe_report> const& seen) { done(evaluate_store(seen, how)); });
  });
}

check integrity_check(subjects const& of, measures const& by) {
  return make_check(built_in::integrity, by, [of](completion const& done) {
    of.writer.refresh(); // so that nothing of another process is unread
    step(std::make_shared<integrity_run>(
        integrity_run{.of = of, .names = of.values.cache().namespaces(), .done = done}));
  });
}

check committer_check(subjects const& of, measures const& by) {
  return make_check(built_in::committer, by,
                    [of, how = by.how.committer_ms](completion const& done) {
                      of.writer.query([](store::config_store&) { return true; },
                                      [how, done, begin = steady::now()](result<bool> const&) {
                                        auto const waited = steady::now() - begin;
                                        done({.what = how.evaluate(milliseconds_of(waited)),
                                              .message = "it answers within " + time_text(waited),
                                              .details = {{"waitMs", milliseconds_of(waited)}}});
                                      });
                    });
}

} // namespace cfgd::health
