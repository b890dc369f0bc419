#include "engine/rules/run.hpp"

#include "core/key.hpp"
#include "core/text.hpp"

#include <fmt/format.h>
#include <utf8.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <ctime>
#include <iterator>
#include <new>
#include <utility>
#include <vector>

// The budget of a run. Lua counts instructions, but one instruction can join two texts of
// megabytes. So allocated memory counts too: 64 bytes as one instruction, which is about the time
// of filling them. When the memory is full, Lua collects garbage and tries again; this counts as
// well, or a run could spend all its time on it. A run that was stopped gets no memory.
//
// Some instructions take long and need no memory: comparing texts, reading a number of a million
// digits, passing thousands of arguments. Their time is measured as processor time of the thread,
// so that a busy machine does not change a verdict.
//
// Regular expressions are matched here and not in the functions that Lua calls, since an expression
// has a destructor. Their steps count as instructions.
//
// The first reason to stop is kept. The message of Lua for such an end has no meaning and is not
// used.

namespace cfgd::rules {
namespace {

constexpr std::int64_t nanoseconds = 1'000'000'000;
constexpr std::int64_t most_time = nanoseconds / 2;
constexpr std::size_t bytes_an_instruction = 64;
constexpr std::size_t most_message_bytes = 500;
constexpr std::size_t max_expression_bytes = 1024;
/// Expressions that a run keeps compiled.
constexpr std::size_t max_patterns = 16;
/// Instructions that compiling takes, for an expression and for each byte of it.
constexpr std::uint64_t compile_cost = 1000;
constexpr std::uint64_t compile_cost_byte = 50;
/// Bytes of a text that are searched, at least, in the time of one instruction.
constexpr std::size_t searched_an_instruction = 8;
constexpr std::string_view chunk = "check:";

std::int64_t read_clock(clockid_t which) {
  timespec now{};
  ::clock_gettime(which, &now);
  return now.tv_sec * nanoseconds + now.tv_nsec;
}

/// The parts of the key of a value, beginning with the namespace. Elements have no part of their
/// own.
std::vector<std::string> parts_of(node const& at) {
  std::vector<std::string> parts;
  for (auto const* here = &at; here != nullptr; here = here->parent)
    if (here->name != nullptr) parts.emplace_back(here->name, here->length);
  std::reverse(parts.begin(), parts.end());
  return parts;
}

/// "check:1: text" -> "text", "check:3: text" -> "line 3: text".
std::string without_chunk(std::string_view message) {
  if (!message.starts_with(chunk)) return std::string(message);
  auto const digits = message.substr(chunk.size());
  std::uint32_t line = 0;
  auto const [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), line);
  auto const rest = digits.substr(static_cast<std::size_t>(end - digits.data()));
  if (code != std::errc() || !rest.starts_with(": ")) return std::string(message);
  return line == 1 ? std::string(rest.substr(2)) : fmt::format("line {}{}", line, rest);
}

/// An expression in quotes, cut where it is long.
std::string quote(std::string_view expression) {
  constexpr std::size_t most = 100;
  if (expression.size() <= most) return fmt::format("'{}'", expression);
  return fmt::format("'{}...'", expression.substr(0, most));
}

} // namespace

std::string tidy_message(std::string_view message) {
  constexpr std::string_view dots = "...";
  std::string text = without_chunk(message.substr(0, 2 * most_message_bytes));
  std::string clean;
  utf8::replace_invalid(text.begin(), text.end(), std::back_inserter(clean), '?');
  for (char& c : clean)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  if (!is_clean_text(clean)) clean = "the message is not valid text"; // U+FFFE, U+FFFF
  if (clean.size() <= most_message_bytes) return clean;
  auto end = most_message_bytes - dots.size();
  while ((static_cast<unsigned char>(clean[end]) & 0xC0) == 0x80)
    --end;
  return clean.substr(0, end).append(dots);
}

run::run(world const& over, limits const& bounds)
    : over_(over), most_(bounds.rule_instructions), most_bytes_(bounds.rule_bytes),
      coarse_(read_clock(CLOCK_MONOTONIC_COARSE)), began_(read_clock(CLOCK_THREAD_CPUTIME_ID)),
      most_steps_(bounds.pattern_steps),
      matcher_({.steps = bounds.pattern_steps, .heap_bytes = bounds.rule_bytes}) {}

void run::stop(reason why) noexcept {
  if (why_ == reason::none) why_ = why;
}

template <class Act>
void run::guarded(Act act) noexcept {
  try {
    act();
  } catch (...) { // to be rethrown by make_verdict(), where no frame of Lua is in between
    if (!stopped()) thrown_ = std::current_exception();
    stop(reason::thrown);
  }
}

void* run::resize(void* block, std::size_t old_size, std::size_t size) noexcept {
  std::size_t const old = block == nullptr ? 0 : old_size; // with no block, it is a type of object
  if (size == 0) {
    std::free(block);
    bytes_ -= old;
    return nullptr;
  }
  if (size > old) {
    if (stopped() || !spend(size / bytes_an_instruction)) return nullptr;
    if (size - old > most_bytes_ - bytes_) {
      (void)spend(bytes_ / bytes_an_instruction); // Lua collects garbage before it asks again
      return nullptr;
    }
  }
  void* const moved = std::realloc(block, size);
  if (moved == nullptr)
    return size <= old ? block : nullptr; // Lua requires that shrinking never fails
  bytes_ = bytes_ - old + size;
  return moved;
}

bool run::spend(std::uint64_t instructions) noexcept {
  if (instructions > left()) {
    used_ = most_;
    stop(reason::instructions);
    return false;
  }
  used_ += instructions;
  return !stopped();
}

