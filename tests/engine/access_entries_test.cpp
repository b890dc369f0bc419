#include "engine/access/entries.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <ostream>
#include <string>
#include <vector>

// The first entry that fits decides, and a file that says nothing valid allows nothing.

namespace {

using namespace cfgd;
using namespace cfgd::engine;

constexpr std::array<gid_t, 2> groups{100, 33};

std::vector<subject> to(std::initializer_list<std::string_view> texts) {
  std::vector<subject> all;
  for (auto const text : texts)
    all.push_back(parse_subject(text).value());
  return all;
}

access_entry entry(bool allow, std::vector<subject> subjects, std::vector<std::string> namespaces,
                   std::vector<operation> operations = {operation::read}) {
  return {.allow = allow,
          .operations = std::move(operations),
          .subjects = std::move(subjects),
          .namespaces = std::move(namespaces)};
}

access_entry entry_for_keys(bool allow, std::vector<subject> subjects, std::string_view text,
                            operation what = operation::write) {
  return {.allow = allow,
          .operations = {what},
          .subjects = std::move(subjects),
          .keys = {key::parse(text).value()}};
}

struct fixture {
  access_rules rules;
  resolved_names names{.users = {{"anna", 1000}}, .groups = {{"web", 33}}};

  std::string said(std::string_view name_space, asker const& who,
                   operation what = operation::read) const {
    return words(decide(rules, names, who, what, name_space));
  }
  std::string said_of_key(std::string_view text, asker const& who,
                          operation what = operation::write) const {
    return words(decide(rules, names, who, what, key::parse(text).value()));
  }
  std::string words(access_answer const& found) const {
    static constexpr std::array words{"allowed", "denied", "no entry"};
    std::string out = words.at(static_cast<std::size_t>(found.what));
    if (found.by != nullptr) out += ' ' + std::to_string(found.by - rules.entries.data());
    return out;
  }
  asker anna{.uid = 1000, .groups = groups};
  asker other{.uid = 1001};
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(access_entries, fixture)

BOOST_AUTO_TEST_CASE(the_first_entry_that_fits_decides) {
  rules.entries = {entry(false, to({"user:anna"}), {"web-secret"}),
                   entry(true, to({"any"}), {"web-*"}), entry(false, to({"any"}), {"*"})};

  BOOST_TEST(said("web-secret", anna) == "denied 0");
  BOOST_TEST(said("web-secret", other) == "allowed 1");
  BOOST_TEST(said("mail", anna) == "denied 2");
  BOOST_TEST(said("mail", anna, operation::admin) == "no entry");
}

BOOST_AUTO_TEST_CASE(subjects_fit_by_name_or_number) {
  rules.entries = {entry(true, to({"user:anna"}), {"a"}), entry(true, to({"user:1001"}), {"b"}),
                   entry(true, to({"group:web"}), {"c"}), entry(true, to({"group:100"}), {"d"}),
                   entry(true, to({"user:nobody-knows", "group:nobody-knows"}), {"e"})};

  BOOST_TEST(said("a", anna) == "allowed 0");
  BOOST_TEST(said("a", other) == "no entry");
  BOOST_TEST(said("b", other) == "allowed 1");
  BOOST_TEST(said("c", anna) == "allowed 2");
  BOOST_TEST(said("d", anna) == "allowed 3");
  BOOST_TEST(said("c", other) == "no entry");
  BOOST_TEST(said("e", anna) == "no entry");
}

BOOST_AUTO_TEST_CASE(units_fit_by_a_glob_if_they_are_known) {
  rules.entries = {entry(true, to({"unit:nginx@*.service"}), {"web"}),
                   entry(true, to({R"(unit:dev-sda\x2d1.device)"}), {"disk"})};

  BOOST_TEST(said("web", {.unit = "nginx@a.service"}) == "allowed 0");
  BOOST_TEST(said("web", {.unit = "nginx.service"}) == "no entry");
  BOOST_TEST(said("web", {.unit = ""}) == "no entry");
  BOOST_TEST(said("disk", {.unit = R"(dev-sda\x2d1.device)"}) == "allowed 1");
}

BOOST_AUTO_TEST_CASE(keys_allow_what_is_at_and_below_them) {
  rules.entries = {entry_for_keys(true, to({"any"}), "site.theme")};

  BOOST_TEST(said_of_key("site.theme", other) == "allowed 0");
  BOOST_TEST(said_of_key("site.theme.color", other) == "allowed 0");
  BOOST_TEST(said_of_key("site.themes", other) == "no entry");
  BOOST_TEST(said_of_key("site", other) == "no entry");
  BOOST_TEST(said("site", other, operation::write) == "no entry");
}

BOOST_AUTO_TEST_CASE(denied_keys_deny_what_is_above_them_as_well) {
  rules.entries = {entry_for_keys(false, to({"any"}), "site.theme"),
                   entry(true, to({"any"}), {"site"}, {operation::write})};

  BOOST_TEST(said_of_key("site.theme.color", other) == "denied 0");
  BOOST_TEST(said_of_key("site", other) == "denied 0");
  BOOST_TEST(said("site", other, operation::write) == "denied 0");
  BOOST_TEST(said_of_key("site.port", other) == "allowed 1");
}

BOOST_AUTO_TEST_CASE(a_broken_file_denies_what_earlier_files_do_not_allow) {
  rules.entries = {entry(true, to({"user:anna"}), {"web"}), entry(true, to({"any"}), {"*"})};
  rules.broken = {"/etc/cfgd/access/20-typo.toml"};
  rules.entries_before_broken = 1;

  BOOST_TEST(said("web", anna) == "allowed 0");
  BOOST_TEST(said("web", other) == "denied");
  BOOST_TEST(said("mail", anna) == "denied");
}

BOOST_AUTO_TEST_CASE(subjects_are_parsed_and_printed) {
  for (auto const* const text : {"any", "user:anna", "group:1000", "unit:a*.service"})
    BOOST_TEST(to_string(parse_subject(text).value()) == text);
  BOOST_TEST(number_of(parse_subject("user:1000").value()).value() == 1000U);
  BOOST_TEST(!number_of(parse_subject("user:10x").value()).has_value());
}

BOOST_AUTO_TEST_CASE(subjects_that_mean_nothing_are_refused) {
  auto const why = [](std::string_view text) { return parse_subject(text).error().message; };

  BOOST_TEST(why("anna") == "must be user:NAME, group:NAME, unit:NAME or any");
  BOOST_TEST(why("user:") == "a name is missing after 'user:'");
  BOOST_TEST(why("unit:[a") == "the bracket '[' is not closed");
  BOOST_TEST(why("user:4294967295") == "the number is too large");
  BOOST_TEST(why("user:99999999999") == "the number is too large");
}

BOOST_AUTO_TEST_CASE(globs_are_checked) {
  for (auto const* const good : {"*", "web-?", "[a-z]x", "[!a]", "[]]", "a]"})
    BOOST_TEST(glob_fault(good) == "", good);
  for (auto const* const bad : {"", "[", "[]", "[!]", "web-[a"})
    BOOST_TEST(glob_fault(bad) != "", bad);
  BOOST_TEST(glob_matches("web-[ab]", "web-a"));
  BOOST_TEST(!glob_matches("web-[!ab]", "web-a"));
}

BOOST_AUTO_TEST_CASE(the_lock_for_the_most_layers_counts) {
  auto const site = key::parse("site.theme").value();
  rules.locks = {
      {.keys = {site}, .above = layer::admin, .path = "/a", .line = 1},
      {.keys = {site}, .above = layer::vendor, .reason = "why", .path = "/b", .line = 2}};

  BOOST_TEST(describe(*find_lock(rules, site.child("color"))) == "is locked by /b:2: why");
  BOOST_TEST(find_lock(rules, key::parse("site").value()) == nullptr);
  BOOST_TEST(find_lock_below(rules.locks, key::parse("site").value())->path == "/b");
  BOOST_TEST(find_lock_below(rules.locks, site) == nullptr);
}

BOOST_AUTO_TEST_SUITE_END()
