#include "core/key.hpp"
#include "core/limits.hpp"
#include "core/text.hpp"
#include "tests/fuzz/require.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// A key that is read is written in a way that reads back equal, and holds no text that cannot be
// kept.

namespace {

using namespace cfgd;
using test::require;

void check_key(key const& which) {
  require(is_namespace_name(which.name_space()), "the first part is a namespace");
  for (auto const& part : which.parts())
    require(is_clean_text(part), "the parts are clean text");
  auto const again = key::parse(which.str());
  require(again && *again == which, "a written key reads back equal");
  require(which.contains(which), "a key contains itself");
  require(which.contains(which.child("x")), "a key contains its children");
  require(!which.child("x").contains(which), "a child does not contain its parent");
}

} // namespace

// The name is libFuzzer's.
extern "C" int
LLVMFuzzerTestOneInput(std::uint8_t const* data, // NOLINT(readability-identifier-naming)
                       std::size_t size) {
  std::string_view const text(reinterpret_cast<char const*>(data), size);
  auto const parsed = key::parse(text);
  auto const parts = split_dotted(text);
  require(!parsed || parts, "a key is a dotted name");
  if (parsed) {
    require(parsed->parts() == *parts, "a key has the parts of the dotted name");
    check_key(*parsed);
  } else {
    require(!parsed.error().message.empty(), "a refusal has a message");
  }
  return 0;
}
