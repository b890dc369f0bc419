#include "core/json.hpp"
#include "core/limits.hpp"
#include "daemon/credential_values.hpp"
#include "tests/support/temporary_directory.hpp"
#include "watchers/credential_references.hpp"
#include "watchers/read_source.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <string>
#include <string_view>

namespace {

using namespace cfgd;
namespace data = boost::unit_test::data;
using test::temporary_directory;
using test::write_file;

struct with_credentials {
  credential_values known() const { return credential_values(directory.path()); }
  errc code_of(std::string_view name) const {
    auto const found = known().find(name);
    BOOST_REQUIRE(!found);
    return found.error().code;
  }

  temporary_directory directory;
};

sourced_document parsed(std::string_view text, format kind = format::json) {
  return watchers::read_source(kind, text, limits{}).value();
}

/// Every credential has its own name as its text.
result<std::string> by_name(std::string_view name) { return "the " + std::string(name); }

std::string resolved(std::string_view text, format kind = format::json) {
  auto document = parsed(text, kind);
  BOOST_REQUIRE(watchers::resolve_credentials(document, "site", by_name).has_value());
  return json::canonical(document.root);
}

} // namespace

namespace cases {
BOOST_FIXTURE_TEST_SUITE(credential_values, with_credentials)

BOOST_AUTO_TEST_CASE(one_newline_at_the_end_is_not_part_of_the_text) {
  write_file(directory / "plain", "text");
  write_file(directory / "line", "text\n");
  write_file(directory / "lines", "text\n\n");

  BOOST_TEST(known().find("plain").value() == "text");
  BOOST_TEST(known().find("line").value() == "text");
  BOOST_TEST(known().find("lines").value() == "text\n");
}

BOOST_AUTO_TEST_CASE(a_missing_one_says_how_to_add_it) {
  auto const found = known().find("db");

  BOOST_REQUIRE(!found);
  BOOST_TEST((found.error().code == errc::not_found));
  BOOST_TEST(found.error().message.find("LoadCredential=db:FILE") != std::string::npos);
  BOOST_TEST(found.error().message.find("cfgd.service") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_key_of_the_store_is_never_a_value) {
  write_file(directory / "cfgd.key", "0123456789");

  BOOST_TEST((code_of("cfgd.key") == errc::bad_value));
}

BOOST_DATA_TEST_CASE(a_name_that_leads_elsewhere_is_refused,
                     data::make({"", ".", "..", "a/b", "/etc/passwd", "../secret"}), name) {
  BOOST_TEST((code_of(name) == errc::bad_value));
}

BOOST_AUTO_TEST_CASE(what_is_no_text_is_refused_by_its_name) {
  write_file(directory / "bytes", std::string("a\0b", 3));
  write_file(directory / "latin", "caf\xe9");

  BOOST_TEST((code_of("bytes") == errc::bad_value));
  BOOST_TEST((code_of("latin") == errc::bad_value));
  BOOST_TEST(known().find("latin").error().message.find("'latin'") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(all_together_have_the_size_of_one_at_most) {
  write_file(directory / "whole", std::string(limits::credential_bytes, 'x'));

  BOOST_TEST(known().find("whole").value().size() == limits::credential_bytes);
  write_file(directory / "whole", std::string(limits::credential_bytes + 1, 'x'));
  BOOST_TEST((code_of("whole") == errc::limit));
}

BOOST_AUTO_TEST_CASE(what_is_no_file_cannot_be_read) {
  std::filesystem::create_directory(directory / "folder");

  BOOST_TEST((code_of("folder") == errc::io));
}

BOOST_AUTO_TEST_CASE(a_reference_becomes_the_text_wherever_it_is) {
  BOOST_TEST(resolved(R"({"a":{"$credential":"x"},"b":[1,{"$credential":"y"}],"c":{"d":2}})") ==
             R"({"a":"the x","b":[1,"the y"],"c":{"d":2}})");
  BOOST_TEST(resolved("a = { \"$credential\" = \"x\" }\n", format::toml) == R"({"a":"the x"})");
  BOOST_TEST(resolved("a:\n  $credential: x\n", format::yaml) == R"({"a":"the x"})");
}

BOOST_AUTO_TEST_CASE(an_object_with_other_members_is_no_reference) {
  auto const* const text = R"({"a":{"$credential":"x","b":1}})";

  BOOST_TEST(resolved(text) == text);
}

BOOST_AUTO_TEST_CASE(the_root_is_no_reference) {
  BOOST_TEST(resolved(R"({"$credential":"x"})") == R"({"$credential":"x"})");
}

BOOST_AUTO_TEST_CASE(other_values_keep_their_places) {
  auto document = parsed("{\n \"a\": {\"$credential\":\n  \"x\"},\n \"b\": 1,\n"
                         " \"c\": [\n  {\"$credential\": \"y\"},\n  2]\n}");

  BOOST_REQUIRE(watchers::resolve_credentials(document, "site", by_name).value() == 2U);

  BOOST_TEST(find_place(document, "/a").line == 2U);
  BOOST_TEST(find_place(document, "/b").line == 4U);
  BOOST_TEST(find_place(document, "/c/0").line == 6U);
  BOOST_TEST(find_place(document, "/c/1").line == 7U);
}

BOOST_AUTO_TEST_CASE(each_leaves_a_note_with_its_place) {
  auto document = parsed("{\n \"a\": {\"b\": {\"$credential\": \"x\"}}}");

  BOOST_REQUIRE(watchers::resolve_credentials(document, "site", by_name).has_value());

  BOOST_REQUIRE(document.notes.size() == 1U);
  BOOST_TEST(document.notes[0].rule == "credential");
  BOOST_TEST(document.notes[0].pointer == "/a/b");
  BOOST_TEST(document.notes[0].where.line == 2U);
}

BOOST_AUTO_TEST_CASE(a_failure_has_the_key_and_the_place) {
  auto document = parsed("{\n \"a\": {\"b\": {\"$credential\": \"x\"}}}");

  auto const failed = watchers::resolve_credentials(
      document, "site", [this](std::string_view name) { return known().find(name); });

  BOOST_REQUIRE(!failed);
  BOOST_TEST(failed.error().message.starts_with("'site.a.b': there is no credential 'x'"));
  BOOST_TEST(failed.error().where.line == 2U);
}

BOOST_AUTO_TEST_CASE(a_name_that_is_no_text_is_refused) {
  auto document = parsed(R"({"a":{"$credential":1}})");

  BOOST_TEST(
      (watchers::resolve_credentials(document, "site", by_name).error().code == errc::bad_value));
}

BOOST_AUTO_TEST_CASE(a_document_without_references_is_not_touched) {
  auto document = parsed(R"({"a":{"b":"$credential"}})");
  auto const places = document.places;

  BOOST_TEST(watchers::resolve_credentials(document, "site", by_name).value() == 0U);
  BOOST_TEST((document.places == places));
  BOOST_TEST(document.notes.empty());
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
