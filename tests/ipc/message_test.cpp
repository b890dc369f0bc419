#include "ipc/message.hpp"

#include <boost/json/serialize.hpp>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace cfgd;
using namespace cfgd::ipc;

namespace {

std::string nested(std::size_t arrays) {
  return R"({"method":"a.B","parameters":{"a":)" + std::string(arrays, '[') +
         std::string(arrays, ']') + "}}";
}

result<call_message> read_call(std::string_view text) { return parse_call(text, {32, 1000}); }

std::vector<std::string> const refused{
    "",
    " ",
    "{}",
    "[]",
    "null",
    "1",
    R"("text")",
    R"({"method":"a.B")",
    R"({"method":"a.B",})",
    R"({"method":"a.B"}})",
    R"({"method":"a.B"} x)",
    R"({"method":"a.B"}{"method":"a.B"})",
    R"({,"method":"a.B"})",
    R"({"method" "a.B"})",
    R"({"method":})",
    R"({"method":1})",
    R"({"method":null})",
    R"({"method":["a.B"]})",
    R"({method:"a.B"})",
    R"({"parameters":{}})",
    R"({"method":"a.B","parameters":[]})",
    R"({"method":"a.B","parameters":"x"})",
    R"({"method":"a.B","parameters":1})",
    R"({"method":"a.B","parameters":true})",
    R"({"method":"a.B","parameters":nul})",
    R"({"method":"a.B","parameters":{"a":[}]})",
    R"({"method":"a.B","parameters":{"a"}})",
    R"({"method":"a.B","parameters":{"a":1,"a":2}})",
    R"({"method":"a.B","parameters":{"a":{"b":1,"b":1}}})",
    R"({"method":"a.B","parameters":{"a":"\ud800"}})",
    R"({"method":"a.B","parameters":{"a":"\u0000"}})",
    R"({"method":"a.B","parameters":{"a":18446744073709551615}})",
    R"({"method":"a.B","parameters":{"a":1e999}})",
    R"({"method":"a.B","parameters":{"a":01}})",
    R"({"method":"a.B","parameters":{"a":.5}})",
    R"({"method":"a.B","parameters":{"a":NaN}})",
    "{\"method\":\"a.B\",\"parameters\":{\"a\":\"\xff\"}}",
    "{\"method\":\"a.B\xff\"}",
    "{\"method\":\"a.\nB\"}",
    "\xef\xbb\xbf{\"method\":\"a.B\"}",
    R"({"method":"a.B","unknown":1})",
    R"({"method":"a.B","Method":"a.B"})",
    R"({"method":"a.B","":1})",
    R"({"method":"a.B","method":"a.B"})",
    R"({"method":"a.B","parameters":{},"parameters":{}})",
    R"({"method":"a.B","parameters":null,"parameters":{}})",
    R"({"method":"a.B","more":true,"more":true})",
    R"({"method":"a.B","more":false,"more":true})",
    R"({"method":"a.B","x.y":1,"x.y":1})",
    R"({"method":"a.B","x.y":})",
    R"({"method":"a.B","x.y":tru})",
    R"({"method":"a.B","x.y":{"a":1,"a":1}})",
    R"({"method":"a.B","more":null})",
    R"({"method":"a.B","more":1})",
    R"({"method":"a.B","more":"true"})",
    R"({"method":"a.B","oneway":null})",
    R"({"method":"a.B","upgrade":0})",
    R"({"method":"a.B","more":true,"oneway":true})",
    R"({"method":"a.B","more":true,"upgrade":true})",
    R"({"method":"a.B","oneway":true,"upgrade":true})",
    R"({"method":"a.B","more":true false})",
    R"({"method":"a.B)",
    R"({"method":"a.B\)",
    R"({"method":"a.B\")",
};

std::vector<std::string> const accepted{
    R"({"method":"a.B"})",
    R"({"method":"a.B","parameters":{}})",
    R"({"method":"a.B","parameters":null})",
    R"({"parameters":{},"method":"a.B"})",
    " \t\r\n{ \"method\" : \"a.B\" , \"parameters\" : { } } \n",
    R"({"method":"a.B","more":false,"oneway":false,"upgrade":false})",
    R"({"method":"a.B","x.y":{"any":[1,"}",null]}})",
    R"({"method":"a.B","x.y":null,"x.z":"\"]}"})",
    R"({"method":"a.B","org.example.trace":"\\"})",
    R"({"method":"a.B"})",
    R"({"\u006dethod":"\u0061.\u0042"})",
};

} // namespace

BOOST_AUTO_TEST_SUITE(message)

BOOST_DATA_TEST_CASE(refuses_what_is_no_call, boost::unit_test::data::make(refused), text) {
  BOOST_TEST(!read_call(text));
}

BOOST_DATA_TEST_CASE(reads_a_call_without_parameters, boost::unit_test::data::make(accepted),
                     text) {
  auto const call = read_call(text);

  BOOST_REQUIRE_MESSAGE(call, to_string(call.error()));
  BOOST_TEST(call->method == "a.B");
  BOOST_TEST(call->parameters.empty());
  BOOST_TEST((call->kind == call_kind::plain));
}

