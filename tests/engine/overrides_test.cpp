#include "core/json.hpp"
#include "engine/overrides.hpp"
#include "tests/support/random_document.hpp"
#include "tests/support/store_requests.hpp"

#include <boost/test/unit_test.hpp>

#include <map>
#include <string>

// Layers of overrides, and what differs between two of them.

namespace {

using namespace cfgd;
using layer_record = std::shared_ptr<engine::override_record const>;
using entries = std::map<key, engine::override_entry>;

/// A layer edited by some random sets, hides and unsets.
layer_record edit_randomly(test::random_document& random, layer_record const& before,
                           std::size_t step) {
  engine::override_editor edit(before.get());
  for (auto count = 1 + random.below(3); count > 0; --count) {
    std::vector<std::string> parts{"n"};
    for (auto depth = random.below(4); depth > 0; --depth)
      parts.push_back(random.name());
    key const which(std::move(parts));
    engine::override_origin by;
    by.from.revision = step;
    if (random.below(3) == 0)
      edit.unset(which);
    else if (which.path().empty())
      edit.set(which, random.object(2, test::random_document::nulls::yes), by);
    else
      edit.set(which, random.value(2, test::random_document::nulls::yes), by);
  }
  return edit.finish();
}

std::string show(layer_record const& what) {
  if (!what) return "(none)";
  std::string out = json::canonical(boost::json::value(what->document));
  for (auto const& [which, by] : what->keys)
    out.append(" ").append(which.str()).append("@").append(std::to_string(by.from.revision));
  return out;
}

void apply_differences(entries& to, layer_record const& before, layer_record const& after) {
  engine::override_differences(before.get(), after.get(),
                               [&to](key const& which, engine::override_entry const* now) {
                                 if (now == nullptr)
                                   to.erase(which);
                                 else
                                   to.insert_or_assign(which, *now);
                               });
}

std::string differing(layer_record const& before, layer_record const& after) {
  std::string out;
  engine::override_differences(
      before.get(), after.get(), [&out](key const& which, engine::override_entry const* now) {
        out.append(which.str()).append("=");
        out.append(now == nullptr ? "gone" : json::canonical(now->value)).append(" ");
      });
  return out;
}

layer_record with(layer_record const& before, std::string_view which, std::string_view value) {
  engine::override_editor edit(before.get());
  edit.set(test::to_key(which), test::to_json(value), {});
  return edit.finish();
}

} // namespace

BOOST_AUTO_TEST_SUITE(overrides)

BOOST_AUTO_TEST_CASE(differences_are_the_keys_that_were_set_or_removed) {
  auto const one = with(with(nullptr, "n.a", "1"), "n.b", "2");
  auto const other = with(with(nullptr, "n.b", "3"), "n.c", "null");

  BOOST_TEST(differing(nullptr, one) == "n.a=1 n.b=2 ");
  BOOST_TEST(differing(one, other) == "n.a=gone n.b=3 n.c=null ");
  BOOST_TEST(differing(other, nullptr) == "n.b=gone n.c=gone ");
  BOOST_TEST(differing(one, one) == "");
}

BOOST_AUTO_TEST_CASE(a_layer_is_followed_by_its_differences) {
  for (std::uint32_t seed = 0; seed < 200; ++seed) {
    test::random_document random(seed);
    layer_record now;
    entries followed;
    for (std::size_t step = 1; step < 12; ++step) {
      auto const next = edit_randomly(random, now, step);

      apply_differences(followed, now, next);

      now = next;
      std::vector<std::pair<key, engine::override_entry>> const all(followed.begin(),
                                                                    followed.end());
      BOOST_REQUIRE_EQUAL(show(engine::make_overrides(all)), show(now));
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
