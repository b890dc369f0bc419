#include "engine/regex/pattern.hpp"

#define PCRE2_CODE_UNIT_WIDTH 8 // NOLINT: selects the library of pcre2.h
#include <pcre2.h>

#include <algorithm>
#include <array>
#include <new>

// PCRE2's match limit bounds the work at one starting position, and a search has as many of those
// as the subject has characters: "a.*b" on half a megabyte of "a" takes minutes and exceeds no
// limit. So each expression is compiled twice. The quick code runs on short subjects, with a limit
// so small that its time does not matter. Longer subjects, and those that exceed this limit, run
// the code with PCRE2_AUTO_CALLOUT, which calls on_callout() at each item of the expression; there
// the steps of the whole search are counted. The JIT compiler is not used: the sandbox of the
// service does not allow new executable memory.

namespace cfgd::regex {
namespace {

constexpr std::uint32_t options = PCRE2_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_ALT_BSUX |
                                  PCRE2_MATCH_UNSET_BACKREF | PCRE2_NEVER_BACKSLASH_C |
                                  PCRE2_ALLOW_EMPTY_CLASS | PCRE2_NO_AUTO_POSSESS;
/// Longer subjects are not tried with the quick code.
constexpr std::size_t quick_bytes = 512;
/// The match limit of the quick code, for anchored expressions and for those that may match
/// anywhere.
constexpr std::uint32_t quick_steps_anchored = 200;
constexpr std::uint32_t quick_steps_each = 20;
/// About what PCRE2 scans in the time of one step.
constexpr std::size_t bytes_per_step = 256;
/// About the number of steps in the time that evaluating one subschema takes.
constexpr std::uint64_t steps_per_cost = 50;

struct free_code {
  void operator()(pcre2_code* code) const { pcre2_code_free(code); }
};
struct free_compile_context {
  void operator()(pcre2_compile_context* context) const { pcre2_compile_context_free(context); }
};
struct free_match_context {
  void operator()(pcre2_match_context* context) const { pcre2_match_context_free(context); }
};
struct free_match_data {
  void operator()(pcre2_match_data* data) const { pcre2_match_data_free(data); }
};
using code_ptr = std::unique_ptr<pcre2_code, free_code>;

struct compiled {
  code_ptr code;
  int failure = 0;
};

compiled compile_with(std::string const& text, std::uint32_t more_options) {
  std::unique_ptr<pcre2_compile_context, free_compile_context> const context(
      pcre2_compile_context_create(nullptr));
  pcre2_set_compile_extra_options(context.get(), PCRE2_EXTRA_ALT_BSUX);
  compiled out;
  PCRE2_SIZE offset = 0;
  out.code.reset(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(),
                               options | more_options, &out.failure, &offset, context.get()));
  return out;
}

std::string message_of(int failure) {
  std::array<PCRE2_UCHAR, 160> text{};
  pcre2_get_error_message(failure, text.data(), text.size());
  return reinterpret_cast<char const*>(text.data());
}

/// Steps of one search, counted by the callouts.
struct meter {
  std::uint64_t used = 0;
  std::uint64_t limit = 0;
};

int on_callout(pcre2_callout_block* block, void* data) {
  auto& count = *static_cast<meter*>(data);
  auto const scanned = block->current_position - std::min(block->current_position, //
                                                          block->start_match);
  count.used += 1 + scanned / bytes_per_step;
  return count.used > count.limit ? PCRE2_ERROR_MATCHLIMIT : 0;
}

} // namespace

struct pattern::code {
  code_ptr quick;
  code_ptr counted;
  bool anchored = false;
};

pattern::pattern() : code_(std::make_unique<code>()) {}
pattern::pattern(pattern&&) noexcept = default;
pattern& pattern::operator=(pattern&&) noexcept = default;
pattern::~pattern() = default;

