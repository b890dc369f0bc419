#include "core/json.hpp"
#include "core/text.hpp"
#include "engine/schema/lint.hpp"
#include "engine/schema/schema.hpp"
#include "tests/fuzz/require.hpp"

#include <boost/json/value.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// The first half, up to a NUL or the middle, is a schema, the rest a document. Whatever they are: a
// refused schema has one line of text and a place, defaults fit what they are part of, verdicts are
// counted right, and limits hold.

namespace {

using namespace cfgd;
using test::require;

limits small_limits() {
  limits bounds;
  bounds.schema_steps = 20'000;
  bounds.pattern_steps = 20'000;
  return bounds;
}

void check_refusal(error const& why) {
  require(!why.message.empty(), "a refusal has a message");
  require(why.code == errc::invalid || why.code == errc::limit,
          "refusals are of the documented kinds");
  require(!why.subject.empty(), "a refusal has a place");
}

void check_verdict(schema::verdict const& found, limits const& bounds) {
  require(found.issues.size() <= bounds.issues, "issues are bounded");
  require(found.issues.size() <= found.errors + found.warnings, "all issues are counted");
  require((found.errors + found.warnings == 0) == found.issues.empty(),
          "every counted issue is listed");
  bool warned = false;
  for (auto const& one : found.issues) {
    require(!one.rule.empty() && !one.message.empty(), "an issue says what and why");
    require(one.pointer.empty() || one.pointer.front() == '/', "an issue has a pointer");
    warned = warned || one.how == severity::warning;
    require(!warned || one.how == severity::warning, "errors come first");
  }
}

void check_lint(boost::json::value const& source) {
  auto const* const object = source.if_object();
  if (object == nullptr) return;
  sourced_document const file{.root = *object, .places = {}};
  for (auto const& one : schema::lint(file, schema::unknown_keywords::all)) {
    require(one.how == severity::warning && !one.message.empty(), "a note is a warning with text");
    require(find_pointer(source, one.pointer) != nullptr, "a note is about a part of the schema");
  }
}

void check_walks(schema::schema const& compiled) {
  std::vector<std::string> path;
  bool hidden = false;
  for (auto const* const name : {"a", "b", "a"}) {
    bool const now = compiled.is_secret(path);
    require(now || !hidden, "what lies in a secret is one");
    require(!now || compiled.has_secrets(), "a schema knows that it has secrets");
    hidden = now;
    compiled.governs(path);
    bool const fixed = !compiled.read_only_by(path).empty();
    require(!fixed || compiled.has_read_only(), "a schema knows that it has read-only members");
    path.emplace_back(name);
  }
}

} // namespace

// The name is libFuzzer's.
extern "C" int
LLVMFuzzerTestOneInput(std::uint8_t const* data, // NOLINT(readability-identifier-naming)
                       std::size_t size) {
  std::string_view const text(reinterpret_cast<char const*>(data), size);
  auto const cut = text.find('\0') == text.npos ? size / 2 : text.find('\0');
  auto const source = json::parse(text.substr(0, cut));
  if (!source) return 0;
  check_lint(*source);
  auto const load = [&](std::string_view uri) -> boost::json::value const* {
    return uri == "file:///a" ? &*source : nullptr;
  };
  auto const bounds = small_limits();
  auto const compiled = schema::schema::compile("file:///a", load, bounds);
  if (!compiled) {
    check_refusal(compiled.error());
    return 0;
  }
  check_walks(**compiled);
  auto rest = text.substr(cut);
  if (rest.starts_with('\0')) rest.remove_prefix(1);
  auto const document = json::parse(rest);
  if (!document) return 0;
  auto const first = (*compiled)->validate(*document);
  check_verdict(first, bounds);
  require((*compiled)->validate(*document).issues == first.issues, "a verdict is the same again");
  return 0;
}
