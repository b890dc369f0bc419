#include "cfgctl/commands/apply_plan.hpp"
#include "cfgctl/commands/layers.hpp"
#include "core/json.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <string_view>
#include <vector>

using namespace cfgd;
using namespace cfgd::cfgctl;

namespace {

boost::json::object object_of(std::string_view text) {
  return std::move(json::parse(text).value().as_object());
}

std::string text_of(boost::json::object const& what) { return json::canonical(what); }

client::candidate from(std::string layer, std::string_view document) {
  client::candidate out;
  out.from.layer = std::move(layer);
  out.value = object_of(document);
  return out;
}

apply_plan planned(std::string_view wanted, std::string_view effective) {
  return plan_changes(object_of(wanted), object_of(effective));
}

apply_plan pruned(std::string_view wanted, std::vector<client::candidate> const& candidates) {
  apply_plan out;
  plan_prune(out, "a", object_of(wanted), candidates);
  return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(apply_plan)

BOOST_AUTO_TEST_CASE(what_is_the_same_already_is_left_alone) {
  auto const plan = planned(R"({"a":{"x":1,"y":{"z":[1,2]}},"b":{}})",
                            R"({"a":{"x":1,"y":{"z":[1,2],"more":true}},"b":{"c":1}})");

  BOOST_TEST(plan.empty());
}

BOOST_AUTO_TEST_CASE(each_leaf_that_differs_is_set) {
  auto const plan = planned(R"({"a":{"x":1,"y":{"z":[1],"p q":2.0}},"b":{"c":{}}})",
                            R"({"a":{"x":2,"y":{"z":[1],"p q":2}}})");

  BOOST_TEST(text_of(plan.set) == R"({"a.x":1,"a.y.\"p q\"":2.0,"b.c":{}})");
  BOOST_TEST(text_of(plan.before) == R"({"a.x":2,"a.y.\"p q\"":2})");
  BOOST_TEST(text_of(plan.after) == text_of(plan.set));
  BOOST_TEST(plan.unset.empty());
}

BOOST_AUTO_TEST_CASE(an_object_takes_the_place_of_a_value_and_the_other_way_round) {
  auto const plan = planned(R"({"a":{"x":{"y":1},"z":5}})", R"({"a":{"x":3,"z":{"y":1}}})");

  BOOST_TEST(text_of(plan.set) == R"({"a.x":{"y":1},"a.z":5})");
  BOOST_TEST(text_of(plan.before) == R"({"a.x":3,"a.z":{"y":1}})");
}

BOOST_AUTO_TEST_CASE(pruning_removes_the_overrides_that_the_document_does_not_have) {
  auto const plan =
      pruned(R"({"x":1,"o":{"p":1}})",
             {from("override", R"({"x":9,"y":2,"o":{"p":1,"q":3},"same":7})"),
              from("admin", R"({"o":{"q":4},"same":7})"), from("vendor", R"({"y":5})")});

  BOOST_TEST(plan.unset == (std::vector<std::string>{"a.y", "a.o.q", "a.same"}),
             boost::test_tools::per_element());
  BOOST_TEST(text_of(plan.before) == R"({"a.o.q":3,"a.y":2})");
  BOOST_TEST(text_of(plan.after) == R"({"a.o.q":4,"a.y":5})");
}

BOOST_AUTO_TEST_CASE(pruning_leaves_what_is_hidden_or_replaced) {
  auto const plan =
      pruned(R"({"x":1,"y":{"z":1}})", {from("override", R"({"gone":null,"x":{"deep":1},"y":3})")});

  BOOST_TEST(plan.empty());
}

BOOST_AUTO_TEST_CASE(what_a_removal_below_hides_does_not_show_again) {
  auto const plan = pruned("{}", {from("override", R"({"x":1})"), from("admin", R"({"x":null})"),
                                  from("vendor", R"({"x":2})")});

  BOOST_TEST(text_of(plan.before) == R"({"a.x":1})");
  BOOST_TEST(text_of(plan.after) == "{}");
}

BOOST_AUTO_TEST_CASE(the_files_of_a_layer_are_merged_and_keep_their_nulls) {
  std::vector<client::candidate> const all{from("admin", R"({"x":{"b":2,"c":null}})"),
                                           from("admin", R"({"x":{"a":1,"b":1,"c":1},"y":0})"),
                                           from("vendor", R"({"z":1})")};

  BOOST_TEST(text_of(layer_document(all, "admin")) == R"({"x":{"a":1,"b":2,"c":null},"y":0})");
  BOOST_TEST(text_of(layer_document(all, "runtime")) == "{}");
}

BOOST_AUTO_TEST_SUITE_END()
