#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace cfgd::rules {

/// Lua's patterns (manual of Lua 5.4, 6.4.1), matched in a number of steps that is given. Plain
/// memory, no allocation: it lives in frames that an error of Lua jumps over.
class pattern_match {
 public:
  static constexpr std::size_t most_captures = 32;

  /// What a pair of parentheses took.
  struct capture {
    enum class kind : std::uint8_t { open, closed, position };
    char const* begin;
    std::size_t length;
    kind what;
  };

  /// Both texts must stay. `pattern` is without its anchor.
  pattern_match(std::string_view subject, std::string_view pattern, std::uint64_t most_steps);

  /// The end of a match that begins at `from` (a place in the subject); null: there is none, or
  /// there is a fault.
  char const* at(char const* from);

  /// What is wrong with the pattern; null: nothing was found so far.
  char const* fault() const { return fault_; }
  /// Whether it gave up because of the number of steps.
  bool exhausted() const { return exhausted_; }
  /// Steps taken so far.
  std::uint64_t steps() const { return steps_; }

  /// Of the last match.
  std::size_t captures() const { return level_; }
  capture const& captured(std::size_t which) const { return captures_[which]; }

 private:
  char const* match(char const* from, char const* with);
  char const* match_item(char const* from, char const*& with, bool& decided);
  char const* match_single(char const* from, char const*& with, bool& decided);
  char const* match_escape(char const* from, char const*& with);
  char const* expand_most(char const* from, char const* with, char const* behind);
  char const* expand_least(char const* from, char const* with, char const* behind);
  char const* begin_capture(char const* from, char const* with);
  char const* end_capture(char const* from, char const* with);
  char const* match_balance(char const* from, char const* with);
  char const* match_back(char const* from, char digit);
  char const* behind_class(char const* with);
  bool matches_single(char const* from, char const* with, char const* behind);
  bool matches_set(unsigned char c, char const* with, char const* behind);
  bool stuck() const { return fault_ != nullptr || exhausted_; }
  bool take(std::uint64_t steps);
  char const* fail(char const* fault);

  char const* begin_;
  char const* end_;
  char const* pattern_end_;
  char const* pattern_;
  std::uint64_t most_steps_;
  std::uint64_t steps_ = 0;
  char const* fault_ = nullptr;
  bool exhausted_ = false;
  std::size_t depth_ = 0;
  std::size_t level_ = 0;
  std::array<capture, most_captures> captures_; // those below level_ are set
};

} // namespace cfgd::rules
