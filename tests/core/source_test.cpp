#include "core/source.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace cfgd;

std::string name_space(std::string relative, layer where = layer::admin) {
  source_id const id{.where = where, .relative = std::move(relative)};
  return std::string(namespace_of(id).value_or("none"));
}

} // namespace

BOOST_AUTO_TEST_SUITE(source)

BOOST_AUTO_TEST_CASE(layers_have_names_and_an_order) {
  for (auto const which : {layer::defaults, layer::vendor, layer::admin, layer::runtime,
                           layer::environment, layer::overrides})
    BOOST_CHECK(parse_layer(to_string(which)) == which);
  BOOST_CHECK_EQUAL(to_string(layer::defaults), "default");
  BOOST_CHECK_EQUAL(to_string(layer::overrides), "override");
  BOOST_CHECK(!parse_layer("Default"));
  BOOST_CHECK(!parse_layer(""));
  BOOST_CHECK(layer::vendor < layer::admin);
}

BOOST_AUTO_TEST_CASE(the_extension_tells_the_format) {
  BOOST_CHECK(format_of("a.json") == format::json);
  BOOST_CHECK(format_of("a.jsonc") == format::jsonc);
  BOOST_CHECK(format_of("a.yaml") == format::yaml);
  BOOST_CHECK(format_of("a.yml") == format::yaml);
  BOOST_CHECK(format_of("a.b.toml") == format::toml);
  BOOST_CHECK(format_of("a.ini") == format::ini);
  BOOST_CHECK(format_of("a.env") == format::env);
  for (auto const* const name : {"a", "json", ".json", "a.JSON", "a.json.bak", "a.conf", ""})
    BOOST_CHECK_MESSAGE(!format_of(name), name);
}

BOOST_AUTO_TEST_CASE(dot_files_and_leftovers_of_editors_are_no_sources) {
  for (auto const* const name :
       {".site.yaml", "site.yaml~", ".#site.yaml", "#site.yaml#", "site.yaml.swp", "site.yaml.tmp",
        "site.yaml.dpkg-old", "site.yaml.dpkg-new", "site.yaml.rpmsave", "site.rpmnew.yaml", ""})
    BOOST_CHECK_MESSAGE(is_leftover(name), name);
  for (auto const* const name : {"site.yaml", "a#.yaml", "tmp.yaml", "swp", "dpkg-old.json"})
    BOOST_CHECK_MESSAGE(!is_leftover(name), name);
}

BOOST_AUTO_TEST_CASE(files_and_drop_ins_belong_to_their_namespace) {
  BOOST_CHECK_EQUAL(name_space("site.yaml"), "site");
  BOOST_CHECK_EQUAL(name_space("site.d/50-uploads.jsonc"), "site");
  BOOST_CHECK_EQUAL(name_space("a-b_1.env"), "a-b_1");
  BOOST_CHECK_EQUAL(name_space("site", layer::environment), "site");
  for (auto const* const relative :
       {"site", "Site.yaml", "a.b.yaml", "site.d", "site.d/x", "site/x.yaml", "site.d/y/x.yaml",
        "site.d/.x.yaml", "site.d/x.yaml~", ".d/x.yaml", "site.yaml.d/x.yaml", "/site.yaml", ""})
    BOOST_CHECK_EQUAL(name_space(relative), "none");
  BOOST_CHECK_EQUAL(name_space("site.yaml", layer::environment), "none");
}

BOOST_AUTO_TEST_CASE(sources_are_ordered_as_they_are_merged) {
  std::vector<source_id> const ordered{
      {layer::vendor, "site.yaml"},       {layer::admin, "other.yaml"},
      {layer::admin, "site.json"},        {layer::admin, "site.yaml"},
      {layer::admin, "site.d/10-a.toml"}, {layer::admin, "site.d/9-b.json"},
      {layer::admin, "site.d/B.json"},    {layer::admin, "site.d/a.json"},
      {layer::admin, "site-more.json"},   {layer::runtime, "a.json"},
      {layer::environment, "site"},
  };

  auto sorted = ordered;
  std::reverse(sorted.begin(), sorted.end());
  std::sort(sorted.begin(), sorted.end());

  BOOST_CHECK_EQUAL_COLLECTIONS(sorted.begin(), sorted.end(), ordered.begin(), ordered.end());
}

BOOST_AUTO_TEST_CASE(a_source_is_written_as_layer_and_path) {
  std::ostringstream out;
  out << source_id{layer::admin, "site.d/50-uploads.jsonc"};
  BOOST_CHECK_EQUAL(out.str(), "admin/site.d/50-uploads.jsonc");
}

BOOST_AUTO_TEST_CASE(hashes_tell_contents_apart) {
  BOOST_CHECK(hash_content("a") == hash_content("a"));
  BOOST_CHECK(hash_content("a") != hash_content("b"));
  BOOST_CHECK(hash_content("") != hash_content(std::string_view("\0", 1)));
  // The canonical form of XXH3's 128 bits of the empty input, as its specification gives it.
  content_hash const of_nothing{0x99, 0xaa, 0x06, 0xd3, 0x01, 0x47, 0x98, 0xd8,
                                0x60, 0x01, 0xc3, 0x24, 0x46, 0x8d, 0x49, 0x7f};
  BOOST_CHECK(hash_content("") == of_nothing);
}

BOOST_AUTO_TEST_SUITE_END()
