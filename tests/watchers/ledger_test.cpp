#include "watchers/ledger.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

// When a file that has become empty is reported. The time is an argument.

namespace {

using namespace cfgd;
using namespace cfgd::watchers;
using namespace std::chrono_literals;
using outcome = cfgd::watchers::ledger::outcome;

file_identity number(std::uint64_t which) { return {.device = 1, .inode = which}; }

struct fixture {
  source_watcher::options how;
  std::optional<watchers::ledger> subject;
  std::vector<observation> seen;
  std::chrono::milliseconds grace{500};

  fixture() {
    how.roots = {{.where = layer::vendor, .directory = "/usr/lib/cfgd/namespaces"},
                 {.where = layer::admin, .directory = "/etc/cfgd/namespaces"}};
  }

  void begin(std::vector<known_source> const& known = {}) { subject.emplace(how, known); }

  /// Finds a file with these bytes; its identity changes with `which`.
  outcome find(std::string const& name, std::string const& bytes, std::uint64_t which,
               std::chrono::milliseconds now) {
    whole_file file{.bytes = bytes, .hash = hash_content(bytes), .identity = number(which)};
    return take({.id = {.where = layer::admin, .relative = name},
                 .location = {},
                 .linked = false,
                 .identity = number(which),
                 .what = std::move(file)},
                now);
  }
  outcome lose(std::string const& name, std::chrono::milliseconds now) {
    return take({.id = {.where = layer::admin, .relative = name},
                 .location = {},
                 .linked = false,
                 .identity = {},
                 .what = finding::absent{}},
                now);
  }
  outcome take(finding found, std::chrono::milliseconds now) {
    seen.clear();
    return subject->take(std::move(found), {.now = watchers::ledger::time(now), .grace = grace},
                         seen);
  }
  std::vector<source_id> due(std::chrono::milliseconds now) {
    return subject->take_due_emptied(watchers::ledger::time(now),
                                     watchers::ledger::time(now + 30ms));
  }

  /// A file of the vendor layer, and a link to /dev/null of the admin layer.
  void find_vendor(std::string const& name, std::string const& bytes) {
    take({.id = vendor(name),
          .location = {},
          .linked = false,
          .identity = number(7),
          .what = whole_file{.bytes = bytes, .hash = hash_content(bytes), .identity = number(7)}},
         0ms);
  }
  void find_mask(std::string const& name) {
    take({.id = {.where = layer::admin, .relative = name},
          .location = {},
          .linked = false,
          .identity = number(9),
          .what = finding::mask{}},
         0ms);
  }
  static source_id vendor(std::string const& name) {
    return {.where = layer::vendor, .relative = name};
  }

