#include "store/backup.hpp"
#include "store/copies.hpp"
#include "store/encoding.hpp"
#include "store/key_place.hpp"
#include "store/lmdb.hpp"
#include "store/probe.hpp"
#include "store/recovery.hpp"
#include "tests/support/store_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <ostream>
#include <string>
#include <vector>

// What is sealed in a store, with which key, and how the key is exchanged.

namespace {

namespace fs = std::filesystem;
using namespace cfgd;
using namespace cfgd::engine;
using namespace cfgd::store;
using namespace cfgd::test;

constexpr char const* schema_file = "schemas/admin/app.json";
constexpr char const* secret = "canary-7f3a";

struct fixture : store_fixture {
  fs::path const state = directory / "state";
  fs::path const key_path = state / "key";

  static std::string secret_schema() {
    return R"({"properties":{"pw":{"type":"string","x-secret":true}}})";
  }
  static std::string in_quotes(std::string const& text) { return '"' + text + '"'; }

  /// A schema with a secret, which a file, a call and a pending change set.
  void fill() {
    must(files_changed({good(schema_file, secret_schema())}));
    must(files_changed({good("admin/app.json", R"({"pw":")" + std::string(secret) + R"( 1"})")}));
    must(set({{"app.pw", in_quotes(std::string(secret) + " 2")}}));
    auto timed = set({{"app.pw", in_quotes(std::string(secret) + " 3")}});
    timed.ends = expiry{.after = std::chrono::hours(1)};
    must(timed);
    must(files_changed({refused("admin/app.d/1.json", "{" + std::string(secret), "broken")}));
  }
  /// The files of the state directory that hold a text. One that is being made may go meanwhile.
  std::vector<std::string> holders(std::string const& text) const {
    std::vector<std::string> out;
    for (auto const& path : files_below(state)) {
      std::ifstream file(path);
      std::string const content{std::istreambuf_iterator<char>(file), {}};
      if (content.find(text) != std::string::npos) out.push_back(path.filename());
    }
    return out;
  }
  error refused_open() const { return config_store::open(state, bounds).error(); }
  void check_values() {
    BOOST_TEST(text("app") == R"({"pw":")" + std::string(secret) + R"( 3"})");
    BOOST_TEST(*store->refused_content(to_source("admin/app.d/1.json")) ==
               "{" + std::string(secret));
    BOOST_TEST(store->pending().size() == 1U);
    BOOST_TEST(store->log({}, 1 << 20).changes.size() == 3U);
    must(rollback_request{.revision = 1});
    BOOST_TEST(text("app") == R"({"pw":")" + std::string(secret) + R"( 1"})");
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(rotate, fixture)

BOOST_AUTO_TEST_CASE(the_first_start_makes_a_key_for_its_user_alone) {
  auto const status = fs::status(key_path);
  BOOST_TEST((status.permissions() == (fs::perms::owner_read | fs::perms::owner_write)));
  auto const before = read_file(key_path);
  BOOST_TEST(before.size() == sealer::key_bytes);
  reopen();
  BOOST_TEST((read_file(key_path) == before));
}

BOOST_AUTO_TEST_CASE(no_file_of_the_store_has_a_secret) {
  fill();
  store->finish_copies();

  BOOST_TEST(holders(secret).empty());
  reopen();
  check_values();
}

BOOST_AUTO_TEST_CASE(namespaces_without_secrets_are_not_sealed) {
  fill();
  must(set({{"web.name", in_quotes("plain text")}}));

  BOOST_TEST(!holders("plain text").empty());
}

BOOST_AUTO_TEST_CASE(a_value_that_becomes_a_secret_leaves_the_files) {
  must(files_changed({good("admin/app.json", R"({"pw":")" + std::string(secret) + R"("})")}));
  must(set({{"app.pw", in_quotes(std::string(secret) + " 2")}}));
  store->finish_copies();
  BOOST_TEST(!holders(secret).empty());

  must(files_changed({good(schema_file, secret_schema())}));

  BOOST_TEST(holders(secret).empty());
  BOOST_TEST(list_copies(state).size() == 1U);
  must(set({{"app.pw", in_quotes("other")}}));
  BOOST_TEST(store->log({}, 1 << 20).changes.size() == 3U);
  reopen();
  BOOST_TEST(text("app") == R"({"pw":"other"})");
}

BOOST_AUTO_TEST_CASE(a_namespace_stays_sealed_without_its_schema) {
  fill();
  must(files_changed({gone(schema_file)}));
  must(set({{"app.pw", in_quotes(std::string(secret) + " 4")}}));

  BOOST_TEST(holders(secret).empty());
}

BOOST_AUTO_TEST_CASE(without_its_key_a_store_is_refused_and_kept) {
  fill();
  auto const id = store->key_id();
  store.reset();
  auto const key = read_file(key_path);
  fs::remove(key_path);

  auto const why = refused_open();
  BOOST_TEST((why.code == errc::untrusted));
  BOOST_TEST(why.message.find(id) != std::string::npos);
  BOOST_TEST(why.subject == key_path.string());
  BOOST_TEST((open_or_recover(state, bounds, at()).error().code == errc::untrusted));
  BOOST_TEST(!fs::exists(key_path));

  write_file(key_path, key);
  BOOST_TEST((refused_open().code == errc::untrusted)); // others may read it
  fs::permissions(key_path, fs::perms::owner_read);
  store = open();
  check_values();
}

BOOST_AUTO_TEST_CASE(a_key_that_cannot_be_read_is_not_replaced) {
  store.reset();
  for (std::string const text :
       {"", "short", "not hexadecimal, and too long to be bytes of a key"}) {
    write_file(key_path, text);
    fs::permissions(key_path, fs::perms::owner_read | fs::perms::owner_write);
    auto const why = refused_open();
    BOOST_TEST((why.code == errc::untrusted));
    BOOST_TEST(why.subject == key_path.string());
    BOOST_TEST(read_file(key_path) == text);
  }
}

BOOST_AUTO_TEST_CASE(a_rotation_seals_everything_with_a_new_key) {
  fill();
  store->finish_copies();
  auto const before = store->key_id();
  auto const old_key = read_file(key_path);

  auto const done = store->rotate_key(at()).value();

  BOOST_TEST(done.id == store->key_id());
  BOOST_TEST(done.id != before);
  BOOST_TEST(done.records >= 7U);
  BOOST_TEST(done.old.empty());
  BOOST_TEST((read_file(key_path) != old_key));
  BOOST_TEST(!fs::exists(new_key_file(state)));
  BOOST_TEST(holders(secret).empty());
  must(set({{"web.a", "1"}}));
  must(unset({"web.a"}));
  // No page has a record of the old key: each begins with its id.
  auto const old_id = sealer::parse(old_key).value()->id();
  BOOST_TEST(holders(old_id).empty());
  BOOST_TEST(!holders(sealer::parse(read_file(key_path)).value()->id()).empty());
  reopen();
  BOOST_TEST(store->key_id() == done.id);
  BOOST_TEST(text("app") == R"({"pw":")" + std::string(secret) + R"( 3"})");
}

BOOST_AUTO_TEST_CASE(a_rotation_removes_old_stores_and_names_them) {
  fill();
  auto const old = state / "data.old.20260101T000000Z";
  auto const damaged = state / "data.damaged.20260101T000000Z";
  write_file(old / "data.mdb", secret);
  write_file(damaged / "data.mdb", secret);

  auto const done = store->rotate_key(at()).value();

  BOOST_TEST(done.old.empty());
  BOOST_TEST((done.removed == std::vector{damaged, old}));
  BOOST_TEST(done.traces == "");
  BOOST_TEST(holders(secret).empty());
  BOOST_TEST(!fs::exists(old));
}

BOOST_AUTO_TEST_CASE(values_that_could_not_be_removed_are_reported_until_they_are) {
  fill();
  store->finish_copies();
  for (auto const& copy : list_copies(state)) { // it cannot be removed
    fs::remove(copy);
    write_file(copy / "file", "in the way");
  }

  auto const done = store->rotate_key(at()).value();

  BOOST_TEST(done.traces != "");
  BOOST_TEST(store->probe(at()).value().traces == done.traces);
  for (auto const& copy : list_copies(state))
    fs::remove_all(copy);
  reopen();
  BOOST_TEST(store->probe(at()).value().traces == "");
}

BOOST_AUTO_TEST_CASE(a_crash_before_the_transaction_keeps_the_old_key) {
  fill();
  auto const before = store->key_id();
  store.reset();
  BOOST_REQUIRE(make_key_file(new_key_file(state)).has_value());

  store = open();

  BOOST_TEST(store->key_id() == before);
  BOOST_TEST(!fs::exists(new_key_file(state)));
  check_values();
}

BOOST_AUTO_TEST_CASE(a_crash_after_the_transaction_takes_the_new_key) {
  fill();
  auto const old_key = read_file(key_path);
  auto const done = store->rotate_key(at()).value();
  store.reset();
  fs::rename(key_path, new_key_file(state));
  write_file(key_path, old_key);
  fs::permissions(key_path, fs::perms::owner_read | fs::perms::owner_write);

  store = open();

  BOOST_TEST(store->key_id() == done.id);
  BOOST_TEST(!fs::exists(new_key_file(state)));
  BOOST_TEST((read_file(key_path) != old_key));
  check_values();
}

BOOST_AUTO_TEST_CASE(a_credential_counts_before_the_file_and_takes_over_its_records) {
  fill();
  store.reset();
  auto const credentials = directory / "credentials";
  auto const first = "11" + std::string(62, '0') + '\n';
  write_file(credentials / key_credential, first);
  key_sources const where{.credentials = credentials};

  store = config_store::open(state, bounds, where).value();
  auto const id = store->key_id();
  BOOST_TEST(id == sealer::parse(first).value()->id_text());
  BOOST_TEST(store->has_key_credential());
  BOOST_TEST((store->rotate_key(at()).error().code == errc::read_only));
  store.reset();

  fs::remove(key_path);
  write_file(credentials / old_key_credential, first);
  write_file(credentials / key_credential, "22" + std::string(62, '0'));
  store = config_store::open(state, bounds, where).value();
  BOOST_TEST(store->key_id() != id);
  store.reset();
  fs::remove(credentials / old_key_credential);
  store = config_store::open(state, bounds, where).value();
  BOOST_TEST(!fs::exists(key_path));
  check_values();
}

BOOST_AUTO_TEST_CASE(a_backup_is_sealed_and_needs_the_key) {
  fill();
  auto const file = directory / "backup";
  auto const nobody = [](std::uint64_t, std::uint64_t) {};

  auto const facts = back_up(state, file, nobody).value();

  BOOST_TEST(facts.key_id == store->key_id());
  BOOST_TEST(read_file(file).find(secret) == std::string::npos);
  auto const refused = read_backup_overrides(file, nobody);
  BOOST_REQUIRE(refused.has_error());
  BOOST_TEST(refused.error().message.find(facts.key_id) != std::string::npos);
  auto const keys = keys_beside(state).value();
  auto const read = read_backup_overrides(file, nobody, keys.get()).value();
  BOOST_TEST(read.overrides.at("app").at("pw").as_string() == std::string(secret) + " 3");

  store.reset();
  BOOST_REQUIRE(restore_offline({.state = state, .file = file, .now = at()}, nobody).has_value());
  store = open();
  BOOST_TEST(text("app") == R"({"pw":")" + std::string(secret) + R"( 3"})");
}

BOOST_AUTO_TEST_CASE(a_store_that_was_lost_is_made_anew_and_sealed) {
  fill();
  fs::remove(state / "data" / "data.mdb");
  BOOST_TEST(commit(set({{"app.pw", in_quotes(std::string(secret) + " 5")}})).has_error());

  must(set({{"app.pw", in_quotes(std::string(secret) + " 6")}}));

  BOOST_TEST(holders(secret).empty());
  reopen();
  BOOST_TEST(text("app") == R"({"pw":")" + std::string(secret) + R"( 6"})");
}

BOOST_AUTO_TEST_SUITE_END()
