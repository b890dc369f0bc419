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

BOOST_AUTO_TEST_CASE(a_document_is_written_where_it_is_read_back_the_same) {
  using cfgd::format;
  auto const plain =
      cfgd::json::parse(R"({"b":{"c":1,"odd key":"x \"y\""},"d":"12","e":true,"f":0.5})")
          .value()
          .as_object();
  auto const list = cfgd::json::parse(R"({"b":{"c":[1,{"d":[]}],"e":{}}})").value().as_object();
  auto const name = cfgd::json::parse(R"({"bC":1})").value().as_object();

  for (auto const kind : {format::json, format::jsonc, format::yaml, format::toml, format::ini}) {
    auto const text = cfgctl::offline::write_formatted(kind, plain);
    BOOST_REQUIRE(text.has_value());
    BOOST_TEST(cfgctl::offline::read_formatted(kind, *text).value() == plain);
  }
  for (auto const kind : {format::json, format::jsonc, format::yaml, format::toml, format::env})
    BOOST_TEST(cfgctl::offline::write_formatted(kind, list).has_value());
  BOOST_TEST(!cfgctl::offline::write_formatted(format::ini, list).has_value());
  BOOST_TEST(cfgctl::offline::write_formatted(format::ini, name).has_value());
  BOOST_TEST(!cfgctl::offline::write_formatted(format::env, name).has_value());
  BOOST_TEST(cfgctl::offline::write_formatted(format::env, {{"a", "12"}, {"b", 12}}).value_or("") ==
             "A=\"12\"\nB=12\n");
}

BOOST_AUTO_TEST_SUITE_END()
