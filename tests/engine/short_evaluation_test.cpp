#include "core/json.hpp"
#include "engine/diff.hpp"
#include "engine/evaluate.hpp"
#include "engine/hidden.hpp"
#include "engine/overrides.hpp"
#include "tests/support/plan_fixture.hpp"
#include "tests/support/random_document.hpp"
#include "tests/support/store_requests.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

// A Set and a change of a file are evaluated by what they change. The result is compared with that
// of the whole: all layers merged, all of the document validated, all leaves compared.

namespace {

using namespace cfgd;
using namespace cfgd::engine;
using nulls = test::random_document::nulls;

/// Keywords that look at one member, and those that look at more.
constexpr std::array schemas{
    R"({"properties":{"a":{"type":["integer","object"]},"b":{"properties":{"a":{"type":"string"},)"
    R"("c":{"maximum":1}},"required":["a"]}}})",
    R"({"patternProperties":{"^a":{"type":["object","integer","array"],"additionalProperties":)"
    R"({"type":["integer","boolean","object","string"]}}},)"
    R"("additionalProperties":{"not":{"type":"boolean"}}})",
    R"({"maxProperties":4,"properties":{"a":{"minProperties":2},"b":{"maxProperties":1}}})",
    R"({"if":{"required":["a"]},"then":{"required":["b"]},"properties":{"c":{"anyOf":[)"
    R"({"type":"integer"},{"type":"object","properties":{"a":{"type":"integer"}}}]}}})",
    R"({"properties":{"c":{"anyOf":[{"type":"integer"},{"type":"object","properties":)"
    R"({"a":{"type":"integer"}}}]},"a":{"if":{"required":["a"]},"then":{"required":["b"]}}}})",
    R"({"$defs":{"n":{"properties":{"a":{"$ref":"#/$defs/n"},"b":{"type":"integer"}},)"
    R"("propertyNames":{"maxLength":2}}},"$ref":"#/$defs/n"})",
    R"({"allOf":[{"properties":{"a":{"type":["object","integer"]}}},)"
    R"({"properties":{"a":{"not":{"const":{"b":1}}}}}],"additionalProperties":true})",
    R"({"dependentRequired":{"a":["b"]},"properties":{"aa":{"uniqueItems":true}}})",
    R"({"properties":{"c":{"properties":{"a":{}},"unevaluatedProperties":{"type":"integer"}}}})",
    R"({"properties":{"a":{"deprecated":true},"b":{"type":"integer"}}})",
    R"({"properties":{"a":{"properties":{"b":{"type":"integer","default":1}}},)"
    R"("aa":{"enum":[1,{"a":1},{"a":2,"b":1}]}}})",
    R"({"dependentSchemas":{"a":{"properties":{"b":{"type":"integer"}}}},)"
    R"("properties":{"c":{"required":["b"],"additionalProperties":false,"properties":{"b":{}}}}})",
    R"({"properties":{"a":{"x-secret":true},"b":{"properties":{"a":{"x-secret":true}}},)"
    R"("c":{"additionalProperties":{"properties":{"b":{"x-secret":true}}}}}})",
    R"({"properties":{"b":{"type":["integer","object"],"additionalProperties":{"x-secret":true}}}})"};

key random_key(test::random_document& random) {
  std::vector<std::string> parts{"n"};
  for (auto depth = 1 + random.below(3); depth > 0; --depth)
    parts.push_back(random.name());
  return key(std::move(parts));
}

set_request random_request(test::random_document& random) {
  set_request asked;
  for (auto count = 1 + random.below(3); count > 0; --count) {
    auto const which = random_key(random);
    if (auto const kind = random.below(5); kind == 0)
      asked.unset.push_back(which);
    else if (kind == 1)
      asked.hide.push_back(which);
    else
      asked.values.emplace_back(which, random.value(2, nulls::no));
  }
  return asked;
}

/// The namespace with the overrides of a request.
namespace_state edited(namespace_state now, set_request const& asked) {
  override_editor edit(now.overrides.get());
  for (auto const& which : asked.unset)
    edit.unset(which);
  for (auto const& [which, value] : asked.values)
    edit.set(which, value, {});
  for (auto const& which : asked.hide)
    edit.set(which, nullptr, {});
  now.overrides = edit.finish();
  return now;
}

std::string show(std::vector<issue> const& all) {
  std::string out;
  for (auto const& one : all)
    out.append(one.rule)
        .append(" ")
        .append(one.key)
        .append(" ")
        .append(one.pointer)
        .append(" ")
        .append(one.path)
        .append(":")
        .append(std::to_string(one.where.line))
        .append(" ")
        .append(one.message)
        .append("\n");
  return out;
}

std::string show(override_summary const& one) {
  return std::to_string(one.overrides) + " overrides hide " + std::to_string(one.hidden) +
         (one.since ? " since " + std::to_string(one.since->time_since_epoch().count()) : "");
}

struct fixture : test::plan_fixture {
  std::size_t pages = 0;
  std::size_t shown_pages = 0;
  std::size_t fitting = 0;
  std::size_t refused = 0;
  std::int64_t milliseconds = 0;

  namespace_state const& now() const { return *find_namespace(state, "n"); }

  void begin(test::random_document& random, char const* schema) {
    std::vector<source_update> files;
    for (auto const* const name : {"vendor/n.json", "admin/n.json"})
      files.push_back(test::good(name, json::canonical(random.object(3, nulls::yes))));
    if (schema != nullptr) files.push_back(test::good("schemas/admin/n.json", schema));
    must(test::files_changed(std::move(files), grouping::change_per_namespace));
  }

