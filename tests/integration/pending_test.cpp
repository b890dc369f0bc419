#include "tests/integration/fixture.hpp"
#include "tests/integration/other_user.hpp"

#include <boost/test/unit_test.hpp>

#include <unistd.h>

// Pending changes. Deadlines are short, and the tests wait for the change that watchers see.

namespace {

using namespace cfgd::test;

struct serving : running {
  serving() {
    save("app.toml", "n = 1\n");
    daemon.start();
  }
  bool waits() {
    return !call("Config.ListPending").at("parameters").at("pending").as_array().empty();
  }
};

} // namespace

namespace cases {
BOOST_AUTO_TEST_SUITE(pending)

BOOST_FIXTURE_TEST_CASE(what_nobody_confirms_is_undone, serving) {
  auto watching = watch(daemon.socket());

  auto const done = call("Config.Set", R"({"values":{"app.n":2},"confirmSeconds":1})");
  BOOST_TEST(done.at("parameters").as_object().contains("deadline"));
  BOOST_TEST(text_of(watching.parameters().at("values")) == R"({"app.n":2})");
  auto const undone = watching.parameters();

  BOOST_TEST(text_of(undone.at("values")) == R"({"app.n":1})");
  BOOST_TEST(text_of(undone.at("revision")) == "3");
  daemon.wait_for_line("revision 2 was not confirmed in time and was undone as revision 3");
  BOOST_TEST(!waits());
}

BOOST_FIXTURE_TEST_CASE(what_is_confirmed_stays, serving) {
  call("Config.Set", R"({"values":{"app.n":2},"confirmSeconds":600,"comment":"trial"})");
  auto const pending = call("Config.ListPending").at("parameters").at("pending").at(0);
  BOOST_TEST(text_of(pending.at("revision")) == "2");
  BOOST_TEST(text_of(pending.at("kind")) == R"("confirm")");
  BOOST_TEST(text_of(pending.at("keys")) == R"(["app.n"])");
  BOOST_TEST(text_of(pending.at("comment")) == R"("trial")");
  BOOST_TEST(status().pending.size() == 1U);

  BOOST_TEST(answer("Config.Confirm", R"({"revision":2})") == "{}");

  BOOST_TEST(!waits());
  BOOST_TEST(value("app.n") == "2");
  BOOST_TEST(answer("Config.Confirm", R"({"revision":2})") == R"(NoSuchPending {"revision":2})");
  BOOST_TEST(answer("Config.Confirm", R"({"revision":-1})") == R"(NoSuchPending {"revision":-1})");
}

BOOST_FIXTURE_TEST_CASE(a_pending_change_lists_a_hundred_keys, serving) {
  std::string values;
  for (int index = 0; index < 150; ++index)
    values.append(values.empty() ? "" : ",").append("\"big.k" + std::to_string(index) + "\":1");
  call("Config.Set", R"({"values":{)" + values + R"(},"expireSeconds":600})");

  auto const pending = call("Config.ListPending").at("parameters").at("pending").at(0);
  BOOST_TEST(pending.at("keys").as_array().size() == 100U);
}

BOOST_FIXTURE_TEST_CASE(a_change_expires, serving) {
  auto watching = watch(daemon.socket());

  call("Config.Set", R"({"values":{"app.n":2},"expireSeconds":1})");

  watching.parameters();
  BOOST_TEST(text_of(watching.parameters().at("values")) == R"({"app.n":1})");
  daemon.wait_for_line("revision 2 has expired and was undone as revision 3");
}

BOOST_FIXTURE_TEST_CASE(deadlines_outlive_the_process, serving) {
  call("Config.Set", R"({"values":{"other.x":2},"expireSeconds":600})");
  call("Config.Set", R"({"values":{"app.n":2},"confirmSeconds":3})");
  daemon.kill();

  daemon.start();

  daemon.wait_for_line("revision 3 was not confirmed in time and was undone");
  BOOST_TEST(value("app.n") == "1");
  BOOST_TEST(value("other.x") == "2");
  BOOST_TEST(waits());
}

BOOST_FIXTURE_TEST_CASE(an_extension_moves_the_deadline, serving) {
  call("Config.Set", R"({"values":{"app.n":2},"confirmSeconds":600})");
  auto const before = call("Config.ListPending").at("parameters").at("pending").at(0);
  auto watching = watch(daemon.socket());

  auto const later = call("Config.Extend", R"({"revision":2,"seconds":3600})");
  BOOST_TEST(text_of(later.at("parameters").at("deadline")) > text_of(before.at("deadline")));

  call("Config.Extend", R"({"revision":2,"seconds":1})");
  BOOST_TEST(text_of(watching.parameters().at("values")) == R"({"app.n":1})");
  BOOST_TEST(answer("Config.Extend", R"({"revision":2,"seconds":1})") ==
             R"(NoSuchPending {"revision":2})");
}

BOOST_FIXTURE_TEST_CASE(a_rollback_may_wait_for_its_confirmation, serving) {
  call("Config.Set", R"({"values":{"app.n":2}})");
  auto watching = watch(daemon.socket());

  call("History.Rollback", R"({"revision":1,"confirmSeconds":1})");

  BOOST_TEST(text_of(watching.parameters().at("values")) == R"({"app.n":1})");
  BOOST_TEST(text_of(watching.parameters().at("values")) == R"({"app.n":2})");
}

BOOST_FIXTURE_TEST_CASE(what_cannot_be_undone_stays_and_is_reported, serving) {
  call("Config.Set", R"({"values":{"app.n":20},"confirmSeconds":600})");
  save_schema("app.json", R"({"properties": {"n": {"minimum": 10}}})");
  sync();
  BOOST_TEST(source("/schemas/app.json").state == "active");

  call("Config.Extend", R"({"revision":2,"seconds":1})");
  auto const line = daemon.wait_for_line("revision 2 was not confirmed in time and could not be");

  BOOST_TEST(line.find("[minimum]") != std::string::npos);
  BOOST_TEST(value("app.n") == "20");
  BOOST_TEST(waits());
}

BOOST_FIXTURE_TEST_CASE(invalid_deadlines_are_rejected, serving) {
  for (char const* const ends : {R"("confirmSeconds":0)", R"("expireSeconds":-1)",
                                 R"("confirmSeconds":1,"expireSeconds":1)"}) {
    auto const rejected = call("Config.Set", R"({"values":{"app.n":2},)" + std::string(ends) + "}");
    BOOST_TEST(text_of(rejected.at("error")) == R"("io.cfgd.Config.Invalid")");
    BOOST_TEST(rejected.at("parameters").at("issues").as_array().size() == 1U);
  }
  BOOST_TEST(answer("Config.Set", R"({"values":{"app.n":2},"expireSeconds":9223372036854775807})")
                 .starts_with(R"(LimitExceeded {"limit":"pending_change_time")"));
  BOOST_TEST(value("app.n") == "1");
}

BOOST_FIXTURE_TEST_CASE(who_confirms_and_extends_is_in_the_log_and_in_the_history, serving) {
  call("Config.Set", R"({"values":{"app.n":2},"confirmSeconds":600,"comment":"trial"})");
  auto const comment = [this] {
    auto const newest = call("History.Log").at("parameters").at("changes").at(0);
    BOOST_TEST(text_of(newest.at("revision")) == "2");
    return std::string(newest.at("comment").as_string());
  };
  std::string const by = " by uid " + std::to_string(::geteuid());

  call("Config.Extend", R"({"revision":2,"seconds":1200})");
  call("Config.Extend", R"({"revision":2,"seconds":1800})");
  daemon.wait_for_line("revision 2 extended to ");
  BOOST_TEST(comment().starts_with("trial [extended to "));
  BOOST_TEST(comment().ends_with(by + "]"));
  BOOST_TEST(comment().find("extended", 20) == std::string::npos);

  call("Config.Confirm", R"({"revision":2})");
  daemon.wait_for_line("revision 2 confirmed" + by);
  BOOST_TEST(comment().ends_with(by + "] [confirmed" + by + "]"));
  BOOST_TEST(revision() == 2U);
}

BOOST_FIXTURE_TEST_CASE(others_may_not_confirm_or_extend_whatever_the_keys, serving, *as_root) {
  // Files may have keys that are longer than what can be asked for.
  std::string const part(300, 'x');
  save("long.json", R"({"a":1,")" + part + R"(":{")" + part + R"(":1}})");
  call("Config.Sync");
  auto const before = std::to_string(revision());
  save("long.json", R"({"a":1})");
  call("Config.Sync");
  auto const done = answer("History.Rollback", R"({"revision":)" + before +
                                                   R"(,"namespace":"long","confirmSeconds":600})");
  BOOST_TEST(done.find("deadline") != std::string::npos);
  auto const number = std::to_string(revision());
  std::filesystem::permissions(directory.path(), std::filesystem::perms(0755));

  BOOST_TEST(as_other_user([&] {
    return answer("Config.Extend", R"({"revision":)" + number + R"(,"seconds":3600})")
               .starts_with("PermissionDenied") &&
           answer("Config.Confirm", R"({"revision":)" + number + "}")
               .starts_with("PermissionDenied") &&
           answer("Config.Set", R"({"values":{}})").starts_with("PermissionDenied") &&
           answer("Config.Set").starts_with("PermissionDenied");
  }));
  BOOST_TEST(waits());
}

BOOST_FIXTURE_TEST_CASE(a_change_of_no_key_changes_nothing, serving) {
  BOOST_TEST(answer("Config.Set", R"({"values":{},"unset":[]})").find("revision") !=
             std::string::npos);
  BOOST_TEST(revision() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
