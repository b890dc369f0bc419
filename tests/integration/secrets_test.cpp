#include "tests/integration/fixture.hpp"
#include "tests/integration/other_user.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

// What a peer without the right gets of a secret: nothing, by no way.

namespace {

using namespace cfgd::test;

constexpr char const* secret = "correct horse battery staple";

/// Revision 1: the files. 2: a new password by a call. 3: it and another key.
struct serving : running {
  serving() {
    save_schema("app.json", R"({"properties": {
        "db": {"properties": {"password": {"type": "string", "x-secret": true}}},
        "tokens": {"type": "array", "items": {"x-secret": true}}}})");
    save("app.yaml", "user: u\ndb:\n  host: h\n  password: \"" + std::string(secret) +
                         " 1\"\ntokens: [\"" + secret + " t\"]\n");
    save("app.d/10.yaml", "db: {password: \"" + std::string(secret) + " 2\"}\n");
    daemon.start();
    daemon.connect().set({.values = {{"app.db.password", std::string(secret) + " 3"}}}).value();
    daemon.connect()
        .set({.values = {{"app.db.password", std::string(secret) + " 4"}, {"app.user", "v"}}})
        .value();
    std::filesystem::permissions(directory.path(), std::filesystem::perms(0755));
  }
};

/// Whether none of the texts has a secret; prints the one that has.
bool is_clean(std::string const& text) {
  if (text.find(secret) == std::string::npos) return true;
  std::cerr << text << std::endl;
  return false;
}

} // namespace

namespace cases {
BOOST_AUTO_TEST_SUITE(secrets)

BOOST_FIXTURE_TEST_CASE(who_may_see_them_sees_them, serving) {
  auto const newest = '"' + std::string(secret) + " 4\"";

  BOOST_TEST(value("app.db.password") == newest);
  BOOST_TEST(value("app.db") == R"({"host":"h","password":)" + newest + "}");
  BOOST_TEST(answer("Config.List").find(secret) != std::string::npos);
  BOOST_TEST(answer("Config.Get", R"({"keys":["app.user","app.tokens"]})").find(secret) !=
             std::string::npos);
  BOOST_TEST(answer_at("/values", "Config.Explain", R"({"key":"app.db.password"})") ==
             R"({"app.db.password":)" + newest + "}");
}

BOOST_FIXTURE_TEST_CASE(a_secret_is_refused_and_left_out_of_what_lies_above, serving, *as_root) {
  BOOST_TEST(as_other_user([&] {
    bool const refused =
        answer("Config.Get", R"({"keys":["app.db.password"]})").starts_with("PermissionDenied") &&
        answer("Config.Get", R"({"keys":["app.user","app.db.password"]})")
            .starts_with("PermissionDenied") &&
        answer("Config.Get", R"({"keys":["app.db.none"]})") ==
            R"({"missing":["app.db.none"],"revision":3,"values":{}})";
    return refused && value("app.db") == R"({"host":"h"})" && value("app.user") == R"("v")" &&
           value("app").find(secret) == std::string::npos;
  }));
}

BOOST_FIXTURE_TEST_CASE(it_leaves_by_no_read, serving, *as_root) {
  BOOST_TEST(as_other_user([&] {
    bool clean = true;
    for (char const* const parameters : {"{}", R"({"prefix":"app.db"})"})
      clean &= is_clean(answer("Config.List", parameters));
    for (char const* const key : {"app.db.password", "app.db", "app", "app.tokens"})
      clean &= is_clean(answer("Config.Explain", R"({"key":")" + std::string(key) + R"("})"));
    clean &= is_clean(answer("Config.Validate", R"({"namespace":"app"})"));
    clean &= is_clean(text_of(stream(daemon.socket()).ask(call_more("Config.Watch"))));
    return clean;
  }));
}

BOOST_FIXTURE_TEST_CASE(explain_never_returns_the_values_of_its_layers, serving) {
  for (char const* const key : {"app.db.password", "app.db", "app", "app.tokens"}) {
    auto const explained = call("Config.Explain", R"({"key":")" + std::string(key) + R"("})");
    auto const& candidates = explained.at("parameters").at("candidates").as_array();
    BOOST_TEST(!candidates.empty());
    BOOST_TEST(is_clean(text_of(candidates)));
  }
  auto const explained = call("Config.Explain", R"({"key":"app.db.password"})").at("parameters");
  BOOST_TEST(text_of(explained.at("secret")) == "true");
  BOOST_TEST(explained.at("candidates").as_array().size() == 3U);
  BOOST_TEST(answer_at("/candidates/0/values", "Config.Explain", R"({"key":"app.db.host"})") ==
             R"({"app.db.host":"h"})");
}

BOOST_FIXTURE_TEST_CASE(an_element_is_explained_by_its_name, serving, *as_root) {
  save_schema("nav.json", R"({"properties": {"pin": {"x-secret": true},
      "menu": {"x-key": "name"},
      "users": {"x-key": "name", "items": {"properties": {"pin": {"x-secret": true}}}}}})");
  save("nav.yaml", "pin: " + std::string(secret) +
                       "\nmenu: [{name: home, url: /}]\nusers: [{name: root, pin: " + secret +
                       "}]\n");
  sync();
  BOOST_TEST(as_other_user([&] {
    auto const explained = [&](std::string const& key) {
      return answer_at("/values", "Config.Explain", R"({"key":")" + key + R"("})");
    };
    return explained("nav.menu.home.url") == R"({"nav.menu.home.url":"/"})" &&
           explained("nav.menu[0].url") == R"({"nav.menu[0].url":"/"})" &&
           is_clean(answer("Config.Explain", R"({"key":"nav.users.root.pin"})")) &&
           is_clean(answer("Config.Explain", R"({"key":"nav.users.root"})")) &&
           is_clean(answer("Config.Explain", R"({"key":"nav.pin"})")) &&
           is_clean(answer("Config.Explain", R"({"key":"nav"})"));
  }));
}

