#include "core/json.hpp"
#include "tests/support/random_document.hpp"
#include "watchers/read_source.hpp"
#include "watchers/write_source.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <array>
#include <random>
#include <string>
#include <vector>

namespace {

using namespace cfgd;
using watchers::read_source;

limits const bounds;

boost::json::object object(std::string_view text) { return json::parse(text).value().as_object(); }

/// What became of a document: its text, or the error.
std::string written(format kind, std::string_view text) {
  auto const out = watchers::write_source(kind, object(text), bounds);
  return out ? *out : to_string(out.error());
}

/// Texts that formats give a meaning, and names of every kind.
class documents {
 public:
  explicit documents(std::uint32_t seed) : random_(seed) {}

  boost::json::object object(std::size_t depth) {
    boost::json::object out;
    for (auto left = random_.below(5); left > 0; --left)
      out.insert_or_assign(name(), value(depth));
    return out;
  }

 private:
  std::string name() {
    static std::array const names{"port", "log_level", "max-conn", "a",   "B",   "a__b",
                                  "_c",   "0",         "no",       "a b", "x=y", "[z]",
                                  "#k",   "é",         "a.b",      "\"",  "",    "~"};
    return random_.below(2) == 0 ? text() : names.at(random_.below(names.size()));
  }

  std::string text() {
    static std::array const pieces{"a",
                                   "Z",
                                   "7",
                                   "0",
                                   " ",
                                   "\t",
                                   "\n",
                                   "\"",
                                   "'",
                                   "`",
                                   "$",
                                   "\\",
                                   "#",
                                   ";",
                                   ":",
                                   "=",
                                   "-",
                                   "[",
                                   "]",
                                   "{",
                                   "}",
                                   ",",
                                   "&",
                                   "*",
                                   "!",
                                   "|",
                                   ">",
                                   "%",
                                   "@",
                                   "~",
                                   "?",
                                   ".",
                                   "null",
                                   "true",
                                   "no",
                                   "1e3",
                                   "0x1f",
                                   "12:30",
                                   "2026-11-28",
                                   "\x7f",
                                   "\x01",
                                   "\r",
                                   "é",
                                   "\xc2\x85",
                                   "\xc2\x9b",
                                   "\xe2\x80\xa8",
                                   "\xe2\x80\xa9",
                                   "\xef\xbb\xbf",
                                   "\xf0\x9f\x98\x80"};
    std::string out;
    for (auto left = random_.below(5); left > 0; --left)
      out += pieces.at(random_.below(pieces.size()));
    return out;
  }

  boost::json::value number() {
    static std::array const numbers{0.0, -0.5, 1e300, 5e-324, 1.0, 123456789.125};
    if (random_.below(2) == 0) return numbers.at(random_.below(numbers.size()));
    static std::array const whole{std::int64_t{0}, std::int64_t{-1}, std::int64_t{1000}, INT64_MAX,
                                  INT64_MIN};
    return whole.at(random_.below(whole.size()));
  }

  boost::json::value value(std::size_t depth) {
    switch (random_.below(depth == 0 ? 6 : 9)) {
    case 0:
      return number();
    case 1:
      return random_.below(2) == 0;
    case 2:
      return random_.below(4) == 0 ? boost::json::value() : boost::json::value(1);
    case 6: {
      boost::json::array list;
      for (auto left = random_.below(4); left > 0; --left)
        list.push_back(value(depth - 1));
      return list;
    }
    case 7:
    case 8:
      return object(depth - 1);
    default:
      return boost::json::value(text());
    }
  }

  test::random_document random_;
};

bool has_key(boost::json::object const& in, std::string_view key) {
  auto const parts = split_dotted(key);
  boost::json::object const* at = &in;
  for (std::size_t index = 0; parts && index < parts->size(); ++index) {
    auto const* const value = at->if_contains((*parts)[index]);
    if (value == nullptr) return false;
    at = value->if_object();
    if (at == nullptr && index + 1 < parts->size()) return false;
  }
  return parts.has_value();
}

} // namespace

BOOST_AUTO_TEST_SUITE(write_source)

constexpr std::array names{"json", "jsonc", "yaml", "toml", "ini", "env"};

