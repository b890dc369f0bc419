#include "core/json.hpp"
#include "engine/members.hpp"
#include "engine/merge.hpp"
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
  std::string out = json::canonical(boost::json::value(what->document()));
  what->keys().visit([&out](engine::override_record::table::entry const& one) {
    out.append(" ").append(one.first.str()).append("@");
    out.append(std::to_string(one.second.by.from.revision));
    return true;
  });
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

/// The layer as a document, which is edited as a whole.
struct whole_layer {
  boost::json::object document;
  std::map<key, revision_number> keys;

  bool is_there(key const& which) const {
    if (which.path().empty()) return true;
    auto const parent = which.path().first(which.path().size() - 1);
    auto const* at = &document;
    for (auto const& part : parent) {
      auto const* const found = at->if_contains(part);
      at = found == nullptr ? nullptr : found->if_object();
      if (at == nullptr) return false;
    }
    return at->contains(which.path().back());
  }
  void set(key const& which, boost::json::value const& value, revision_number by) {
    std::erase_if(keys, [&which](auto const& one) { return which.contains(one.first); });
    if (which.path().empty())
      document = value.as_object();
    else
      engine::put_member(document, which.path()) = value;
    keys[which] = by;
  }
  void unset(key const& which) {
    if (which.path().empty())
      document.clear();
    else if (!engine::erase_member(document, which.path()))
      return;
    std::erase_if(keys, [&which](auto const& one) { return which.contains(one.first); });
    std::erase_if(keys, [this](auto const& one) { return !is_there(one.first); });
    if (document.empty()) keys.clear();
  }
  std::string show() const {
    if (document.empty() && keys.empty()) return "(none)";
    std::string out = json::canonical(boost::json::value(document));
    for (auto const& [which, by] : keys)
      out.append(" ").append(which.str()).append("@").append(std::to_string(by));
    return out;
  }
};

key random_key(test::random_document& random) {
  std::vector<std::string> parts{"n"};
  for (auto depth = random.below(4); depth > 0; --depth)
    parts.push_back(random.name());
  return key(std::move(parts));
}

void check_answers(whole_layer const& whole, engine::override_record const& layer,
                   key const& which) {
  if (which.path().empty()) return;
  auto const wanted = engine::look_up(whole.document, which.path());
  auto const found = layer.look_up(which.path());
  auto const value = layer.value_at(which.path());
  BOOST_REQUIRE(wanted.what == found.what);
  BOOST_REQUIRE_EQUAL(whole.is_there(which), found.is_there);
  BOOST_REQUIRE_EQUAL(wanted.value != nullptr, value.has_value());
  if (wanted.value == nullptr) return;
  BOOST_REQUIRE_EQUAL(json::canonical(*wanted.value), json::canonical(*value));
  BOOST_REQUIRE_EQUAL(wanted.value->is_object(), found.is_object);
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

BOOST_AUTO_TEST_CASE(a_layer_of_keys_is_the_document_that_they_were_set_in) {
  for (std::uint32_t seed = 0; seed < 1'000; ++seed) {
    test::random_document random(seed);
    whole_layer whole;
    engine::override_record layer;
    for (revision_number step = 1; step < 30; ++step) {
      auto const which = random_key(random);
      if (random.below(3) == 0) {
        whole.unset(which);
        layer.unset(which.path());
      } else {
        auto const value = which.path().empty()
                               ? random.object(2, test::random_document::nulls::yes)
                               : random.value(2, test::random_document::nulls::yes);
        engine::override_entry entry{{}, value};
        entry.by.from.revision = step;
        whole.set(which, value, step);
        layer.set(which, entry);
      }
      auto const made = std::make_shared<engine::override_record const>(layer);
      BOOST_REQUIRE_EQUAL(show(layer.keys().empty() ? nullptr : made), whole.show());
      for (int each = 0; each < 5; ++each)
        check_answers(whole, layer, random_key(random));
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