BOOST_FIXTURE_TEST_CASE(a_schema_does_not_reveal_a_secret, serving, *as_root) {
  save_schema("pw.json", R"({"$defs": {"pw": {"x-secret": true, "type": "string"}},
      "properties": {"a": {"$ref": "#/$defs/pw", "default": ")" +
                             std::string(secret) + R"("}, "port": {"default": 80}},
      "default": {"a": ")" + std::string(secret) +
                             R"("}})");
  sync();
  BOOST_TEST(answer("Config.Explain", R"({"key":"pw"})").find(secret) != std::string::npos);
  BOOST_TEST(as_other_user([&] {
    auto const all = answer("Config.Explain", R"({"key":"pw"})");
    return is_clean(all) && all.find(R"("port":{"default":80})") != std::string::npos &&
           is_clean(answer("Config.Explain", R"({"key":"pw.a"})"));
  }));
}

BOOST_FIXTURE_TEST_CASE(a_rejection_does_not_reveal_what_a_secret_may_be, serving) {
  std::string const allowed = R"(["other", ")" + std::string(secret) + R"("])";
  save_schema("pin.json", R"({"$defs": {"pin": {"x-secret": true}},
      "properties": {"code": {"$ref": "#/$defs/pin"},
                     "box": {"x-secret": true, "properties": {"in": {"enum": )" +
                              allowed + R"(}}}},
      "allOf": [{"properties": {"code": {"enum": )" +
                              allowed + "}}}]}");
  save("pin.yaml", "code: other\n");
  sync();
  save("pin.yaml", "code: wrong\nbox: {in: wrong}\n");
  sync();

  BOOST_TEST(source("pin.yaml").state == "quarantined");
  BOOST_TEST(source("pin.yaml").issues.size() == 2U);
  BOOST_TEST(is_clean(answer("Service.Sources")));
  for (char const* const call : {"Set", "Validate"}) {
    auto const rejected =
        call == std::string("Set")
            ? answer("Config.Set", R"({"values":{"pin.code":"x","pin.box.in":"x"}})")
            : answer("Config.Validate",
                     R"({"namespace":"pin","document":{"code":"x","box":{"in":"x"}}})");
    BOOST_TEST(rejected.find("not shown, because they are secrets") != std::string::npos);
    BOOST_TEST(is_clean(rejected));
  }
  BOOST_TEST(is_clean(answer("Service.Problems")));
  BOOST_TEST(is_clean(daemon.log()));
}

BOOST_FIXTURE_TEST_CASE(large_namespaces_are_explained_by_their_schema, serving) {
  std::string values;
  for (int index = 0; index < 300; ++index)
    values += "key" + std::to_string(index) + ": 1\n";
  save_schema("open.json", R"({"properties": {"key1": {"type": "integer"}}})");
  save("open.yaml", values);
  save_schema("closed.json", R"({"properties": {"key1": {"x-secret": true}}})");
  save("closed.yaml", values);
  sync();
  auto const has_values = [this](std::string_view name) {
    auto const explained =
        call("Config.Explain", R"({"key":")" + std::string(name) + R"("})").at("parameters");
    return explained.at("candidates").at(0).as_object().contains("values");
  };
  BOOST_TEST(has_values("open"));
  BOOST_TEST(!has_values("closed"));
}

BOOST_FIXTURE_TEST_CASE(history_has_none_whoever_asks, serving) {
  for (char const* const method : {"Log", "Diff", "GetAt", "Blame"}) {
    std::string const parameters =
        method == std::string("Log")    ? R"({"values":true})"
        : method == std::string("Diff") ? R"({"from":1})"
        : method == std::string("GetAt")
            ? R"({"keys":["app","app.db.password","app.tokens"],"revision":2})"
            : R"({"namespace":"app"})";
    auto const history = answer("History." + std::string(method), parameters);
    BOOST_TEST(history.find("PermissionDenied") == std::string::npos);
    BOOST_TEST(is_clean(history));
  }
  BOOST_TEST(answer("History.Log", R"({"values":true})").find("app.db.password") !=
             std::string::npos); // the change itself is visible
  BOOST_TEST(answer_at("/secrets", "History.Diff", R"({"from":1})") == R"(["app.db.password"])");
  BOOST_TEST(is_clean(daemon.log()));
}

BOOST_FIXTURE_TEST_CASE(a_watcher_receives_permitted_keys_only, serving, *as_root) {
  // The connection keeps the user that made it, also when the process is root again.
  auto all = watch(daemon.socket());
  auto some = watch_as_other_user(daemon.socket());
  auto writer = daemon.connect();
  writer.set({.values = {{"app.db.password", std::string(secret) + " 5"}}}).value();
  writer.set({.values = {{"app.db.password", "short"}, {"app.user", "w"}}}).value();

  BOOST_TEST(text_of(all.parameters().at("revision")) == "4");
  BOOST_TEST(text_of(all.parameters().at("values")) ==
             R"({"app.db.password":"short","app.user":"w"})");
  auto const change = some.parameters();
  BOOST_TEST(text_of(change.at("values")) == R"({"app.user":"w"})");
  BOOST_TEST(text_of(change.at("revision")) == "5");
}

BOOST_FIXTURE_TEST_CASE(what_becomes_a_secret_is_hidden_from_then_on, serving, *as_root) {
  save_schema("app.json", R"({"properties": {
      "user": {"x-secret": true},
      "db": {"properties": {"password": {"type": "string", "x-secret": true}}},
      "tokens": {"type": "array", "items": {"x-secret": true}}}})");
  sync();

  BOOST_TEST(as_other_user([&] {
    return answer("Config.Get", R"({"keys":["app.user"]})").starts_with("PermissionDenied") &&
           answer("History.Log", R"({"values":true})").find(R"("app.user":"v")") ==
               std::string::npos;
  }));
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
