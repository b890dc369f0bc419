#include "tests/integration/fixture.hpp"

#include <boost/test/unit_test.hpp>

// The project's own example, as README's tour shows it.

namespace {

using namespace cfgd::test;

struct example : running {
  example() {
    std::filesystem::copy(CFGD_EXAMPLE, root / "etc", std::filesystem::copy_options::recursive);
    daemon.start();
  }
};

} // namespace

namespace cases {
BOOST_AUTO_TEST_SUITE(example)

BOOST_FIXTURE_TEST_CASE(every_format_is_read, ::example) {
  BOOST_TEST(value("site.site_name") == R"("Harbour Books")");
  BOOST_TEST(value("site.feature_flags") ==
             R"({"enable_comments":true,"maintenance_mode":false,"new_checkout":false})");
  BOOST_TEST(value("site.navigation").find(R"([{"label":"Home","path":"/"},)") == 0U);
  BOOST_TEST(value("seo.sitemap.priority") == "0.8");
  BOOST_TEST(value("seo.keywords") == R"(["books","second-hand","maritime"])");
  BOOST_TEST(value("theme.line_height") == "1.45");
  BOOST_TEST(value("theme.base_size") == "16");
  BOOST_TEST(value("content.maintenance_message") == R"("")");
  BOOST_TEST(value("content.comments.max_length") == "4000");
}

BOOST_FIXTURE_TEST_CASE(a_drop_in_is_merged_over_the_file, ::example) {
  auto const explained = daemon.connect().explain("content.max_file_size").value();

  BOOST_TEST(text_of(explained.value.value()) == "8388608");
  BOOST_REQUIRE(explained.candidates.size() == 3U);
  BOOST_TEST(explained.candidates[0].from.path->ends_with("content.d/50-uploads.jsonc"));
  BOOST_TEST(explained.candidates[0].from.line.value() == 4);
  BOOST_TEST(explained.candidates[1].from.path->ends_with("content.ini"));
  BOOST_TEST(explained.candidates[1].from.line.value() == 3);
  BOOST_TEST(text_of(explained.candidates[1].value.value()) == "5242880");
}

BOOST_FIXTURE_TEST_CASE(a_list_has_the_leaves_in_key_order, ::example) {
  auto const all = daemon.connect().list("seo").value();

  std::string keys;
  for (auto const& member : all.values)
    keys += std::string(member.key()) + ' ';
  BOOST_TEST(keys == "seo.canonical_url seo.description seo.keywords seo.og_image "
                     "seo.sitemap.change_frequency seo.sitemap.enabled seo.sitemap.priority "
                     "seo.title ");
}

BOOST_FIXTURE_TEST_CASE(status_names_the_namespaces, ::example) {
  auto const status = daemon.connect().status().value();

  BOOST_TEST(status.ready);
  BOOST_TEST(!status.degraded);
  BOOST_TEST(status.status == "healthy");
  BOOST_TEST(status.namespaces == (std::vector<std::string>{"content", "seo", "site", "theme"}),
             boost::test_tools::per_element());
  BOOST_TEST(status.revision == 4U); // one for each namespace
  BOOST_TEST(status.pid == daemon.pid());
}

BOOST_FIXTURE_TEST_CASE(sources_are_listed_with_their_state, ::example) {
  auto const drop_in = source("50-uploads.jsonc");

  BOOST_TEST(drop_in.state == "active");
  BOOST_TEST(drop_in.name_space == "content");
  BOOST_TEST(drop_in.layer == "admin");
  BOOST_TEST(drop_in.watch == "inotify");
  BOOST_TEST(drop_in.size == 137);
  BOOST_TEST(daemon.connect().sources().value().size() == 9U);
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
