#include "apply/mustache.hpp"
#include "core/json.hpp"
#include "tests/support/temporary_directory.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace {

using namespace cfgd;

apply::find_partial partials_of(boost::json::object const& all) {
  return [all](std::string const& name) -> result<std::string> {
    auto const* const found = all.if_contains(name);
    if (found != nullptr) return std::string(found->as_string());
    return error{.code = errc::not_found, .message = "no such file", .subject = name};
  };
}

result<std::string> render(std::string_view text, std::string_view values) {
  auto const parsed = json::parse(values).value();
  return apply::render_template(text, "page.mustache", parsed.get_object(), 1'000'000,
                                partials_of({}));
}

std::string refused(std::string_view text, std::string_view values = "{}") {
  auto const out = render(text, values);
  return out ? "rendered: " + *out : to_string(out.error());
}

std::string text_of(result<std::string> const& what) {
  return what ? *what : "rendered: " + to_string(what.error());
}

/// What differs from the specification, and is meant to: names without a value are errors, and
/// nothing is escaped.
std::set<std::string> const without_value{
    "interpolation: Basic Context Miss Interpolation",
    "interpolation: Triple Mustache Context Miss Interpolation",
    "interpolation: Ampersand Context Miss Interpolation",
    "interpolation: Dotted Names - Broken Chains",
    "interpolation: Dotted Names - Context Precedence",
    "interpolation: Dotted Names are never single keys",
    "interpolation: Dotted Names - Broken Chain Resolution"};
std::set<std::string> const null_value{"interpolation: Basic Null Interpolation",
                                       "interpolation: Triple Mustache Null Interpolation",
                                       "interpolation: Ampersand Null Interpolation"};
std::set<std::string> const escaped{"interpolation: HTML Escaping",
                                    "interpolation: Implicit Iterators - HTML Escaping",
                                    "sections: Implicit Iterator - HTML Escaping"};

struct spec_case {
  std::string name;
  boost::json::object what;
};

std::vector<spec_case> spec() {
  std::vector<spec_case> out;
  for (auto const* const suite :
       {"comments", "delimiters", "interpolation", "inverted", "sections"}) {
    auto const path = std::filesystem::path(CFGD_MUSTACHE_SPEC) / (std::string(suite) + ".json");
    auto const whole = json::parse(test::read_file(path)).value();
    for (auto const& one : whole.at("tests").as_array())
      out.push_back(
          {std::string(suite) + ": " + std::string(one.at("name").as_string()), one.as_object()});
  }
  return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(mustache)

BOOST_AUTO_TEST_CASE(the_specification_is_met_but_for_what_is_meant_to_differ) {
  auto const cases = spec();
  BOOST_TEST(cases.size() > 100U);
  for (auto const& one : cases) {
    auto const& data = one.what.at("data");
    boost::json::object const values = data.is_object() ? data.as_object() : boost::json::object();
    if (!data.is_object()) continue; // a root that is not a table does not occur
    std::string const text(one.what.at("template").as_string());
    auto const* const partials = one.what.if_contains("partials");
    auto const out = apply::render_template(
        text, "spec", values, 1'000'000,
        partials_of(partials == nullptr ? boost::json::object() : partials->as_object()));
    if (without_value.contains(one.name)) {
      BOOST_TEST((!out && out.error().code == errc::not_found), one.name);
    } else if (null_value.contains(one.name)) {
      BOOST_TEST((!out && out.error().code == errc::invalid), one.name);
    } else if (escaped.contains(one.name)) {
      BOOST_TEST((out && *out != std::string(one.what.at("expected").as_string())), one.name);
    } else {
      BOOST_TEST(out.has_value(), one.name << ": " << text_of(out));
      BOOST_TEST(text_of(out) == std::string(one.what.at("expected").as_string()), one.name);
    }
  }
}

BOOST_AUTO_TEST_CASE(nothing_is_escaped) {
  BOOST_TEST(render(R"(log "{{a}}" '{{{a}}}' {{&a}})", R"({"a":"<\"&'>"})").value() ==
             R"(log "<"&'>" '<"&'>' <"&'>)");
}

