#include "core/json.hpp"
#include "engine/merge.hpp"
#include "tests/support/random_document.hpp"
#include "tests/support/store_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <iostream>
#include <map>
#include <ostream>

// A store against a model that is as simple as can be: documents in maps, merged and compared as a
// whole after each step. Set CFGD_STORE_STEPS for more steps, CFGD_STORE_SEED for other ones.

namespace {

using namespace cfgd;
using namespace cfgd::engine;
using namespace cfgd::store;
using namespace cfgd::test;

using leaf_map = std::map<key, std::string>;

unsigned number_from(char const* name, unsigned otherwise) {
  char const* const text = std::getenv(name);
  return text == nullptr ? otherwise : static_cast<unsigned>(std::atol(text));
}

struct simple_model {
  std::map<source_id, boost::json::object> files;
  std::map<std::string, boost::json::object> overrides;
  std::map<std::string, std::string> texts() const {
    std::map<std::string, boost::json::value> merged;
    for (auto const& [id, document] : files) {
      auto& into = merged[std::string(*namespace_of(id))];
      if (!into.is_object()) into.emplace_object();
      merge_patch(into, document);
    }
    for (auto const& [name, document] : overrides) {
      auto& into = merged[name];
      if (!into.is_object()) into.emplace_object();
      merge_patch(into, document);
    }
    std::map<std::string, std::string> all;
    for (auto const& [name, value] : merged)
      all[name] = json::canonical(value);
    return all;
  }
};

leaf_map leaves(std::map<std::string, std::string> const& texts) {
  leaf_map all;
  for (auto const& [name, text] : texts)
    canonical::for_each_leaf(key({name}), text, [&all](key const& at, std::string_view value) {
      all.emplace(at, value);
      return true;
    });
  return all;
}

/// Replays a change on a table of leaves.
void replay(leaf_map& on, change const& one) {
  for (auto const& leaf : one.keys) {
    auto const at = to_key(leaf.key);
    auto const found = on.find(at);
    BOOST_REQUIRE_EQUAL(found == on.end() ? "" : found->second, leaf.before);
    if (leaf.deleted())
      on.erase(at);
    else
      on[at] = leaf.after;
  }
}

struct fixture : store_fixture {
  random_document random{number_from("CFGD_STORE_SEED", 4711)};
  simple_model model;

  source_id some_source() {
    static std::vector<std::string> const names{
        "vendor/one.json",    "admin/one.json",  "admin/one.d/x.json", "runtime/two.json",
        "admin/two.d/y.json", "environment/two", "default/three.json"};
    return to_source(names[random.below(names.size())]);
  }
  key some_key() {
    std::vector<std::string> parts{
        std::vector<std::string>{"one", "two", "three"}[random.below(3)]};
    for (auto depth = random.below(4); depth > 0; --depth)
      parts.push_back(random.name());
    return key(parts);
  }

  source_update some_update() {
    auto const id = some_source();
    auto made = gone(to_string(id));
    auto const what = random.below(8);
    if (what == 0) {
      model.files.erase(id);
    } else if (what == 1 && model.files.contains(id)) {
      made.what = source_update::refused{.bytes = "{", .why = {.message = "cut off"}};
    } else if (what == 2 && model.files.contains(id)) {
      made.what = source_update::blocked{};
    } else if (what == 3) {
      made.what = source_update::touched{};
    } else {
      // A variable cannot set a part of a value of a lower layer, so it has no parts here.
      std::size_t const depth = id.where == layer::environment ? 0 : 3;
      auto document = random.object(depth, random_document::nulls::yes);
      model.files[id] = document;
      made.what =
          source_update::good{.document = {.root = std::move(document), .places = {}}, .bytes = {}};
    }
    return made;
  }

  /// Erases a path and the parents that this empties.
  static bool erase(boost::json::object& from, std::span<std::string const> path) {
    auto* const found = from.if_contains(path[0]);
    if (found == nullptr) return false;
    if (path.size() > 1) {
      if (!found->is_object() || !erase(found->get_object(), path.subspan(1))) return false;
      if (!found->get_object().empty()) return true;
    }
    from.erase(path[0]);
    return true;
  }

