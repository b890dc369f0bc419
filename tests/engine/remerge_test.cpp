#include "core/json.hpp"
#include "engine/diff.hpp"
#include "engine/overrides.hpp"
#include "engine/remerge.hpp"
#include "tests/support/random_document.hpp"
#include "tests/support/store_requests.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

// Merging what a change of overrides and files touches gives what merging all layers gives.

namespace {

using namespace cfgd;
using engine::namespace_state;
using nulls = test::random_document::nulls;

key random_key(test::random_document& random) {
  std::vector<std::string> parts{"n"};
  for (auto depth = 1 + random.below(4); depth > 0; --depth)
    parts.push_back(random.name());
  return key(std::move(parts));
}

void edit_overrides(test::random_document& random, namespace_state& of, revision_number revision) {
  engine::override_editor edit(of.overrides.get());
  engine::override_origin by;
  by.from.revision = revision;
  for (auto count = 1 + random.below(4); count > 0; --count) {
    auto const which = random_key(random);
    if (random.below(3) == 0)
      edit.unset(which);
    else
      edit.set(which, random.value(2, nulls::yes), by);
  }
  of.overrides = edit.finish();
}

std::string merged_text(namespace_state const& of) {
  return json::canonical(engine::merge_layers(of, {}));
}

void add_source(namespace_state& to, std::string_view id, boost::json::object root) {
  auto record = std::make_shared<engine::source_record>();
  record->row.id = test::to_source(id);
  record->row.is_effective = true;
  record->document = {source_kind::values, sourced_document{.root = std::move(root), .places = {}}};
  to.sources.insert_or_assign(record->row.id, std::move(record));
}

/// A file with one member more or fewer, or none, or no file.
void edit_file(test::random_document& random, namespace_state& of) {
  auto const* const id = random.below(2) == 0 ? "vendor/n.json" : "admin/n.json";
  auto const known = of.sources.find(test::to_source(id));
  auto const kind = random.below(10);
  if (kind == 0 && known != of.sources.end() && of.sources.size() > 1) {
    of.sources.erase(known);
    return;
  }
  boost::json::object root;
  if (known != of.sources.end() && kind > 1) root = known->second->document.read()->root;
  if (kind < 5)
    root.erase(random.name());
  else
    root[random.name()] = random.value(2, nulls::yes);
  add_source(of, id, std::move(root));
}

namespace_state random_state(test::random_document& random) {
  namespace_state made;
  made.value.name_space = "n";
  for (auto const* const id : {"vendor/n.json", "admin/n.json"})
    if (random.below(4) > 0) add_source(made, id, random.object(3, nulls::yes));
  if (made.sources.empty()) add_source(made, "admin/n.json", {});
  made.value.text = std::make_shared<std::string const>(merged_text(made));
  return made;
}

std::string show(std::vector<key_change> const& all) {
  std::string out;
  for (auto const& one : all)
    out.append(one.key).append(":").append(one.before).append(">").append(one.after).append(" ");
  return out;
}

namespace_state state_of(std::string_view file, std::string_view overrides) {
  namespace_state made;
  made.value.name_space = "n";
  add_source(made, "admin/n.json", test::to_json(file).as_object());
  engine::override_editor edit(nullptr);
  auto const layer = test::to_json(overrides);
  for (auto const& member : layer.as_object())
    edit.set(key({"n", std::string(member.key())}), member.value(), {});
  made.overrides = edit.finish();
  made.value.text = std::make_shared<std::string const>(merged_text(made));
  return made;
}

} // namespace

BOOST_AUTO_TEST_SUITE(remerge)

BOOST_AUTO_TEST_CASE(gives_what_merging_all_layers_gives) {
  std::size_t merged = 0;
  std::size_t of_files = 0;
  for (std::uint32_t seed = 0; seed < 400; ++seed) {
    test::random_document random(seed);
    auto now = random_state(random);
    for (revision_number step = 1; step < 20; ++step) {
      auto const was = now;
      if (random.below(3) > 0) edit_overrides(random, now, step);
      if (random.below(3) == 0) edit_file(random, now);
      auto const text = merged_text(now);
      std::vector<key_change> keys;
      engine::append_differences(keys, "n", *was.value.text, text);

      auto const made = engine::remerge(was, now);

      now.value.text = std::make_shared<std::string const>(text);
      if (!made) continue;
      ++merged;
      if (was.sources != now.sources) ++of_files;
      BOOST_REQUIRE_EQUAL(*made->text, text);
      BOOST_REQUIRE_EQUAL(show(made->keys), show(keys));
      BOOST_REQUIRE(made->keys.empty() == (made->text == was.value.text));
    }
  }
  BOOST_TEST(merged > 1000U);
  BOOST_TEST(of_files > 100U);
}

BOOST_AUTO_TEST_CASE(a_key_uncovers_what_the_layers_below_say) {
  auto const was = state_of(R"({"a":{"x":1},"b":2})", R"({"a":null,"c":3})");
  auto now = was;
  now.overrides = state_of("{}", R"({"c":4})").overrides;

  auto const made = engine::remerge(was, now);

  BOOST_REQUIRE(made);
  BOOST_TEST(*made->text == R"({"a":{"x":1},"b":2,"c":4})");
  BOOST_TEST(show(made->keys) == "n.a.x:>1 n.c:3>4 ");
}

BOOST_AUTO_TEST_CASE(without_the_last_override_the_text_is_that_of_the_source) {
  auto const was = state_of(R"({"a":1,"b":{"c":2}})", R"({"a":3})");
  auto now = was;
  now.overrides = nullptr;

  auto const made = engine::remerge(was, now);

  BOOST_REQUIRE(made.has_value());
  BOOST_TEST(show(made->keys) == "n.a:3>1 ");
  BOOST_TEST((made->text == now.sources.begin()->second->document.text()), "the same, not equal");
}

BOOST_AUTO_TEST_CASE(a_layer_that_differs_otherwise_is_merged_as_a_whole) {
  auto const was = state_of(R"({"a":1})", R"({"b":2})");
  auto now = state_of(R"({"a":2})", R"({"b":3})");

  BOOST_TEST(engine::remerge(was, now).has_value());
  auto typed = now;
  add_source(typed, "admin/n.env", {{"c", 1}}); // what it means depends on other files
  BOOST_TEST(!engine::remerge(was, typed));
  auto alone = now;
  alone.overrides = nullptr;
  BOOST_TEST(!engine::remerge(was, alone)); // the text of the file is the value
  now.locks = std::make_shared<engine::namespace_locks const>();
  BOOST_TEST(!engine::remerge(was, now));
}

BOOST_AUTO_TEST_SUITE_END()
