#include "tests/cfgctl/cfgctl_talk.hpp"

using cfgd::test::call;
using cfgd::test::cfgctl_fixture;
using cfgd::test::exchange;
using cfgd::test::scripted_peer;

BOOST_FIXTURE_TEST_SUITE(cfgctl_explain, cfgctl_fixture)

BOOST_AUTO_TEST_CASE(explain_shows_every_layer_and_the_winner) {
  scripted_peer peer(
      path,
      {exchange(
          {{call("io.cfgd.Config.Explain", R"({"key":"a.b"})"),
            R"({"parameters":{"values":{"a.b":"new"},"candidates":[)"
            R"({"origin":{"layer":"override","uid":4321,"revision":17,"unit":"a.service",)"
            R"("time":"2026-11-23T10:36:32.000Z"},"values":{"a.b":"new"}},)"
            R"({"origin":{"layer":"admin","path":"/e/a.yaml","line":3,"column":8,"revision":4},)"
            R"("values":{"a.b":"old"}},)"
            R"({"origin":{"layer":"default","revision":1}}],)"
            R"("schema":{"title":"The title","type":"string","minLength":1,"default":"x"},"secret":false,"writable":false,"revision":17}})"}})});

  auto run = cfgctl({"explain", "a.b"});

  BOOST_TEST(run.finish() == 0);
  BOOST_TEST(
      run.out() ==
      "a.b = \"new\"\n"
      "   LAYER        VALUE      WHERE                 REVISION  TIME\n"
      "*  override     \"new\"      uid 4321 (a.service)        17  2026-11-23T10:36:32.000Z\n"
      "   environment  -\n"
      "   runtime      -\n"
      "   admin        \"old\"      /e/a.yaml:3:8                4\n"
      "   vendor       -\n"
      "   default      (removed)                               1\n"
      "schema\n"
      "  The title\n"
      "  string, minLength 1\n"
      "  default \"x\"\n"
      "You may not change it.\n");
}

BOOST_AUTO_TEST_CASE(explain_shows_a_lock_and_what_it_takes_away) {
  scripted_peer peer(
      path,
      {exchange(
          {{call("io.cfgd.Config.Explain", R"({"key":"a.b"})"),
            R"({"parameters":{"values":{"a.b":"red"},"candidates":[)"
            R"({"origin":{"layer":"admin","path":"/e/a.yaml","line":3,"column":8,"revision":4},)"
            R"("values":{"a.b":"blue"},"locked":true},)"
            R"({"origin":{"layer":"vendor","path":"/v/a.yaml","line":1,"column":1,"revision":1},)"
            R"("values":{"a.b":"red"}}],"secret":false,"writable":false,"revision":17,)"
            R"("lock":{"above":"vendor","path":"/v/x.toml","line":3,"reason":"house style"}}})"}})});

  auto run = cfgctl({"explain", "a.b"});

  BOOST_TEST(run.finish() == 0);
  BOOST_TEST(run.out() == "a.b = \"red\"\n"
                          "   LAYER        VALUE   WHERE          REVISION  TIME\n"
                          "   override     -\n"
                          "   environment  -\n"
                          "   runtime      -\n"
                          "!  admin        \"blue\"  /e/a.yaml:3:8         4\n"
                          "*  vendor       \"red\"   /v/a.yaml:1:1         1\n"
                          "   default      -\n"
                          "It is locked by /v/x.toml:3: house style. Values of layers above vendor "
                          "do not count.\n"
                          "You may not change it.\n");
}

BOOST_AUTO_TEST_SUITE_END()
