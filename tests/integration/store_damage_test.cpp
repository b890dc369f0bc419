#include "tests/integration/fixture.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <string>

// The service with a store that is damaged at the start, or taken away while it runs.

namespace {

namespace fs = std::filesystem;
namespace bj = boost::json;
using namespace cfgd::test;

struct fixture : running {
  fs::path const state = root / "state";
  fs::path const data = state / "data" / "data.mdb";

  fixture() {
    save("site.json", R"({"a":1})");
    daemon.start();
    daemon.connect().set({.values = {{"site.b", 2}}}).value();
  }
  /// Status of one check, run now, and its message.
  std::string run(std::string const& name) {
    auto const reply =
        daemon.connect().call("io.cfgd.Service.RunChecks", {{"names", bj::array{name}}}).value();
    auto const& one = reply.at("checks").as_array().at(0).as_object();
    return std::string(one.at("status").as_string()) + ": " +
           std::string(one.at("message").as_string());
  }
  fs::path kept() const {
    for (auto const& entry : fs::directory_iterator(state))
      if (entry.path().filename().string().starts_with("data.damaged.")) return entry.path();
    return {};
  }
};

} // namespace

// Suites are namespaces: not in the global one, where the names of functions are.
namespace cases {
BOOST_FIXTURE_TEST_SUITE(store_damage, fixture)

BOOST_AUTO_TEST_CASE(blame_names_damaged_records) {
  daemon.connect().set({.values = {{"site.b", "BEFORE"}}}).value();
  daemon.connect().set({.values = {{"site.b", 3}}}).value();
  BOOST_TEST(daemon.stop() == 0);
  auto content = read_file(data);
  for (auto at = content.find("BEFORE"); at != std::string::npos; at = content.find("BEFORE", at))
    content[at] = 'b';
  write_file(data, content);

  daemon.start();

  BOOST_TEST(answer_at("/damaged", "History.Blame", R"({"namespace":"site"})") == "[4,3]");
  BOOST_TEST(answer_at("/lines/1/origin/revision", "History.Blame", R"({"namespace":"site"})") ==
             "4");
}

BOOST_AUTO_TEST_CASE(a_damaged_record_is_mended_and_the_service_goes_on_with_the_store) {
  save_schema("site.json", R"({"properties":{"a":{"x-secret":true}}})");
  sync();
  auto const before = status();
  BOOST_TEST(daemon.stop() == 0);
  auto content = read_file(data);
  // The record is sealed: it is known by its key, which the fields follow.
  std::string const key = "schemas/admin/site.json";
  for (auto at = content.find(key); at != std::string::npos; at = content.find(key, at + 1))
    content.at(at + key.size() + 40) ^= 1;
  write_file(data, content);

  daemon.start();

  daemon.wait_for_line("the source 'schemas/admin/site.json' had a damaged record in the store");
  BOOST_TEST(answer("Service.Problems").find("had a damaged record") != std::string::npos);
  BOOST_TEST(status().store_id.value() == before.store_id.value());
  BOOST_TEST(revision() == before.revision);
  BOOST_TEST(source("schemas/site.json").state == "active"); // its file was read again
  BOOST_TEST(value("site") == R"({"a":1,"b":2})");           // for root, who may see secrets
}

BOOST_AUTO_TEST_CASE(a_damaged_store_is_replaced_and_the_service_starts) {
  auto const lost = revision();
  BOOST_TEST(daemon.stop() == 0); // makes a copy
  fs::resize_file(data, 9'000);

  daemon.start();

  auto const line = daemon.wait_for_line("the store is damaged");
  BOOST_TEST(line.find("from a copy of revision " + std::to_string(lost)) != std::string::npos);
  BOOST_TEST(value("site") == R"({"a":1,"b":2})");
  BOOST_TEST(revision() > lost);
  BOOST_TEST(run("store").starts_with("warning: "));
  BOOST_TEST(run("store").find(kept().string()) != std::string::npos);
  BOOST_TEST(answer("Service.Problems").find("the store is damaged") != std::string::npos);
  auto const late = daemon.connect().set({.values = {{"site.b", 3}}, .if_revision = lost});
  BOOST_TEST(late.error().name == "io.cfgd.Config.RevisionMismatch");

  fs::remove_all(kept());
  BOOST_TEST(run("store").starts_with("healthy: "));
}

BOOST_AUTO_TEST_CASE(a_removed_state_directory_loses_nothing_that_was_acknowledged) {
  remove_while_written(state);

  daemon.wait_for_line("check 'store' is critical");
  daemon.connect().set({.values = {{"site.c", 3}}}).value();
  auto const mended = run("store");
  BOOST_TEST(mended.starts_with("healthy: "), mended);
  daemon.kill();
  daemon.start();

  BOOST_TEST(value("site") == R"({"a":1,"b":2,"c":3})");
}

BOOST_AUTO_TEST_CASE(a_store_that_is_truncated_while_it_is_used_ends_nothing) {
  fs::resize_file(data, 8'192);

  daemon.wait_for_line("check 'store' is critical");
  daemon.connect().set({.values = {{"site.c", 3}}}).value();

  BOOST_TEST(value("site") == R"({"a":1,"b":2,"c":3})");
  BOOST_TEST(daemon.stop() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
