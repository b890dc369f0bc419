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

source_id schema(std::string relative) {
  return {layer::admin, std::move(relative), source_kind::schema};
}
source_id rules(std::string relative) {
  return {layer::admin, std::move(relative), source_kind::rules};
}

constexpr layer all_layers[] = {layer::defaults, layer::vendor,      layer::admin,
                                layer::runtime,  layer::environment, layer::overrides};

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

BOOST_AUTO_TEST_CASE(the_extension_selects_the_format) {
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

BOOST_AUTO_TEST_CASE(dot_files_and_editor_leftovers_are_not_sources) {
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

BOOST_AUTO_TEST_CASE(every_kind_has_a_directory) {
  BOOST_CHECK_EQUAL(directory_of(source_kind::values), "namespaces");
  BOOST_CHECK_EQUAL(directory_of(source_kind::schema), "schemas");
  BOOST_CHECK_EQUAL(directory_of(source_kind::rules), "rules");
  BOOST_CHECK_EQUAL(directory_of(source_kind::access), "access");
}

BOOST_AUTO_TEST_CASE(a_schema_belongs_to_the_namespace_in_its_name) {
  for (auto const* const relative : {"site.json", "site.yaml", "site.yml"})
    BOOST_CHECK_EQUAL(namespace_of(schema(relative)).value_or("none"), "site");
  for (auto const* const relative :
       {"_common.json", "a.b.json", "Site.json", "site.toml", "site.jsonc", "site.d/x.json",
        ".site.json", "site.json~", "site", ".json", ""})
    BOOST_CHECK_MESSAGE(!namespace_of(schema(relative)), relative);
}

BOOST_AUTO_TEST_CASE(access_files_belong_to_no_namespace) {
  source_id const id{layer::admin, "10-web.toml", source_kind::access};

  BOOST_CHECK(!namespace_of(id));
  BOOST_CHECK(is_source(id));
  BOOST_CHECK(!is_source({layer::admin, "10-web.json", source_kind::access}));
}

BOOST_AUTO_TEST_CASE(rules_belong_to_no_namespace) {
  BOOST_CHECK(!namespace_of(rules("site.toml")));
  BOOST_CHECK(is_source(rules("site.toml")));
}

BOOST_AUTO_TEST_CASE(each_kind_accepts_its_own_file_names) {
  for (auto const* const relative : {"site.json", "_common.json", "a.b.yaml", "Site.yml"})
    BOOST_CHECK_MESSAGE(is_source(schema(relative)), relative);
  for (auto const* const relative :
       {"site.toml", "site.jsonc", "site.ini", "site.env", "site.d/x.json", "sub/site.json",
        ".site.json", "site.json~", "site.json.tmp", "json", ".json", ""})
    BOOST_CHECK_MESSAGE(!is_source(schema(relative)), relative);
  for (auto const* const relative : {"site.toml", "_any name.toml", "10-first.toml"})
    BOOST_CHECK_MESSAGE(is_source(rules(relative)), relative);
  for (auto const* const relative :
       {"site.json", "site.yaml", "site.d/x.toml", ".site.toml", "site.toml.swp", ".toml", ""})
    BOOST_CHECK_MESSAGE(!is_source(rules(relative)), relative);
  BOOST_CHECK(is_source({layer::admin, "site.d/1.env"}));
  BOOST_CHECK(is_source({layer::environment, "site"}));
  BOOST_CHECK(!is_source({layer::admin, "_common.json"}));
}

BOOST_AUTO_TEST_CASE(a_name_that_is_not_a_source_has_a_reason) {
  auto const fault = [](std::string name, source_kind what = source_kind::values) {
    return source_name_fault({.where = layer::admin, .relative = std::move(name), .what = what});
  };
  BOOST_TEST(fault("site.yaml") == "");
  BOOST_TEST(fault("site.d/10-a.toml") == "");
  std::string const rest = "is not the name of a namespace: a lower-case letter, then at most 63 "
                           "of a-z, 0-9, _ and -";
  BOOST_TEST(fault("App.yaml") == "'App' " + rest);
  BOOST_TEST(fault("a.b.yaml") == "'a.b' " + rest);
  BOOST_TEST(fault("App.d") == "'App' " + rest);
  std::string const end =
      "its name does not end in .json, .jsonc, .yaml, .yml, .toml, .ini or .env";
  BOOST_TEST(fault("x.YAML") == end + ", in lower case");
  BOOST_TEST(fault("notes.txt") == end);
  BOOST_TEST(fault("site.d/README") == end);
  BOOST_TEST(fault("site.toml", source_kind::schema) ==
             "its name does not end in .json, .yaml or .yml");
  BOOST_TEST(fault("site.json", source_kind::rules) == "its name does not end in .toml");
}

BOOST_AUTO_TEST_CASE(ids_of_all_kinds_and_layers_parse_back) {
  for (auto const where : all_layers) {
    std::string const of_values = where == layer::environment ? "site" : "site.d/50-up.jsonc";
    for (auto const& id : {source_id{where, of_values}, //
                           source_id{where, "_common.json", source_kind::schema},
                           source_id{where, "site.toml", source_kind::rules},
                           source_id{where, "10-web.toml", source_kind::access}})
      BOOST_CHECK_MESSAGE(parse_source_id(to_string(id)) == id, to_string(id));
  }
  BOOST_CHECK_EQUAL(to_string(schema("site.json")), "schemas/admin/site.json");
  BOOST_CHECK_EQUAL(to_string(rules("site.toml")), "rules/admin/site.toml");
}

BOOST_AUTO_TEST_CASE(invalid_source_names_are_rejected) {
  for (auto const* const text : {"",
                                 "/",
                                 "admin",
                                 "admin/",
                                 "admin/site",
                                 "admin/site.txt",
                                 "etc/site.yaml",
                                 "site.yaml",
                                 "/admin/site.yaml",
                                 "Admin/site.yaml",
                                 "admin//site.yaml",
                                 "admin/x/site.yaml",
                                 "environment/site.yaml",
                                 "schemas",
                                 "schemas/",
                                 "schemas/site.json",
                                 "schemas/admin/",
                                 "schemas/admin/site.toml",
                                 "schemas/admin/sub/site.json",
                                 "schemas/schemas/admin/site.json",
                                 "schemasadmin/site.json",
                                 "rules/admin/site.yaml",
                                 "rules/schemas/admin/site.json",
                                 "namespaces/admin/site.yaml"})
    BOOST_CHECK_MESSAGE(!parse_source_id(text), text);
}

BOOST_AUTO_TEST_CASE(kinds_are_parts_of_the_identity_and_ordered_first) {
  source_id const values{layer::runtime, "site.json"};

  BOOST_CHECK(values != (source_id{layer::runtime, "site.json", source_kind::schema}));
  BOOST_CHECK(values < schema("site.json"));
  BOOST_CHECK(schema("z.json") < rules("a.toml"));
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

BOOST_AUTO_TEST_CASE(a_source_is_printed_as_layer_and_path) {
  std::ostringstream out;
  out << source_id{layer::admin, "site.d/50-uploads.jsonc"};
  BOOST_CHECK_EQUAL(out.str(), "admin/site.d/50-uploads.jsonc");
}

BOOST_AUTO_TEST_CASE(different_contents_have_different_hashes) {
  BOOST_CHECK(hash_content("a") == hash_content("a"));
  BOOST_CHECK(hash_content("a") != hash_content("b"));
  BOOST_CHECK(hash_content("") != hash_content(std::string_view("\0", 1)));
  // The canonical form of XXH3's 128 bits of the empty input, as its specification gives it.
  content_hash const of_nothing{0x99, 0xaa, 0x06, 0xd3, 0x01, 0x47, 0x98, 0xd8,
                                0x60, 0x01, 0xc3, 0x24, 0x46, 0x8d, 0x49, 0x7f};
  BOOST_CHECK(hash_content("") == of_nothing);
}

BOOST_AUTO_TEST_SUITE_END()
