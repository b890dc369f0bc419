#include "cfgctl/commands/documents.hpp"
#include "cfgctl/offline/formats.hpp"
#include "core/json.hpp"
#include "tests/support/temporary_directory.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <ostream>
#include <string>
#include <vector>

namespace cfgctl = cfgd::cfgctl;

namespace {

struct sample_document {
  std::string name;
  std::string format; ///< as --format has it
  std::string text;
  std::string read; ///< canonical, or the error behind the path
};

std::ostream& operator<<(std::ostream& out, sample_document const& what) {
  return out << what.name << ' ' << what.format;
}

std::vector<sample_document> const documents{
    {"a.json", "", R"({"site":{"a":1}})", R"({"site":{"a":1}})"},
    {"a", "", R"({"site":{"a":1}})", R"({"site":{"a":1}})"},
    {"a.jsonc", "", R"({"site":{"a":1,}} // one)", R"({"site":{"a":1}})"},
    {"a.yaml", "", "site:\n  a: 1\n", R"({"site":{"a":1}})"},
    {"a.yml", "", "site: {a: [1, x]}\n", R"({"site":{"a":[1,"x"]}})"},
    {"a.toml", "", "[site]\na = 1.5\n", R"({"site":{"a":1.5}})"},
    {"a.ini", "", "[site]\na = true\n", R"({"site":{"a":true}})"},
    {"a.env", "", "SITE__A=1\n", R"({"site":{"a":1}})"},
    {"a.txt", "toml", "[site]\na = 1\n", R"({"site":{"a":1}})"},
    {"a.json", "yaml", "site:\n  a: 1\n", R"({"site":{"a":1}})"},
    {"a.txt", "", "", ": unknown format: use .json, .jsonc, .yaml, .yml, .toml, .ini or .env"},
    {"a.json", "", "[1]", ": a document must be an object"},
    {"a.yaml", "", "site: {a: 1}\nmail: 7\n", ": the namespace 'mail' is not an object"},
    {"a.yaml", "", "site: {a: null}\n", ": /site/a is empty (null); remove it or write []"},
    {"a.yaml", "", "site:\n  rule_files:\n",
     ": /site/rule_files is empty (null); remove it or write []"},
    {"a.yaml", "", "site: {a: [1, ~, {b: ~}]}\n", R"({"site":{"a":[1,null,{"b":null}]}})"},
    {"a.json", "", "{\"site\":\n{\"a\":}}", ":2:6: unexpected '}'"},
};

} // namespace

BOOST_AUTO_TEST_SUITE(formats)

BOOST_DATA_TEST_CASE(documents_are_read_as_sources_are, documents) {
  cfgd::test::temporary_directory const directory;
  std::string const path = directory / sample.name;
  cfgd::test::write_file(path, sample.text);

  auto const read = cfgctl::read_namespaces(path, sample.format);

  BOOST_TEST((read ? cfgd::json::canonical(*read) : to_string(read.error())) ==
             (sample.read.starts_with(':') ? path + sample.read : sample.read));
}

BOOST_AUTO_TEST_CASE(a_fault_in_yaml_has_its_place) {
  cfgd::test::temporary_directory const directory;
  std::string const path = directory / "a.yaml";
  cfgd::test::write_file(path, "site:\n  a: [1\n");

  auto const why = cfgctl::read_namespaces(path).error();

  BOOST_TEST(why.subject == path);
  BOOST_TEST(why.where.line > 1U);
}

BOOST_AUTO_TEST_SUITE_END()