BOOST_DATA_TEST_CASE(what_is_written_is_read_back_or_the_key_is_named, names, name) {
  auto const kind = format_of(std::string("a.") + name).value();
  int written = 0;
  int refused = 0;
  for (std::uint32_t seed = 0; seed < 4000; ++seed) {
    auto const document = documents(seed).object(seed % 3);

    auto const text = watchers::write_source(kind, document, bounds);

    auto const shown = json::canonical(document);
    if (text) {
      ++written;
      auto const read = read_source(kind, *text, bounds);
      BOOST_REQUIRE_MESSAGE(read && read->root == document, name << ": " << shown << *text);
    } else {
      ++refused;
      BOOST_TEST_REQUIRE((text.error().code == errc::bad_value));
      BOOST_REQUIRE_MESSAGE(has_key(document, text.error().subject),
                            name << ": " << text.error() << ": " << shown);
    }
  }
  BOOST_TEST(written > 300);
  bool const has_everything = kind == format::json || kind == format::jsonc || kind == format::yaml;
  BOOST_TEST((refused == 0) == has_everything);
}

BOOST_AUTO_TEST_CASE(each_format_is_written_as_its_readers_expect) {
  auto const plain = R"({"port":8080,"name":"a b","no":"no","list":[1,"x"],
                         "db":{"host":"h","pool":{"max":5}},"empty":{},"jobs":[{"a":1,"b":[2]},{"a":2}]})";

  BOOST_TEST(written(format::yaml, plain) ==
             "port: 8080\nname: a b\n\"no\": \"no\"\nlist:\n  - 1\n  - x\ndb:\n  host: h\n  pool:\n"
             "    max: 5\nempty: {}\njobs:\n  - a: 1\n    b:\n      - 2\n  - a: 2\n");
  BOOST_TEST(written(format::toml, plain) ==
             "port = 8080\nname = \"a b\"\nno = \"no\"\nlist = [1, \"x\"]\n\n[db]\nhost = \"h\"\n\n"
             "[db.pool]\nmax = 5\n\n[empty]\n\n[[jobs]]\na = 1\nb = [2]\n\n[[jobs]]\na = 2\n");
  BOOST_TEST(
      written(format::ini, R"({"a.b":"x y","n":"12","u":"a;b","e":"","s s":{"t":{"k":true}}})") ==
      "a.b = x y\nn = \"12\"\nu = \"a;b\"\ne =\n\n[s s]\n\n[s s.t]\nk = true\n");
  BOOST_TEST(
      written(format::env, R"({"port":8080,"db":{"url":"a://b?c=d","pin":"12"},"t":"`$x`"})") ==
      "PORT=8080\nDB__URL=\"a://b?c=d\"\nDB__PIN=\"12\"\nT=\"\\`\\$x\\`\"\n");
  BOOST_TEST(written(format::json, R"({"a":[]})") == "{\n  \"a\": []\n}\n");
  BOOST_TEST(watchers::yaml_text("no") == "\"no\"\n");
  BOOST_TEST(watchers::yaml_text(boost::json::array{{1, 2}, 3}) == "- - 1\n  - 2\n- 3\n");
}

BOOST_AUTO_TEST_CASE(what_a_format_cannot_have_is_named) {
  BOOST_TEST(written(format::toml, R"({"a":{"b":[1,null]}})") == "a.b: TOML has no null");
  BOOST_TEST(written(format::ini, R"({"a":{"b.c":[1]}})") == "a.\"b.c\": INI has no arrays");
  BOOST_TEST(written(format::env, R"({"a":{"b":["x"]}})") ==
             "a.b: a variable cannot have an array with strings or objects");
  BOOST_TEST(written(format::env, R"({"a":"\u0007"})") ==
             "a: a variable cannot have control characters");
  BOOST_TEST(written(format::env, R"({"x":1,"logLevel":1})") ==
             "logLevel: its name cannot be that of a variable");
  BOOST_TEST(written(format::env, R"({"x":1,"4x":{"y":1}})") ==
             "4x.y: its name cannot be that of a variable");
}

BOOST_AUTO_TEST_CASE(a_document_that_is_too_large_is_refused) {
  limits small;
  small.file_elements = 2;

  auto const why = watchers::write_source(format::yaml, object(R"({"a":[1,2,3]})"), small).error();

  BOOST_TEST((why.code == errc::limit));
  BOOST_TEST(why.subject == "file_elements");
}

BOOST_AUTO_TEST_SUITE_END()
