#include "daemon/value_cache.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace cfgd;
using engine::effective;
using status = cfgd::value_cache::status;

effective make(std::string name, std::string text, revision_number revision = 1) {
  return {.name_space = std::move(name),
          .revision = revision,
          .text = std::make_shared<std::string const>(std::move(text))};
}

cfgd::value_cache::namespace_figures figures_of(cfgd::value_cache const& cache,
                                                std::string_view name) {
  auto const all = cache.stats_by_namespace();
  auto const found = std::ranges::find(all, name, [](auto const& one) { return one.first; });
  BOOST_REQUIRE(found != all.end());
  return found->second;
}

struct fixture {
  cfgd::value_cache cache{1 << 20};

  std::string find(std::string_view key) {
    auto const found = cache.find(key);
    switch (found.what) {
    case status::found:
      return std::string(found.member);
    case status::no_value:
      return "no value";
    case status::not_loaded:
      return "not loaded: " + std::string(found.name_space);
    case status::bad_key:
      return "bad key: " + found.why.subject;
    }
    return "";
  }
  /// A change of one key.
  cfgd::value_cache::changes const& with(std::string key, std::string value) {
    auto record = std::make_shared<change>();
    record->keys.push_back({std::move(key), "0", std::move(value)});
    changes_ = {std::move(record)};
    return changes_;
  }
  cfgd::value_cache::namespace_figures of(std::string const& name) {
    return figures_of(cache, name);
  }

