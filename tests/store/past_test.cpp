#include "engine/diff.hpp"
#include "tests/support/foreign_writer.hpp"
#include "tests/support/random_document.hpp"
#include "tests/support/store_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <map>
#include <ostream>

// Values as they were, and what differs between two revisions.

namespace {

using namespace cfgd;
using namespace cfgd::engine;
using namespace cfgd::store;
using namespace cfgd::test;

constexpr auto file = "admin/site.json";
constexpr auto schema = "schemas/admin/site.json";

struct fixture : store_fixture {
  /// "site={...} other={...}"
  std::string values(revision_number revision, std::vector<std::string> const& names = {}) {
    std::string out;
    for (auto const& [name, text] : store->values_at(revision, names).value())
      out.append(out.empty() ? "" : " ").append(name).append("=").append(text);
    return out;
  }
  std::string differences(revision_number from, revision_number to,
                          std::optional<std::string_view> prefix = {}) {
    std::optional<key> below;
    if (prefix) below = to_key(*prefix);
    std::string out;
    for (auto const& leaf : store->differences(from, to, below).value())
      out += (out.empty() ? "" : " ") + leaf.key + '=' + leaf.before + "->" + leaf.after;
    return out;
  }
};

set_request random_edit(random_document& random, std::string const& name) {
  auto one = set({});
  if (random.below(5) == 0)
    one.unset.push_back(to_key(name));
  else if (random.below(2) == 0)
    one.values.emplace_back(to_key(name), random.object(3, random_document::nulls::no));
  else
    one.values.emplace_back(to_key(name).child(random.name()),
                            random.value(2, random_document::nulls::no));
  return one;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(past, fixture)

BOOST_AUTO_TEST_CASE(values_are_those_of_their_revision) {
  must(set({{"site.a", "1"}, {"site.b.c", "1"}}));
  must(set({{"site.a", "2"}, {"other.x", "1"}}));
  must(unset({"site.b.c"}));

  BOOST_TEST(values(0) == "");
  BOOST_TEST(values(1) == R"(site={"a":1,"b":{"c":1}})");
  BOOST_TEST(values(2) == R"(other={"x":1} site={"a":2,"b":{"c":1}})");
  BOOST_TEST(values(2, {"other", "nothing"}) == R"(other={"x":1})");
  BOOST_TEST(values(3) == R"(other={"x":1} site={"a":2})");
  reopen();
  BOOST_TEST(values(1, {"site"}) == R"(site={"a":1,"b":{"c":1}})");
}

BOOST_AUTO_TEST_CASE(files_may_have_keys_longer_than_requests_may) {
  std::string const name(300, 'x');
  auto const content = [&name](char value) {
    return R"({")" + name + R"(":{")" + name + R"(":)" + value + "}}";
  };
  must(files_changed({good(file, content('1'))}));
  must(files_changed({good(file, content('2'))}));

  BOOST_TEST(differences(1, 2) == "site." + name + '.' + name + "=1->2");
  BOOST_TEST(values(1) == "site=" + content('1'));
  must(rollback_request{.revision = 1});
  reopen();
  BOOST_TEST(text("site") == content('1'));
}

BOOST_AUTO_TEST_CASE(objects_and_leaves_that_replaced_each_other_are_restored) {
  std::array const texts{R"({"a":{"b":{}},"c":1})", R"({"a":{},"c":{"d":[]}})",
                         R"({"a":[{}],"c":{"d":{"e":1}}})"};
  for (auto const* const text : texts)
    must(files_changed({good(file, text)}));
  must(files_changed({gone(file)}));
  for (std::size_t at = 0; at < texts.size(); ++at)
    BOOST_TEST(values(at + 1) == std::string("site=") + texts.at(at));
  BOOST_TEST(values(4) == "");
}

BOOST_AUTO_TEST_CASE(differences_compare_two_states_only) {
  must(set({{"site.a", "1"}, {"site.b", "1"}}));
  must(set({{"site.a", "2"}, {"site.c", "1"}, {"other.x", "1"}}));
  must(set({{"site.a", "1"}, {"site.b", "3"}}));
  must(unset({"site.c"}));

  BOOST_TEST(differences(1, 4) == "other.x=->1 site.b=1->3");
  BOOST_TEST(differences(4, 1) == "other.x=1-> site.b=3->1");
  BOOST_TEST(differences(1, 4, "site") == "site.b=1->3");
  BOOST_TEST(differences(1, 2) == "other.x=->1 site.a=1->2 site.c=->1");
  BOOST_TEST(differences(2, 2) == "");
  BOOST_TEST(differences(0, 1) == "site.a=->1 site.b=->1");
}

BOOST_AUTO_TEST_CASE(keys_are_in_the_order_of_their_parts) {
  must(set({{"site.a-b", "1"}, {"site.a.c", "1"}, {"site.ab", "1"}}));
  BOOST_TEST(differences(0, 1) == "site.a.c=->1 site.a-b=->1 site.ab=->1");
}

BOOST_AUTO_TEST_CASE(only_kept_revisions_can_be_read) {
  for (auto const* const value : {"1", "2", "3", "4"})
    must(set({{"site.a", value}}));
  store->compact(2);

  BOOST_TEST(values(2) == R"(site={"a":2})");
  for (auto const wrong : {1U, 5U}) {
    auto const why = store->values_at(wrong, {}).error();
    BOOST_TEST((why.code == errc::not_found));
    BOOST_TEST(why.used == 2U);
    BOOST_TEST(why.maximum == 4U);
    BOOST_TEST((store->differences(wrong, 3, {}).error().code == errc::not_found));
    BOOST_TEST((store->differences(3, wrong, {}).error().code == errc::not_found));
  }
  store->compact(0);
  BOOST_TEST(values(4) == R"(site={"a":4})");
  BOOST_TEST(store->values_at(3, {}).has_error());
}

BOOST_AUTO_TEST_CASE(values_of_secrets_then_and_now_are_left_out) {
  must(set({{"site.early", "1"}, {"site.open", "1"}}));
  must(files_changed(
      {good(schema, R"({"properties":{"early":{"x-secret":true},"s":{"x-secret":true}}})")}));
  must(set({{"site.s.deep", "1"}, {"site.early", "2"}, {"site.open", "2"}}));
  must(set({{"site.s.deep", "2"}, {"site.open", "3"}}));
  must(files_changed({good(schema, R"({"properties":{"early":{"x-secret":true}}})")}));
  must(set({{"site.open", "4"}}));

  BOOST_TEST(values(1) == R"(site={"open":1})");
  BOOST_TEST(values(2) == R"(site={"open":2})");
  BOOST_TEST(differences(1, 4) == "site.early=-> site.open=1->4 site.s.deep=->");
  BOOST_TEST(differences(3, 4) == "site.open=3->4");
  BOOST_TEST(differences(0, 1) == "site.early=-> site.open=->1");
}

BOOST_AUTO_TEST_CASE(foreign_changes_are_seen) {
  must(set({{"site.a", "1"}}));
  auto const data = store->data_file().parent_path();
  foreign_writer::elsewhere([&] { foreign_writer::write_two_revisions(data, 1, "1"); });

  BOOST_TEST(values(1) == R"(site={"a":1})");
  BOOST_TEST(values(3) == R"(site={"a":"two"})");
  BOOST_TEST(differences(1, 3) == R"(site.a=1->"two")");
  BOOST_TEST(store->revision() == 3U);
  BOOST_TEST(store->take_foreign().size() == 2U, "it is still to be published");
}

BOOST_AUTO_TEST_CASE(every_revision_of_a_random_history_is_restored_exactly) {
  using states = std::map<std::string, std::string>;
  auto const text_in = [](states const& all, char const* name) {
    auto const found = all.find(name);
    return found == all.end() ? std::string() : found->second;
  };
  auto const leafless_left_out = [](states all) {
    std::erase_if(all, [](auto const& one) { return one.second == "{}"; });
    return all;
  };
  for (std::uint32_t seed = 0; seed < 30; ++seed) {
    store_fixture world;
    random_document random(seed);
    std::vector<states> past(1);
    for (int step = 0; step < 40; ++step) {
      std::string const name = random.below(2) == 0 ? "site" : "other";
      if (!world.commit(random_edit(random, name))) continue;
      states now;
      for (auto const& value : world.store->effectives())
        now.emplace(value.name_space, *value.text);
      if (world.store->revision() == past.size()) past.push_back(now);
    }
    for (revision_number at = 0; at < past.size(); ++at) {
      auto const restored = world.store->values_at(at, {}).value();
      BOOST_TEST((leafless_left_out(restored) == leafless_left_out(past.at(at))),
                 "seed " << seed << ", revision " << at);
      auto const to = random.below(past.size());
      std::vector<key_change> expected;
      for (auto const* const name : {"other", "site"})
        append_differences(expected, name, text_in(past.at(at), name), text_in(past.at(to), name));
      BOOST_TEST((world.store->differences(at, to, {}).value() == expected),
                 "seed " << seed << ", from " << at << " to " << to);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
