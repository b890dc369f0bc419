#include "client/async_connection.hpp"
#include "client/detail/element_change.hpp"
#include "client/detail/failures.hpp"
#include "core/json.hpp"
#include "tests/client/client_fixture.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Changes of elements of arrays: the decisions, then both connections with a scripted service.

namespace {

using namespace cfgd::client;
using cfgd::test::exchange;
using cfgd::test::scripted_peer;
using element_edit = cfgd::client::detail::element_change; // the suite's name hides the class's
namespace data = boost::unit_test::data;
namespace json = cfgd::json;

snapshot found(std::string_view values, revision_number revision = 7) {
  snapshot out;
  out.values = json::parse(values).value().as_object();
  out.revision = revision;
  return out;
}

transaction wanted(std::string_view values, std::vector<std::string> unset = {}) {
  transaction out;
  out.values = json::parse(values).value().as_object();
  out.unset = std::move(unset);
  return out;
}

std::string message_of(call_error const& why) {
  auto const* const text = why.parameters.if_contains("message");
  return text != nullptr ? std::string(text->as_string()) : why.message;
}

/// The values that are set, or why not.
std::string applied(transaction what, std::string_view values) {
  auto made = element_edit::parse(std::move(what));
  if (!made) return message_of(made.error());
  auto const now = made->apply(found(values));
  return now ? json::canonical(now->values) : message_of(now.error());
}

struct edit_case {
  std::string_view values;
  std::vector<std::string> unset;
  std::string_view result;
};
std::ostream& operator<<(std::ostream& out, edit_case const& one) {
  return out << one.values << ' ' << (one.unset.empty() ? "" : one.unset.front());
}

constexpr std::string_view before = R"({"a.list":[{"n":1,"sub":[]},{"n":2},{"n":3}],"a.text":"t"})";

std::vector<edit_case> const edits{
    {R"({"a.list[1].n":9})", {}, R"([{"n":1,"sub":[]},{"n":9},{"n":3}])"},
    {R"({"a.list[0]":7})", {}, R"([7,{"n":2},{"n":3}])"},
    {R"({"a.list[+]":{"n":4}})", {}, R"([{"n":1,"sub":[]},{"n":2},{"n":3},{"n":4}])"},
    {R"({"a.list[0].sub[+]":1})", {}, R"([{"n":1,"sub":[1]},{"n":2},{"n":3}])"},
    {R"({"a.list[1].new.x":1})", {}, R"([{"n":1,"sub":[]},{"n":2,"new":{"x":1}},{"n":3}])"},
    {R"({"a.list[1].new[+]":1})", {}, R"([{"n":1,"sub":[]},{"n":2,"new":[1]},{"n":3}])"},
    {"{}", {"a.list[0]", "a.list[2]", "a.list[0]"}, R"([{"n":2}])"},
    {"{}", {"a.list[0].sub", "a.list[1]"}, R"([{"n":1},{"n":3}])"},
    {R"({"a.list[2].n":5})", {"a.list[0]"}, R"([{"n":2},{"n":5}])"},
};

std::vector<edit_case> const faults{
    {R"({"a.list[3].n":1})", {}, "'a.list' has 3 elements and no [3]"},
    {R"({"a.text[0]":1})", {}, "'a.text' is a string, not an array"},
    {R"({"a.list[0].n.x":1})", {}, "'a.list[0].n' is a number and has no members"},
    {R"({"a.none[0]":1})", {}, "'a.none' has no value"},
    {R"({"a.list[0].none[0]":1})", {}, "'a.list[0].none' has no value"},
    {R"({"a.list[x]":1})", {}, "an index must be a number from 0 on: [0] (column 7)"},
    {"{}", {"a.list[3]"}, "'a.list' has 3 elements and no [3]"},
    {"{}", {"a.list[0].x"}, "'a.list[0].x' has no value"},
    {"{}", {"a.list[+]"}, "[+] is not an element; only 'set' appends"},
    {R"({"a.list[0]":1,"a.list":[]})", {}, "the array and an element of it are changed together"},
    {R"({"a.list[0]":1})", {"a.list"}, "the array and an element of it are changed together"},
};

std::string const get_call = R"({"method":"io.cfgd.Config.Get","parameters":{"keys":["a.list"]}})";

std::string get_reply(std::string_view list, int revision) {
  return R"({"parameters":{"values":{"a.list":)" + std::string(list) + R"(},"missing":[],)" +
         R"("revision":)" + std::to_string(revision) + "}}";
}

std::string set_call(std::string_view list, int revision) {
  return R"({"method":"io.cfgd.Config.Set","parameters":{"values":{"a.list":)" + std::string(list) +
         R"(},"ifRevision":)" + std::to_string(revision) + "}}";
}

std::string mismatch(int revision) {
  return R"({"error":"io.cfgd.Config.RevisionMismatch","parameters":{"revision":)" +
         std::to_string(revision) + "}}";
}

std::string const done = R"({"parameters":{"revision":9,"changed":["a.list"],"warnings":[]}})";

/// Another key changes between the first read and the first set.
std::vector<std::pair<std::string, std::string>> const second_try{
    {get_call, get_reply("[1]", 7)},
    {set_call("[1,2]", 7), mismatch(8)},
    {get_call, get_reply("[1]", 8)},
    {set_call("[1,2]", 8), done},
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(element_change, cfgd::test::loop_fixture)

BOOST_DATA_TEST_CASE_F(cfgd::test::loop_fixture, the_whole_array_is_set, data::make(edits)) {
  auto const expected = R"({"a.list":)" + std::string(sample.result) + '}';

  auto made = element_edit::parse(wanted(sample.values, sample.unset)).value();
  auto whole = found(before);
  whole.values.erase("a.text");

  BOOST_TEST((made.arrays() == std::vector<std::string>{"a.list"}));
  auto const now = made.apply(whole);
  BOOST_REQUIRE_MESSAGE(now, now.error());
  BOOST_TEST(json::canonical(now->values) == expected);
  BOOST_TEST(now->unset.empty());
  BOOST_TEST((now->if_revision == 7U));
}

BOOST_DATA_TEST_CASE_F(cfgd::test::loop_fixture, what_cannot_be_changed_is_named,
                       data::make(faults)) {
  BOOST_TEST(applied(wanted(sample.values, sample.unset), before) == sample.result);
}

BOOST_AUTO_TEST_CASE(elements_that_were_written_as_text_are_named) {
  auto what = wanted(R"({"a.list[+]":"1.10","a.list[2].n":2024,"a.list[1].o":{"x":1},"a.b":1})",
                     {"a.list[0]", "a.list[1].n"});
  what.spelling = value_spelling::text;

  auto const now = element_edit::parse(what).value().apply(found(before)).value();

  BOOST_TEST(json::canonical(now.values.at("a.list")) == R"([{"o":{"x":1}},{"n":2024},"1.10"])");
  BOOST_TEST((now.text_elements == std::vector<std::string>{"a.list[2]", "a.list[1].n"}));
  what.spelling = value_spelling::typed;
  BOOST_TEST(element_edit::parse(what).value().apply(found(before)).value().text_elements.empty());
}

BOOST_AUTO_TEST_CASE(only_keys_with_an_index_need_it) {
  BOOST_TEST(element_edit::is_needed(wanted(R"({"a.b":1,"a.c[0]":1})")));
  BOOST_TEST(element_edit::is_needed(wanted("{}", {"a.b", "a.c[0]"})));
  BOOST_TEST(!element_edit::is_needed(wanted(R"({"a.\"b[0]\"":1})", {"a.c"})));
}

BOOST_AUTO_TEST_CASE(other_keys_are_set_as_they_are) {
  auto made = element_edit::parse(wanted(R"({"a.b":1,"a.list[+]":2})", {"a.c"})).value();

  auto const now = made.apply(found("{}")).value();

  BOOST_TEST(json::canonical(now.values) == R"({"a.b":1,"a.list":[2]})");
  BOOST_TEST((now.unset == std::vector<std::string>{"a.c"}));
}

BOOST_AUTO_TEST_CASE(the_revision_of_the_caller_stays_the_condition) {
  auto what = wanted(R"({"a.list[+]":2})");
  what.if_revision = 5;
  auto made = element_edit::parse(std::move(what)).value();

  BOOST_TEST((made.apply(found("{}")).value().if_revision == 5U));
  BOOST_TEST(!made.retries(detail::refused("io.cfgd.Config.RevisionMismatch", {})));
}

BOOST_AUTO_TEST_CASE(an_index_in_an_array_that_changed_meanwhile_is_refused) {
  auto indexed = element_edit::parse(wanted(R"({"a.list[0]":2})")).value();
  auto appended = element_edit::parse(wanted(R"({"a.list[+]":2})")).value();
  BOOST_REQUIRE(indexed.apply(found(R"({"a.list":[1]})")));
  BOOST_REQUIRE(appended.apply(found(R"({"a.list":[1]})")));

  auto const refused = indexed.apply(found(R"({"a.list":[0,1]})", 8));
  auto const longer = appended.apply(found(R"({"a.list":[0,1]})", 8));

  BOOST_REQUIRE(!refused);
  BOOST_TEST(refused.error().name == "io.cfgd.Config.RevisionMismatch");
  BOOST_TEST(json::canonical(longer.value().values) == R"({"a.list":[0,1,2]})");
}

BOOST_AUTO_TEST_CASE(only_a_mismatch_is_retried_and_not_for_ever) {
  auto made = element_edit::parse(wanted(R"({"a.list[+]":2})")).value();
  BOOST_TEST(!made.retries(detail::refused("io.cfgd.Config.Invalid", {})));

  int tries = 1;
  while (made.retries(detail::refused("io.cfgd.Config.RevisionMismatch", {})))
    ++tries;

  BOOST_TEST(tries == 10);
}

BOOST_AUTO_TEST_CASE(the_blocking_connection_tries_again) {
  scripted_peer peer(path, {exchange(second_try)});
  {
    auto service = connected();

    BOOST_TEST(service.set(wanted(R"({"a.list[+]":2})")).value().revision == 9U);
  }
  peer.finish();
}

BOOST_AUTO_TEST_CASE(the_asynchronous_connection_tries_again) {
  scripted_peer peer(path, {exchange(second_try)});
  cfgd::client::async_connection service(loop.get_executor(), path);

  BOOST_TEST(run(service.set(wanted(R"({"a.list[+]":2})"))).value().revision == 9U);

  service.close();
  peer.finish();
}

BOOST_AUTO_TEST_CASE(an_element_is_unset_with_the_whole_array) {
  scripted_peer peer(path,
                     {exchange({{get_call, get_reply("[1,2]", 7)}, {set_call("[2]", 7), done}})});
  {
    auto service = connected();

    BOOST_TEST(service.unset({"a.list[0]"}).has_value());
  }
  peer.finish();
}

BOOST_AUTO_TEST_SUITE_END()