bool run::in_time() noexcept {
  // The coarse clock is cheap and changes every few milliseconds.
  auto const now = read_clock(CLOCK_MONOTONIC_COARSE);
  if (now == coarse_) return !stopped();
  coarse_ = now;
  if (read_clock(CLOCK_THREAD_CPUTIME_ID) - began_ > most_time) stop(reason::time);
  return !stopped();
}

node run::name_space(std::string_view name) noexcept {
  node found;
  guarded([&] {
    auto at = name_spaces_.find(name);
    if (at == name_spaces_.end())
      at = name_spaces_.emplace(std::string(name), over_.value(name)).first;
    found = {.what = at->second, .name = at->first.data(), .length = at->first.size()};
  });
  return found;
}

bool run::is_secret(node const& at) noexcept {
  bool secret = true;
  guarded([&] {
    auto const parts = parts_of(at);
    secret = over_.is_secret(parts.front(), std::span(parts).subspan(1));
  });
  return secret;
}

regex::pattern const* run::compile(std::string_view expression) {
  if (auto const known = patterns_.find(expression); known != patterns_.end())
    return &known->second;
  if (expression.size() > max_expression_bytes) {
    refuse(fmt::format("a regular expression is longer than {} bytes", max_expression_bytes));
    return nullptr;
  }
  if (!spend(compile_cost + compile_cost_byte * expression.size())) return nullptr;
  auto compiled = regex::pattern::compile(expression);
  if (!compiled) {
    refuse(fmt::format("{} is not a valid regular expression: {}", quote(expression),
                       compiled.error().message));
    return nullptr;
  }
  if (patterns_.size() >= max_patterns) patterns_.clear();
  return &patterns_.emplace(std::string(expression), std::move(*compiled)).first->second;
}

run::searched run::search(std::string_view text, std::string_view expression,
                          std::size_t start) noexcept {
  using enum regex::matcher::outcome;
  auto result = searched::failed;
  guarded([&] {
    auto const* const with = compile(expression);
    if (with == nullptr || !spend(1 + text.size() / searched_an_instruction)) return;
    auto const allowed = std::min(most_steps_, left());
    matcher_.limit_steps(allowed);
    auto const outcome = matcher_.match(*with, text, start);
    if (outcome != matches && outcome != differs) return fail_search(outcome, expression, allowed);
    if (spend(matcher_.steps())) result = outcome == matches ? searched::found : searched::absent;
  });
  return result;
}

void run::fail_search(regex::matcher::outcome how, std::string_view expression,
                      std::uint64_t allowed) {
  if (how == regex::matcher::outcome::not_utf8)
    refuse(fmt::format("the text that is searched for {} is not valid UTF-8", quote(expression)));
  else if (allowed < most_steps_)
    stop(reason::instructions);
  else
    refuse(fmt::format("takes more than {} steps to search a text for {} (limit pattern_steps)",
                       most_steps_, quote(expression)));
}

void run::refuse(std::string_view message) noexcept {
  guarded([&] {
    if (!stopped()) message_ = message;
    stop(reason::broken);
  });
}

void run::refuse_secret(node const& at) noexcept {
  guarded([&] {
    std::string key;
    for (auto const& part : parts_of(at))
      append_key_part(key, part);
    refuse(fmt::format("the secret '{}' cannot be read by a rule", key));
  });
}

void run::miss_name_space(std::string_view name) noexcept {
  guarded([&] {
    if (!stopped()) message_ = fmt::format("namespace '{}' does not exist", name);
    stop(reason::unknown);
  });
}

void run::miss_member(node const& in, std::string_view name) noexcept {
  guarded([&] {
    missed_in_.clear();
    if (name.size() > limits::key_bytes) return;
    missed_ = name;
    for (auto const* here = &in; here != nullptr; here = here->parent) {
      if (here->name == nullptr) return missed_in_.clear();
      missed_in_.emplace_back(here->name, here->length);
    }
  });
}

/// Lua names only the last part of a member that is used although it is absent, and no part of one
/// that is an argument; that was read just before.
std::string run::explain(std::string_view message) const {
  if (missed_in_.empty()) return std::string(message);
  auto at = message.npos;
  if (message.ends_with(fmt::format(" a nil value (field '{}')", missed_)))
    at = message.find("attempt to ");
  else if (message.ends_with(" expected, got nil)"))
    at = message.find("bad argument #");
  if (at == message.npos) return std::string(message);
  std::string key;
  for (auto part = missed_in_.rbegin(); part != missed_in_.rend(); ++part)
    append_key_part(key, *part);
  append_key_part(key, missed_);
  return fmt::format("{}{} is not set", message.substr(0, at), key);
}

verdict run::finish(verdict::kind what, std::string_view message) {
  verdict made{.what = what, .message = tidy_message(message)};
  for (auto const& [name, value] : name_spaces_)
    made.read.insert(name);
  return made;
}

verdict run::make_verdict(bool holds) {
  return finish(holds ? verdict::kind::holds : verdict::kind::fails, {});
}

verdict run::make_verdict(std::string_view message) {
  using enum verdict::kind;
  switch (why_) {
  case reason::none:
    return finish(broken, explain(message));
  case reason::instructions:
    return finish(broken,
                  fmt::format("takes more than {} instructions (limit rule_instructions)", most_));
  case reason::memory:
    return finish(
        broken, fmt::format("takes more than {} bytes of memory (limit rule_bytes)", most_bytes_));
  case reason::time:
    return finish(broken,
                  fmt::format("takes more than {} ms of processor time", most_time / 1'000'000));
  case reason::unknown:
    return finish(unknown, message_);
  case reason::broken:
    return finish(broken, message_);
  case reason::thrown:
    break;
  }
  std::rethrow_exception(thrown_);
}

} // namespace cfgd::rules
