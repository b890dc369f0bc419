#include "tests/integration/fixture.hpp"
#include "tests/integration/other_user.hpp"
#include "tests/support/naming_calls.hpp"

#include <boost/test/unit_test.hpp>

#include <iostream>
#include <string>
#include <string_view>

// What a user from whom a namespace is hidden gets to know of it: as much as of one that does not
// exist. "vault" is hidden, "vaulx" does not exist; the user is the one of other_user.hpp, 4242.

namespace {

using namespace cfgd::test;

constexpr char const* hide_vault = R"([[entry]]
deny = ["read", "write", "rollback"]
to = "user:4242"
namespaces = ["vault"]
)";

/// Revision 1: the files. 2: a call changes both namespaces. 3: vault alone.
struct serving : running {
  explicit serving(std::string_view entries = hide_vault) {
    save("site.yaml", "title: open\n");
    save("vault.yaml", "word: closed\nlist: [1, 2]\n");
    save_schema("vault.json", R"({"properties": {"word": {"type": "string"}}})");
    save_access("10.toml", entries);
    daemon.start();
    daemon.connect().set({.values = {{"site.color", "red"}, {"vault.color", "blue"}}}).value();
    daemon.connect().set({.values = {{"vault.color", "grey"}}}).value();
    std::filesystem::permissions(directory.path(), std::filesystem::perms(0755));
  }
  void save_access(std::string_view name, std::string_view text) {
    save_below("access", name, text);
  }

  /// The answer to a call in which "%" stands for a namespace; the answer has "%" for it again.
  std::string answer_of(std::string_view method, std::string_view parameters,
                        std::string_view name) {
    return replaced(answer(method, replaced(parameters, "%", name)), name, "%");
  }
  /// Whether the hidden namespace and one that does not exist have the same answer; prints both.
  bool is_same(std::string_view method, std::string_view parameters) {
    auto const hidden = answer_of(method, parameters, "vault");
    auto const missing = answer_of(method, parameters, "vaulx");
    if (hidden == missing) return true;
    std::cerr << method << ' ' << parameters << '\n' << hidden << '\n' << missing << std::endl;
    return false;
  }
  /// What a Watch brings until it is ready, with "%" for the namespace.
  std::string state_of(std::string_view parameters, std::string_view name) {
    stream opened(daemon.socket());
    opened.send(call_more("Config.Watch", replaced(parameters, "%", name)));
    std::string all;
    for (boost::json::object one; !one.contains("ready"); all += text_of(one))
      one = opened.parameters();
    return replaced(all, name, "%");
  }
  /// Whether an answer does not name the hidden namespace; prints it.
  bool is_silent(std::string_view method, std::string_view parameters = "{}") {
    auto const text = answer(method, parameters);
    if (text.find("vault") == text.npos) return true;
    std::cerr << method << ' ' << text << std::endl;
    return false;
  }
};

struct serving_all : serving {
  serving_all() : serving("") {}
};

} // namespace