  void compare(set_request const& asked) {
    auto const before = now();
    auto const wanted = edited(before, asked);
    auto const document = merge_layers(wanted, {});
    auto const whole = json::canonical(document);
    auto issues = policy_validator.validate_schema(wanted, document).issues;
    auto const warnings = std::stable_partition(
        issues.begin(), issues.end(), [](issue const& one) { return one.how == severity::error; });
    std::vector<issue> const errors(issues.begin(), warnings);

    plan planned(state, policy_validator, bounds, test::at(++milliseconds), history);
    auto const made = planned.apply(request(asked));
    std::move(planned).advance(state);

    if (!made && made.error().code != errc::invalid) return; // it was not evaluated
    bool const differs = whole != *before.value.text;
    if (differs && !errors.empty()) {
      ++refused;
      BOOST_REQUIRE(!made);
      BOOST_REQUIRE_EQUAL(show(made.error().issues), show(errors));
      BOOST_REQUIRE(now().value.text == before.value.text);
      return;
    }
    BOOST_REQUIRE(made);
    if (!now().value.text.is_whole()) ++pages;
    if (now().fits.schema) ++fitting;
    BOOST_REQUIRE_EQUAL(now().value.text.size(), whole.size());
    BOOST_REQUIRE_EQUAL(text("n"), whole);
    check_shown(document);
    std::vector<key_change> leaves;
    append_differences(leaves, "n", *before.value.text, whole);
    BOOST_REQUIRE_EQUAL(made->changes.size(), leaves.empty() ? 0U : 1U);
    if (!leaves.empty()) check_leaves(made->changes.front()->keys, leaves);
    if (differs) BOOST_REQUIRE(made->warnings == std::vector<issue>(warnings, issues.end()));
    if (now().summary)
      BOOST_REQUIRE_EQUAL(show(now().summary->numbers), show(summarize_overrides(now())));
  }

  /// Changes one member of a file.
  void compare_file(test::random_document& random) {
    auto const found = now().sources.find(test::to_source("admin/n.json"));
    if (found == now().sources.end()) return;
    auto root = found->second->document.read()->root;
    root[random.name()] = random.value(2, nulls::yes);
    must(test::files_changed({test::good("admin/n.json", json::canonical(root))},
                             grouping::change_per_namespace));

    auto const document = merge_layers(now(), {});
    BOOST_REQUIRE_EQUAL(text("n"), json::canonical(document));
    check_shown(document);
    if (!now().value.text.is_whole()) ++pages;
    if (now().fits.schema) {
      ++fitting;
      BOOST_REQUIRE(policy_validator.validate_schema(now(), document).issues.empty());
    }
    if (now().summary)
      BOOST_REQUIRE_EQUAL(show(now().summary->numbers), show(summarize_overrides(now())));
  }

  void check_shown(boost::json::value const& document) {
    bool const is_paged = !now().value.shown.is_whole();
    auto const& by = now().schema;
    auto const shown = by ? without_secrets(document, *by->what) : document;
    BOOST_REQUIRE_EQUAL(*now().value.shown, json::canonical(shown));
    bool const is_same = now().value.shown == now().value.text;
    BOOST_REQUIRE_EQUAL(is_same, shown == document);
    if (!is_same && is_paged) ++shown_pages;
  }

  static void check_leaves(std::vector<key_change> const& made,
                           std::vector<key_change> const& wanted) {
    BOOST_REQUIRE_EQUAL(made.size(), wanted.size());
    for (std::size_t at = 0; at < made.size(); ++at) {
      BOOST_REQUIRE_EQUAL(made[at].key, wanted[at].key);
      BOOST_REQUIRE_EQUAL(made[at].before, wanted[at].before);
      BOOST_REQUIRE_EQUAL(made[at].after, wanted[at].after);
    }
  }
};

} // namespace

BOOST_AUTO_TEST_SUITE(short_evaluation)

BOOST_AUTO_TEST_CASE(finds_what_evaluating_the_whole_finds) {
  std::size_t pages = 0;
  std::size_t shown_pages = 0;
  std::size_t fitting = 0;
  std::size_t refused = 0;
  for (std::uint32_t seed = 0; seed < 260; ++seed) {
    test::random_document random(seed);
    fixture all;
    auto const which = seed % (schemas.size() + 1);
    all.begin(random, which < schemas.size() ? schemas.at(which) : nullptr);
    if (find_namespace(all.state, "n") == nullptr || !all.now().value.text) continue;
    for (int step = 0; step < 25; ++step) {
      all.compare(random_request(random));
      if (step % 4 == 0) all.compare_file(random);
    }
    pages += all.pages;
    shown_pages += all.shown_pages;
    fitting += all.fitting;
    refused += all.refused;
  }
  BOOST_TEST(pages > 1'000U);
  BOOST_TEST(shown_pages > 100U);
  BOOST_TEST(fitting > 500U);
  BOOST_TEST(refused > 200U);
}

BOOST_AUTO_TEST_CASE(an_object_without_members_beside_a_secret_is_shown) {
  fixture all;
  all.must(test::files_changed(
      {test::good("admin/n.json", R"({"b":{"a":"x"}})"),
       test::good("schemas/admin/n.json",
                  R"({"properties":{"b":{"properties":{"a":{"x-secret":true}}}}})")},
      grouping::change_per_namespace));
  set_request asked;
  asked.values.emplace_back(key({"n", "b", "c"}), boost::json::object());

  all.compare(asked);

  BOOST_TEST(*all.now().value.shown == R"({"b":{"c":{}}})");
}

BOOST_AUTO_TEST_SUITE_END()
