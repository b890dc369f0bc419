#include "core/json.hpp"
#include "core/key.hpp"
#include "core/text.hpp"
#include "tests/fuzz/require.hpp"
#include "watchers/read_source.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// The first byte chooses the format (or the reading of a variable), the rest is the file. What is
// read has a place for every node, is a document that cfgd can keep, and reads back equal as JSON.
// What is refused is refused with one line of text and a place.

namespace {

using namespace cfgd;
using test::require;

std::size_t count_nodes(boost::json::value const& what) {
  std::size_t count = 0;
  if (auto const* object = what.if_object()) {
    for (auto const& member : *object)
      count += 1 + count_nodes(member.value());
  } else if (auto const* array = what.if_array()) {
    for (auto const& element : *array)
      count += 1 + count_nodes(element);
  }
  return count;
}

void check_refusal(error const& why) {
  require(!why.message.empty() && why.message.size() < 400, "a refusal has a short message");
  require(is_clean_text(why.message), "messages are clean text");
  require(why.message.find('\n') == std::string::npos, "messages are one line");
  require(why.code == errc::parse || why.code == errc::limit,
          "refusals are of the documented kinds");
  require(why.where.line > 0 || why.subject == "file_bytes", "a refusal has a place");
}

void check_round_trip(boost::json::value const& value) {
  auto const text = json::canonical(value);
  auto const again = json::parse(text);
  require(again.has_value(), "what is read can be written as JSON");
  require(json::canonical(*again) == text, "what is read is equal when it comes back as JSON");
}

void read_file(format kind, std::string_view text) {
  limits bounds;
  bounds.file_elements = 2'000;
  auto const read = watchers::read_source(kind, text, bounds);
  if (!read) return check_refusal(read.error());
  boost::json::value const root(read->root);
  require(read->places.size() == count_nodes(root), "every node has a place");
  for (place const& at : read->places)
    require(at.line > 0 && at.column > 0, "places are known");
  check_round_trip(root);
}

void read_variable(std::string_view text) {
  auto const value = watchers::read_variable(text, limits{});
  if (value)
    check_round_trip(*value);
  else
    require(value.error().code == errc::bad_value || value.error().code == errc::limit,
            "refusals are of the documented kinds");
  if (auto const named = watchers::key_of_variable(text)) {
    auto const again = key::parse(named->str());
    require(again && *again == *named, "the key of a variable is one");
  }
}

} // namespace

// The name is libFuzzer's.
extern "C" int
LLVMFuzzerTestOneInput(std::uint8_t const* data, // NOLINT(readability-identifier-naming)
                       std::size_t size) {
  if (size == 0) return 0;
  std::string_view const text(reinterpret_cast<char const*>(data) + 1, size - 1);
  switch (data[0]) {
  case 'j':
    read_file(format::json, text);
    break;
  case 'c':
    read_file(format::jsonc, text);
    break;
  case 'y':
    read_file(format::yaml, text);
    break;
  case 't':
    read_file(format::toml, text);
    break;
  case 'i':
    read_file(format::ini, text);
    break;
  case 'e':
    read_file(format::env, text);
    break;
  default:
    read_variable(text);
    break;
  }
  return 0;
}
