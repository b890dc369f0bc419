#include "client/cfgd.h"
#include "tests/integration/fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <functional>
#include <limits>
#include <memory>
#include <new>
#include <string>
#include <vector>

// Each allocation that a function of the C interface makes fails once, alone and with all behind
// it: the function says -ENOMEM, and what is called next is not confused by what was left.

namespace {

/// Which allocations fail. Of this thread: those behind `passing`, at most `failing`.
struct shortage {
  std::size_t passing = std::numeric_limits<std::size_t>::max();
  std::size_t failing = 0;
  bool is_felt = false;
};
thread_local shortage of_this_thread;
/// Threads have the number that this had at their first allocation.
std::atomic<int> generation{0};
/// All allocations of threads of this number fail.
std::atomic<int> failing_generation{-1};

bool may_allocate() {
  thread_local int const mine = generation;
  if (mine == failing_generation) return false;
  auto& now = of_this_thread;
  if (now.passing > 0) {
    --now.passing;
    return true;
  }
  if (now.failing == 0) return true;
  --now.failing;
  now.is_felt = true;
  return false;
}

void* allocate(std::size_t bytes) { return may_allocate() ? std::malloc(bytes) : nullptr; }

} // namespace

void* operator new(std::size_t bytes) {
  if (void* const got = allocate(bytes)) return got;
  throw std::bad_alloc();
}
void* operator new(std::size_t bytes, std::nothrow_t const&) noexcept { return allocate(bytes); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::nothrow_t const&) noexcept { std::free(memory); }

namespace {

constexpr int limit_ms = 30'000;

using values_ptr = std::unique_ptr<cfgd_values, decltype(&cfgd_values_free)>;
using watch_ptr = std::unique_ptr<cfgd_watch, decltype(&cfgd_watch_free)>;
using transaction_ptr = std::unique_ptr<cfgd_transaction, decltype(&cfgd_transaction_free)>;

struct serving : cfgd::test::running {
  serving() {
    save("site.toml", "title = \"A title that is too long for a string without memory\"\n"
                      "port = 8080\nmenu = [{url = \"/\"}]\n");
    daemon.start();
    address = daemon.socket().string();
    BOOST_REQUIRE_EQUAL(cfgd_open(&service, address.c_str(), limit_ms), 0);
  }
  ~serving() { cfgd_close(service); }

  /// Makes the call until no allocation of it fails. It returns a code; 0 or more is success.
  void call_short_of_memory(std::function<int()> const& call) const {
    for (std::size_t const failing : {std::size_t{1}, std::numeric_limits<std::size_t>::max()}) {
      for (std::size_t passing = 0;; ++passing) {
        of_this_thread = {.passing = passing, .failing = failing};
        int const outcome = call();
        bool const is_felt = of_this_thread.is_felt;
        of_this_thread = {};
        std::string const message = cfgd_error_message();
        BOOST_REQUIRE_MESSAGE(outcome >= 0 || (is_felt && outcome == -ENOMEM),
                              outcome << ' ' << message);
        std::int64_t port = 0;
        BOOST_REQUIRE_EQUAL(cfgd_get_int64(service, "site.port", 0, &port), 1);
        BOOST_REQUIRE_EQUAL(port, 8080);
        if (!is_felt) break;
      }
    }
  }
  /// The revision after a change.
  std::uint64_t change() const {
    transaction_ptr const what(cfgd_transaction_new(), cfgd_transaction_free);
    static int count = 0;
    cfgd_transaction_set_int64(what.get(), "site.count", ++count);
    std::uint64_t revision = 0;
    BOOST_REQUIRE_EQUAL(cfgd_commit(service, what.get(), &revision), 0);
    return revision;
  }

  std::string address;
  cfgd_client* service = nullptr;
};

} // namespace