  cfgd::value_cache::changes changes_;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(value_cache, fixture)

BOOST_AUTO_TEST_CASE(a_key_is_found_ready_to_send) {
  cache.publish(make("site", R"({"a":{"b":[1,2]},"title":"Harbour"})"));

  BOOST_TEST(find("site.title") == R"("site.title":"Harbour")");
  BOOST_TEST(find("site.a") == R"("site.a":{"b":[1,2]})");
  BOOST_TEST(find("site.a.b") == R"("site.a.b":[1,2])");
  BOOST_TEST(find("site") == R"("site":{"a":{"b":[1,2]},"title":"Harbour"})");
  BOOST_TEST(find("site.title") == R"("site.title":"Harbour")");
  BOOST_TEST(of("site").hits == 1U);
  BOOST_TEST(of("site").misses == 4U);
  BOOST_TEST(of("site").entries == 4U);
}

BOOST_AUTO_TEST_CASE(entries_of_keys_that_a_change_does_not_have_stay) {
  cache.publish(make("site", R"({"a":{"b":1,"c":2},"d":3})"));
  for (auto const* const key : {"site", "site.a", "site.a.b", "site.a.c", "site.d"})
    find(key);

  cache.publish(make("site", R"({"a":{"b":9,"c":2},"d":3})", 2), &with("site.a.b", "9"));

  BOOST_TEST(of("site").entries == 2U);
  BOOST_TEST(find("site.a.c") == R"("site.a.c":2)");
  BOOST_TEST(find("site.d") == R"("site.d":3)");
  BOOST_TEST(of("site").hits == 2U);
  BOOST_TEST(find("site.a.b") == R"("site.a.b":9)");
  BOOST_TEST(find("site.a") == R"("site.a":{"b":9,"c":2})");
  BOOST_TEST(find("site") == R"("site":{"a":{"b":9,"c":2},"d":3})");
}

BOOST_AUTO_TEST_CASE(entries_of_a_key_that_changes_often_take_no_more_memory) {
  cache.publish(make("site", R"({"a":0})"));
  for (revision_number revision = 2; revision < 1'000; ++revision) {
    find("site.a");
    cache.publish(make("site", R"({"a":)" + std::to_string(revision) + '}', revision),
                  &with("site.a", std::to_string(revision)));
  }

  BOOST_TEST(of("site").entries == 0U);
  BOOST_TEST(find("site.a") == R"("site.a":999)");
  cache.publish(make("site", R"({"a":1})"));
  auto const before = cache.stats().bytes;
  cache.publish(make("site", R"({"a":2})"), &with("site.a", "2"));
  BOOST_TEST(cache.stats().bytes == before);
}

BOOST_AUTO_TEST_CASE(elements_of_arrays_are_dropped_with_all_entries) {
  cache.publish(make("site", R"({"a":[1],"b":2})"));
  find("site.a[0]");
  find("site.b");

  cache.publish(make("site", R"({"a":[3],"b":2})", 2), &with("site.a", "[3]"));

  BOOST_TEST(of("site").entries == 0U);
  BOOST_TEST(find("site.a[0]") == R"("site.a[0]":3)");
}

BOOST_AUTO_TEST_CASE(keys_are_found_in_a_text_that_is_not_whole) {
  std::string large = "{";
  for (int number = 1'000; number < 9'000; ++number)
    large.append(large.size() > 1 ? "," : "")
        .append("\"k")
        .append(std::to_string(number))
        .append("\":{\"x\":\"0123456789012345678901234567890123456789\"}");
  large += '}';
  auto value = make("site", large);
  value.text = value.text.with(std::vector<std::string>{"k5000", "x"}, "7").value();

  cache.publish(value);

  BOOST_TEST(find("site.k5000.x") == R"("site.k5000.x":7)");
  BOOST_TEST(find("site.k5000") == R"("site.k5000":{"x":7})");
  BOOST_TEST(find("site.k5000.y") == "no value");
  BOOST_TEST((cache.text_of("site").what == status::not_loaded), "it would take the loop long");
  BOOST_TEST(find("site") == "not loaded: site", "for the same reason");
  BOOST_TEST(value.text->size() == value.text.size());
  BOOST_TEST((cache.text_of("site").what == status::found), "somebody else has put it together");
  BOOST_TEST(find("site").size() > value.text.size());
}

BOOST_AUTO_TEST_CASE(an_element_of_an_array_is_found_and_kept) {
  cache.publish(make("site", R"({"a":{"b":[1,{"c":"x"}]},"title":"t"})"));

  BOOST_TEST(find("site.a.b[1].c") == R"("site.a.b[1].c":"x")");
  BOOST_TEST(find("site.a.b[1].c") == R"("site.a.b[1].c":"x")");
  BOOST_TEST(of("site").hits == 1U);
  BOOST_TEST(find("site.a.b[1].d") == "no value");
  BOOST_TEST(find("site.x[0]") == "no value");
  BOOST_TEST(find("site.a.b[2]") == "bad key: site.a.b[2]");
  BOOST_TEST(cache.find("site.a.b[2]").why.message == "'site.a.b' has 2 elements and no [2]");
  BOOST_TEST(cache.find("site.title[0]").why.message == "'site.title' is a string, not an array");
  BOOST_TEST(of("site").entries == 1U);
}

BOOST_AUTO_TEST_CASE(a_ready_key_is_found_by_the_bytes_of_its_json) {
  cache.publish(make("site", R"({"a":[1],"b.c":2,"back\\":3})"));
  BOOST_TEST(cache.find_plain("site.a").empty(), "it is not ready");

  for (auto const* const key : {"site.a", "site.a[0]", R"(site."b.c")", R"(site."back\\")"})
    find(key);

  BOOST_TEST(cache.find_plain("site.a") == R"("site.a":[1])");
  BOOST_TEST(cache.find_plain("site.a[0]") == R"("site.a[0]":1)");
  BOOST_TEST(of("site").hits == 2U);
  for (auto const* const key : {R"(site."b.c")", R"(site.\"b.c\")", R"(site."back\\")", "site", ""})
    BOOST_TEST(cache.find_plain(key).empty(), key);
  BOOST_TEST(of("site").hits == 2U);
}

BOOST_AUTO_TEST_CASE(ready_keys_go_with_their_namespace) {
  cache.publish(make("one", R"({"a":1})"));
  cache.publish(make("two", R"({"a":2})"));
  find("one.a");
  find("two.a");

  cache.publish(make("one", R"({"a":3})", 2));
  BOOST_TEST(cache.find_plain("one.a").empty());
  BOOST_TEST(cache.find_plain("two.a") == R"("two.a":2)");
  find("one.a");
  BOOST_TEST(cache.find_plain("one.a") == R"("one.a":3)");
  cache.invalidate("one");
  BOOST_TEST(cache.find_plain("one.a").empty());
  cache.publish({.name_space = "two", .revision = 3});
  BOOST_TEST(cache.find_plain("two.a").empty());
}

BOOST_AUTO_TEST_CASE(what_is_not_there_has_no_value) {
  cache.publish(make("site", R"({"a":1})"));
  BOOST_TEST(find("site.b") == "no value");
  BOOST_TEST(find("site.a.b") == "no value");
  BOOST_TEST(find("other.a") == "no value");
  BOOST_TEST(of("site").entries == 0U);
}

BOOST_AUTO_TEST_CASE(a_bad_key_is_an_error) {
  BOOST_TEST(find("site..a") == "bad key: site..a");
  BOOST_TEST(find("") == "bad key: ");
  BOOST_TEST(find("Site.a") == "bad key: Site.a");
}

BOOST_AUTO_TEST_CASE(a_key_is_answered_as_it_was_spelt) {
  cache.publish(make("site", R"({"a.b":1,"t":2})"));
  BOOST_TEST(find(R"(site."a.b")") == R"("site.\"a.b\"":1)");
  BOOST_TEST(find(R"("site"."t")") == R"("\"site\".\"t\"":2)");
  BOOST_TEST(find(R"(site."t")") == R"("site.\"t\"":2)");
  BOOST_TEST(of("site").entries == 1U, "only what is spelt as cfgd does is kept");
}

BOOST_AUTO_TEST_CASE(a_new_revision_is_never_answered_with_an_old_value) {
  cache.publish(make("site", R"({"a":1})"));
  BOOST_TEST(find("site.a") == R"("site.a":1)");
  cache.publish(make("site", R"({"a":2})", 2));
  BOOST_TEST(find("site.a") == R"("site.a":2)");
  BOOST_TEST(of("site").invalidations == 1U);
  cache.publish({.name_space = "site", .revision = 3});
  BOOST_TEST(find("site.a") == "no value");
  BOOST_TEST(cache.namespaces().empty());
  BOOST_TEST(cache.stats().bytes == 0U);
}

BOOST_AUTO_TEST_CASE(namespaces_are_in_order_also_when_one_takes_the_place_of_another) {
  cache.publish(make("c", "{}"));
  cache.publish(make("a", "{}"));
  BOOST_TEST(cache.namespaces() == (std::vector<std::string>{"a", "c"}));
  cache.publish({.name_space = "c", .revision = 2});
  cache.publish(make("b", "{}"));
  BOOST_TEST(cache.namespaces() == (std::vector<std::string>{"a", "b"}));
  BOOST_TEST(cache.size() == 2U);
}

BOOST_AUTO_TEST_CASE(an_invalidated_namespace_must_be_filled) {
  cache.publish(make("site", R"({"a":1})"));
  find("site.a");

  BOOST_TEST(cache.invalidate("site") == 1U);
  BOOST_TEST(cache.invalidate("nothing") == 0U);
  BOOST_TEST(find("site.a") == "not loaded: site");
  BOOST_TEST((cache.text_of("site").what == status::not_loaded));
  BOOST_TEST(cache.namespaces().size() == 1U);

  cache.fill(make("site", R"({"a":1})"));
  BOOST_TEST(find("site.a") == R"("site.a":1)");
  BOOST_TEST(of("site").invalidations == 1U);
}

BOOST_AUTO_TEST_CASE(a_late_filling_does_not_replace_what_is_newer) {
  cache.publish(make("site", R"({"a":2})", 2));
  cache.fill(make("site", R"({"a":1})", 1));
  BOOST_TEST(find("site.a") == R"("site.a":2)");
  cache.invalidate("site");
  cache.fill(make("site", R"({"a":1})", 1));
  BOOST_TEST(find("site.a") == "not loaded: site");
  cache.fill(make("gone", R"({"a":1})"));
  BOOST_TEST(find("gone.a") == "no value");
}

BOOST_AUTO_TEST_CASE(texts_are_shared_not_copied) {
  auto const value = make("site", R"({"a":1})");
  cache.publish(value);
  BOOST_TEST((cache.text_of("site").text == value.text.whole()));
  BOOST_TEST((cache.text_of("other").what == status::no_value));
}

BOOST_AUTO_TEST_CASE(the_namespace_that_was_not_asked_for_the_longest_goes_first) {
  cfgd::value_cache small(10'000);
  for (auto const* const name : {"a", "b", "c"})
    small.publish(make(name, R"({"v":")" + std::string(2'500, 'x') + "\"}"));
  BOOST_TEST(small.stats().evictions == 0U);
  small.text_of("a");

  small.publish(make("d", R"({"v":")" + std::string(2'500, 'x') + "\"}"));