  set_request some_unset(key const& which) {
    auto made = unset({});
    made.unset.push_back(which);
    auto const found = model.overrides.find(which.name_space());
    if (found == model.overrides.end()) return made;
    bool const removed = which.path().empty() || erase(found->second, which.path());
    if (which.path().empty() || (removed && found->second.empty())) model.overrides.erase(found);
    return made;
  }

  /// Whether a proper part of a key is an array or a scalar: such a key cannot be set.
  bool leads_through_value(key const& which) const {
    auto const texts = model.texts();
    auto const whole = texts.find(which.name_space());
    for (std::size_t length = 1; whole != texts.end() && length < which.path().size(); ++length) {
      auto const found = canonical::find(whole->second, which.path().first(length));
      if (!found) return false;
      if (!found->starts_with('{')) return true;
    }
    return false;
  }

  set_request some_set() {
    auto const which = some_key();
    if (random.below(3) == 0 || leads_through_value(which)) return some_unset(which);
    auto made = set({});
    boost::json::value value = random.value(2, random_document::nulls::no);
    auto& document = model.overrides[which.name_space()];
    if (which.path().empty()) {
      value = random.object(2, random_document::nulls::no);
      document = value.get_object();
    } else {
      auto* at = &document;
      for (auto const& part : which.path().first(which.path().size() - 1)) {
        auto& below = (*at)[part];
        at = below.is_object() ? &below.get_object() : &below.emplace_object();
      }
      bool const hidden = random.below(5) == 0;
      (*at)[which.path().back()] = hidden ? boost::json::value() : value;
      if (hidden) {
        made.hide.push_back(which);
        return made;
      }
    }
    made.values.emplace_back(which, value);
    return made;
  }

  request some_request() {
    if (random.below(2) == 0) return some_set();
    std::vector<source_update> updates;
    for (auto left = 1 + random.below(3); left > 0; --left)
      updates.push_back(some_update());
    return files_changed(std::move(updates), random.below(2) == 0 ? grouping::one_change
                                                                  : grouping::change_per_namespace);
  }

  std::map<std::string, std::string> stored() {
    std::map<std::string, std::string> all;
    for (auto const& one : store->effectives())
      all[one.name_space] = *one.text;
    return all;
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(model, fixture)

BOOST_AUTO_TEST_CASE(a_store_behaves_like_a_simple_model) {
  std::cout << "CFGD_STORE_SEED=" << number_from("CFGD_STORE_SEED", 4711) << '\n';
  leaf_map replayed;
  std::map<std::string, std::string> published;
  revision_number revision = 0;
  for (unsigned step = number_from("CFGD_STORE_STEPS", 500); step > 0;) {
    std::vector<request> group;
    std::vector<leaf_map> expected;
    for (auto left = 1 + random.below(4); left > 0; --left, step -= std::min(step, 1U)) {
      group.push_back(some_request());
      expected.push_back(leaves(model.texts()));
    }

    auto const decisions = store->commit(group, at(step));

    for (std::size_t index = 0; index < group.size(); ++index) {
      auto const& done = decisions.at(index).value();
      bool const differs = replayed != expected[index];
      BOOST_REQUIRE_EQUAL(done.changes.empty(), !differs);
      for (auto const& one : done.changes) {
        BOOST_REQUIRE_EQUAL(one->revision, ++revision);
        BOOST_REQUIRE(!one->keys.empty());
        replay(replayed, *one);
      }
      BOOST_REQUIRE_EQUAL(done.revision, revision);
      BOOST_REQUIRE(replayed == expected[index]);
      for (auto const& one : done.effectives) {
        if (one.text)
          published[one.name_space] = *one.text;
        else
          published.erase(one.name_space);
      }
    }
    if (random.below(10) == 0) reopen();
    BOOST_REQUIRE(stored() == model.texts());
    BOOST_REQUIRE(published == model.texts());
    BOOST_REQUIRE_EQUAL(store->revision(), revision);
  }

  // All of history leads to what is.
  leaf_map again;
  for (auto const& one : store->changes_after(0, 1 << 30).changes)
    replay(again, *one);
  BOOST_TEST((again == replayed));
  BOOST_TEST(revision > 50U);
}

BOOST_AUTO_TEST_SUITE_END()
