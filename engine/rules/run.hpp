#pragma once

#include "core/limits.hpp"
#include "engine/regex/pattern.hpp"
#include "engine/rules/rules.hpp"

#include <boost/json/value.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// One run of a rule, without Lua: the namespaces it has read, its remaining budget, and why it was
/// stopped. Its functions do not throw, except where noted, because they are called through frames
/// of Lua.
namespace cfgd::rules {

/// The position of a value: a member of its parent, or an element, which has no name. It has no
/// destructor because it is in memory of Lua.
struct node {
  boost::json::value const* what = nullptr; ///< null: it is a secret
  node const* parent = nullptr;             ///< null: it is a namespace
  char const* name = nullptr;               ///< null: an element of a list
  std::size_t length = 0;                   ///< of the name
};

/// The state of one run. Used by one thread, for one run.
class run {
 public:
  /// `over` must outlive the run; `bounds` is copied.
  run(world const& over, limits const& bounds);

  /// lua_Alloc. Null if limits::rule_bytes would be exceeded, or after the run was stopped.
  void* resize(void* block, std::size_t old_size, std::size_t size) noexcept;

  /// Counts instructions, or other work in units of instructions. False: the run must end.
  [[nodiscard]] bool spend(std::uint64_t instructions) noexcept;
  /// False if the processor time is used up and the run must end. Cheap; to be called often.
  [[nodiscard]] bool in_time() noexcept;
  /// The instructions that remain.
  std::uint64_t left() const noexcept { return most_ - used_; }
  /// limits::rule_bytes
  std::size_t most_bytes() const noexcept { return most_bytes_; }

  /// The namespace; the result is valid as long as the run. `what` is null if it does not exist.
  node name_space(std::string_view name) noexcept;
  /// Whether the value is a secret. Also true if the world threw; then the run must end.
  bool is_secret(node const& at) noexcept;

  enum class searched : std::uint8_t {
    found,
    absent,
    failed, ///< the expression is not valid or exceeded a limit; the run must end
  };
  /// Searches `text` for a regular expression, from byte `start` (at most its size) on. Counts
  /// steps as instructions, and allows no more than limits::pattern_steps.
  searched search(std::string_view text, std::string_view expression, std::size_t start) noexcept;
  /// After `found`: the place of the match, then of its groups. Valid until the next search.
  std::span<regex::matcher::place const> places() const noexcept { return matcher_.places(); }

  /// Each records why the run must end, unless a reason was recorded before.
  void refuse(std::string_view message) noexcept;
  void refuse_secret(node const& at) noexcept;
  void miss_name_space(std::string_view name) noexcept;
  /// Notes that the object `in` does not have the member. The last one may be why Lua fails.
  void miss_member(node const& in, std::string_view name) noexcept;
  void miss_memory() noexcept { stop(reason::memory); }
  bool stopped() const noexcept { return why_ != reason::none; }

  /// The verdict of a run that was not stopped.
  verdict make_verdict(bool holds);
  /// The verdict of a run that failed with this message of Lua, or was stopped before.
  /// Throws what the world threw.
  verdict make_verdict(std::string_view message);

 private:
  enum class reason : std::uint8_t { none, instructions, memory, time, unknown, broken, thrown };

  void stop(reason why) noexcept;
  template <class Act>
  void guarded(Act act) noexcept;
  verdict finish(verdict::kind what, std::string_view message);
  std::string explain(std::string_view message) const;
  regex::pattern const* compile(std::string_view expression);
  void fail_search(regex::matcher::outcome how, std::string_view expression, std::uint64_t allowed);

  world const& over_;
  std::uint64_t most_;
  std::size_t most_bytes_;
  std::uint64_t used_ = 0;
  std::size_t bytes_ = 0;
  std::int64_t coarse_ = 0; ///< when the processor time was last read
  std::int64_t began_;      ///< in processor time
  reason why_ = reason::none;
  std::string message_;
  /// The member that was missed last, and the names of what contains it, the innermost first. They
  /// are in the documents. Empty: none was, or it is in an element of a list.
  std::string missed_;
  std::vector<std::string_view> missed_in_;
  std::exception_ptr thrown_;
  std::map<std::string, boost::json::value const*, std::less<>> name_spaces_;
  std::uint64_t most_steps_; ///< of one match
  regex::matcher matcher_;
  std::map<std::string, regex::pattern, std::less<>> patterns_;
};

/// A message for an issue: one line of valid UTF-8, at most 500 bytes, without the name that Lua
/// gives to the text of a check.
std::string tidy_message(std::string_view message);

} // namespace cfgd::rules