namespace cases {
BOOST_AUTO_TEST_SUITE(out_of_memory)

BOOST_FIXTURE_TEST_CASE(calls_say_it_and_the_next_one_gets_its_own_reply, serving) {
  call_short_of_memory([&] {
    cfgd_client* opened = nullptr;
    int const outcome = cfgd_open(&opened, address.c_str(), limit_ms);
    cfgd_close(opened);
    return outcome;
  });
  call_short_of_memory([&] {
    char* text = nullptr;
    int const outcome = cfgd_get_string(service, "site.title", nullptr, &text);
    cfgd_free(text);
    return outcome;
  });
  call_short_of_memory([&] {
    std::int64_t none = 0;
    int const outcome = cfgd_get_int64(service, "site.title", 0, &none);
    return outcome == -EBADMSG ? 0 : outcome;
  });
  call_short_of_memory([&] {
    cfgd_values* found = nullptr;
    int const outcome = cfgd_list(service, "site", &found);
    cfgd_values_free(found);
    return outcome;
  });
  call_short_of_memory([&] {
    char* reply = nullptr;
    int const outcome =
        cfgd_call(service, "io.cfgd.Config.Get", R"({"keys":["site.title"]})", &reply);
    cfgd_free(reply);
    return outcome;
  });
}

BOOST_FIXTURE_TEST_CASE(values_and_changes_say_it, serving) {
  cfgd_values* found = nullptr;
  BOOST_REQUIRE_EQUAL(cfgd_list(service, "site", &found), 0);
  values_ptr const values(found, cfgd_values_free);
  call_short_of_memory([&] {
    cfgd_free(cfgd_values_json(found, "site.menu"));
    auto const visit = [](void*, char const*, char const*) { return 0; };
    return cfgd_values_each(found, visit, nullptr);
  });
  call_short_of_memory([&] {
    transaction_ptr const change(cfgd_transaction_new(), cfgd_transaction_free);
    if (!change) return -ENOMEM;
    int outcome = cfgd_transaction_set_json(change.get(), "site.list", R"([1,"two",{"three":3}])");
    if (outcome == 0) outcome = cfgd_transaction_set_string(change.get(), "site.text", "some text");
    if (outcome == 0) outcome = cfgd_transaction_unset(change.get(), "site.unset_as_a_long_name");
    if (outcome == 0) outcome = cfgd_transaction_comment(change.get(), "a comment that is long");
    return outcome == 0 ? cfgd_commit(service, change.get(), nullptr) : outcome;
  });
}

BOOST_FIXTURE_TEST_CASE(a_watch_goes_on_and_loses_nothing, serving) {
  std::vector<char const*> const prefixes{"site", nullptr};
  cfgd_watch* made = nullptr;
  BOOST_REQUIRE_EQUAL(cfgd_watch_new(&made, address.c_str(), prefixes.data(), nullptr), 0);
  watch_ptr const watch(made, cfgd_watch_free);
  cfgd_event const* event = nullptr;
  BOOST_REQUIRE_EQUAL(cfgd_watch_wait(made, limit_ms, &event), 1);
  BOOST_TEST(cfgd_event_is_ready(event));

  for (std::size_t passing = 0;; ++passing) {
    auto const revision = change();
    of_this_thread = {.passing = passing, .failing = 1};
    int outcome = cfgd_watch_wait(made, limit_ms, &event);
    bool const is_felt = of_this_thread.is_felt;
    of_this_thread = {};
    if (outcome == -ENOMEM) outcome = cfgd_watch_wait(made, limit_ms, &event);
    BOOST_REQUIRE_EQUAL(outcome, 1);
    BOOST_REQUIRE_EQUAL(cfgd_event_revision(event), revision);
    if (!is_felt) break;
  }
}

BOOST_FIXTURE_TEST_CASE(a_copy_becomes_current_when_there_is_memory_again, serving) {
  std::vector<char const*> const prefixes{"site", nullptr};
  call_short_of_memory([&] {
    cfgd_live* opened = nullptr;
    int const outcome = cfgd_live_open(&opened, address.c_str(), prefixes.data(), false);
    cfgd_live_close(opened);
    return outcome;
  });
  failing_generation = ++generation; // that of the thread of the copy
  cfgd_live* opened = nullptr;
  int const refused = cfgd_live_open(&opened, address.c_str(), prefixes.data(), false);
  failing_generation = -1;
  BOOST_TEST(refused == -ENOMEM);

  BOOST_REQUIRE_EQUAL(cfgd_live_open(&opened, address.c_str(), prefixes.data(), false), 0);
  std::unique_ptr<cfgd_live, decltype(&cfgd_live_close)> const live(opened, cfgd_live_close);
  values_ptr const values(cfgd_live_values(opened), cfgd_values_free);
  failing_generation = generation.load();
  auto const revision = change();
  bool const is_newer = cfgd_values_wait(values.get(), 200);
  failing_generation = -1;
  BOOST_TEST((!is_newer || cfgd_values_revision(values.get()) < revision));
  while (cfgd_values_revision(values.get()) < revision)
    BOOST_REQUIRE(cfgd_values_wait(values.get(), limit_ms));
  generation = 0;
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
