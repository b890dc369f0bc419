#include "core/json.hpp"
#include "core/text.hpp"
#include "tests/support/suites.hpp"
#include "tests/support/temporary_directory.hpp"
#include "watchers/formats/json.hpp"
#include "watchers/formats/toml.hpp"
#include "watchers/formats/yaml.hpp"
#include "watchers/read_source.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstdlib>
#include <set>
#include <string>
#include <vector>

// The official suites of the formats, where they are at hand. What fails is compared with a list of
// names, so that a case that begins to fail shows as well as one that begins to pass.

namespace {

using namespace cfgd;
namespace formats = cfgd::watchers::formats;
using boost::unit_test::precondition;
using test::needs_suite;
using names = std::set<std::string>;

std::vector<std::filesystem::path> files_of(std::string const& suite,
                                            std::string const& extension) {
  std::vector<std::filesystem::path> found;
  for (auto const& entry :
       std::filesystem::recursive_directory_iterator(test::suite_directory(suite))) {
    if (entry.path().extension() == extension) found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::string name_of(std::filesystem::path const& path, std::string const& suite) {
  return std::filesystem::relative(path, test::suite_directory(suite)).string();
}

/// As read_source, but the root may be anything.
result<formats::sourced_value> read_any(format kind, std::string_view text) {
  limits const bounds;
  if (auto checked = check_text(text); !checked) return checked.error();
  auto read = kind == format::json   ? formats::read_json(text, json::dialect::strict, bounds)
              : kind == format::yaml ? formats::read_yaml(text, bounds)
                                     : formats::read_toml(text, bounds);
  return read;
}

void check_failures(names const& failed, names const& known) {
  BOOST_CHECK_EQUAL_COLLECTIONS(failed.begin(), failed.end(), known.begin(), known.end());
}

/// Tags beyond the core schema; several documents in one file.
names const unlike_by_decision{"2XXW", "565N", "6CK3", "6WLZ", "9WXW", "CC74", "CUP7", "J7PZ",
                               "M5C3", "P76L", "Z67P", "Z9M4", "35KP", "6XDY", "7Z25", "9DXL",
                               "9KAX", "JHB9", "L383", "M7A3", "PUW8", "RZT7", "U9NS", "UT92"};

/// What libyaml 0.2.5 refuses although it is valid (tabs, unknown directives, colons on the next
/// line), and what it would misread, which yaml_guard rejects.
names const unlike_by_libyaml{
    "2LFX",    "4MUZ/00", "4MUZ/01", "4MUZ/02", "58MP", "652Z",    "6CA3",     "6LVF",
    "8XYN",    "96NN/00", "96NN/01", "9SA2",    "BEC7", "DK3J",    "DK95/00",  "DK95/03",
    "DK95/04", "FP8R",    "HM87/00", "HM87/01", "HWV9", "JEF9/02", "L24T/01",  "MUS6/05",
    "MUS6/06", "NJ66",    "QT73",    "R4YG",    "W5VH", "Y2GN",    "Y79Y/001", "Y79Y/010"};

/// Invalid texts that libyaml 0.2.5 accepts: comments glued to a token, dashes in flow lists.
names const accepted_by_libyaml{"9C9N", "DK95/01", "G5U8",     "MUS6/00", "QB6E",
                                "SU5Z", "X4QW",    "Y79Y/003", "YJV2"};

/// toml-test writes each scalar as {"type": ..., "value": "..."}.
bool equals_typed(boost::json::value const& value, boost::json::value const& typed);

/// A time keeps the digits of its fraction; the suite always has three of them.
std::string without_last_zeros(std::string text) {
  auto const dot = text.find('.');
  if (dot == text.npos) return text;
  auto end = std::min(text.find_first_not_of("0123456789", dot + 1), text.size());
  while (text[end - 1] == '0')
    text.erase(--end, 1);
  if (text[end - 1] == '.') text.erase(end - 1, 1);
  return text;
}

bool equals_typed_scalar(boost::json::value const& value, std::string const& type,
                         std::string const& text) {
  if (type == "integer") return value.is_int64() && std::to_string(value.get_int64()) == text;
  if (type == "bool") return value.is_bool() && value.get_bool() == (text == "true");
  if (type == "float")
    return value.is_double() && value.get_double() == std::strtod(text.c_str(), nullptr);
  if (!value.is_string()) return false;
  std::string const is(value.get_string());
  return is == text || (type != "string" && without_last_zeros(is) == without_last_zeros(text));
}

bool equals_typed_object(boost::json::object const& value, boost::json::object const& typed) {
  if (value.size() != typed.size()) return false;
  return std::all_of(value.begin(), value.end(), [&](auto const& member) {
    auto const* const other = typed.if_contains(member.key());
    return other != nullptr && equals_typed(member.value(), *other);
  });
}

bool equals_typed(boost::json::value const& value, boost::json::value const& typed) {
  if (auto const* const list = typed.if_array()) {
    return value.is_array() && std::equal(value.get_array().begin(), value.get_array().end(),
                                          list->begin(), list->end(), equals_typed);
  }
  auto const& object = typed.as_object();
  auto const* const type = object.if_contains("type");
  auto const* const text = object.if_contains("value");
  if (object.size() == 2 && type != nullptr && text != nullptr && type->is_string() &&
      text->is_string())
    return equals_typed_scalar(value, std::string(type->get_string()),
                               std::string(text->get_string()));
  return value.is_object() && equals_typed_object(value.get_object(), object);
}

/// in.json of the YAML suite holds one JSON text for each document.
bool equals_yaml_json(boost::json::value const& value, std::string const& expected) {
  if (expected.find_first_not_of(" \n") == expected.npos) return value.is_null();
  auto const parsed = json::parse(expected);
  return parsed && json::canonical(*parsed) == json::canonical(value);
}

} // namespace

BOOST_AUTO_TEST_SUITE(read_suites)

BOOST_AUTO_TEST_CASE(json_passes_the_test_suite, *precondition(needs_suite{"json"})) {
  names failed;
  std::size_t count = 0;
  for (auto const& path : files_of("json", ".json")) {
    auto const name = name_of(path, "json");
    auto const read = read_any(format::json, test::read_file(path));
    bool const accepted = read.has_value();
    if (name.front() != 'i' && accepted != (name.front() == 'y')) failed.insert(name);
    if (!accepted) BOOST_CHECK_MESSAGE(read.error().where.line > 0, name << " has no place");
    ++count;
  }

  BOOST_TEST_MESSAGE("JSONTestSuite: " << count << " files, " << failed.size() << " differ");
  BOOST_CHECK_GT(count, 150U);
  // Stricter than RFC 8259 on purpose: duplicate names and U+0000, U+FFFE, U+FFFF.
  check_failures(failed, {"y_object_duplicated_key.json", "y_object_escaped_null_in_key.json",
                          "y_string_escaped_noncharacter.json", "y_string_null_escape.json",
                          "y_string_nonCharacterInUTF-8_U+FFFF.json",
                          "y_string_unicode_U+FFFE_nonchar.json"});
}

BOOST_AUTO_TEST_CASE(toml_reads_what_is_valid, *precondition(needs_suite{"toml"})) {
  names failed;
  std::size_t count = 0;
  for (auto const& path : files_of("toml", ".toml")) {
    auto const name = name_of(path, "toml");
    if (!name.starts_with("valid/")) continue;
    auto json_path = path;
    auto const typed = json::parse(test::read_file(json_path.replace_extension(".json")));
    auto const read = read_any(format::toml, test::read_file(path));
    if (!read || !typed || !equals_typed(read->root, *typed)) failed.insert(name);
    ++count;
  }

  BOOST_TEST_MESSAGE("toml-test: " << count << " valid, " << failed.size() << " differ");
  BOOST_CHECK_GT(count, 100U);
  // Refused on purpose: U+0000, U+FFFE, U+FFFF, inf and nan, a byte order mark.
  check_failures(failed, {"valid/comment/nonascii.toml", "valid/float/inf-and-nan.toml",
                          "valid/spec-1.0.0/float-2.toml", "valid/string/quoted-unicode.toml",
                          "valid/string/unicode-escape.toml", "valid/utf8-bom-01.toml"});
}

BOOST_AUTO_TEST_CASE(toml_refuses_what_is_invalid, *precondition(needs_suite{"toml"})) {
  names accepted;
  std::size_t count = 0;
  for (auto const& path : files_of("toml", ".toml")) {
    auto const name = name_of(path, "toml");
    if (!name.starts_with("invalid/")) continue;
    auto const read = read_any(format::toml, test::read_file(path));
    if (read)
      accepted.insert(name);
    else
      BOOST_CHECK_MESSAGE(read.error().where.line > 0, name << " has no place");
    ++count;
  }

  BOOST_TEST_MESSAGE("toml-test: " << count << " invalid, " << accepted.size() << " accepted");
  BOOST_CHECK_GT(count, 250U);
  check_failures(accepted, {});
}

BOOST_AUTO_TEST_CASE(yaml_reads_and_refuses_as_far_as_libyaml_can,
                     *precondition(needs_suite{"yaml"})) {
  names differ;
  names misread; // to a wrong value, without an error
  names accepted;
  std::size_t with_json = 0;
  std::size_t invalid = 0;
  for (auto const& path : files_of("yaml", ".yaml")) {
    if (path.filename() != "in.yaml") continue;
    auto const folder = path.parent_path();
    auto const name = name_of(folder, "yaml");
    auto const read = read_any(format::yaml, test::read_file(path));
    if (std::filesystem::exists(folder / "error")) {
      ++invalid;
      if (read) accepted.insert(name);
    } else if (std::filesystem::exists(folder / "in.json")) {
      ++with_json;
      auto const expected = test::read_file(folder / "in.json");
      if (!read || !equals_yaml_json(read->root, expected)) differ.insert(name);
      if (read && !equals_yaml_json(read->root, expected)) misread.insert(name);
    }
  }

  BOOST_TEST_MESSAGE("yaml-test-suite: " << with_json << " with JSON, " << differ.size()
                                         << " differ; " << invalid << " invalid, "
                                         << accepted.size() << " accepted");
  names known = unlike_by_decision;
  known.insert(unlike_by_libyaml.begin(), unlike_by_libyaml.end());
  check_failures(differ, known);
  check_failures(misread, {});
  check_failures(accepted, accepted_by_libyaml);
}

BOOST_AUTO_TEST_SUITE_END()
