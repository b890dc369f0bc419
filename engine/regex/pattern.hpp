#pragma once

#include "core/error.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

/// Regular expressions of schemas and rules: ECMA-262, as JSON Schema recommends it, matched by
/// PCRE2 within a number of steps. No I/O.
namespace cfgd::regex {

/// Rewrites an ECMA-262 expression (flag u) into one that PCRE2 understands the same way.
/// Errors: parse (message with the position in characters of the expression, from 1).
[[nodiscard]] result<std::string> translate_pattern(std::string_view text);

/// A compiled expression. Immutable.
class pattern {
 public:
  /// Errors: parse (message says what is wrong with the expression). The compiled expression takes
  /// at most 128 KiB; larger ones are rejected.
  [[nodiscard]] static result<pattern> compile(std::string_view text);

  pattern(pattern&&) noexcept;
  pattern& operator=(pattern&&) noexcept;
  ~pattern();

  /// The expression as it was written.
  std::string const& text() const { return text_; }

 private:
  friend class matcher;
  struct code;
  pattern();
  std::string text_;
  std::unique_ptr<code> code_;
};

/// Bounds of one match.
struct match_limits {
  std::uint64_t steps = 0;                     ///< limits::pattern_steps
  std::size_t heap_bytes = 20UL * 1024 * 1024; ///< what PCRE2 may allocate for backtracking
};

/// The working memory of matches. Not thread-safe; reuse one for many matches.
class matcher {
 public:
  enum class outcome : std::uint8_t {
    matches,
    differs,
    too_costly, ///< a limit was exceeded before there was an answer
    not_utf8,   ///< the subject is not valid UTF-8, or the start is inside a character
  };
  /// Groups beyond this number match, but places() does not report them.
  static constexpr std::size_t max_groups = 32;
  /// Bytes of the subject, from 0. A group that took no part has `begin` = std::string_view::npos.
  struct place {
    std::size_t begin = 0;
    std::size_t end = 0;
  };

  explicit matcher(match_limits const& bounds);
  ~matcher();
  matcher(matcher const&) = delete;
  matcher& operator=(matcher const&) = delete;

  /// Searches `subject` for the expression, from byte `start` on; look-behinds see what is before.
  /// `start` must not exceed the size of the subject.
  outcome match(pattern const& what, std::string_view subject, std::size_t start = 0);
  /// After outcome::matches: the place of the whole match, then of each group. Valid until the next
  /// match.
  std::span<place const> places() const { return {places_.data(), place_count_}; }
  /// Steps of the last match; 0 if it was so short that nobody counted.
  std::uint64_t steps() const { return steps_; }
  /// The cost of the last match in units of limits::schema_steps; at least 1.
  std::uint64_t cost() const { return cost_; }
  /// Limits later matches to this number of steps.
  void limit_steps(std::uint64_t steps) { bounds_.steps = steps; }

 private:
  struct state;
  void prepare();
  void copy_places(int count);

  std::unique_ptr<state> state_;
  match_limits bounds_;
  std::array<place, max_groups + 1> places_{};
  std::size_t place_count_ = 0;
  std::uint64_t steps_ = 0;
  std::uint64_t cost_ = 1;
};

} // namespace cfgd::regex
