#include "daemon/access_names.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/varlink_peer.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <fstream>
#include <future>
#include <map>
#include <memory>
#include <mutex>

// The names come from a function of the test: the users of this machine do not count.

namespace {

using namespace cfgd;
using outcome = access_names::lookup::outcome;

/// Users by name; shared with the thread that looks them up.
struct directory {
  std::mutex mutex;
  std::map<std::string, access_names::lookup> users;
  std::shared_future<void> gate; ///< lookups wait for it, if there is one
  int lookups = 0;

  void set(std::string const& name, access_names::lookup found) {
    std::lock_guard const locked(mutex);
    users[name] = found;
  }
  access_names::lookup find(engine::subject const& whom) {
    std::shared_future<void> wait;
    {
      std::lock_guard const locked(mutex);
      ++lookups;
      wait = gate;
    }
    if (wait.valid()) wait.wait();
    std::lock_guard const locked(mutex);
    auto const found = users.find(whom.name);
    return found == users.end() ? access_names::lookup{.how = outcome::missing} : found->second;
  }
};

std::shared_ptr<engine::access_rules const> allow(std::string const& whom) {
  auto made = std::make_shared<engine::access_rules>();
  made->entries.push_back({.allow = true,
                           .operations = {engine::operation::write},
                           .subjects = {engine::parse_subject(whom).value()},
                           .namespaces = {"web"},
                           .keys = {},
                           .path = "/etc/cfgd/access/10.toml",
                           .line = 1});
  return made;
}

struct fixture {
  fixture() { std::ofstream(files / "passwd") << "one\n"; }

  void start() {
    names.emplace(
        loop.get_executor(), policy, [this] { ++changes; },
        access_names::options{
            .how = [all = users](engine::subject const& whom) { return all->find(whom); },
            .files = {(files / "passwd").string()},
            .pause = std::chrono::milliseconds(5)});
  }
  bool may_write(uid_t uid) {
    return policy.allows({.uid = uid, .gid = uid, .pid = 1, .groups = {}}, right::write, "web");
  }
  bool until(std::function<bool()> const& holds) { return test::run_until(loop, holds); }

  test::temporary_directory files;
  boost::asio::io_context loop;
  access_policy policy{"no-such-group"};
  std::shared_ptr<directory> users = std::make_shared<directory>();
  int changes = 0;
  std::optional<access_names> names;
};

} // namespace

namespace cases {
BOOST_AUTO_TEST_SUITE(access_names)

BOOST_FIXTURE_TEST_CASE(numbers_need_no_lookup, fixture) {
  start();
  names->begin(allow("user:1001"));

  BOOST_TEST(may_write(1001));
  BOOST_TEST(changes == 1);
  BOOST_TEST(users->lookups == 0);
}

BOOST_FIXTURE_TEST_CASE(a_name_counts_when_it_was_looked_up, fixture) {
  users->set("anna", {.how = outcome::found, .number = 1001});
  start();
  names->begin(allow("user:anna"));
  BOOST_TEST(!may_write(1001));

  BOOST_TEST(until([&] { return changes == 1; }));
  BOOST_TEST(may_write(1001));
}

BOOST_FIXTURE_TEST_CASE(the_old_entries_stay_until_the_names_of_new_ones_are_known, fixture) {
  std::promise<void> open;
  users->set("anna", {.how = outcome::found, .number = 1001});
  users->gate = open.get_future().share();
  start();
  names->begin(allow("user:1002"));
  names->follow(allow("user:anna"));

  BOOST_TEST(may_write(1002));
  BOOST_TEST(!may_write(1001));
  open.set_value();
  BOOST_TEST(until([&] { return changes == 2; }));
  BOOST_TEST(!may_write(1002));
  BOOST_TEST(may_write(1001));
}

BOOST_FIXTURE_TEST_CASE(a_later_request_supersedes_an_earlier_one, fixture) {
  std::promise<void> open;
  users->set("anna", {.how = outcome::found, .number = 1001});
  users->set("bert", {.how = outcome::found, .number = 1002});
  users->gate = open.get_future().share();
  start();
  names->follow(allow("user:anna"));
  names->follow(allow("user:bert"));
  open.set_value();

  BOOST_TEST(until([&] { return may_write(1002); }));
  BOOST_TEST(!may_write(1001));
  BOOST_TEST(changes == 1);
}

BOOST_FIXTURE_TEST_CASE(a_change_of_the_files_looks_names_up_again, fixture) {
  users->set("anna", {.how = outcome::found, .number = 1001});
  start();
  names->begin(allow("user:anna"));
  BOOST_TEST(until([&] { return may_write(1001); }));

  users->set("anna", {.how = outcome::found, .number = 1002});
  std::ofstream(files / "passwd") << "one, two\n";
  BOOST_TEST(until([&] { return may_write(1002); }));
  BOOST_TEST(!may_write(1001));
}

BOOST_FIXTURE_TEST_CASE(a_failed_lookup_is_repeated, fixture) {
  users->set("anna", {.how = outcome::failed});
  start();
  names->begin(allow("user:anna"));
  BOOST_TEST(until([&] { return changes == 1; }));
  BOOST_TEST(!may_write(1001));

  users->set("anna", {.how = outcome::found, .number = 1001});
  BOOST_TEST(until([&] { return may_write(1001); }));
}

BOOST_FIXTURE_TEST_CASE(a_failed_lookup_keeps_the_number_that_was_known, fixture) {
  users->set("anna", {.how = outcome::found, .number = 1001});
  start();
  names->begin(allow("user:anna"));
  BOOST_TEST(until([&] { return may_write(1001); }));

  users->set("anna", {.how = outcome::failed});
  auto const before = [&] {
    std::lock_guard const locked(users->mutex);
    return users->lookups;
  }();
  std::ofstream(files / "passwd") << "one, two\n";
  BOOST_TEST(until([&] {
    std::lock_guard const locked(users->mutex);
    return users->lookups > before + 1;
  }));
  BOOST_TEST(may_write(1001));
}

BOOST_FIXTURE_TEST_CASE(it_stops_while_a_lookup_hangs, fixture) {
  std::promise<void> open;
  users->gate = open.get_future().share();
  start();
  names->begin(allow("user:anna"));
  BOOST_TEST(until([&] {
    std::lock_guard const locked(users->mutex);
    return users->lookups == 1;
  }));

  auto const began = std::chrono::steady_clock::now();
  names.reset();
  BOOST_TEST((std::chrono::steady_clock::now() - began < std::chrono::seconds(10)));
  open.set_value();
}

BOOST_FIXTURE_TEST_CASE(a_user_is_found_by_name_and_by_number, fixture) {
  start();
  std::vector<std::optional<ipc::peer>> found;
  for (auto const* const name : {"root", "0", "no-such-user-here", "4242424"})
    names->find_user(name, [&](std::optional<ipc::peer> who) { found.push_back(std::move(who)); });

  BOOST_REQUIRE(until([&] { return found.size() == 4; }));
  BOOST_TEST(found.at(0)->uid == 0U);
  BOOST_TEST(found.at(1)->uid == 0U);
  BOOST_TEST(!found.at(2).has_value());
  BOOST_TEST(found.at(3)->uid == 4242424U);
  BOOST_TEST(found.at(3)->groups.empty());
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
