#include "core/json.hpp"
#include "ipc/idl.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace cfgd;
namespace described = cfgd::ipc::idl;
using shape = described::type::shape;

namespace {

std::string with(std::string_view members) {
  return "interface org.example.try\n" + std::string(members) + '\n';
}

std::string const every_type = with(R"(
type Pair (first: int, second: ?string)
type Choice (one, two)
method M(
  flag: ?bool, number: ?int, real: ?float, text: ?string, free: ?object, anything: ?any,
  list: ?[]string, table: ?[string]int, pair: ?Pair, choice: ?Choice, holes: ?[]?int,
  inner: ?(a: int, b: ?Pair)
) -> ()
method Needs(b: int, a: string) -> ()
)");

/// The name of the parameter that is wrong, or the parameters as a handler gets them.
std::string check(std::string_view method, std::string_view parameters) {
  auto const interface = described::parse(every_type).value();
  auto value = json::parse(parameters).value();
  for (auto const& each : interface.methods)
    if (each.name == method) {
      auto const checked = described::check_parameters(interface, each.input, value.as_object());
      return checked ? json::canonical(value) : checked.error().subject;
    }
  return "no such method";
}

struct sample {
  std::string_view parameters;
  std::string_view outcome;
};

std::ostream& operator<<(std::ostream& out, sample const& which) { return out << which.parameters; }

} // namespace

BOOST_AUTO_TEST_SUITE(idl)

BOOST_AUTO_TEST_CASE(reads_a_description) {
  auto const read = described::parse(R"(# About it.
interface org.example.more-1.Try
# A type.
type T (a: int, b: []?[string]T, c: (x, y)) # behind
method Plain() -> () method_is_not_here
)");
  BOOST_TEST(!read);

  auto const interface = described::parse(R"(# About it.
interface org.example.more-1.Try

# A type.
type T (a: int, b: []?[string]T, c: (x, y)) # behind
method Plain(
  # Of a field.
  type: string
) -> (t: T)
# Streams.
# [Requires 'more' flag]
method Stream() -> ()

# [Requires 'more' flag]

# Not right above.
method Apart() -> ()
# [Supports 'more' flag]
method Both() -> ()
error E (message: ?string)
error Empty ())");

  BOOST_REQUIRE_MESSAGE(interface, to_string(interface.error()));
  BOOST_TEST(interface->name == "org.example.more-1.Try");
  BOOST_REQUIRE(interface->methods.size() == 4U);
  BOOST_TEST(interface->methods[0].name == "Plain");
  BOOST_TEST(!interface->methods[0].supports_more);
  BOOST_TEST(interface->methods[1].requires_more);
  BOOST_TEST(interface->methods[1].supports_more);
  BOOST_TEST(!interface->methods[2].requires_more);
  BOOST_TEST(!interface->methods[3].requires_more);
  BOOST_TEST(interface->methods[3].supports_more);
  BOOST_TEST(interface->errors.size() == 2U);
  auto const& fields = interface->types.at("T").fields;
  BOOST_REQUIRE(fields.size() == 3U);
  BOOST_TEST((fields[1].what.what == shape::array));
  BOOST_TEST(fields[1].what.element.front().optional);
  BOOST_TEST((fields[1].what.element.front().what == shape::map));
  BOOST_TEST((fields[2].what.what == shape::enumeration));
}

BOOST_DATA_TEST_CASE(refuses_what_is_no_description,
                     boost::unit_test::data::make(std::vector<std::string>{
                         "",
                         "interface",
                         "interface org",
                         "interface org..example",
                         "interface org.example.",
                         "interface 1org.example",
                         "interface org.-example",
                         "interface org.example-",
                         "other a.b",
                         "interface a.b method M() -> ()",
                         with("method m() -> ()"),
                         with("method M() ()"),
                         with("method M -> ()"),
                         with("method M() -> (x, y)"),
                         with("method M(x, y) -> ()"),
                         with("method M(x) -> ()"),
                         with("method M(x:) -> ()"),
                         with("method M(x: int,) -> ()"),
                         with("method M(x: int y: int) -> ()"),
                         with("method M(x: ??int) -> ()"),
                         with("method M(x: []) -> ()"),
                         with("method M(x: [int]string) -> ()"),
                         with("method M(x: integer) -> ()"),
                         with("method M(x: Unknown) -> ()"),
                         with("method M(a__b: int) -> ()"),
                         with("method M(_a: int) -> ()"),
                         with("method M(a_: int) -> ()"),
                         with("method M(a: int, a: int) -> ()"),
                         with("method M(a: (b-c, d)) -> ()"),
                         with("method M(a: (b, b)) -> ()"),
                         with("method M(a: (b, c: int)) -> ()"),
                         with("method M(a: (b: int, c)) -> ()"),
                         with("method M() -> () method N() -> ()"),
                         with("method M() -> ()\nmethod M() -> ()"),
                         with("type M ()\nmethod M() -> ()"),
                         with("type T"),
                         with("error E"),
                         with("error E (x, y)"),
                         with("constant C (a: int)"),
                         with("type T (a: int"),
                         with("method M(x: int) -> (# )"),
                         with("type T (a: " + std::string(1000, '(') + ")")}),
                     text) {
  auto const read = described::parse(text);

  BOOST_TEST(!read);
  BOOST_TEST(read.error().where.line >= 1U);
}

