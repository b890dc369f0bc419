#include "core/document.hpp"
#include "core/json.hpp"
#include "core/key.hpp"
#include "tests/fuzz/require.hpp"

#include <boost/json/value.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// Whatever is read is written so that it reads back equal, in each of the ways of writing; and the
// canonical text can be searched without a parser.

namespace {

using namespace cfgd;
using test::require;

void check_writing(boost::json::value const& value, std::string const& canonical) {
  std::string compact;
  json::append_compact(compact, value);
  for (auto const& text : {canonical, compact, json::pretty(value)}) {
    auto const again = json::parse(text);
    require(again.has_value(), "what is written can be read");
    require(json::canonical(*again) == canonical, "what is written reads back equal");
  }
}

void check_search(std::string_view canonical) {
  key const name_space({"n"});
  std::size_t rest = 100; // searching is linear, all leaves would be quadratic
  canonical::for_each_leaf(name_space, canonical, [&](key const& at, std::string_view leaf) {
    auto const found = canonical::find(canonical, at.path());
    require(found.has_value() && *found == leaf, "every leaf is found by its path");
    return --rest > 0;
  });
}

} // namespace

// The name is libFuzzer's.
extern "C" int
LLVMFuzzerTestOneInput(std::uint8_t const* data, // NOLINT(readability-identifier-naming)
                       std::size_t size) {
  std::string_view const text(reinterpret_cast<char const*>(data), size);
  auto const strict = json::parse(text);
  auto const relaxed = json::parse(text, json::dialect::relaxed);
  require(!strict || relaxed, "JSON is JSONC");
  require(strict || !strict.error().message.empty(), "a refusal has a message");
  if (!relaxed) return 0;
  auto const canonical = json::canonical(*relaxed);
  require(!strict || json::canonical(*strict) == canonical, "JSON means the same as JSONC");
  check_writing(*relaxed, canonical);
  check_search(canonical);
  return 0;
}
