#include "tests/integration/fixture.hpp"

#include <boost/json/object.hpp>
#include <boost/test/unit_test.hpp>

#include <sys/socket.h>

namespace {

using namespace cfgd::test;

struct serving : running {
  serving() {
    save("app.json", R"({"a":1,"b":[1,2.0,"x"]})");
    daemon.start();
  }
  std::string ask(std::string_view message) {
    return text_of(stream(daemon.socket()).ask(message));
  }
};

} // namespace

namespace cases {
BOOST_AUTO_TEST_SUITE(varlink)

BOOST_FIXTURE_TEST_CASE(get_answers_values_and_what_is_missing, serving) {
  BOOST_TEST(
      ask(R"({"method":"io.cfgd.Config.Get","parameters":{"keys":["app.b","app.x","no.such","app.b"]}})") ==
      R"({"parameters":{"missing":["app.x","no.such"],"revision":1,"values":{"app.b":[1,2.0,"x"]}}})");
}

BOOST_FIXTURE_TEST_CASE(info_names_the_interfaces, serving) {
  auto const info = ask(R"({"method":"org.varlink.service.GetInfo"})");

  for (char const* const name :
       {"io.cfgd.Config", "io.cfgd.History", "io.cfgd.Service", "org.varlink.service"})
    BOOST_TEST(info.find(name) != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(bad_keys_are_rejected_with_a_reason, serving) {
  std::string const reason = "a part is empty (column 5)";

  BOOST_TEST(ask(R"({"method":"io.cfgd.Config.Get","parameters":{"keys":["app..a"]}})") ==
             R"({"error":"io.cfgd.Config.BadKey","parameters":{"key":"app..a","message":")" +
                 reason + R"("}})");
}

BOOST_FIXTURE_TEST_CASE(a_thousand_calls_in_one_write_are_answered_in_order, serving) {
  stream peer(daemon.socket());
  std::string all;
  for (int n = 0; n < 1'000; ++n) {
    all += R"({"method":"io.cfgd.Config.Get","parameters":{"keys":["app.k)" + std::to_string(n) +
           R"("]}})";
    all += '\0';
  }
  all.pop_back(); // send() ends it

  peer.send(all);

  for (int n = 0; n < 1'000; ++n)
    BOOST_TEST(text_of(peer.parameters().at("missing")) == "[\"app.k" + std::to_string(n) + "\"]");
}

BOOST_FIXTURE_TEST_CASE(a_peer_that_has_said_all_gets_its_answers, serving) {
  stream peer(daemon.socket());
  peer.send(R"({"method":"io.cfgd.Config.Set","parameters":{"values":{"app.a":5}}})");
  peer.send(R"({"method":"io.cfgd.Config.Get","parameters":{"keys":["app.a"]}})");
  ::shutdown(peer.socket(), SHUT_WR);

  BOOST_TEST(text_of(peer.parameters().at("changed")) == R"(["app.a"])");
  BOOST_TEST(text_of(peer.parameters().at("values")) == R"({"app.a":5})");
  BOOST_CHECK_THROW(peer.next(), std::runtime_error); // closed
}