BOOST_AUTO_TEST_CASE(says_where_a_description_is_wrong) {
  auto const read = described::parse(with("method M(\n  a: int,\n  a: int\n) -> ()"));

  BOOST_TEST(read.error().where.line == 4U);
  BOOST_TEST(read.error().where.column == 3U);
}

sample const samples[] = {
    {R"({})", R"({})"},
    {R"({"flag":true,"number":-9223372036854775808,"real":1.5,"text":""})",
     R"({"flag":true,"number":-9223372036854775808,"real":1.5,"text":""})"},
    {R"({"flag":null,"number":null,"pair":null,"text":"x"})", R"({"text":"x"})"},
    {R"({"flag":1})", "flag"},
    {R"({"flag":"true"})", "flag"},
    {R"({"number":1.0})", "number"},
    {R"({"number":1e2})", "number"},
    {R"({"number":"1"})", "number"},
    {R"({"real":1})", R"({"real":1.0})"}, // as some clients write it
    {R"({"real":"1"})", "real"},
    {R"({"text":1})", "text"},
    {R"({"free":{"any":[null]}})", R"({"free":{"any":[null]}})"},
    {R"({"free":[]})", "free"},
    {R"({"anything":[1]})", R"({"anything":[1]})"},
    {R"({"list":["a"]})", R"({"list":["a"]})"},
    {R"({"list":["a",1]})", "list"},
    {R"({"list":["a",null]})", "list"},
    {R"({"list":{}})", "list"},
    {R"({"holes":[1,null]})", R"({"holes":[1,null]})"},
    {R"({"table":{"a":1}})", R"({"table":{"a":1}})"},
    {R"({"table":{"a":"1"}})", "table"},
    {R"({"table":[]})", "table"},
    {R"({"pair":{"first":1}})", R"({"pair":{"first":1}})"},
    {R"({"pair":{"first":1,"second":null}})", R"({"pair":{"first":1}})"},
    {R"({"pair":{"second":"a"}})", "pair"},
    {R"({"pair":{"first":1,"third":1}})", "pair"},
    {R"({"pair":1})", "pair"},
    {R"({"inner":{"a":1,"b":{"first":2}}})", R"({"inner":{"a":1,"b":{"first":2}}})"},
    {R"({"inner":{"a":1,"b":{}}})", "inner"},
    {R"({"choice":"two"})", R"({"choice":"two"})"},
    {R"({"choice":"three"})", "choice"},
    {R"({"zzz":1})", "zzz"},
    {R"({"text":"x","zzz":null})", "zzz"},
};

BOOST_DATA_TEST_CASE(checks_parameters_by_type, boost::unit_test::data::make(samples), sample) {
  BOOST_TEST(check("M", sample.parameters) == sample.outcome);
}

BOOST_AUTO_TEST_CASE(names_the_parameter_that_is_missing) {
  BOOST_TEST(check("Needs", R"({})") == "b");
  BOOST_TEST(check("Needs", R"({"a":"x"})") == "b");
  BOOST_TEST(check("Needs", R"({"b":null,"a":"x"})") == "b");
  BOOST_TEST(check("Needs", R"({"b":1})") == "a");
  BOOST_TEST(check("Needs", R"({"b":1,"a":"x"})") == R"({"a":"x","b":1})");
}

BOOST_DATA_TEST_CASE(
    finds_what_some_clients_cannot_read,
    boost::unit_test::data::make(std::vector<std::string>{
        with("method M(a: any) -> ()"), with("method M(a: [][]int) -> ()"),
        with("method M(a: [string][]int) -> ()"), with("method M(a: []?int) -> ()"),
        with("method M(a: [string]()) -> ()"), with("type T ()\nmethod M() -> ()"),
        with("method M(\n  a: int # c\n) -> ()"), with("method M() -> ()\n# c"),
        "interface org.example # c\nmethod M() -> ()\n", with("type T (a: int)"), with(""),
        with("method M(Aa: int) -> ()"), "interface org.ex-ample\nmethod M() -> ()\n",
        "interface org\n", with("method M(a: (x: any)) -> ()"),
        with("error E (a: any)\nmethod M() -> ()"), with("method M() -> () method N() -> ()"),
        with("type T (a: U)\ntype U (a: int)\nmethod M() -> ()")}),
    text) {
  BOOST_TEST(!described::portability_problems(text).empty());
}

BOOST_AUTO_TEST_CASE(finds_nothing_where_all_clients_can_read) {
  auto const problems = described::portability_problems(R"(# Ä comment.
interface io.example.Config
# Recursive.
type T (type: ?T, map: [string]object, named: [string]T, choice: (one, two_three))
# Method.
method M(
  # Field.
  method: int
) -> ()
error E ()
)");

  BOOST_TEST(problems.empty());
}

BOOST_AUTO_TEST_SUITE_END()