result<pattern> pattern::compile(std::string_view text) {
  auto const translated = translate_pattern(text);
  if (!translated) return translated.error();
  auto quick = compile_with(*translated, 0);
  if (!quick.code) return error{.code = errc::parse, .message = message_of(quick.failure)};
  auto counted = compile_with(*translated, PCRE2_AUTO_CALLOUT);
  if (!counted.code) return error{.code = errc::parse, .message = message_of(counted.failure)};
  pattern out;
  out.text_ = text;
  std::uint32_t found = 0;
  pcre2_pattern_info(quick.code.get(), PCRE2_INFO_ALLOPTIONS, &found);
  out.code_->anchored = (found & PCRE2_ANCHORED) != 0;
  out.code_->quick = std::move(quick.code);
  out.code_->counted = std::move(counted.code);
  return out;
}

struct matcher::state {
  std::unique_ptr<pcre2_match_context, free_match_context> context;
  std::unique_ptr<pcre2_match_data, free_match_data> data;
  meter count;
};

matcher::matcher(match_limits const& bounds) : state_(std::make_unique<state>()), bounds_(bounds) {}
matcher::~matcher() = default;

void matcher::prepare() {
  auto& now = *state_;
  if (now.context) return;
  now.context.reset(pcre2_match_context_create(nullptr));
  now.data.reset(pcre2_match_data_create(max_groups + 1, nullptr));
  if (now.context == nullptr || now.data == nullptr) throw std::bad_alloc();
  pcre2_set_heap_limit(now.context.get(), static_cast<std::uint32_t>(bounds_.heap_bytes / 1024));
}

void matcher::copy_places(int count) {
  // 0: there are more groups than places for them, and all places are set.
  place_count_ = count == 0 ? places_.size() : static_cast<std::size_t>(count);
  PCRE2_SIZE const* const offsets = pcre2_get_ovector_pointer(state_->data.get());
  for (std::size_t i = 0; i < place_count_; ++i)
    places_[i] = {.begin = offsets[2 * i], .end = offsets[2 * i + 1]};
}

matcher::outcome matcher::match(pattern const& what, std::string_view subject, std::size_t start) {
  prepare();
  auto& now = *state_;
  auto const run = [&](code_ptr const& code, std::uint32_t limit) {
    pcre2_set_match_limit(now.context.get(), limit);
    return pcre2_match(code.get(), reinterpret_cast<PCRE2_SPTR>(subject.data()), subject.size(),
                       start, 0, now.data.get(), now.context.get());
  };
  place_count_ = 0;
  steps_ = 0;
  cost_ = 1 + subject.size() / 32;
  int rc = PCRE2_ERROR_MATCHLIMIT;
  if (subject.size() <= quick_bytes) {
    pcre2_set_callout(now.context.get(), nullptr, nullptr);
    rc = run(what.code_->quick, what.code_->anchored ? quick_steps_anchored : quick_steps_each);
  }
  if (rc == PCRE2_ERROR_MATCHLIMIT) {
    now.count = {.used = 0, .limit = bounds_.steps};
    pcre2_set_callout(now.context.get(), on_callout, &now.count);
    rc = run(what.code_->counted,
             static_cast<std::uint32_t>(std::min<std::uint64_t>(bounds_.steps, UINT32_MAX)));
    steps_ = now.count.used;
    cost_ += steps_ / steps_per_cost;
  }
  if (rc >= 0) {
    copy_places(rc);
    return outcome::matches;
  }
  if (rc == PCRE2_ERROR_MATCHLIMIT || rc == PCRE2_ERROR_HEAPLIMIT || rc == PCRE2_ERROR_DEPTHLIMIT ||
      rc == PCRE2_ERROR_NOMEMORY)
    return outcome::too_costly;
  if ((rc <= PCRE2_ERROR_UTF8_ERR1 && rc >= PCRE2_ERROR_UTF8_ERR21) ||
      rc == PCRE2_ERROR_BADUTFOFFSET)
    return outcome::not_utf8;
  return outcome::differs;
}

} // namespace cfgd::regex