BOOST_AUTO_TEST_CASE(a_value_does_not_add_lines_unless_the_template_says_so) {
  std::string const values = R"({"a":"b;\nload_module evil.so","tab":"x\ty"})";
  BOOST_TEST(refused("{{a}}", values) ==
             "page.mustache:1:1: 'a' contains a line end or another control character; {{{a}}} "
             "allows that");
  for (char const* const text : {"{{{a}}}", "{{&a}}"})
    BOOST_TEST(text_of(render(text, values)) == "b;\nload_module evil.so");
  BOOST_TEST(text_of(render("{{tab}}", values)) == "x\ty");
}

BOOST_AUTO_TEST_CASE(values_are_written_as_they_are_in_json) {
  BOOST_TEST(
      render("{{i}} {{d}} {{t}} {{f}} {{s}}", R"({"i":-7,"d":1.50,"t":true,"f":false,"s":"x y"})")
          .value() == "-7 1.5 true false x y");
}

BOOST_AUTO_TEST_CASE(sections_go_over_arrays_and_into_objects) {
  BOOST_TEST(
      render("{{#web.servers}}\nserver {{host}}:{{port}} {{name}};\n{{/web.servers}}\n",
             R"({"name":"n","web":{"servers":[{"host":"a","port":1},{"host":"b","port":2}]}})")
          .value() == "server a:1 n;\nserver b:2 n;\n");
  BOOST_TEST(
      render("{{#tls}}cert {{path}}{{/tls}}{{^tls}}plain{{/tls}}", R"({"tls":{"path":"/x"}})")
          .value() == "cert /x");
}

BOOST_AUTO_TEST_CASE(a_section_asks_whether_there_is_a_value) {
  std::string const text = "{{#tls}}tls{{/tls}}{{^tls}}plain{{/tls}}";
  BOOST_TEST(render(text, "{}").value() == "plain");
  BOOST_TEST(render(text, R"({"tls":false})").value() == "plain");
  BOOST_TEST(render(text, R"({"tls":[]})").value() == "plain");
  BOOST_TEST(render(text, R"({"tls":0})").value() == "tls");
}

BOOST_AUTO_TEST_CASE(a_variable_without_a_value_is_an_error_with_its_place) {
  BOOST_TEST(refused("one\n  port {{web.prot}};\n", R"({"web":{"port":1}})") ==
             "page.mustache:2:8: 'web.prot' has no value");
  BOOST_TEST(refused("{{#list}}{{.}} {{absent}}{{/list}}", R"({"list":["a"]})") ==
             "page.mustache:1:16: 'absent' has no value");
}

BOOST_AUTO_TEST_CASE(a_variable_with_more_than_one_value_is_an_error_with_its_place) {
  for (auto const* const value : {"[1]", "{}", "[null]"})
    BOOST_TEST(refused("{{a}}", R"({"a":)" + std::string(value) + "}") ==
               "page.mustache:1:1: 'a' is not a single value");
}

BOOST_AUTO_TEST_CASE(tags_that_are_wrong_are_errors_with_their_place) {
  std::vector<std::pair<std::string, std::string>> const cases{
      {"a\n{{b", "2:1: the tag is not closed"},
      {"{{", "1:1: the tag is not closed"},
      {"{{}}", "1:1: the tag is empty"},
      {"{{{}}}", "1:1: the tag is empty"},
      {"{{#a}}", "1:1: the section 'a' is not closed"},
      {"{{/a}}", "1:1: there is no section to close"},
      {"{{#a}}\n{{/b}}", "2:1: the section to close is 'a'"},
      {"a{{> header}}", "1:2: there is no partial 'header'"},
      {"{{> page.mustache}}", "1:1: the partial 'page.mustache' includes itself"},
      {"{{a b}}", "1:1: 'a b' is not a name such as site.title"},
      {"{{a..b}}", "1:1: 'a..b' is not a name such as site.title"},
      {"{{=x=}}", "1:1: delimiters are set as in {{=<% %>=}}"},
      {"{{=   =}}", "1:1: delimiters are set as in {{=<% %>=}}"},
      {"a\x1f", "1:2: contains one of U+001D, U+001E, U+001F"}};
  for (auto const& [text, message] : cases) {
    BOOST_TEST(refused(text) == "page.mustache:" + message);
    BOOST_TEST(!apply::check_template(text, "page.mustache", partials_of({})));
  }
}

