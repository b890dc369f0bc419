#include "tests/support/rule_world.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <string_view>

// Rules as sites write them, each over values that please it and values that do not.

namespace {

using namespace cfgd;

std::string run(std::string check, std::string_view values) {
  test::rule_world world(values);
  return test::described(world.run(std::move(check)));
}

} // namespace

BOOST_AUTO_TEST_SUITE(examples)

BOOST_AUTO_TEST_CASE(maintenance_needs_a_message) {
  std::string const check =
      R"(not site.feature_flags.maintenance_mode or content.maintenance_message ~= "")";
  BOOST_TEST(run(check, R"({"site": {"feature_flags": {"maintenance_mode": false}},
                            "content": {"maintenance_message": ""}})") == "holds");
  BOOST_TEST(run(check, R"({"site": {"feature_flags": {"maintenance_mode": true}},
                            "content": {"maintenance_message": "Back soon"}})") == "holds");
  BOOST_TEST(run(check, R"({"site": {"feature_flags": {"maintenance_mode": true}},
                            "content": {"maintenance_message": ""}})") == "fails");
  BOOST_TEST(run(check, R"({"site": {"feature_flags": {"maintenance_mode": true}}})") ==
             "unknown: namespace 'content' does not exist");
}

BOOST_AUTO_TEST_CASE(a_contact_address_is_set) {
  std::string const check = R"(site.contact_email ~= "")";
  BOOST_TEST(run(check, R"({"site": {"contact_email": "desk@harbourbooks.example"}})") == "holds");
  BOOST_TEST(run(check, R"({"site": {"contact_email": ""}})") == "fails");
}

BOOST_AUTO_TEST_CASE(the_title_names_the_site) {
  std::string const check = "string.find(seo.title, site.site_name, 1, true) ~= nil";
  BOOST_TEST(run(check, R"({"site": {"site_name": "Harbour Books"},
                            "seo": {"title": "Harbour Books, by the sea"}})") == "holds");
  BOOST_TEST(run(check, R"({"site": {"site_name": "Harbour Books"},
                            "seo": {"title": "Books by the sea"}})") == "fails");
}

BOOST_AUTO_TEST_CASE(the_canonical_address_is_on_the_domain) {
  std::string const check =
      R"(seo.canonical_url == "" or string.find(seo.canonical_url, site.domain, 1, true) ~= nil)";
  BOOST_TEST(run(check, R"({"site": {"domain": "harbourbooks.example"},
                            "seo": {"canonical_url": "https://harbourbooks.example/"}})") ==
             "holds");
  BOOST_TEST(run(check, R"({"site": {}, "seo": {"canonical_url": ""}})") == "holds");
  BOOST_TEST(run(check, R"({"site": {"domain": "harbourbooks.example"},
                            "seo": {"canonical_url": "https://other.example/"}})") == "fails");
}

BOOST_AUTO_TEST_CASE(uploads_are_not_too_large) {
  std::string const check = "content.max_file_size <= 10 * 1024 * 1024";
  BOOST_TEST(run(check, R"({"content": {"max_file_size": 10485760}})") == "holds");
  BOOST_TEST(run(check, R"({"content": {"max_file_size": 10485761}})") == "fails");
  BOOST_TEST(run(check, R"({"content": {}})") == "broken: attempt to compare nil with number");
}

BOOST_AUTO_TEST_SUITE_END()
