#include "tests/integration/fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <initializer_list>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>

// A Get in its usual form is answered without a JSON reader. White space before a call makes it go
// the long way, so every call is sent twice, and both answers must be the same.

namespace {

using namespace cfgd::test;

constexpr std::string_view beginning = R"({"method":"io.cfgd.Config.Get","parameters":)";

std::string get(std::string_view parameters) {
  return std::string(beginning).append(parameters).append("}");
}

struct serving : running {
  serving() {
    save_schema("safe.json", R"({"properties":{"pin":{"type":"string","x-secret":true}}})");
    save("safe.json", R"({"open":"o","pin":"1234"})");
    save("app.json", R"({"a":1,"b":[1,{"c":"x"}],"d.e":2,"f\"g":3,"ü":4,"t":{"u":{"v":true}}})");
    save("big.json", R"({"text":")" + std::string(100'000, 'x') + R"("})");
    daemon.start();
  }

  /// The reply as canonical text, "closed" if the daemon closes the connection.
  std::string ask(std::string_view message) {
    if (!peer) peer = std::make_unique<stream>(daemon.socket());
    try {
      return text_of(peer->ask(message));
    } catch (std::runtime_error const&) {
      peer.reset();
      return "closed";
    }
  }
  void compare(std::string const& message) {
    auto const first = ask(message);
    auto const long_way = ask(' ' + message);
    auto const again = ask(message); // what the long way has kept may be used now
    BOOST_TEST(first == long_way, message << ": " << first << " and " << long_way);
    BOOST_TEST(again == long_way, message << ": " << again << " and " << long_way);
  }

  std::unique_ptr<stream> peer;
};

/// Changes something of a call somewhere: mostly what is then no call.
std::string damage(std::string text, std::mt19937& random) {
  static constexpr std::string_view bytes = "\"\\{}[],:. \t\nab01\x01\x7f\xc3\xbc";
  auto const below = [&random](std::size_t end) {
    return std::uniform_int_distribution<std::size_t>(0, end - 1)(random);
  };
  for (auto left = 1 + below(3); left > 0; --left) {
    auto const at = below(text.size());
    switch (below(4)) {
    case 0:
      text.erase(at, 1 + below(4));
      break;
    case 1:
      text.insert(at, 1, bytes[below(bytes.size())]);
      break;
    case 2:
      text[at] = bytes[below(bytes.size())];
      break;
    default:
      text.insert(below(text.size()), text.substr(at, 1 + below(12)));
    }
    if (text.empty()) text = "{";
  }
  return text;
}

} // namespace

namespace cases {
BOOST_AUTO_TEST_SUITE(short_way)

BOOST_FIXTURE_TEST_CASE(known_forms_are_answered_as_by_the_long_way, serving) {
  for (std::string_view const key : {"app.a",
                                     "app.b",
                                     "app.b[1].c",
                                     "app.b[2]",
                                     "app.b[x]",
                                     "app.x",
                                     "app",
                                     "app.t",
                                     "app.t.u.v",
                                     "no.such",
                                     "",
                                     ".",
                                     "app.",
                                     "app..a",
                                     "App.a",
                                     "app.a ",
                                     " app.a",
                                     R"(app.\"d.e\")",
                                     R"(app."d.e")",
                                     R"(\"app\".a)",
                                     R"(app.\"f\\\"g\")",
                                     R"(app.\"ü\")",
                                     R"(app.\"\u00fc\")",
                                     R"(app\u002ea)",
                                     R"(app\u002)",
                                     "app.ü",
                                     "app.\xc3",
                                     "app.a\",\"app.b",
                                     "app.a\"],\"x\":[\"",
                                     "safe.pin",
                                     "safe.open",
                                     "safe",
                                     "big.text",
                                     "big",
                                     "?.probe"})
    compare(get(std::string(R"({"keys":[")").append(key).append(R"("]})")));
}

BOOST_FIXTURE_TEST_CASE(other_forms_are_answered_as_by_the_long_way, serving) {
  for (std::string_view const parameters : {R"({})",
                                            R"(null)",
                                            R"([])",
                                            R"({"keys":[]})",
                                            R"({"keys":null})",
                                            R"({"keys":"app.a"})",
                                            R"({"keys":["app.a",1]})",
                                            R"({"keys":["app.a","app.a"]})",
                                            R"({"keys":["app.a","no.x"]})",
                                            R"({"keys":["app.a"],"keys":["app.b"]})",
                                            R"({"keys":["app.a"],"other":1})",
                                            R"({ "keys":["app.a"]})",
                                            R"({"keys": ["app.a"]})",
                                            R"({"keys":["app.a"]} )",
                                            R"({"keys":["app.a"]}})",
                                            R"({"keys":["app.a"]},"more":true)",
                                            R"({"keys":["app.a"]},"more":false)",
                                            R"({"keys":["app.a"]},"upgrade":true)",
                                            R"({"keys":["app.a"]},"upgrade":false,"oneway":false)",
                                            R"({"keys":["app.a"]},"parameters":{"keys":["app.b"]})",
                                            R"({"keys":["app.a"]},"method":"io.cfgd.Config.List")",
                                            R"({"keys":["app.a"]},"x":1)",
                                            R"({"keys":["app.a"]},"vendor.x":{"keys":["app.b"]})",
                                            R"({"keys":["app.a"]},"vendor.x":)",
                                            R"({"keys":["app.a"]},)",
                                            "",
                                            "{",
                                            "\"",
                                            R"({"keys":["app.a"])"})
    compare(get(parameters));
  compare(std::string(beginning));
  compare(R"({"method":"io.cfgd.Config.Get"})");
  compare(R"({"parameters":{"keys":["app.a"]},"method":"io.cfgd.Config.Get"})");
  compare(R"({"method":"io.cfgd.Config.List","parameters":{"keys":["app.a"]}})");
}

BOOST_FIXTURE_TEST_CASE(damaged_calls_are_answered_as_by_the_long_way, serving) {
  std::mt19937 random(1); // NOLINT: the same for every run
  for (std::string_view const key : {"app.a", "app.b[1].c", "app.t.u.v", "safe.pin"}) {
    auto const whole = get(std::string(R"({"keys":[")").append(key).append(R"("]})"));
    ask(whole);
    for (int count = 0; count < 250; ++count) {
      auto const message = damage(whole, random);
      // A call that is never answered cannot be compared.
      if (message.find("oneway") == std::string::npos) compare(message);
    }
  }
}

BOOST_FIXTURE_TEST_CASE(a_oneway_call_is_not_answered, serving) {
  auto const call = [](std::string_view key, std::string_view flag) {
    return std::string(beginning)
               .append(R"({"keys":[")")
               .append(key)
               .append(R"("]})")
               .append(flag) +
           '}';
  };
  ask(call("app.a", ""));
  stream one(daemon.socket());
  one.send(call("app.a", R"(,"oneway":true)"));
  one.send(call("app.t.u.v", ""));

  BOOST_TEST(text_of(one.next()).find("app.t.u.v") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(a_new_value_is_seen_at_once, serving) {
  auto const message = get(R"({"keys":["app.a"]})");
  for (int value = 2; value < 12; ++value) {
    compare(message);
    daemon.connect().set({.values = {{"app.a", value}}}).value();

    BOOST_TEST(ask(message).find("\"app.a\":" + std::to_string(value)) != std::string::npos);
  }
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