  BOOST_TEST(small.stats().evictions == 1U);
  BOOST_TEST((small.find("b.v").what == status::not_loaded));
  BOOST_TEST((small.text_of("a").what == status::found));
  BOOST_TEST((small.text_of("c").what == status::found));
  BOOST_TEST(small.namespaces().size() == 4U);
  BOOST_TEST(small.stats().bytes <= 10'000U);
}

BOOST_AUTO_TEST_CASE(members_make_room_for_themselves_and_never_exceed_the_maximum) {
  cfgd::value_cache small(10'000);
  small.publish(make("a", R"({"v":")" + std::string(3'000, 'x') + "\"}"));
  small.publish(make("b", R"({"v":")" + std::string(3'000, 'x') + "\"}"));
  BOOST_TEST((small.find("b.v").what == status::found));
  BOOST_TEST((small.find("b").what == status::found));
  BOOST_TEST(small.stats().evictions == 1U);
  BOOST_TEST((small.find("a.v").what == status::not_loaded));
  BOOST_TEST(small.stats().bytes <= 10'000U);
}

BOOST_AUTO_TEST_CASE(a_namespace_larger_than_the_cache_can_be_read) {
  cfgd::value_cache small(1'000);
  small.publish(make("a", R"({"v":1})"));
  small.publish(make("b", R"({"v":")" + std::string(3'000, 'x') + "\"}"));
  BOOST_TEST(small.find("b.v").member.size() == 3'008U);
  BOOST_TEST(figures_of(small, "b").entries == 0U);
  small.fill(make("a", R"({"v":1})"));
  BOOST_TEST(small.find("a.v").member == R"("a.v":1)");
  BOOST_TEST(small.stats().bytes <= 1'000U);
}

BOOST_AUTO_TEST_CASE(warming_makes_the_entries_of_all_leaves) {
  cache.publish(make("site", R"({"a":{"b":1,"c":{}},"l":[1]})"));
  find("site.l");
  BOOST_TEST(cache.warm("site") == 3U);
  BOOST_TEST(cache.warm("site") == 3U);
  BOOST_TEST(cache.warm("other") == 0U);
  BOOST_TEST(find("site.a.c") == R"("site.a.c":{})");
  BOOST_TEST(of("site").hits == 1U);
}

BOOST_AUTO_TEST_CASE(bytes_are_given_back) {
  cache.publish(make("site", R"({"a":1,"b":2})"));
  auto const bare = cache.stats().bytes;
  cache.warm("site");
  BOOST_TEST(cache.stats().bytes > bare);
  BOOST_TEST(of("site").bytes == cache.stats().bytes);
  cache.publish(make("site", R"({"a":1,"b":3})"));
  BOOST_TEST(cache.stats().bytes == bare);
  cache.invalidate("site");
  BOOST_TEST(cache.stats().bytes == 0U);
}

BOOST_FIXTURE_TEST_CASE(all_keys_of_a_large_namespace_are_looked_up_one_by_one, fixture) {
  std::string text = "{";
  for (int index = 0; index < 40'000; ++index)
    text.append(index == 0 ? "" : ",")
        .append("\"key")
        .append(std::to_string(100'000 + index))
        .append("\":\"" + std::string(100, 'x') + "\"");
  cfgd::value_cache large{64 << 20};
  large.publish(make("big", text + '}'));

  int found = 0;
  for (int index = 20'000; index < 60'000; ++index)
    found += large.find("big.key" + std::to_string(100'000 + index)).what == status::found ? 1 : 0;
  BOOST_TEST(found == 20'000);
  BOOST_TEST(large.stats().bytes == figures_of(large, "big").bytes);

  large.publish({.name_space = "big"});
  BOOST_TEST(large.stats().bytes == 0U);
}

BOOST_FIXTURE_TEST_CASE(a_key_of_the_loaded_text_is_looked_up_and_of_others_is_scanned, fixture) {
  cache.publish(make("app", R"({"a":{"b":1},"z":")" + std::string(1000, 'x') + "\"}"));
  auto const text = cache.text_of("app").text;
  std::string const copy{std::string_view(*text)};
  auto const in = [this](std::string_view whole, char const* which) {
    return cache.find_in(whole, key::parse(which).value()).value_or("-");
  };
  auto const bare = cache.stats().bytes;

  BOOST_TEST(in(copy, "app.none") == "-");
  BOOST_TEST(in(copy, "app.a") == R"({"b":1})");
  BOOST_TEST(cache.stats().bytes == bare);
  BOOST_TEST(in(*text, "app.none") == "-");
  BOOST_TEST(in(*text, "app.none.x") == "-");
  BOOST_TEST(in(*text, "app.a") == R"({"b":1})");
  BOOST_TEST(in(*text, "app") == copy);
  BOOST_TEST(cache.stats().bytes > bare); // an index was made
  BOOST_TEST(of("app").misses == 0U);
}

BOOST_FIXTURE_TEST_CASE(a_changed_text_is_looked_into_anew, fixture) {
  auto const text = [](std::string const& value) {
    return R"({"a":)" + value + R"(,"b":")" + std::string(1000, 'x') + R"(","c":1,"d":2})";
  };
  cache.publish(make("app", text("1"), 1));
  BOOST_TEST(find("app.none") == "no value");
  BOOST_TEST(find("app.c") == R"("app.c":1)");
  cache.publish(make("app", text("12345"), 2));

  BOOST_TEST(find("app.none") == "no value");
  BOOST_TEST(find("app.c") == R"("app.c":1)");
  BOOST_TEST(find("app.a") == R"("app.a":12345)");
}

BOOST_AUTO_TEST_SUITE_END()
