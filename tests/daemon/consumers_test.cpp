#include "daemon/asker.hpp"
#include "daemon/consumers.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

// What counts as applied, who has to apply what, and when a wait ends. No clock, no I/O.

namespace {

using namespace cfgd;
using namespace std::chrono_literals;
using registry = cfgd::consumers; // the suite has its name
using content = registry::watch::content;

// Two system users.
constexpr uid_t anna = 990;
constexpr uid_t bert = 991;
constexpr std::size_t bounds_of_a_watch = 32; ///< watch_prefixes

struct fixture {
  limits bounds;
  std::optional<consumers> all;
  consumers::moment at{.wall = wall_time(1h), .now = consumers::steady::time_point(1h)};

  fixture() { all.emplace(bounds); }

  result<std::shared_ptr<consumers::watch>> try_watch(std::string const& name, uid_t uid,
                                                      std::vector<std::string> prefixes = {},
                                                      std::optional<revision_number> after = {}) {
    return all->begin(name, {uid, 7},
                      {.prefixes = std::move(prefixes), .may_read = {}, .after = after}, at);
  }
  std::shared_ptr<consumers::watch> watch(std::string const& name,
                                          std::vector<std::string> prefixes = {},
                                          std::optional<revision_number> after = {}) {
    return try_watch(name, anna, std::move(prefixes), after).value();
  }
  result<void> acknowledge(std::string const& name, revision_number revision, bool ok = true,
                           uid_t uid = anna) {
    return all->acknowledge(name, {uid, 7}, {revision, ok, ok ? "" : "no space"}, at);
  }
  /// The outcome, once there is one.
  std::shared_ptr<std::optional<consumers::outcome>>
  wait(revision_number revision, std::vector<std::string> names,
       std::optional<std::chrono::seconds> time = {}) {
    auto seen = std::make_shared<std::optional<consumers::outcome>>();
    consumers::wanted what{.revision = revision, .names = std::move(names)};
    if (time) what.until = at.now + *time;
    last_wait = all->wait(std::move(what), [seen](consumers::outcome const& made) { *seen = made; })
                    .value();
    return seen;
  }
  std::uint64_t last_wait = 0;
};

change changed(revision_number revision, std::vector<std::string> keys) {
  change made{.revision = revision, .time = {}, .from = {}, .comment = {}, .keys = {}};
  for (auto& one : keys)
    made.keys.push_back({.key = std::move(one), .before = "1", .after = "2"});
  return made;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(consumers, fixture)

BOOST_AUTO_TEST_CASE(names_are_those_of_units_and_programs) {
  for (auto const* const good : {"nginx", "a", "9", "web@1.service", "cfgd-apply:nginx", "A_b"})
    BOOST_TEST(is_consumer_name(good));
  for (auto const* const bad : {"", ".a", "-a", "a b", "a/b", "\xc3\xa4", "a\n"})
    BOOST_TEST(!is_consumer_name(bad));
  BOOST_TEST(is_consumer_name(std::string(128, 'a')));
  BOOST_TEST(!is_consumer_name(std::string(129, 'a')));
  BOOST_CHECK(try_watch("a b", anna).error().code == errc::bad_value);
}

BOOST_AUTO_TEST_CASE(a_revision_is_applied_when_it_is_acknowledged) {
  auto const mine = watch("web");
  mine->sent(3, content::some, at.now);
  BOOST_TEST(!all->has_applied("web", 3));

  BOOST_TEST(acknowledge("web", 3).has_value());

  BOOST_TEST(all->has_applied("web", 3));
  BOOST_TEST(!all->has_applied("web", 4));
  BOOST_TEST(all->find("web")->applied == 3);
  BOOST_TEST(all->find("web")->delivered == 3);
}

BOOST_AUTO_TEST_CASE(a_later_acknowledgement_is_one_of_all_before) {
  auto const mine = watch("web");
  mine->sent(3, content::some, at.now);
  mine->sent(4, content::some, at.now);
  BOOST_TEST(acknowledge("web", 4).has_value());
  BOOST_TEST(acknowledge("web", 3).has_value()); // late, and of no effect
  BOOST_TEST(all->find("web")->applied == 4);
}

BOOST_AUTO_TEST_CASE(what_was_not_sent_cannot_be_acknowledged) {
  auto const mine = watch("web");
  mine->sent(3, content::some, at.now);
  auto const refused = acknowledge("web", 4).error();
  BOOST_CHECK(refused.code == errc::conflict);
  BOOST_TEST(refused.used == 3);
  BOOST_CHECK(acknowledge("other", 1).error().code == errc::not_found);
}

BOOST_AUTO_TEST_CASE(revisions_that_change_nothing_for_it_need_no_acknowledgement) {
  auto const mine = watch("web", {"site"});
  mine->sent(3, content::some, at.now);
  BOOST_TEST(acknowledge("web", 3).has_value());
  BOOST_TEST(!all->has_applied("web", 5)); // perhaps it changes something, and is on its way
  mine->sent(5, content::none, at.now);
  BOOST_TEST(all->has_applied("web", 5));
  BOOST_TEST(all->find("web")->applied == 3);
  BOOST_TEST(!all->lag("web", at.now).has_value());
}

BOOST_AUTO_TEST_CASE(a_name_belongs_to_the_first_user_until_it_is_forgotten) {
  auto mine = watch("web");
  mine->sent(1, content::some, at.now);
  BOOST_CHECK(try_watch("web", bert).error().code == errc::denied);
  BOOST_CHECK(acknowledge("web", 1, true, bert).error().code == errc::denied);
  BOOST_TEST(acknowledge("web", 1, true, 0).has_value());
  BOOST_TEST(try_watch("web", 0).has_value());
  BOOST_TEST(all->find("web")->uid == anna);

  mine.reset();
  BOOST_CHECK(try_watch("web", bert).error().code == errc::denied);
  all->forget("web");
  BOOST_TEST(try_watch("web", bert).has_value());
  BOOST_TEST(all->find("web")->uid == bert);
}

BOOST_AUTO_TEST_CASE(several_watches_are_one_consumer) {
  auto first = watch("web", {"site", "theme"});
  auto second = watch("web", {"hosts"});
  BOOST_TEST(all->find("web")->prefixes == (std::vector<std::string>{"hosts", "site", "theme"}),
             boost::test_tools::per_element());
  first->sent(2, content::some, at.now);
  BOOST_TEST(acknowledge("web", 2).has_value());
  BOOST_TEST(all->has_applied("web", 2));
  second->sent(3, content::some, at.now);
  BOOST_TEST(!all->has_applied("web", 3));
  BOOST_TEST(acknowledge("web", 3).has_value());
  BOOST_TEST(all->has_applied("web", 3));

  second.reset();
  BOOST_TEST(all->find("web")->is_watching);
  BOOST_TEST(all->find("web")->prefixes == (std::vector<std::string>{"site", "theme"}),
             boost::test_tools::per_element());
  first.reset();
  BOOST_TEST(!all->find("web")->is_watching);
  BOOST_TEST(all->find("web")->prefixes.size() == 2U);
}

BOOST_AUTO_TEST_CASE(those_count_whose_prefixes_have_a_key_of_the_change) {
  auto const site = watch("site", {"site.title"});
  auto const theme = watch("theme", {"theme"});
  auto const everything = watch("all");
  auto gone = watch("gone", {"site"});
  gone.reset();
  auto const made = changed(2, {"site.title.long", "hosts.a"});
  auto const any = registry::permission();
  BOOST_TEST(all->concerned_by(&made, any, 0) == (std::vector<std::string>{"all", "gone", "site"}),
             boost::test_tools::per_element());
  BOOST_TEST(all->concerned_by(nullptr, any, 0).size() == 4U);
  auto const but_site = [](std::string_view name) { return name != "site"; };
  BOOST_TEST(all->concerned_by(&made, but_site, 0) == (std::vector<std::string>{"all"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_wait_ends_with_the_last_acknowledgement) {
  auto const one = watch("one");
  auto const two = watch("two");
  one->sent(1, content::some, at.now);
  two->sent(1, content::some, at.now);
  auto const seen = wait(1, {"one", "two"});
  BOOST_TEST(acknowledge("one", 1).has_value());
  BOOST_TEST(!seen->has_value());
  BOOST_TEST(acknowledge("two", 1).has_value());
  BOOST_REQUIRE(seen->has_value());
  BOOST_TEST((*seen)->applied);
  BOOST_TEST((*seen)->waiting.empty());
  BOOST_TEST((*wait(1, {"one", "two"}))->applied); // at once
  BOOST_TEST((*wait(1, {}))->applied);
}

BOOST_AUTO_TEST_CASE(a_failure_ends_a_wait_at_once) {
  auto const one = watch("one");
  auto const two = watch("two");
  one->sent(2, content::some, at.now);
  two->sent(2, content::some, at.now);
  auto const seen = wait(2, {"one", "two"});
  BOOST_TEST(acknowledge("one", 1, false).has_value()); // of an earlier revision
  BOOST_TEST(!seen->has_value());
  BOOST_TEST(acknowledge("one", 2, false).has_value());
  BOOST_REQUIRE(seen->has_value());
  BOOST_TEST(!(*seen)->applied);
  BOOST_TEST((*seen)->waiting == (std::vector<std::string>{"one", "two"}),
             boost::test_tools::per_element());
  BOOST_TEST(all->find("one")->failed->message == "no space");
  BOOST_TEST(!(*wait(2, {"one"}))->applied); // known already

  BOOST_TEST(acknowledge("one", 2).has_value());
  BOOST_TEST(!all->find("one")->failed.has_value());
  BOOST_TEST((*wait(2, {"one"}))->applied);
}

BOOST_AUTO_TEST_CASE(a_wait_ends_when_its_time_is_over) {
  auto one = watch("one");
  one->sent(1, content::some, at.now);
  auto const seen = wait(1, {"one"}, 5s);
  BOOST_TEST((*all->next_end() == at.now + 5s));
  all->end_overdue(at.now + 4s);
  one.reset(); // it may come back
  BOOST_TEST(!seen->has_value());
  all->end_overdue(at.now + 5s);
  BOOST_REQUIRE(seen->has_value());
  BOOST_TEST((*seen)->waiting.at(0) == "one");
  BOOST_TEST(!all->next_end().has_value());
}

BOOST_AUTO_TEST_CASE(a_wait_that_was_cancelled_is_not_answered) {
  auto const one = watch("one");
  one->sent(1, content::some, at.now);
  auto const seen = wait(1, {"one"}, 5s);
  all->cancel(last_wait);
  BOOST_TEST(acknowledge("one", 1).has_value());
  all->end_overdue(at.now + 6s);
  BOOST_TEST(!seen->has_value());
}

BOOST_AUTO_TEST_CASE(nobody_waits_for_a_forgotten_consumer) {
  auto one = watch("one");
  auto const two = watch("two");
  one->sent(1, content::some, at.now);
  two->sent(1, content::some, at.now);
  auto const seen = wait(1, {"one", "two"});
  one.reset();
  all->forget("one");
  BOOST_TEST(!seen->has_value());
  BOOST_TEST(acknowledge("two", 1).has_value());
  BOOST_TEST((*seen)->applied);
}

BOOST_AUTO_TEST_CASE(a_consumer_that_resumes_is_not_taken_for_one_that_has_applied) {
  auto mine = watch("web");
  mine->sent(3, content::some, at.now);
  BOOST_TEST(acknowledge("web", 3).has_value());
  mine->sent(4, content::some, at.now);
  mine->sent(6, content::none, at.now);
  mine.reset();

  mine = watch("web", {}, 6); // it was sent 4, and has not acknowledged it
  BOOST_TEST(!mine->unsure_after().has_value());
  BOOST_TEST(!all->has_applied("web", 4));
  BOOST_TEST(!all->has_applied("web", 6));
  BOOST_TEST(acknowledge("web", 4).has_value());
  BOOST_TEST(all->has_applied("web", 6));
}

BOOST_AUTO_TEST_CASE(after_a_restart_history_says_what_was_sent) {
  {
    auto const mine = watch("web", {"site"});
    mine->sent(3, content::some, at.now);
    BOOST_TEST(acknowledge("web", 3).has_value());
    all->set_unit("web", 7, "web.service");
  }
  auto const record = all->encode();
  all.emplace(bounds);
  all->load(record, 8);
  auto const* const known = all->find("web");
  BOOST_REQUIRE(known != nullptr);
  BOOST_TEST(known->applied == 3);
  BOOST_TEST(known->uid == anna);
  BOOST_TEST(known->unit == "web.service");
  BOOST_TEST(known->prefixes.at(0) == "site");
  BOOST_TEST(!known->is_watching);
  BOOST_CHECK(try_watch("web", bert).error().code == errc::denied);

  auto const mine = watch("web", {"site"}, 7);
  BOOST_TEST(*mine->unsure_after() == 3);
  BOOST_TEST(!all->has_applied("web", 7));
  mine->resumed(2, at.now); // nothing after 3 concerns it
  BOOST_TEST(all->has_applied("web", 7));
  BOOST_TEST(acknowledge("web", 8).has_value()); // it may have been sent it before the restart
}

BOOST_AUTO_TEST_CASE(long_prefixes_outlive_the_daemon_and_the_longest_as_namespaces) {
  auto const prefixes = [](std::string const& of) {
    std::vector<std::string> list;
    for (std::size_t index = 10; index < 10 + bounds_of_a_watch; ++index)
      list.push_back(of + ".k" + std::to_string(index) + std::string(490, 'x'));
    return list;
  };
  std::vector<std::shared_ptr<registry::watch>> open;
  for (int index = 10; index < 42; ++index)
    open.push_back(watch("c" + std::to_string(index), prefixes("site")));
  open.push_back(watch("web", {"app.n", "site"}));

  auto const record = all->encode();
  BOOST_TEST(record.size() < 300'000U);
  registry later(bounds);
  later.load(record, 8);

  BOOST_TEST(later.find("c10")->prefixes == prefixes("site"), boost::test_tools::per_element());
  BOOST_TEST(later.find("c41")->prefixes == std::vector<std::string>{"site"},
             boost::test_tools::per_element());
  BOOST_TEST(later.find("web")->prefixes == (std::vector<std::string>{"app.n", "site"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_damaged_record_gives_the_consumers_that_can_be_read) {
  all->load("[", 1);
  all->load("{}", 1);
  all->load(R"([1, {"name": "a b", "uid": 1}, {"name": "x"}, {"name": "y", "uid": -1},
               {"name": "ok", "uid": 5, "applied": 99, "since": "?"}])",
            7);
  BOOST_TEST(all->find("x") == nullptr);
  BOOST_TEST(all->find("y") == nullptr);
  BOOST_REQUIRE(all->find("ok") != nullptr);
  BOOST_TEST(all->find("ok")->applied == 7); // of a store that has gone back
}

BOOST_AUTO_TEST_CASE(a_consumer_is_late_once_until_it_moves) {
  auto const mine = watch("web");
  mine->sent(1, content::some, at.now);
  BOOST_TEST((*all->next_late(30s) == at.now + 30s));
  BOOST_TEST(all->take_late(30s, at.now + 29s).empty());
  BOOST_TEST(all->take_late(30s, at.now + 30s).size() == 1U);
  BOOST_TEST(all->take_late(30s, at.now + 31s).empty());
  BOOST_TEST(!all->next_late(30s).has_value());
  BOOST_TEST(all->counts(at.now + 31s).behind == 1U);
  BOOST_TEST((all->counts(at.now + 31s).longest == 31s));

  BOOST_TEST(acknowledge("web", 1).has_value());
  BOOST_TEST(all->take_recovered().size() == 1U);
  BOOST_TEST(all->take_recovered().empty());
  BOOST_TEST(all->counts(at.now).behind == 0U);
}

BOOST_AUTO_TEST_CASE(a_failure_is_not_a_lag_and_what_cannot_be_sent_is_one) {
  auto const mine = watch("web");
  mine->sent(1, content::some, at.now);
  BOOST_TEST(acknowledge("web", 1, false).has_value());
  BOOST_TEST(!all->lag("web", at.now).has_value());
  BOOST_TEST(all->counts(at.now).failed == 1U);
  mine->delayed(at.now + 1s);
  BOOST_TEST((*all->lag("web", at.now + 3s) == 2s));
}

BOOST_AUTO_TEST_CASE(limits_hold_from_the_first_one_above) {
  bounds.consumers = 3;
  bounds.consumers_per_uid = 2;
  bounds.watch_prefixes = 2;
  bounds.waits_per_uid = 1;
  all.emplace(bounds);
  auto const one = watch("one", {"a", "b"});
  auto const two = watch("two");
  auto refused = try_watch("three", anna).error();
  BOOST_TEST(refused.subject == "consumers_per_uid");
  BOOST_TEST(refused.used == 2U);
  BOOST_TEST(refused.maximum == 2U);
  BOOST_TEST(try_watch("three", bert).has_value());
  BOOST_TEST(try_watch("four", 0).error().subject == "consumers");
  BOOST_TEST(try_watch("one", anna, {"c"}).error().subject == "watch_prefixes");
  BOOST_TEST(try_watch("one", anna, {"b"}).has_value());

  registry::wanted const what{.revision = 9, .names = {"one"}, .until = {}, .by = anna};
  BOOST_TEST(all->wait(what, [](auto const&) {}).has_value());
  BOOST_TEST(all->wait(what, [](auto const&) {}).error().subject == "waits_per_uid");
}

BOOST_AUTO_TEST_CASE(a_login_user_cannot_hold_up_others) {
  constexpr uid_t mallory = 1000;
  BOOST_TEST(!is_login_user(0));
  BOOST_TEST(!is_login_user(999));
  BOOST_TEST(is_login_user(1000) != is_privileged(1000)); // unless the tests are run by it
  BOOST_TEST(!is_login_user(61'184));                     // DynamicUser=
  BOOST_TEST(!is_login_user(65'519));
  auto const theirs = try_watch("web", mallory).value();
  theirs->sent(1, content::some, at.now);
  BOOST_TEST(acknowledge("web", 1, false, mallory).has_value());
  auto const any = registry::permission();
  bool const is_own = is_privileged(mallory);
  BOOST_TEST(all->concerned_by(nullptr, any, 0).size() == (is_own ? 1U : 0U));
  BOOST_TEST(all->concerned_by(nullptr, any, mallory).size() == 1U);
  BOOST_TEST(all->counts(at.now).failed == (is_own ? 1U : 0U));

  auto const ours = try_watch("web", 0).value(); // the name is root's from here on
  BOOST_TEST(all->find("web")->uid == (is_own ? mallory : 0));
  theirs->sent(2, content::some, at.now);
  BOOST_TEST(!all->has_applied("web", 2));
  ours->sent(3, content::some, at.now);
  BOOST_TEST(acknowledge("web", 3, true, 0).has_value());
  BOOST_TEST(all->has_applied("web", 3));
}

BOOST_AUTO_TEST_CASE(a_message_is_cut_at_a_character) {
  auto const mine = watch("web");
  mine->sent(1, content::some, at.now);
  std::string text(1023, 'x');
  text += "\xc3\xa4";
  BOOST_TEST(all->acknowledge("web", {anna, 7}, {1, false, text}, at).has_value());
  BOOST_TEST(all->find("web")->failed->message == std::string(1023, 'x'));
}

BOOST_AUTO_TEST_SUITE_END()
