#include "engine/access/read.hpp"
#include "watchers/read_source.hpp"

#include <boost/test/unit_test.hpp>

#include <ostream>
#include <string>

// An access file as it is written: TOML, with a place for everything that is wrong.

namespace {

using namespace cfgd;
using namespace cfgd::engine;

result<access_file> read(std::string_view text) {
  static limits const bounds;
  source_id const id{layer::admin, "10.toml", source_kind::access};
  auto const document = watchers::read_source(id, text, bounds);
  return read_access(document.value(), "/e/10.toml", bounds);
}

/// "line:column message; " of all faults.
std::string faults(std::string_view text) {
  auto const found = read(text);
  if (found) return "(valid)";
  std::string out;
  for (auto const& one : found.error().issues)
    out += std::to_string(one.where.line) + ':' + std::to_string(one.where.column) + ' ' +
           one.message + "; ";
  return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(read_access)

BOOST_AUTO_TEST_CASE(entries_and_locks_are_read_with_their_places) {
  auto const found = read("# who\n"
                          "[[entry]]\n"
                          "allow = [\"read\", \"write\"]\n"
                          "to = [\"group:web\", \"user:anna\"]\n"
                          "namespaces = [\"web\", \"web-*\"]\n"
                          "\n"
                          "[[entry]]\n"
                          "deny = \"write\"\n"
                          "to = \"any\"\n"
                          "keys = \"site.theme\"\n"
                          "\n"
                          "[[lock]]\n"
                          "keys = [\"site.theme\"]\n"
                          "above = \"vendor\"\n"
                          "reason = \"set by the security team\"\n")
                         .value();

  BOOST_REQUIRE_EQUAL(found.entries.size(), 2U);
  auto const& first = found.entries[0];
  BOOST_TEST(first.allow);
  BOOST_TEST((first.operations == std::vector{operation::read, operation::write}));
  BOOST_TEST(to_string(first.subjects.at(1)) == "user:anna");
  BOOST_TEST(first.namespaces.at(1) == "web-*");
  BOOST_TEST(first.place() == "/e/10.toml:2");
  BOOST_TEST(!found.entries[1].allow);
  BOOST_TEST(found.entries[1].keys.at(0).str() == "site.theme");
  BOOST_TEST(found.entries[1].place() == "/e/10.toml:7");
  BOOST_REQUIRE_EQUAL(found.locks.size(), 1U);
  BOOST_TEST((found.locks[0].above == layer::vendor));
  BOOST_TEST(found.locks[0].reason == "set by the security team");
  BOOST_TEST(found.locks[0].place() == "/e/10.toml:12");
}

BOOST_AUTO_TEST_CASE(all_faults_are_reported_with_their_places) {
  BOOST_TEST(faults("[[entry]]\n"
                    "allow = [\"read\", \"fly\"]\n"
                    "to = \"anna\"\n"
                    "namespaces = [\"web-[a\"]\n"
                    "colour = 1\n"
                    "[[lock]]\n"
                    "keys = [\"Site\"]\n"
                    "above = \"runtime\"\n"
                    "[other]\n") ==
             "5:1 unknown key 'colour'; "
             "2:18 is not an operation: read, write, rollback, secret or admin; "
             "3:1 must be user:NAME, group:NAME, unit:NAME or any; "
             "4:15 the bracket '[' is not closed; "
             "7:9 is not a valid key: the first part must be a namespace: a-z, then a-z 0-9 _ -, "
             "64 at most; "
             "8:1 must be \"vendor\", \"fleet\" or \"admin\"; "
             "9:2 unknown key 'other'; only [[entry]] and [[lock]] are allowed here; ");
}

BOOST_AUTO_TEST_CASE(what_is_missing_or_doubled_is_reported) {
  BOOST_TEST(faults("[[entry]]\nto = \"any\"\n") ==
             "1:1 one of 'allow' and 'deny' is missing; "
             "1:1 one of 'namespaces' and 'keys' is missing; ");
  BOOST_TEST(faults("[[entry]]\nallow = \"read\"\ndeny = \"write\"\nto = \"any\"\n"
                    "namespaces = \"a\"\n") == "3:1 'allow' and 'deny' exclude each other; ");
  BOOST_TEST(faults("[[entry]]\nallow = []\nnamespaces = 5\n") ==
             "2:1 must not be empty; 1:1 'to' is missing; 3:1 must be a string; ");
  BOOST_TEST(faults("[[lock]]\nreason = 1\n") ==
             "1:1 'keys' is missing; 1:1 'above' is missing; 2:1 must be a string; ");
  BOOST_TEST(faults("entry = 1\n") == "1:1 must be [[entry]], a list of tables; ");
}

BOOST_AUTO_TEST_CASE(only_units_read_single_keys) {
  BOOST_TEST(faults("[[entry]]\nallow = [\"read\"]\nto = \"user:anna\"\nkeys = \"a.b\"\n") ==
             "2:1 'read' is about whole namespaces, except for units: name them with "
             "'namespaces'; ");
  BOOST_TEST(faults("[[entry]]\nallow = [\"read\", \"secret\"]\nto = \"unit:a.service\"\n"
                    "keys = \"a.b\"\n") == "(valid)");
  BOOST_TEST(faults("[[entry]]\nallow = \"admin\"\nto = \"unit:a.service\"\nkeys = \"a.b\"\n") ==
             "2:1 'admin' is about whole namespaces: name them with 'namespaces'; ");
}

BOOST_AUTO_TEST_CASE(the_layer_of_a_fleet_is_below_the_administrators) {
  BOOST_TEST((read("[[lock]]\nkeys = \"a\"\nabove = \"fleet\"\n").value().locks.at(0).above <
              layer::admin));
}

BOOST_AUTO_TEST_SUITE_END()