BOOST_FIXTURE_TEST_CASE(a_list_is_split_and_of_one_revision, serving) {
  boost::json::object many;
  std::string const text(2'000, 'v');
  for (int n = 0; n < 1'000; ++n)
    many["k" + std::to_string(n)] = text;
  save("big.json", cfgd::json::canonical(many));
  sync();

  auto const replies =
      stream(daemon.socket()).ask_for_all(call_more("Config.List", R"({"prefix":"big"})"));
  std::size_t keys = 0;
  for (auto const& one : replies) {
    BOOST_TEST(text_of(one.at("revision")) == "2");
    keys += one.at("values").as_object().size();
  }

  BOOST_TEST(keys == 1'000U);
  BOOST_TEST(replies.size() >= 7U); // 2 MB in pieces of 256 KiB
}

BOOST_FIXTURE_TEST_CASE(the_cache_counts_and_obeys, serving) {
  auto connected = daemon.connect();
  connected.get({"app.a"}).value();
  connected.get({"app.a"}).value();
  auto const used = connected.cache().value();
  BOOST_REQUIRE(used.namespaces.size() == 1U);
  BOOST_TEST(used.namespaces[0].hits == 1);
  BOOST_TEST(used.namespaces[0].misses == 1);
  BOOST_TEST(used.namespaces[0].entries == 1);

  BOOST_TEST(connected.invalidate("app").value() == 1);
  BOOST_TEST(connected.cache().value().namespaces[0].entries == 0);
  BOOST_TEST(value("app.a") == "1"); // read again through the committer
  BOOST_TEST(connected.warm().value() >= 2);
  BOOST_TEST(connected.invalidate("nothing").error().name == "io.cfgd.Service.NoSuchNamespace");
}

BOOST_FIXTURE_TEST_CASE(more_than_the_cache_holds_is_served_all_the_same, running) {
  save_settings("[cache]\nmaximum_bytes = 65536\n");
  std::string const text(10'000, 'v');
  for (int n = 0; n < 20; ++n)
    save("n" + std::to_string(n) + ".json", R"({"a":")" + text + R"("})");
  daemon.start();
  auto connected = daemon.connect();

  for (int n = 0; n < 20; ++n)
    BOOST_TEST(
        text_of(connected.get_value("n" + std::to_string(n) + ".a").value().value()).size() ==
        text.size() + 2);
  std::vector<std::string> keys;
  keys.reserve(20);
  for (int n = 0; n < 20; ++n)
    keys.push_back("n" + std::to_string(n) + ".a");
  BOOST_TEST(connected.get(keys).value().values.size() == 20U);
  BOOST_TEST(connected.list().value().values.size() == 20U);

  auto const used = connected.cache().value();
  BOOST_TEST(used.evictions > 0);
  BOOST_TEST(used.bytes <= used.maximum_bytes);
}

BOOST_FIXTURE_TEST_CASE(many_spellings_of_one_key_are_refused_with_the_limit, serving) {
  save("big.json", R"({"a":")" + std::string(200'000, 'v') + R"("})");
  sync();
  std::string keys;
  for (int n = 0; n < 100; ++n)
    keys += (n == 0 ? "\"" : ",\"") + std::string(static_cast<std::size_t>(n), ' ') + "big.a\"";
  std::string const get = R"({"method":"io.cfgd.Config.Get","parameters":{"keys":[)" + keys + "]}}";

  for (int turn = 0; turn < 2; ++turn) {
    auto const refused = stream(daemon.socket()).ask(get);
    BOOST_TEST(text_of(refused.at("error")) == R"("io.cfgd.Config.LimitExceeded")");
    BOOST_TEST(text_of(refused.at("parameters").as_object().at("limit")) == R"("reply_bytes")");
    daemon.connect().invalidate().value(); // and again from what has to be read first
  }
}

BOOST_FIXTURE_TEST_CASE(a_negative_revision_is_none_that_is, serving) {
  BOOST_TEST(
      ask(R"({"method":"io.cfgd.Config.Set","parameters":{"values":{"app.a":2},"ifRevision":-1}})")
          .find(R"({"error":"io.cfgd.Config.RevisionMismatch")") == 0U);
}

BOOST_FIXTURE_TEST_CASE(sources_come_in_batches_with_more, serving) {
  // Each of them is refused with 20 long issues: more than a reply's batch in all.
  save_schema("many.json", R"({"additionalProperties": {"type": "string"}})");
  std::string text = "{";
  for (int index = 0; index < 30; ++index)
    text += (index == 0 ? "\"" : ",\"") + std::string(400, 'k') + std::to_string(index) + "\":1";
  for (int index = 0; index < 20; ++index)
    save("many.d/" + std::to_string(index) + ".json", text + "}");
  sync();

  auto const replies = stream(daemon.socket()).ask_for_all(call_more("Service.Sources"));
  std::size_t sources = 0;
  for (auto const& one : replies)
    sources += one.at("sources").as_array().size();

  BOOST_TEST(replies.size() > 1U);
  BOOST_TEST(sources == 22U);
  BOOST_TEST(call("Service.Sources").at("parameters").at("sources").as_array().size() == sources);
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
