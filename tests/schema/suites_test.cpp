#include "core/error.hpp"
#include "engine/schema/schema.hpp"
#include "tests/support/suites.hpp"
#include "tests/support/temporary_directory.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

// The official suite, where it is at hand. Every required test of the drafts that it has must pass.
// Of the optional ones those that differ are listed by name, so that a test that begins to fail
// shows as well as one that begins to pass.

namespace {

using namespace cfgd;
namespace bj = boost::json;
using boost::unit_test::precondition;
using schema::formats;
using test::needs_suite;
using names = std::set<std::string>;

bj::value parse_loosely(std::string const& text) {
  bj::parse_options options;
  options.max_depth = 200;
  return bj::parse(text, {}, options);
}

/// The documents that the suite serves at http://localhost:1234/.
class remotes {
 public:
  remotes() {
    auto const root = test::suite_directory("json-schema") / "remotes";
    for (auto const& entry : std::filesystem::recursive_directory_iterator(root)) {
      if (entry.path().extension() != ".json") continue;
      auto const name = std::filesystem::relative(entry.path(), root).string();
      documents_.emplace("http://localhost:1234/" + name,
                         parse_loosely(test::read_file(entry.path())));
    }
  }

  bj::value const* find(std::string_view uri) const {
    auto const found = documents_.find(uri);
    return found == documents_.end() ? nullptr : &found->second;
  }

 private:
  std::map<std::string, bj::value, std::less<>> documents_;
};

remotes const& served() {
  static remotes const all;
  return all;
}

struct outcome {
  std::size_t count = 0;
  names failed;
};

void run_group(bj::object const& group, std::string const& file, schema::options const& how,
               outcome& out) {
  auto const& document = group.at("schema");
  auto const load = [&](std::string_view uri) -> bj::value const* {
    return uri == "test:schema" ? &document : served().find(uri);
  };
  auto const name = file + ": " + std::string(group.at("description").as_string());
  auto const compiled = schema::schema::compile("test:schema", load, limits{}, how);
  for (auto const& one : group.at("tests").as_array()) {
    ++out.count;
    auto const& test = one.as_object();
    auto const full = name + ": " + std::string(test.at("description").as_string());
    if (!compiled) {
      out.failed.insert(full);
      BOOST_TEST_MESSAGE(full << ": " << compiled.error());
      continue;
    }
    auto const found = (*compiled)->validate(test.at("data"));
    bool const valid = found.errors == 0;
    if (valid == test.at("valid").as_bool()) continue;
    out.failed.insert(full);
    BOOST_TEST_MESSAGE(full << ": " << (valid ? "accepted" : to_string(found.issues.front())));
  }
}

outcome run_files(std::filesystem::path const& folder, schema::options const& how) {
  outcome out;
  std::vector<std::filesystem::path> files;
  for (auto const& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  for (auto const& path : files) {
    auto const groups = parse_loosely(test::read_file(path));
    for (auto const& group : groups.as_array())
      run_group(group.as_object(), path.stem().string(), how, out);
  }
  return out;
}

std::filesystem::path tests_of(std::string const& draft) {
  return test::suite_directory("json-schema") / "tests" / draft;
}

void check_failures(outcome const& found, names const& known) {
  BOOST_TEST_MESSAGE(found.count << " tests, " << found.failed.size() << " differ");
  BOOST_CHECK_EQUAL_COLLECTIONS(found.failed.begin(), found.failed.end(), known.begin(),
                                known.end());
}

constexpr schema::options draft7{.how = formats::assert_them, .unnamed = schema::draft::draft7};
constexpr schema::options draft2020{.how = formats::assert_them,
                                    .unnamed = schema::draft::draft2020};

/// As the specification has it, which leaves more to others than we do.
schema::options as_specified(schema::options how) {
  how.how = formats::annotate;
  how.in_defaults = schema::misfits::let_be;
  return how;
}

/// content* are annotations: what a string encodes is the affair of whoever reads it.
names const content_is_not_read{
    "content: validation of binary string-encoding: an invalid base64 string (% is not a valid "
    "character)",
    "content: validation of binary-encoded media type documents: a validly-encoded invalid JSON "
    "document",
    "content: validation of binary-encoded media type documents: an invalid base64 string that is "
    "valid JSON",
    "content: validation of string-encoded content based on media type: an invalid JSON document",
};

/// PCRE2 10.42 has no look-behinds of variable width. libidn2 2.3 does not apply the Bidi rule to a
/// whole name (RFC 5893 section 1.4), nor its fourth part, on mixed digits, to a label. Boost.URL
/// 1.81 rejects "[V7.a]".
names const formats_that_differ{
    "ecmascript-regex: ECMA 262 lookbehind is valid, including variable width: a variable-width "
    "lookbehind (ES2018)",
    "idn-hostname: validation of internationalized host names: Bidi domain name with a digit-first "
    "label is invalid",
    "idn-hostname: validation of internationalized host names: right-to-left label mixing both "
    "digit types is invalid",
    "iri: validation of IRIs: an IPvFuture host with an uppercase version letter is valid",
};

} // namespace

BOOST_AUTO_TEST_SUITE(suites, *precondition(needs_suite{"json-schema"}))

BOOST_AUTO_TEST_CASE(draft_7_passes_the_required_tests) {
  auto const found = run_files(tests_of("draft7"), as_specified(draft7));

  BOOST_CHECK_GT(found.count, 900U);
  check_failures(found, {});
}

BOOST_AUTO_TEST_CASE(draft_2020_12_passes_the_required_tests) {
  auto const found = run_files(tests_of("draft2020-12"), as_specified(draft2020));

  BOOST_CHECK_GT(found.count, 1250U);
  check_failures(found, {});
}

BOOST_AUTO_TEST_CASE(draft_7_passes_the_optional_tests) {
  auto const found = run_files(tests_of("draft7") / "optional", draft7);

  check_failures(found, content_is_not_read);
}

BOOST_AUTO_TEST_CASE(draft_2020_12_passes_the_optional_tests) {
  auto const found = run_files(tests_of("draft2020-12") / "optional", draft2020);

  check_failures(found, {});
}

BOOST_AUTO_TEST_CASE(draft_7_knows_the_formats) {
  auto const found = run_files(tests_of("draft7") / "optional" / "format", draft7);

  check_failures(found, formats_that_differ);
}

BOOST_AUTO_TEST_CASE(draft_2020_12_knows_the_formats) {
  auto const found = run_files(tests_of("draft2020-12") / "optional" / "format", draft2020);

  check_failures(found, formats_that_differ);
}

BOOST_AUTO_TEST_SUITE_END()
