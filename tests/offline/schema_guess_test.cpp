#include "cfgctl/offline/schema_guess.hpp"
#include "core/json.hpp"
#include "engine/schema/schema.hpp"
#include "tests/support/program_run.hpp"
#include "tests/support/random_document.hpp"
#include "tests/support/scripted_peer.hpp"
#include "tests/support/temporary_directory.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <ostream>
#include <string>
#include <vector>

namespace bj = boost::json;
namespace offline = cfgd::cfgctl::offline;
using cfgd::test::program_run;

namespace {

struct guess {
  std::string document;
  std::string schema; ///< without $schema, $comment and title
};

std::ostream& operator<<(std::ostream& out, guess const& what) { return out << what.document; }

std::vector<guess> const guesses{
    {"{}", R"({"type":"object","properties":{}})"},
    {R"({"a":1,"b":1.0,"c":"x","d":true})",
     R"({"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"number"},)"
     R"("c":{"type":"string"},"d":{"type":"boolean"}},"required":["a","b","c","d"]})"},
    {R"({"z":{"y":{"x":1}}})",
     R"({"type":"object","properties":{"z":{"type":"object","properties":{"y":{"type":"object",)"
     R"("properties":{"x":{"type":"integer"}},"required":["x"]}},"required":["y"]}},)"
     R"("required":["z"]})"},
    {R"({"a":null,"b":1})",
     R"({"type":"object","properties":{"b":{"type":"integer"}},"required":["b"]})"},
    {R"({"a":[]})", R"({"type":"object","properties":{"a":{"type":"array"}},"required":["a"]})"},
    {R"({"a":[1,2.5]})",
     R"({"type":"object","properties":{"a":{"type":"array","items":{"type":"number"}}},)"
     R"("required":["a"]})"},
    {R"({"a":[1,"x",[true]]})",
     R"({"type":"object","properties":{"a":{"type":"array","items":{)"
     R"("type":["array","integer","string"],"items":{"type":"boolean"}}}},"required":["a"]})"},
    {R"({"a":[{"k":1,"l":2},{"k":"x"}]})",
     R"({"type":"object","properties":{"a":{"type":"array","items":{"type":"object","properties":{)"
     R"("k":{"type":["integer","string"]},"l":{"type":"integer"}},"required":["k"]}}},)"
     R"("required":["a"]})"},
};

/// A text, and the format that is seen in it.
struct text_format {
  std::string text;
  std::string format; ///< empty: none
};

std::ostream& operator<<(std::ostream& out, text_format const& what) { return out << what.text; }

std::vector<text_format> const formats{
    {"https://example.org/a?b#c", "uri"},
    {"desk@example.org", "email"},
    {"192.0.2.7", "ipv4"},
    {"2026-11-23T12:00:00Z", "date-time"},
    {"", ""},
    {"harbour", ""},
    {"a:b", ""},
    {"12:30", ""},
    {"1.2.3", ""},
    {"https://exa mple.org", ""},
    {"2026-11-23", ""},
};

bj::object parsed(std::string const& text) { return cfgd::json::parse(text).value().as_object(); }

/// What a schema says of a document; empty: it is fine.
std::string issues_of(bj::object const& schema, bj::object const& document) {
  bj::value const whole(schema);
  auto const load = [&whole](std::string_view uri) -> bj::value const* {
    return uri == "file:///guess" ? &whole : nullptr;
  };
  auto const compiled = cfgd::schema::schema::compile("file:///guess", load, {});
  if (!compiled) return "schema: " + to_string(compiled.error());
  std::string out;
  for (auto const& one : (*compiled)->validate(document).issues)
    out += to_string(one) + '\n';
  return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(schema_guess)

BOOST_DATA_TEST_CASE(schemas_describe_the_documents, guesses) {
  auto const document = parsed(sample.document);

  auto guessed = offline::guess_schema("site", document);

  BOOST_TEST(guessed["$schema"] == "https://json-schema.org/draft/2020-12/schema");
  BOOST_TEST(guessed["title"] == "site");
  for (auto const* const name : {"$schema", "$comment", "title"})
    guessed.erase(name);
  BOOST_TEST(cfgd::json::canonical(guessed) == cfgd::json::canonical(parsed(sample.schema)));
}

BOOST_DATA_TEST_CASE(obvious_formats_are_recognized, formats) {
  auto const guessed = offline::guess_schema("site", {{"a", sample.text}});

  auto const& member = guessed.at("properties").at("a").as_object();

  auto const* const format = member.if_contains("format");
  BOOST_TEST((format == nullptr ? "" : std::string(format->as_string())) == sample.format);
}

BOOST_AUTO_TEST_CASE(a_format_must_match_all_texts) {
  auto const guessed =
      offline::guess_schema("site", parsed(R"({"a":["192.0.2.7","x"],"b":["192.0.2.7","::1"]})"));

  BOOST_TEST(cfgd::json::canonical(guessed).find("format") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_document_matches_its_schema) {
  for (std::uint32_t seed = 0; seed < 300; ++seed) {
    auto const document =
        cfgd::test::random_document(seed).object(4, cfgd::test::random_document::nulls::no);

    auto const said = issues_of(offline::guess_schema("site", document), document);

    BOOST_TEST_CONTEXT("seed " << seed) BOOST_TEST(said == "");
  }
}

BOOST_AUTO_TEST_CASE(the_document_comes_from_a_file_or_the_service) {
  cfgd::test::temporary_directory const directory;
  cfgd::test::write_file(directory / "site.yaml", "port: 80\n");
  std::string const socket = directory / "socket";
  cfgd::test::scripted_peer peer(
      socket,
      {cfgd::test::exchange(
           {{R"({"method":"io.cfgd.Config.Get","parameters":{"keys":["site"]}})",
             R"({"parameters":{"values":{"site":{"port":80}},"missing":[],"revision":7}})"}}),
       cfgd::test::exchange(
           {{R"({"method":"io.cfgd.Config.Get","parameters":{"keys":["none"]}})",
             R"({"parameters":{"values":{},"missing":["none"],"revision":7}})"}})});

  program_run file(CFGCTL_PROGRAM, {"schema", "site", "--from", directory / "site.yaml"});
  program_run service(CFGCTL_PROGRAM, {"--socket", socket, "schema", "site"});
  BOOST_TEST(service.finish() == 0);
  program_run absent(CFGCTL_PROGRAM, {"--socket", socket, "schema", "none"});
  program_run wrong(CFGCTL_PROGRAM, {"schema", "Site", "--from", directory / "site.yaml"});

  BOOST_TEST(file.finish() == 0);
  auto const guessed = cfgd::json::parse(file.out()).value();
  BOOST_TEST(guessed.at("properties").at("port").at("type") == "integer");
  BOOST_TEST(service.out() == file.out());
  BOOST_TEST(absent.finish() == 1);
  BOOST_TEST(absent.err() == "cfgctl: schema: there is no namespace 'none'\n");
  BOOST_TEST(wrong.finish() == 2);
  peer.finish();
}

BOOST_AUTO_TEST_SUITE_END()
