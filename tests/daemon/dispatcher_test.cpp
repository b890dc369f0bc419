#include "daemon/methods/dispatcher.hpp"
#include "tests/support/serving.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <boost/test/unit_test.hpp>

#include <unistd.h>

#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

// Calls go through a server, as in the daemon, with tables of methods that lack something. The peer
// is this process, which is the policy's own user: what is refused here is refused to everybody.

namespace {

using cfgd::method_row;
using cfgd::result;
using cfgd::right;
using cfgd::scope;

constexpr std::string_view note = "org.example.try.Note";
std::string const done = "{}";
std::string const denied = R"({"error":"org.varlink.service.PermissionDenied"})";

result<scope> of_site(cfgd::ipc::call const&) { return scope{.names = {"site"}}; }
result<scope> of_no_key(cfgd::ipc::call const&) { return scope{}; }
result<scope> of_all(cfgd::ipc::call const&) { return cfgd::all_namespaces(); }
result<scope> unreadable(cfgd::ipc::call const&) {
  return cfgd::error{.code = cfgd::errc::bad_key, .message = "no", .subject = "?"};
}

cfgd::ipc::peer somebody(uid_t uid) { return {.uid = uid, .gid = uid, .pid = 1, .groups = {}}; }

struct fixture : cfgd::test::serving {
  method_row row(right needs, std::function<result<scope>(cfgd::ipc::call const&)> touches) {
    return {.name = note,
            .needs = needs,
            .touches = std::move(touches),
            .serve = [this](cfgd::authorized_call const& asked) {
              ++served;
              asked.answer.reply();
            }};
  }
  /// Serves `rows`, and calls Note.
  std::string call(std::vector<method_row> rows) {
    if (server) stop();
    start();
    subject.emplace(policy, std::move(rows));
    subject->bind_to(*server);
    return connect().ask(cfgd::test::try_call("Note"));
  }

  cfgd::access_policy policy{"no-such-group"};
  std::optional<cfgd::dispatcher> subject;
  int served = 0;
};

} // namespace

// Suites are namespaces: not in the global one, where the names of functions are.
namespace cases {
BOOST_AUTO_TEST_SUITE(dispatcher)

BOOST_FIXTURE_TEST_CASE(a_whole_row_is_served, fixture) {
  BOOST_TEST(call({row(right::write, of_site)}) == done);
  BOOST_TEST(call({row(right::admin, of_all)}) == done);
  BOOST_TEST(served == 2);
}

BOOST_FIXTURE_TEST_CASE(a_method_without_a_row_is_refused, fixture) {
  BOOST_TEST(call({}) == denied);
}

BOOST_FIXTURE_TEST_CASE(a_row_that_lacks_something_is_refused, fixture) {
  BOOST_TEST(call({row(right::unspecified, of_site)}) == denied);
  BOOST_TEST(call({row(right::write, {})}) == denied);
  BOOST_TEST(call({{.name = note, .needs = right::write, .touches = of_site}}) == denied);
  BOOST_TEST(served == 0);
}

BOOST_FIXTURE_TEST_CASE(a_call_of_no_namespace_is_refused, fixture) {
  BOOST_TEST(call({row(right::write, of_no_key)}) == denied);
  BOOST_TEST(call({row(right::read, of_no_key)}) == denied);
  BOOST_TEST(served == 0);
}

BOOST_FIXTURE_TEST_CASE(unreadable_parameters_are_answered_with_their_error, fixture) {
  auto const answer = call({row(right::write, unreadable)});
  BOOST_TEST(answer.starts_with("{\"error\":"));
  BOOST_TEST(answer.find("PermissionDenied") == std::string::npos);
  BOOST_TEST(served == 0);
}

BOOST_FIXTURE_TEST_CASE(a_large_request_is_decided_where_it_is_read, fixture) {
  std::string const large = R"({"text":")" + std::string(64 * std::size_t{1024}, 'x') + R"("})";
  std::optional<std::thread::id> decided_by;
  auto reading = row(right::write, [&](cfgd::ipc::call const& asked) {
    decided_by = std::this_thread::get_id();
    return of_site(asked);
  });
  reading.read = [](cfgd::ipc::call const&) { return std::make_shared<int>(7); };
  int read = 0;
  reading.serve = [&](cfgd::authorized_call const& asked) {
    read = *asked.read_ahead<int>();
    BOOST_TEST(asked.needs->names == std::vector<std::string>{"site"});
    asked.answer.reply();
  };
  start();
  subject.emplace(policy, std::vector<method_row>{reading});
  subject->bind_to(*server);

  BOOST_TEST(connect().ask(cfgd::test::try_call("Note", large)) == done);
  BOOST_TEST(read == 7);
  BOOST_TEST((decided_by && *decided_by != std::this_thread::get_id()));
}

BOOST_FIXTURE_TEST_CASE(a_large_request_needs_the_right_too, fixture) {
  auto reading = row(right::write, of_no_key);
  reading.read = [](cfgd::ipc::call const&) { return nullptr; };
  start();
  subject.emplace(policy, std::vector<method_row>{reading});
  subject->bind_to(*server);
  std::string const large = R"({"text":")" + std::string(64 * std::size_t{1024}, 'x') + R"("})";

  BOOST_TEST(connect().ask(cfgd::test::try_call("Note", large)) == denied);
  BOOST_TEST(served == 0);
}

BOOST_FIXTURE_TEST_CASE(a_short_cut_needs_the_right_too, fixture) {
  int quickly = 0;
  auto quick = row(right::write, of_site);
  quick.quick = {.key_of = [](std::string_view parameters) { return parameters; },
                 .serve =
                     [&quickly](std::string_view, cfgd::caller const&, std::string&) {
                       ++quickly;
                       return true;
                     }};
  cfgd::dispatcher const made(policy, {quick});
  std::string reply;

  BOOST_TEST(made.serve_quickly(quick, "site.x", somebody(::geteuid()), reply));
  BOOST_TEST(!made.serve_quickly(quick, "", somebody(::geteuid()), reply));
  BOOST_TEST(!made.serve_quickly(quick, "site.x", somebody(4242), reply));
  quick.needs = right::unspecified;
  BOOST_TEST(!made.serve_quickly(quick, "site.x", somebody(0), reply));
  BOOST_TEST(quickly == 1);
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
