#pragma once

#include "apply/application.hpp"
#include "apply/journal.hpp"
#include "apply/plan.hpp"
#include "apply/target.hpp"
#include "apply/units.hpp"
#include "core/limits.hpp"

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace cfgd::apply {

/// Carries applications out: renders, writes, runs programs, acts on units, and records all of it.
/// Everything blocks. Throws storage_failure if the journal fails in the middle of an application;
/// the next start of the program finishes it.
class applier {
 public:
  struct surroundings {
    apply::journal& record;
    unit_control& units;
    watchers::trust trusted; ///< who may own directories
    limits bounds;
    /// Called before each step; for tests, which end there. May be empty.
    std::function<void(step const&)> on_step = {};
    /// Whether the program is to end: nothing is begun any more. What has begun is completed, and
    /// what is left out is recorded nowhere, so that the next process does it. May be empty.
    std::function<bool()> should_stop = {};
  };
  explicit applier(surroundings with) : with_(std::move(with)) {}

  /// Finishes or undoes what an earlier process has left. Call once, before apply().
  void recover(target_map const& all, unit_control::starting how);

  /// Applies all targets to these values. What has not changed costs a comparison.
  void apply(target_map const& all, setting_values const& values,
             std::set<std::string> const& forced, unit_control::starting how);

  /// What became of every target of the last apply(); the message may have several lines, of which
  /// the first has no output of programs.
  std::map<std::string, target_record> const& outcomes() const { return outcomes_; }
  /// Whether something failed that may succeed without another change: an I/O error.
  bool wants_retry() const { return wants_retry_; }

 private:
  struct file_work;
  struct target_work;
  struct group_work;

  void take_faulty(std::string const& name, std::string const& message);
  [[nodiscard]] std::optional<target_work> prepare(target const& which,
                                                   setting_values const& values, insistence how);
  void run_group(std::vector<target_work> targets, std::uint64_t revision,
                 unit_control::starting how);
  void run(application& steps, group_work& work);
  /// Notes what a failed step means for its targets; returns why, as far as it may be shown.
  static std::string note_failure(step const& at, error const& why, group_work& work);
  [[nodiscard]] result<void> carry_out(application const& steps, group_work& work);
  [[nodiscard]] result<void> place(step const& at, group_work& work);
  [[nodiscard]] result<void> check(step const& at, group_work const& work) const;
  [[nodiscard]] result<void> keep(step const& at, group_work const& work) const;
  [[nodiscard]] result<void> verify(step const& at, group_work const& work);
  [[nodiscard]] result<void> is_as_before(placed_file const& placed, file_work const& file) const;
  [[nodiscard]] result<void> act(group_work const& work, unit_control::starting how);
  void discard(step const& at, group_work const& work) const;
  void tighten_kept(target_work const& of) const;
  void end(application const& steps, group_work const& work);
  [[nodiscard]] group_work resumed_work(application_record const& open,
                                        target_map const& all) const;
  void must_write(std::string const& line);

  surroundings with_;
  std::map<std::string, target_record> outcomes_;
  bool wants_retry_ = false;
};

} // namespace cfgd::apply
