#include "core/document.hpp"
#include "core/json.hpp"
#include "core/limits.hpp"
#include "core/text.hpp"
#include "engine/rules/rules.hpp"
#include "tests/fuzz/require.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstddef>
#include <cstdint>
#include <ctime>
#include <span>
#include <string>
#include <string_view>

// The input is the check of a rule: it ends in time, reveals no secret, and its message is short
// text.

namespace {

using namespace cfgd;
using test::require;

constexpr std::string_view secret = "hunter2";
constexpr std::int64_t most_seconds = 5; ///< of processor time, with sanitizers

boost::json::value make_site() {
  return {{"a", 1},
          {"b", {{"c", "text"}, {"d", 0.5}}},
          {"list", {1, "two", {{"x", true}}}},
          {"password", secret},
          {"on", true}};
}

std::int64_t processor_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return now.tv_sec;
}

bool is_readable(std::string_view check, limits const& bounds) {
  boost::json::value const one{{"name", "fuzz"}, {"check", check}, {"message", "m"}};
  sourced_document document;
  document.root["rule"] = boost::json::array{one};
  auto const found = rules::read(document, "fuzz.toml", bounds);
  require(found || !found.error().issues.empty(), "a rejection has issues");
  return found.has_value();
}

} // namespace

// The name is libFuzzer's.
extern "C" int
LLVMFuzzerTestOneInput(std::uint8_t const* data, // NOLINT(readability-identifier-naming)
                       std::size_t size) {
  std::string const check(reinterpret_cast<char const*>(data), size);
  limits bounds;
  bounds.rule_instructions = 200'000;
  bounds.rule_bytes = 1024 * 1024;
  auto const site = make_site();
  rules::world const world{
      .value = [&](std::string_view name) { return name == "site" ? &site : nullptr; },
      .is_secret =
          [](std::string_view, std::span<std::string const> path) {
            return path.size() == 1 && path[0] == "password";
          }};
  rules::engine engine(bounds);
  rules::rule const which{.name = "fuzz", .check = check};
  auto const before = processor_seconds();
  auto const found = engine.run(which, world);
  require(processor_seconds() - before <= most_seconds, "a rule ends in time");
  require(found.message.size() <= 500 && is_clean_text(found.message), "a message is short text");
  require(check.find(secret) != check.npos || found.message.find(secret) == found.message.npos,
          "no secret is revealed");
  auto const plain =
      found.what == rules::verdict::kind::holds || found.what == rules::verdict::kind::fails;
  require(!plain || found.message.empty(), "only a rule that is broken says something");
  (void)is_readable(check, bounds);
  return 0;
}