BOOST_AUTO_TEST_CASE(reads_parameters_and_flags) {
  auto const more = read_call(R"({"method":"a.B","parameters":{"a":[1,2.5,"}"]},"more":true})");
  auto const oneway = read_call(R"({"oneway":true,"method":"a.B"})");
  auto const upgrade = read_call(R"({"upgrade":true,"more":false,"method":"a.B"})");

  BOOST_TEST(json::canonical(more.value().parameters) == R"({"a":[1,2.5,"}"]})");
  BOOST_TEST((more->kind == call_kind::more));
  BOOST_TEST((oneway.value().kind == call_kind::oneway));
  BOOST_TEST((upgrade.value().kind == call_kind::upgrade));
}

BOOST_AUTO_TEST_CASE(counts_the_envelope_as_depth) {
  BOOST_TEST(read_call(nested(29)).has_value());
  BOOST_TEST(read_call(nested(30)).has_value());
  BOOST_TEST((read_call(nested(31)).error().code == errc::limit));
}

BOOST_AUTO_TEST_CASE(counts_the_members_of_the_envelope) {
  std::string many = R"({"method":"a.B")";
  for (int count = 0; count < 999; ++count)
    many += R"(,"x.)" + std::to_string(count) + R"(":1)";

  BOOST_TEST(read_call(many + '}').has_value());
  BOOST_TEST((read_call(many + R"(,"y.y":1})").error().code == errc::limit));
  BOOST_TEST((read_call(many + R"(,"parameters":{}})").error().code == errc::limit));
}

BOOST_AUTO_TEST_CASE(an_envelope_can_be_used_again) {
  call_envelope envelope;
  json::read_limits const bounds;

  BOOST_TEST(
      parse_envelope(R"({"method":"\u0061.B","parameters":{"a":1},"more":true})", bounds, envelope)
          .has_value());
  BOOST_TEST(parse_envelope(R"({"method":"c.D"})", bounds, envelope).has_value());

  BOOST_TEST(envelope.method == "c.D");
  BOOST_TEST(envelope.parameters.empty());
  BOOST_TEST((envelope.kind == call_kind::plain));
}

BOOST_AUTO_TEST_CASE(what_is_written_is_read_back) {
  for (auto const kind :
       {call_kind::plain, call_kind::oneway, call_kind::more, call_kind::upgrade}) {
    std::string out;
    append_call(out, "io.cfgd.Config.Get", R"({"keys":["site"]})", kind);

    BOOST_TEST(out.back() == '\0');
    auto const call = read_call(std::string_view(out).substr(0, out.size() - 1));
    BOOST_TEST(call.value().method == "io.cfgd.Config.Get");
    BOOST_TEST(json::canonical(call->parameters) == R"({"keys":["site"]})");
    BOOST_TEST((call->kind == kind));
  }
}

BOOST_AUTO_TEST_CASE(replies_carry_the_members_they_need_and_no_other) {
  std::string out;

  append_reply(out, {}, false);
  append_reply(out, R"({"a":1})", false);
  append_reply(out, {}, true);
  append_reply(out, R"({"a":1})", true);
  append_error(out, "a.B", {});
  append_error(out, "a.B", R"({"a":1})");

  std::string wanted;
  for (auto const* message : {R"({})", R"({"parameters":{"a":1}})", R"({"continues":true})",
                              R"({"parameters":{"a":1},"continues":true})", R"({"error":"a.B"})",
                              R"({"error":"a.B","parameters":{"a":1}})"})
    wanted += std::string(message) + '\0';
  BOOST_TEST(out == wanted);
}

BOOST_AUTO_TEST_CASE(replies_are_read) {
  auto const plain = parse_reply(R"({"parameters":{"a":1}})", {});
  auto const series = parse_reply(R"({"continues":true,"parameters":null})", {});
  auto const failed = parse_reply(R"({"error":"a.B","parameters":{"c":"d"},"x.y":[]})", {});

  BOOST_TEST(json::canonical(plain.value().parameters) == R"({"a":1})");
  BOOST_TEST(!plain->continues);
  BOOST_TEST(plain->error.empty());
  BOOST_TEST(series.value().continues);
  BOOST_TEST(series->parameters.empty());
  BOOST_TEST(failed.value().error == "a.B");
  BOOST_TEST(json::canonical(failed->parameters) == R"({"c":"d"})");
}

BOOST_DATA_TEST_CASE(refuses_what_is_no_reply,
                     boost::unit_test::data::make(std::vector<std::string>{
                         "", "[]", R"({"parameters":[]})", R"({"continues":null})",
                         R"({"continues":1})", R"({"error":null})", R"({"error":""})",
                         R"({"error":1})", R"({"other":1})", R"({"error":"a.B","continues":true})",
                         R"({"parameters":{},"parameters":{}})", R"({} x)"}),
                     text) {
  BOOST_TEST(!parse_reply(text, {}));
}

BOOST_AUTO_TEST_CASE(no_byte_that_clients_refuse_is_written) {
  std::string text;
  for (char byte = 1; byte < 0x20; ++byte)
    text += byte;
  text += '\x7f';
  std::string out;

  append_call(out, text, {}, call_kind::plain);
  append_error(out, text, {});

  for (char const byte : out)
    BOOST_TEST((byte == '\0' || (byte >= 0x20 && byte != 0x7f)));
  auto const call = read_call(out.substr(0, out.find('\0')));
  BOOST_TEST(call.value().method == text);
}

BOOST_AUTO_TEST_SUITE_END()
