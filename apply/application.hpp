#pragma once

#include "apply/record.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cfgd::apply {

/// One thing to do in an application. `target` and `file` are indexes into its targets.
struct step {
  enum class kind : std::uint8_t {
    find_unit,       ///< the unit exists
    write,           ///< the new file beside the old one, durable
    check,           ///< the program of the target accepts the new file
    keep,            ///< the old file gets a second name
    begin,           ///< record that files are replaced from now on
    replace,         ///< rename the new file over the old one
    begin_acting,    ///< record that all files are new
    act,             ///< on the unit, once
    verify,          ///< the target
    begin_restoring, ///< record that files are put back from now on
    restore,         ///< rename the old file over the new one
    act_again,       ///< on the unit, with the old files
    discard,         ///< remove what write and keep have made for a target
    end,             ///< record the outcome of every target
    finished,        ///< nothing is left to do
  };
  kind what = kind::finished;
  std::size_t target = 0;
  std::size_t file = 0;

  friend bool operator==(step const&, step const&) = default;
};
std::string_view to_string(step::kind which);

/// A target of an application: only the files that differ.
struct member {
  std::vector<bool> checked; ///< for each file: a program checks it
  bool verified = false;     ///< something looks at the target afterwards
};

/// Decides the steps of one application: targets of one unit, or one target without a unit. All
/// files are written and checked first. A target whose preparation fails is left out, the others go
/// on. Then the files are replaced together, the unit acts once, and the targets are verified; a
/// failure there puts all files back, and the unit acts again. No I/O: whoever carries the steps
/// out reports what happened, and may be killed between any two of them (resumed()).
class application {
 public:
  enum class unit : std::uint8_t { none, acts };

  application(std::vector<member> members, unit how);
  /// What is left to do of an application that was interrupted; `at` is what its journal says.
  static application resumed(std::vector<member> members, unit how, phase at,
                             std::string const& why);

  /// The next step; the same until its outcome is reported.
  step next() const { return todo_.empty() ? step{} : todo_.front(); }
  void succeeded();
  /// `why` is one or more lines for people.
  void failed(std::string const& why);

  /// Whether the target was left out, or put back.
  bool is_failed(std::size_t target) const { return failures_[target].has_value(); }
  /// Why; empty: it has not failed.
  std::string failure(std::size_t target) const { return failures_[target].value_or(""); }
  /// Targets whose preparation has not failed.
  bool is_live(std::size_t target) const { return live_[target]; }
  /// Whether a failure means that files were replaced and put back.
  std::string const& restored_because() const { return restored_because_; }

 private:
  explicit application(std::vector<member> members);
  void for_each_live(step::kind what);
  void add_acting(unit how);
  void leave_out(std::size_t target, std::string const& why);
  void restore(std::string const& why);

  std::vector<member> members_;
  bool has_acted_ = false;
  std::deque<step> todo_;
  std::vector<std::optional<std::string>> failures_;
  std::vector<bool> live_;
  std::string restored_because_;
};

} // namespace cfgd::apply
