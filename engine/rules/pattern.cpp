#include "engine/rules/pattern.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

// Lua's own matcher tries every way to divide the subject among the items of a pattern, inside one
// call that nothing can end: a pattern of four items can take hours. So patterns are matched here,
// by the same backtracking, with every step counted. It gives what Lua's gives, fault for fault;
// a test compares the two.
//
// Faults end the search by null at every level, as a failed match does; whoever goes on after a
// null looks at stuck() first. The depth of the recursion is bounded as in Lua.

namespace cfgd::rules {
namespace {

constexpr std::size_t most_depth = 200;
constexpr std::size_t bytes_a_step = 8; ///< of those that are looked at one after the other

bool in_range(unsigned char c, unsigned char first, unsigned char last) {
  return c >= first && c <= last;
}

bool is_lower(unsigned char c) { return in_range(c, 'a', 'z'); }
bool is_upper(unsigned char c) { return in_range(c, 'A', 'Z'); }
bool is_digit(unsigned char c) { return in_range(c, '0', '9'); }
bool is_graphic(unsigned char c) { return in_range(c, 0x21, 0x7E); }
bool is_alphanumeric(unsigned char c) { return is_lower(c) || is_upper(c) || is_digit(c); }

/// Whether `c` is of the class with that letter, as in the C locale; another letter is itself.
bool is_of_class(unsigned char c, char letter) {
  auto const of = static_cast<unsigned char>(letter);
  bool found = false;
  switch (is_upper(of) ? of - 'A' + 'a' : of) {
  case 'a':
    found = is_lower(c) || is_upper(c);
    break;
  case 'c':
    found = c < 0x20 || c == 0x7F;
    break;
  case 'd':
    found = is_digit(c);
    break;
  case 'g':
    found = is_graphic(c);
    break;
  case 'l':
    found = is_lower(c);
    break;
  case 'p':
    found = is_graphic(c) && !is_alphanumeric(c);
    break;
  case 's':
    found = c == ' ' || in_range(c, '\t', '\r');
    break;
  case 'u':
    found = is_upper(c);
    break;
  case 'w':
    found = is_alphanumeric(c);
    break;
  case 'x':
    found = is_digit(c) || in_range(c, 'a', 'f') || in_range(c, 'A', 'F');
    break;
  case 'z':
    found = c == 0;
    break; // no more in the manual, but in Lua
  default:
    return c == of;
  }
  return is_upper(of) ? !found : found;
}

} // namespace

pattern_match::pattern_match(std::string_view subject, std::string_view pattern,
                             std::uint64_t most_steps)
    : begin_(subject.data()), end_(begin_ + subject.size()),
      pattern_end_(pattern.data() + pattern.size()), pattern_(pattern.data()),
      most_steps_(most_steps) {}

char const* pattern_match::at(char const* from) {
  level_ = 0;
  depth_ = 0;
  return match(from, pattern_);
}

bool pattern_match::take(std::uint64_t steps) {
  if (stuck()) return false;
  if (steps > most_steps_ - steps_) {
    steps_ = most_steps_;
    exhausted_ = true;
    return false;
  }
  steps_ += steps;
  return true;
}

char const* pattern_match::fail(char const* fault) {
  if (!stuck()) fault_ = fault;
  return nullptr;
}

char const* pattern_match::match(char const* from, char const* with) {
  if (depth_ == most_depth) return fail("pattern too complex");
  ++depth_;
  bool decided = false;
  while (!decided && from != nullptr && with != pattern_end_) {
    if (!take(1))
      from = nullptr;
    else
      from = match_item(from, with, decided);
  }
  --depth_;
  return from;
}

// Matches the item at `with` and moves behind it; or decides the match, having tried all the rest.
char const* pattern_match::match_item(char const* from, char const*& with, bool& decided) {
  switch (*with) {
  case '(':
    decided = true;
    return begin_capture(from, with + 1);
  case ')':
    decided = true;
    return end_capture(from, with + 1);
  case '$':
    if (with + 1 != pattern_end_) break;
    decided = true;
    return from == end_ ? from : nullptr;
  case '%':
    if (with + 1 != pattern_end_ &&
        (with[1] == 'b' || with[1] == 'f' || is_digit(static_cast<unsigned char>(with[1]))))
      return match_escape(from, with);
    break;
  default:
    break;
  }
  return match_single(from, with, decided);
}

char const* pattern_match::match_single(char const* from, char const*& with, bool& decided) {
  char const* const behind = behind_class(with);
  if (behind == nullptr) return nullptr;
  char const suffix = behind == pattern_end_ ? '\0' : *behind;
  switch (suffix) {
  case '*':
    decided = true;
    return expand_most(from, with, behind);
  case '-':
    decided = true;
    return expand_least(from, with, behind);
  case '+':
    decided = true;
    return matches_single(from, with, behind) ? expand_most(from + 1, with, behind) : nullptr;
  case '?':
    if (matches_single(from, with, behind)) {
      char const* const rest = match(from + 1, behind + 1);
      if (rest != nullptr || stuck()) {
        decided = true;
        return rest;
      }
    }
    with = behind + 1;
    return from;
  default: {
    bool const matches = matches_single(from, with, behind);
    with = behind;
    return matches ? from + 1 : nullptr;
  }
  }
}

char const* pattern_match::match_escape(char const* from, char const*& with) {
  char const* const behind_letter = with + 2;
  if (with[1] == 'b') {
    with += 4;
    return match_balance(from, behind_letter);
  }
  if (with[1] != 'f') {
    with += 2;
    return match_back(from, behind_letter[-1]);
  }
  if (behind_letter == pattern_end_ || *behind_letter != '[')
    return fail("missing '[' after '%f' in pattern");
  with = behind_class(behind_letter);
  if (with == nullptr) return nullptr;
  auto const before = static_cast<unsigned char>(from == begin_ ? '\0' : from[-1]);
  auto const after = static_cast<unsigned char>(from == end_ ? '\0' : *from);
  return !matches_set(before, behind_letter, with) && matches_set(after, behind_letter, with)
             ? from
             : nullptr;
}

char const* pattern_match::expand_most(char const* from, char const* with, char const* behind) {
  char const* last = from;
  while (matches_single(last, with, behind))
    ++last;
  for (; !stuck(); --last) {
    char const* const rest = match(last, behind + 1);
    if (rest != nullptr) return rest;
    if (last == from) break;
  }
  return nullptr;
}

char const* pattern_match::expand_least(char const* from, char const* with, char const* behind) {
  while (!stuck()) {
    char const* const rest = match(from, behind + 1);
    if (rest != nullptr) return rest;
    if (stuck() || !matches_single(from, with, behind)) break;
    ++from;
  }
  return nullptr;
}

char const* pattern_match::begin_capture(char const* from, char const* with) {
  if (level_ == most_captures) return fail("too many captures");
  bool const position = with != pattern_end_ && *with == ')';
  captures_[level_++] = {
      .begin = from, .length = 0, .what = position ? capture::kind::position : capture::kind::open};
  char const* const rest = match(from, position ? with + 1 : with);
  if (rest == nullptr) --level_;
  return rest;
}

char const* pattern_match::end_capture(char const* from, char const* with) {
  std::size_t which = level_;
  while (which > 0 && captures_[which - 1].what != capture::kind::open)
    --which;
  if (which == 0) return fail("invalid pattern capture");
  auto& closed = captures_[which - 1];
  closed.length = static_cast<std::size_t>(from - closed.begin);
  closed.what = capture::kind::closed;
  char const* const rest = match(from, with);
  if (rest == nullptr) closed.what = capture::kind::open;
  return rest;
}

char const* pattern_match::match_balance(char const* from, char const* with) {
  if (pattern_end_ - with < 2) return fail("malformed pattern (missing arguments to '%b')");
  if (from == end_ || *from != with[0]) return nullptr;
  std::size_t open = 1;
  for (char const* here = from + 1; here != end_; ++here) {
    if (!take(1)) return nullptr;
    if (*here == with[1]) {
      if (--open == 0) return here + 1;
    } else if (*here == with[0]) {
      ++open;
    }
  }
  return nullptr;
}

char const* pattern_match::match_back(char const* from, char digit) {
  auto const which = static_cast<std::size_t>(digit - '1'); // %0 is none
  if (digit == '0' || which >= level_ || captures_[which].what == capture::kind::open)
    return fail("invalid capture index in pattern");
  auto const& earlier = captures_[which];
  // Lua takes the length of a position for a huge one, which matches nowhere.
  if (earlier.what == capture::kind::position) return nullptr;
  if (!take(1 + earlier.length / bytes_a_step)) return nullptr;
  if (static_cast<std::size_t>(end_ - from) < earlier.length) return nullptr;
  bool const same = std::equal(earlier.begin, earlier.begin + earlier.length, from);
  return same ? from + earlier.length : nullptr;
}

/// Behind the class of single characters at `with`; null: it is malformed.
char const* pattern_match::behind_class(char const* with) {
  if (*with == '%') {
    if (with + 1 == pattern_end_) return fail("malformed pattern (ends with '%')");
    return with + 2;
  }
  if (*with != '[') return with + 1;
  char const* here = with + 1;
  if (here != pattern_end_ && *here == '^') ++here;
  for (bool first = true; here != pattern_end_; first = false) {
    if (*here == ']' && !first) {
      bool const paid = take(static_cast<std::size_t>(here - with) / bytes_a_step);
      return paid ? here + 1 : nullptr;
    }
    here += *here == '%' && here + 1 != pattern_end_ ? 2 : 1;
  }
  return fail("malformed pattern (missing ']')");
}

bool pattern_match::matches_single(char const* from, char const* with, char const* behind) {
  if (from == end_ || !take(1)) return false;
  auto const c = static_cast<unsigned char>(*from);
  switch (*with) {
  case '.':
    return true;
  case '%':
    return is_of_class(c, with[1]);
  case '[':
    return matches_set(c, with, behind);
  default:
    return static_cast<unsigned char>(*with) == c;
  }
}

bool pattern_match::matches_set(unsigned char c, char const* with, char const* behind) {
  if (!take(static_cast<std::size_t>(behind - with) / bytes_a_step)) return false;
  char const* const last = behind - 1; // its bracket
  char const* here = with + 1;
  bool const inside = *here != '^';
  if (!inside) ++here;
  while (here < last) {
    if (*here == '%') {
      if (is_of_class(c, here[1])) return inside;
      here += 2;
    } else if (here + 2 < last && here[1] == '-') {
      if (in_range(c, static_cast<unsigned char>(here[0]), static_cast<unsigned char>(here[2])))
        return inside;
      here += 3;
    } else {
      if (static_cast<unsigned char>(*here) == c) return inside;
      ++here;
    }
  }
  return !inside;
}

} // namespace cfgd::rules