  template <class What>
  bool saw() const {
    return seen.size() == 1 && std::holds_alternative<What>(seen.front().what);
  }
  bool saw_empty_content() const {
    return saw<observation::content>() &&
           std::get<observation::content>(seen.front().what).bytes.empty();
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(ledger, fixture)

BOOST_AUTO_TEST_CASE(values_of_an_emptied_file_stay_for_five_seconds) {
  begin();
  find("site.yaml", "a: 1\n", 1, 0ms);
  BOOST_TEST(saw<observation::content>());

  BOOST_TEST((find("site.yaml", "", 2, 1'000ms) == outcome::again));
  BOOST_TEST(seen.empty());
  BOOST_TEST((find("site.yaml", "", 2, 1'500ms) == outcome::settled));
  BOOST_TEST(saw<observation::blocked>());
  BOOST_TEST(subject->emptied() == 1U);
  auto const& why = std::get<observation::blocked>(seen.front().what).why;
  BOOST_TEST((why.code == errc::not_found));
  BOOST_TEST(why.message == "'/etc/cfgd/namespaces/site.yaml' is empty; unless it is written "
                            "again, its values are removed 5 s after this was found");
  BOOST_TEST((*subject->next_emptied() == watchers::ledger::time(6'000ms)));

  // Looks before the end change nothing, whatever asks for them.
  BOOST_TEST((find("site.yaml", "", 2, 5'999ms) == outcome::settled));
  BOOST_TEST(seen.empty());
  BOOST_TEST(due(5'999ms).empty());
  BOOST_TEST(due(6'000ms).size() == 1U);
  BOOST_TEST((find("site.yaml", "", 2, 6'000ms) == outcome::settled));
  BOOST_TEST(saw_empty_content());
  BOOST_TEST(subject->emptied() == 0U);
  BOOST_TEST(!subject->next_emptied().has_value());
}

BOOST_AUTO_TEST_CASE(new_content_ends_the_wait) {
  begin();
  find("site.yaml", "a: 1\n", 1, 0ms);
  find("site.yaml", "", 2, 0ms);
  find("site.yaml", "", 2, 500ms);

  find("site.yaml", "a: 2\n", 3, 2'000ms);

  BOOST_TEST(saw<observation::content>());
  BOOST_TEST(subject->emptied() == 0U);
  find("site.yaml", "", 4, 5'100ms);
  find("site.yaml", "", 4, 5'600ms);
  BOOST_TEST(saw<observation::blocked>()); // a new wait
}

BOOST_AUTO_TEST_CASE(the_old_content_ends_the_wait_as_no_change) {
  begin();
  find("site.yaml", "a: 1\n", 1, 0ms);
  find("site.yaml", "", 2, 0ms);
  find("site.yaml", "", 2, 500ms);

  find("site.yaml", "a: 1\n", 3, 2'000ms);

  BOOST_TEST(saw<observation::touched>());
  BOOST_TEST(subject->emptied() == 0U);
}

BOOST_AUTO_TEST_CASE(an_empty_file_that_is_touched_does_not_wait_again) {
  begin();
  find("site.yaml", "a: 1\n", 1, 0ms);
  find("site.yaml", "", 2, 0ms);
  find("site.yaml", "", 3, 4'000ms);
  BOOST_TEST(saw<observation::blocked>());

  find("site.yaml", "", 3, 5'000ms);

  BOOST_TEST(saw_empty_content());
}

BOOST_AUTO_TEST_CASE(a_removed_file_is_gone_without_that_wait) {
  begin();
  grace = 0ms;
  find("site.yaml", "a: 1\n", 1, 0ms);
  find("site.yaml", "", 2, 0ms);
  BOOST_TEST(saw<observation::blocked>());

  lose("site.yaml", 100ms);

  BOOST_TEST(saw<observation::gone>());
  BOOST_TEST(subject->emptied() == 0U);
}

BOOST_AUTO_TEST_CASE(a_file_that_was_never_good_does_not_wait) {
  how.is_good = [](source_id const& id) { return id.relative != "bad.yaml"; };
  begin();
  find("bad.yaml", "a: [", 1, 0ms);
  find("new.yaml", "", 1, 0ms);

  BOOST_TEST((find("bad.yaml", "", 2, 0ms) == outcome::again));
  BOOST_TEST((find("bad.yaml", "", 2, 500ms) == outcome::settled));
  BOOST_TEST(saw_empty_content());
  BOOST_TEST((find("new.yaml", "", 1, 500ms) == outcome::settled));
  BOOST_TEST(saw_empty_content());
}

BOOST_AUTO_TEST_CASE(a_format_without_empty_files_does_not_wait) {
  begin();
  find("site.json", "{}", 1, 0ms);

  find("site.json", "", 2, 0ms);
  find("site.json", "", 2, 500ms);

  BOOST_TEST(saw_empty_content()); // rejected by the reader; the last good content stays
}

BOOST_AUTO_TEST_CASE(at_a_start_an_empty_file_with_stored_content_waits) {
  source_id const id{.where = layer::admin, .relative = "site.yaml"};
  for (auto const& known :
       {known_source{.id = id, .identity = number(1), .hash = hash_content("a: 1\n")},
        // The last run ended during the wait.
        known_source{.id = id, .identity = {}, .hash = hash_content("a: 1\n")}}) {
    begin({known});
    grace = 0ms; // as in a first look

    BOOST_TEST((find("site.yaml", "", 2, 0ms) == outcome::settled));

    BOOST_TEST(saw<observation::blocked>());
    BOOST_TEST((find("site.yaml", "", 2, 5'000ms) == outcome::settled));
    BOOST_TEST(saw_empty_content());
  }
}

BOOST_AUTO_TEST_CASE(a_wait_of_zero_is_no_wait) {
  how.emptied = 0ms;
  begin();
  find("site.yaml", "a: 1\n", 1, 0ms);

  BOOST_TEST((find("site.yaml", "", 2, 0ms) == outcome::again));
  BOOST_TEST((find("site.yaml", "", 2, 0ms) == outcome::settled));
  BOOST_TEST(saw_empty_content());
}

BOOST_AUTO_TEST_CASE(a_look_that_does_not_find_the_file_has_another_turn) {
  begin();
  find("site.yaml", "a: 1\n", 1, 0ms);
  find("site.yaml", "", 2, 0ms);
  find("site.yaml", "", 2, 500ms);

  BOOST_TEST(due(5'000ms).size() == 1U);
  BOOST_TEST(due(5'000ms).empty());
  BOOST_TEST((*subject->next_emptied() == watchers::ledger::time(5'030ms)));
}

BOOST_AUTO_TEST_CASE(a_mask_hides_the_file_of_a_lower_layer) {
  begin();
  find_vendor("site.d/10.toml", "a = 1\n");
  find_vendor("other.d/10.toml", "a = 1\n");

  find_mask("site.d/10.toml");

  BOOST_REQUIRE(saw<observation::gone>());
  BOOST_TEST((seen.front().id == vendor("site.d/10.toml")));
  BOOST_TEST(std::get<observation::gone>(seen.front().what).masked_by ==
             "/etc/cfgd/namespaces/site.d/10.toml");
  auto const masked = subject->masked();
  BOOST_REQUIRE(masked.size() == 1U);
  BOOST_TEST((masked.front().how == unused_file::reason::masked));
  BOOST_TEST(masked.front().path == "/usr/lib/cfgd/namespaces/site.d/10.toml");
  BOOST_TEST(masked.front().why == "masked by '/etc/cfgd/namespaces/site.d/10.toml'");
  // New content of it changes nothing.
  find_vendor("site.d/10.toml", "a = 2\n");
  BOOST_TEST(seen.empty());
}

BOOST_AUTO_TEST_CASE(a_file_that_is_masked_from_the_start_is_not_reported) {
  begin();
  find_mask("site.yaml");
  find_vendor("site.yaml", "a: 1\n");

  BOOST_TEST(seen.empty());
  BOOST_TEST(subject->masked().size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_removed_mask_uncovers_the_file) {
  begin();
  find_mask("site.yaml");
  find_vendor("site.yaml", "a: 1\n");

  lose("site.yaml", 0ms);

  BOOST_TEST((subject->take_unmasked() == std::vector{vendor("site.yaml")}));
  BOOST_TEST(subject->take_unmasked().empty());
  BOOST_TEST(subject->masked().empty());
  find_vendor("site.yaml", "a: 1\n");
  BOOST_TEST(saw<observation::content>());
}

BOOST_AUTO_TEST_CASE(a_mask_that_replaces_a_file_removes_its_values) {
  begin();
  find("site.yaml", "a: 1\n", 1, 0ms);

  find_mask("site.yaml");

  BOOST_REQUIRE(saw<observation::gone>());
  BOOST_TEST((seen.front().id.where == layer::admin));
  auto const masked = subject->masked(); // it masks nothing, which is worth a row
  BOOST_REQUIRE(masked.size() == 1U);
  BOOST_TEST((masked.front().how == unused_file::reason::ignored));
}

BOOST_AUTO_TEST_SUITE_END()
