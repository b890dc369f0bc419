#pragma once

#include "core/error.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

/// Regular expressions of schemas: ECMA-262, as JSON Schema asks for it, matched by PCRE2.
namespace cfgd::schema {

/// Rewrites an ECMA-262 expression (flag u) into one that PCRE2 understands the same way.
/// Errors: parse (message with the column).
[[nodiscard]] result<std::string> translate_pattern(std::string_view text);

/// A compiled expression. Immutable.
class pattern {
 public:
  /// Errors: parse (message says what is wrong with it).
  [[nodiscard]] static result<pattern> compile(std::string_view text);

  pattern(pattern&&) noexcept;
  pattern& operator=(pattern&&) noexcept;
  ~pattern();

  /// As it is written in the schema.
  std::string const& text() const { return text_; }

 private:
  friend class matcher;
  struct code;
  pattern();
  std::string text_;
  std::unique_ptr<code> code_;
};

/// What one match needs besides the expression. Not for several threads at a time.
class matcher {
 public:
  enum class outcome : std::uint8_t { matches, differs, too_costly };

  /// `step_limit` is limits::pattern_steps.
  explicit matcher(std::uint64_t step_limit);
  ~matcher();
  matcher(matcher const&) = delete;
  matcher& operator=(matcher const&) = delete;

  /// Searches `subject` for the expression.
  outcome match(pattern const& what, std::string_view subject);
  /// What the last match cost, in steps of limits::schema_steps; at least 1.
  std::uint64_t cost() const { return cost_; }

 private:
  struct state;
  std::unique_ptr<state> state_;
  std::uint64_t step_limit_;
  std::uint64_t cost_ = 1;
};

} // namespace cfgd::schema