BOOST_AUTO_TEST_CASE(a_partial_alone_on_its_line_is_indented_like_its_tag) {
  struct {
    char const* text;
    char const* partial;
    char const* expected;
  } const cases[]{
      {"a {{> p}} b", "{{v}}", "a 7 b"},
      {"a\n  {{>p}}\nb\n", "x: {{v}}\ny: 1\n", "a\n  x: 7\n  y: 1\nb\n"},
      {"a\r\n\t{{>p}}\r\nb", "x\n", "a\r\n\tx\nb"},
      {"  {{> p }}", "x\ny", "  x\n  y"},
      {"  a {{> p}}\n", "x\ny", "  a x\ny\n"},
      {"  {{> p}}\n", "{{{lines}}}\n", "  1\n2\n"}, // a value is as it is
      {"{{=<% %>=}}<%> p%><% v %>", "{{v}}<% v %>", "7<% v %>7"},
      {"{{#list}}{{> p}}{{/list}}", "{{v}}{{.}} ", "7a 7b "},
  };
  auto const values = json::parse(R"({"v":7,"lines":"1\n2","list":["a","b"]})").value();
  for (auto const& one : cases) {
    auto const out = apply::render_template(one.text, "page", values.get_object(), 1'000,
                                            partials_of({{"p", one.partial}}));
    BOOST_TEST(text_of(out) == one.expected, one.text << " gives " << text_of(out));
  }
}

BOOST_AUTO_TEST_CASE(faults_of_partials_have_their_place_in_the_partial) {
  auto const values = json::parse(R"({"a":1})").value();
  auto const refused_with = [&](boost::json::object const& partials) {
    auto const out = apply::render_template("x\n  {{> one}}\n", "page", values.get_object(), 1'000,
                                            partials_of(partials));
    return out ? "rendered: " + *out : to_string(out.error());
  };
  BOOST_TEST(refused_with({{"one", "{{a}}\n{{a}}\n"}}) == "rendered: x\n  1\n  1\n");
  BOOST_TEST(refused_with({{"one", "{{a}}\n{{b}}\n"}}) == "one:2:1: 'b' has no value");
  BOOST_TEST(refused_with({{"one", "{{#a}}"}}) == "one:1:1: the section 'a' is not closed");
  BOOST_TEST(refused_with({{"one", "{{> two}}"}, {"two", "{{> one}}"}}) ==
             "two:1:1: the partial 'one' includes itself");
}

BOOST_AUTO_TEST_CASE(partials_in_one_another_end) {
  boost::json::object partials;
  for (char name = 'a'; name < 'z'; ++name) {
    std::string const next = std::string("{{> ") + static_cast<char>(name + 1) + "}}";
    partials[std::string(1, name)] = next + next;
  }
  partials["z"] = "";
  auto const out = apply::check_template("{{> a}}", "page", partials_of(partials));
  BOOST_TEST((!out && out.error().message == "too many partials"));
}

BOOST_AUTO_TEST_CASE(sections_cannot_be_nested_without_end) {
  std::string text;
  for (int i = 0; i < 33; ++i)
    text += "{{#a}}";
  BOOST_TEST(refused(text).ends_with("sections are nested too deep"));
}

BOOST_AUTO_TEST_CASE(a_file_that_becomes_too_large_is_refused) {
  auto const values = json::parse(R"({"a":[1,2,3,4,5,6,7,8,9,10]})").value();
  auto const out = apply::render_template("{{#a}}0123456789{{/a}}", "t", values.get_object(), 99,
                                          partials_of({}));
  BOOST_TEST((!out && out.error().code == errc::limit));
}

BOOST_AUTO_TEST_CASE(sections_in_one_another_end) {
  std::string list = "[1";
  for (int i = 0; i < 1'000; ++i)
    list += ",1";

  BOOST_TEST(refused("{{#l}}{{#l}}{{#l}}x{{/l}}{{/l}}{{/l}}", R"({"l":)" + list + "]}") ==
             "page.mustache: its sections are repeated too often (1000001 of 1000000)");
}

BOOST_AUTO_TEST_SUITE_END()
