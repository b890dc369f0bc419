#include "core/json.hpp"
#include "engine/overrides.hpp"
#include "engine/pending.hpp"
#include "tests/support/store_requests.hpp"

#include <boost/test/unit_test.hpp>

#include <initializer_list>

// Undoing a pending change in the override layer. The layers are given as keys with their values
// and the revision that set them.

namespace {

using namespace cfgd;
using engine::pending_record;
using layer = std::shared_ptr<engine::override_record const>;

struct setting {
  std::string_view key;
  std::string_view value;
  revision_number revision;
};

layer layer_of(std::initializer_list<setting> all) {
  engine::override_editor edit(nullptr);
  for (auto const& one : all) {
    engine::override_origin by;
    by.from.revision = one.revision;
    edit.set(test::to_key(one.key), test::to_json(one.value), by);
  }
  return edit.finish();
}

std::string show(layer const& what) {
  if (!what) return "(none)";
  std::string out = json::canonical(boost::json::value(what->document()));
  what->keys().visit([&out](engine::override_record::table::entry const& one) {
    out += ' ' + one.first.str() + '@' + std::to_string(one.second.by.from.revision);
    return true;
  });
  return out;
}

std::string take_back(layer const& current, layer const& before, layer const& after) {
  return show(engine::take_back("n", current, {.before = before, .after = after}));
}

std::shared_ptr<pending_record const> record_of(revision_number revision, layer before, layer after,
                                                std::string const& name = "n") {
  auto made = std::make_shared<pending_record>();
  made->what.revision = revision;
  made->layers[name] = {std::move(before), std::move(after)};
  made->what.keys = engine::changed_keys(made->layers);
  return made;
}

} // namespace

BOOST_AUTO_TEST_SUITE(pending)

BOOST_AUTO_TEST_CASE(an_untouched_layer_is_the_one_before_again) {
  auto const before = layer_of({{"n.a", "1", 1}});
  auto const after = layer_of({{"n.a", "2", 2}, {"n.b", "2", 2}});

  BOOST_TEST((engine::take_back("n", after, {.before = before, .after = after}) == before));
  BOOST_TEST(take_back(after, nullptr, after) == "(none)");
}

BOOST_AUTO_TEST_CASE(later_values_of_others_stay) {
  auto const before = layer_of({{"n.a", "1", 1}});
  auto const after = layer_of({{"n.a", "2", 2}, {"n.b", "2", 2}});
  auto const now = layer_of({{"n.a", "3", 3}, {"n.b", "2", 2}, {"n.c", "3", 3}});

  BOOST_TEST(take_back(now, before, after) == R"({"a":3,"c":3} n.a@3 n.c@3)");
}

BOOST_AUTO_TEST_CASE(the_same_value_set_by_another_stays) {
  auto const after = layer_of({{"n.a", "2", 2}});
  auto const now = layer_of({{"n.a", "2", 3}});

  BOOST_TEST((engine::take_back("n", now, {.before = nullptr, .after = after}) == now));
}

BOOST_AUTO_TEST_CASE(a_deleted_leaf_returns_only_if_nothing_is_there) {
  auto const before = layer_of({{"n.a", "1", 1}, {"n.b", "1", 1}});
  auto const after = layer_of({{"n.b", "1", 1}});

  BOOST_TEST(take_back(layer_of({{"n.b", "3", 3}}), before, after) ==
             R"({"a":1,"b":3} n.a@1 n.b@3)");
  BOOST_TEST(take_back(layer_of({{"n.a.x", "3", 3}}), before, after) == R"({"a":{"x":3}} n.a.x@3)");
}

BOOST_AUTO_TEST_CASE(a_later_pending_change_does_not_bring_back_an_undone_one) {
  auto const first = layer_of({{"n.a", "2", 2}});
  auto const second = layer_of({{"n.a", "2", 2}, {"n.b", "3", 3}});
  engine::pending_records all{{2, record_of(2, nullptr, first)}, {3, record_of(3, first, second)}};

  engine::forget_undone(all, *all.at(2));

  auto const& rest = all.at(3)->layers.at("n");
  BOOST_TEST(show(rest.before) == "(none)");
  BOOST_TEST(show(rest.after) == R"({"b":3} n.b@3)");
  BOOST_TEST(all.at(3)->what.keys == std::vector<std::string>{"n.b"});
}

BOOST_AUTO_TEST_CASE(edits_of_a_namespace_become_permanent) {
  auto both = std::make_shared<pending_record>(*record_of(3, nullptr, layer_of({{"n.a", "3", 3}})));
  both->layers["other"] = {nullptr, layer_of({{"other.a", "3", 3}})};
  engine::pending_records all{{2, record_of(2, nullptr, layer_of({{"n.b", "2", 2}}))}, {3, both}};

  engine::forget_layers(all, "n");

  BOOST_TEST(all.size() == 1U);
  BOOST_TEST(all.at(3)->what.keys == std::vector<std::string>{"other.a"});
}

BOOST_AUTO_TEST_CASE(the_next_deadline_is_listed_first) {
  auto late = std::make_shared<pending_record>(*record_of(2, nullptr, layer_of({{"n.a", "2", 2}})));
  auto soon = std::make_shared<pending_record>(*record_of(3, nullptr, layer_of({{"n.b", "3", 3}})));
  late->what.deadline = test::at(9'000);
  soon->what.deadline = test::at(1'000);

  auto const list = engine::list_pending({{2, late}, {3, soon}});

  BOOST_TEST(list.at(0).revision == 3U);
  BOOST_TEST(list.at(1).revision == 2U);
}

BOOST_AUTO_TEST_SUITE_END()