namespace cases {
BOOST_AUTO_TEST_SUITE(access)

BOOST_FIXTURE_TEST_CASE(a_hidden_namespace_is_answered_as_one_that_does_not_exist, serving,
                        *as_root) {
  BOOST_TEST(as_other_user([&] {
    bool same = true;
    for (auto const& [method, parameters] : naming_calls)
      same &= is_same(method, parameters);
    return same;
  }));
}

BOOST_FIXTURE_TEST_CASE(a_watch_of_it_is_one_of_nothing, serving, *as_root) {
  BOOST_TEST(as_other_user([&] {
    bool same = true;
    for (auto const* const parameters :
         {R"({"prefixes":["%"]})", R"({"prefixes":["%.list","site"]})",
          R"({"prefixes":["%","site"],"afterRevision":1})"})
      same &= state_of(parameters, "vault") == state_of(parameters, "vaulx");
    return same;
  }));
  BOOST_TEST(state_of(R"({"prefixes":["%"]})", "vault") !=
             state_of(R"({"prefixes":["%"]})", "vaulx"));
}

BOOST_FIXTURE_TEST_CASE(its_pending_change_is_answered_as_one_that_does_not_exist, serving,
                        *as_root) {
  auto const done = call("Config.Set", R"({"values":{"vault.color":"red"},"confirmSeconds":600})");
  auto const revision = text_of(done.at("parameters").at("revision"));

  BOOST_TEST(as_other_user([&] {
    auto const asked = [&](std::string_view method, std::string_view more, std::string_view of) {
      auto const parameters = R"({"revision":%)" + std::string(more) + '}';
      return replaced(answer(method, replaced(parameters, "%", of)), of, "%");
    };
    return asked("Config.Confirm", "", revision) == asked("Config.Confirm", "", "777") &&
           asked("Config.Extend", R"(,"seconds":9)", revision) ==
               asked("Config.Extend", R"(,"seconds":9)", "777");
  }));
  BOOST_TEST(answer("Config.Confirm", R"({"revision":)" + revision + '}') == "{}");
}

BOOST_FIXTURE_TEST_CASE(lists_leave_it_out, serving, *as_root) {
  BOOST_TEST(as_other_user([&] {
    bool silent = true;
    for (char const* const method :
         {"Config.List", "Config.ListOverrides", "Config.ListPending", "History.Log",
          "Service.Status", "Service.Health", "Service.Problems", "Service.Sources",
          "Service.CacheStats", "Service.Metrics", "Service.Figures", "Service.Access"})
      silent &= is_silent(method);
    silent &= is_silent("History.Diff", R"({"from":1})");
    silent &= is_silent("History.Log", R"({"values":true})");
    return silent && answer("Config.List").find("site.title") != std::string::npos;
  }));
  BOOST_TEST(!is_silent("Config.List"));
}

BOOST_FIXTURE_TEST_CASE(others_see_it, serving, *as_root) {
  BOOST_TEST(value("vault.color") == R"("grey")");
  BOOST_TEST(answer("Service.Status").find("vault") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(without_files_everybody_reads_and_nobody_else_writes, serving_all,
                        *as_root) {
  BOOST_TEST(as_other_user([&] {
    return value("vault.color") == R"("grey")" &&
           answer("Config.Set", R"({"values":{"site.title":"x"}})").starts_with("PermissionDenied");
  }));
}

BOOST_FIXTURE_TEST_CASE(an_entry_gives_the_right_to_write_keys, serving_all, *as_root) {
  save_access("10.toml", R"([[entry]]
allow = ["write"]
to = ["user:4242"]
keys = ["site.theme"]
)");
  sync();
  BOOST_TEST(as_other_user([&] {
    auto const set = [&](std::string const& key) {
      return answer("Config.Set", R"({"values":{")" + key + R"(":"x"}})");
    };
    return !set("site.theme.color").starts_with("PermissionDenied") &&
           set("site.title").starts_with("PermissionDenied") &&
           set("site").starts_with("PermissionDenied");
  }));
}

BOOST_FIXTURE_TEST_CASE(a_file_that_becomes_bad_keeps_its_last_good_content, serving, *as_root) {
  save_access("10.toml", "[[entry]]\ndeny = [");
  sync();
  BOOST_TEST(source("10.toml").state == "quarantined");
  BOOST_TEST(
      as_other_user([&] { return value("vault.word") == "-" && value("site.title") != "-"; }));
}

BOOST_FIXTURE_TEST_CASE(a_file_that_was_never_good_opens_nothing, serving_all, *as_root) {
  save_access("20.toml", "[[entry]]\nallow = ");
  sync();
  BOOST_TEST(as_other_user([&] { return value("site.title") == "-"; }));
  BOOST_TEST(value("site.title") == R"("open")");
}

BOOST_FIXTURE_TEST_CASE(an_open_watch_follows_the_rights, serving_all, *as_root) {
  auto watching = watch_as_other_user(daemon.socket());
  save_access("10.toml", hide_vault);
  sync();

  auto const hidden = watching.parameters();
  BOOST_TEST(hidden.contains("resync"));
  BOOST_TEST(text_of(hidden).find("vault") == std::string::npos);
  daemon.connect().set({.values = {{"vault.color", "white"}, {"site.color", "green"}}}).value();
  auto const changed = text_of(watching.parameters());
  BOOST_TEST(changed.find("green") != std::string::npos);
  BOOST_TEST(changed.find("vault") == std::string::npos);

  save_access("10.toml", "");
  sync();
  auto const shown = watching.parameters();
  BOOST_TEST(shown.contains("resync"));
  BOOST_TEST(text_of(shown).find("vault.color") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(administrators_see_why, serving, *as_root) {
  auto const asked = answer("Service.Access", R"({"user":"4242","key":"vault.word"})");
  BOOST_TEST(asked.find("10.toml:1") != std::string::npos);
  BOOST_TEST(asked.find(R"("uid":4242)") != std::string::npos);
  BOOST_TEST(as_other_user([&] {
    auto const own = answer("Service.Access", R"({"key":"vault.word"})");
    return own.find("10.toml") == std::string::npos &&
           own.find(R"("allowed":false)") != std::string::npos &&
           answer("Service.Access", R"({"user":"0"})").starts_with("PermissionDenied");
  }));
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
