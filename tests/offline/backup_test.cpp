#include "core/json.hpp"
#include "store/backup.hpp"
#include "store/config_store.hpp"
#include "store/lmdb.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/first_format.hpp"
#include "tests/support/program_run.hpp"
#include "tests/support/scripted_peer.hpp"
#include "tests/support/store_fixture.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

namespace fs = std::filesystem;
namespace store = cfgd::store;
using cfgd::test::program_run;
using cfgd::test::read_file;
using cfgd::test::set;
using cfgd::test::write_file;

namespace {

void no_report(std::uint64_t, std::uint64_t) {}

/// A store with all kinds of records, and a backup of it.
struct fixture : cfgd::test::store_fixture {
  fs::path file = directory / "backup.mdb";
  fs::path other = directory / "other";

  fixture() {
    must(cfgd::test::files_changed(
        {cfgd::test::good("admin/site.json", R"({"a":1,"b":{"c":[true]}})")}));
    must(cfgd::test::files_changed({cfgd::test::refused("admin/bad.json", "{", "not whole")}));
    for (int number = 0; number < 40; ++number)
      must(set({{"site.a", std::to_string(number)},
                {"mail.text", '"' + std::string(200, 'x') + std::to_string(number) + '"'}}));
    auto timed = set({{"site.soon", "1"}});
    timed.ends = cfgd::engine::expiry{.what = cfgd::engine::expiry::kind::expire,
                                      .after = std::chrono::hours(1)};
    must(timed);
  }

  store::backup_facts back_up() const {
    return store::back_up(directory / "state", file, no_report).value();
  }

  /// A backup has sealed records: it is read where its key is.
  void bring_key() const {
    fs::create_directories(other);
    fs::permissions(other, fs::perms::owner_all);
    fs::copy_file(directory / "state" / "key", other / "key", fs::copy_options::overwrite_existing);
  }

  store::restore_question question() const {
    return {.state = other, .file = file, .now = cfgd::test::at()};
  }

  /// All that a store says but its revision, as one text.
  static std::string all_of(store::config_store& what) {
    std::string out;
    for (auto const& one : what.effectives())
      out += one.name_space + ' ' + (one.text ? *one.text : "") + '\n';
    for (auto const& row : what.sources())
      out += to_string(row.id) + ' ' + std::string(to_string(row.status)) + '\n';
    auto const log = what.log({.limit = 1'000}, 1 << 30);
    return out + cfgd::test::show(log.changes);
  }

  std::string all_of(fs::path const& state) const {
    auto opened = store::config_store::open(state, bounds);
    return opened ? all_of(**opened) : to_string(opened.error());
  }

  std::vector<std::string> names_in(fs::path const& where) const {
    std::vector<std::string> out;
    for (auto const& entry : fs::directory_iterator(where))
      out.push_back(entry.path().filename());
    std::ranges::sort(out);
    return out;
  }

  program_run cfgctl(std::vector<std::string> const& arguments) const {
    return program_run(CFGCTL_PROGRAM, arguments);
  }
};

std::string const status_call = R"({"method":"io.cfgd.Service.Status"})";

/// The reply of a service with this state directory.
std::string status_of(fs::path const& state) {
  return R"({"parameters":{"version":"1","pid":1,"startTime":"t","status":"healthy","ready":true,)"
         R"("degraded":false,"revision":5,"namespaces":[],"connections":1,"watchers":0,)"
         R"("stateDirectory":")" +
         state.string() + "\"}}";
}

std::string joined(std::vector<std::string> const& names) {
  std::string out;
  for (auto const& name : names)
    out += name + ' ';
  return out;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(backup, fixture)

BOOST_AUTO_TEST_CASE(a_backup_is_complete_and_closed_to_other_users) {
  auto const before = all_of(*store);

  auto const facts = back_up();
  auto const done = store::restore_offline(question(), no_report).value();

  struct stat status {};
  BOOST_REQUIRE(::stat(file.c_str(), &status) == 0);
  BOOST_TEST((status.st_mode & 07777U) == 0600U);
  BOOST_TEST(facts.revision == store->revision());
  BOOST_TEST(facts.format == 4U);
  BOOST_TEST(facts.bytes == fs::file_size(file));
  BOOST_TEST(done.facts.records == facts.records);
  BOOST_TEST(done.old.empty());
  bring_key();
  BOOST_TEST(all_of(other) == before);
  BOOST_TEST(done.continues == store::revision_stride); // the old one is not known
  BOOST_TEST(joined(names_in(directory.path())) == "backup.mdb other state ");
}

BOOST_AUTO_TEST_CASE(nobody_goes_on_over_another_history) {
  back_up();
  auto const kept = store->revision();
  must(set({{"site.a", "\"lost\""}}));
  must(set({{"site.a", "\"lost, too\""}}));
  auto const lost = store->revision();
  store.reset();
  auto asked = question();
  asked.state = directory / "state";

  auto const done = store::restore_offline(asked, no_report).value();

  BOOST_TEST(done.continues == lost + 1);
  store = open();
  BOOST_TEST(store->revision() == done.continues);
  for (auto const cursor : {kept - 1, kept, lost - 1, lost})
    BOOST_TEST(store->changes_after(cursor, 1 << 20).compacted);
  BOOST_TEST(!store->changes_after(done.continues, 1 << 20).compacted);
  auto late = set({{"site.a", "1"}});
  late.if_revision = lost;
  BOOST_TEST((refusal(late).code == cfgd::errc::conflict));
  BOOST_TEST(must(set({{"site.z", "1"}})).revision == lost + 2);
  BOOST_TEST(cfgd::test::show(store->changes_after(done.continues, 1 << 20).changes) ==
             std::to_string(lost + 2) + ": site.z=->1;");
  // The past of the backup can be read, that of the lost branch cannot.
  BOOST_TEST(store->values_at(kept, {}).has_value());
  BOOST_TEST(store->values_at(done.continues, {}).has_value());
  BOOST_TEST((store->values_at(lost, {}).error().code == cfgd::errc::not_found));
  BOOST_TEST(store->differences(kept, done.continues, {}).value().empty());
}

BOOST_AUTO_TEST_CASE(a_second_restore_goes_on_above_the_first) {
  back_up();
  auto first = store::restore_offline(question(), no_report).value();

  auto const second = store::restore_offline(question(), no_report).value();

  BOOST_TEST(second.continues == first.continues + 1);
}

BOOST_AUTO_TEST_CASE(a_backup_can_be_copied_into_place_by_hand) {
  auto const before = all_of(*store);
  back_up();

  fs::create_directories(other / "data");
  fs::permissions(other, fs::perms::owner_all);
  fs::permissions(other / "data", fs::perms::owner_all);
  fs::copy_file(file, other / "data/data.mdb");
  bring_key();

  BOOST_TEST(all_of(other) == before);
}

BOOST_AUTO_TEST_CASE(a_backup_while_others_commit_is_of_one_revision) {
  store.reset();
  cfgd::test::child_process writer([this](int out) {
    auto const mine = store::config_store::open(directory / "state", bounds).value();
    for (int number = 0;; ++number) {
      auto const text = std::to_string(number);
      cfgd::engine::request const one = set({{"first.n", text}, {"second.n", text}});
      if (!mine->commit({&one, 1}, cfgd::test::at()).at(0)) return 1;
      if (::write(out, ".", 1) != 1) return 1;
    }
  });

  for (int round = 0; round < 5; ++round) {
    BOOST_REQUIRE(writer.read(1) == ".");
    back_up();
    auto const found = store::read_backup_overrides(file, no_report).value();
    auto const number = [&found](char const* name) {
      return found.overrides.at(name).at("n").as_int64();
    };
    BOOST_TEST(number("first") == number("second"));
    BOOST_TEST(found.facts.revision == static_cast<std::uint64_t>(number("first")) + 43);
  }
  writer.kill(SIGKILL);
  writer.wait();
}

BOOST_AUTO_TEST_CASE(a_flipped_byte_is_detected_or_harmless) {
  auto const before = all_of(*store);
  back_up();
  auto const good = read_file(file);
  std::size_t refused = 0;
  std::size_t tried = 0;

  for (std::size_t offset = 5; offset < good.size(); offset += 911) {
    auto bad = good;
    bad[offset] = static_cast<char>(~bad[offset]);
    write_file(file, bad);
    fs::remove_all(other);
    ++tried;
    if (auto const done = store::restore_offline(question(), no_report)) {
      bring_key();
      BOOST_TEST_CONTEXT("offset " << offset) BOOST_TEST(all_of(other) == before);
    } else {
      ++refused;
      BOOST_TEST(joined(names_in(other)) == "lock ");
    }
  }

  BOOST_TEST(tried > 50U);
  BOOST_TEST(refused > tried / 4);
}

BOOST_AUTO_TEST_CASE(a_truncated_backup_is_rejected) {
  back_up();
  auto const good = read_file(file);

  for (std::size_t const length :
       {std::size_t{0}, std::size_t{1}, std::size_t{8191}, std::size_t{8192}, good.size() / 2,
        good.size() - 4096, good.size() - 1}) {
    write_file(file, good.substr(0, length));
    auto const why = store::verify_backup(file, no_report);
    BOOST_TEST_CONTEXT("length " << length) {
      BOOST_REQUIRE(!why);
      BOOST_TEST((why.error().code == cfgd::errc::invalid));
      BOOST_TEST(why.error().message ==
                 "the file is truncated to " + std::to_string(length) + " bytes");
      BOOST_TEST(!store::restore_offline(question(), no_report));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_file_that_is_not_a_store_is_rejected) {
  write_file(file, std::string(20'000, 'x'));
  fs::create_directories(directory / "lmdb");
  {
    store::lmdb::environment made(directory / "lmdb", {.map_bytes = 1 << 20, .databases = 2});
    store::lmdb::write_transaction in(made);
    in.put(in.open("table", store::lmdb::transaction::if_absent::create), "key", "value");
    in.commit();
  }

  auto const text = store::verify_backup(file, no_report);
  auto const foreign = store::verify_backup(directory / "lmdb/data.mdb", no_report);
  auto const absent = store::verify_backup(directory / "none", no_report);

  BOOST_TEST(text.error().message == "not an LMDB data file");
  BOOST_TEST(foreign.error().message == "an LMDB data file, but not a cfgd store");
  BOOST_TEST(absent.error() == (cfgd::error{.code = cfgd::errc::io,
                                            .message = "No such file or directory",
                                            .subject = directory / "none"}));
}

BOOST_AUTO_TEST_CASE(a_newer_format_is_rejected_with_the_version_needed) {
  store.reset();
  {
    store::lmdb::environment made(directory / "state/data",
                                  {.map_bytes = 64 << 20, .databases = 8});
    store::lmdb::write_transaction in(made);
    for (auto const& [name, value] : {std::pair("format", "99"), std::pair("needs", "9.1.0")}) {
      store::record_writer word;
      word.rest(value);
      cfgd::test::foreign_writer::put(in, "meta", name, word);
    }
    in.commit();
  }

  auto const why = store::back_up(directory / "state", file, no_report);

  BOOST_TEST(why.error().message ==
             "the store has format 99, this program reads format 4; version 9.1.0 "
             "or newer is needed");
  BOOST_TEST(!fs::exists(file));
}

BOOST_AUTO_TEST_CASE(a_backup_of_an_older_format_is_upgraded_when_it_is_opened) {
  {
    cfgd::test::first_format_store old(directory / "old");
    old.add_revision(1, "", "1");
    old.add_revision(2, "1", "2");
  }
  BOOST_REQUIRE(store::back_up(directory / "old", file, no_report).value().format == 1U);

  auto const done = store::restore_offline(question(), no_report);

  BOOST_TEST(done.value().facts.revision == 2U);
  BOOST_TEST(done.value().continues == store::revision_stride);
  auto const opened = store::config_store::open(other, bounds).value();
  BOOST_TEST(*opened->read("site").text == R"({"a":2})");
}

BOOST_AUTO_TEST_CASE(a_restore_keeps_the_old_store) {
  auto const then = all_of(*store);
  back_up();
  must(set({{"site.a", "\"later\""}}));
  auto const later = all_of(*store);
  store.reset();
  auto asked = question();
  asked.state = directory / "state";

  auto const first = store::restore_offline(asked, no_report).value();
  auto const second = store::restore_offline(asked, no_report).value();
  asked.old = store::restore_question::old_store::discard;
  auto const third = store::restore_offline(asked, no_report).value();

  BOOST_TEST(third.old.empty());
  BOOST_TEST(all_of(directory / "state") == then);
  BOOST_TEST(second.old.string() == first.old.string() + ".2");
  BOOST_TEST(joined(names_in(directory / "state")) == "data " + first.old.filename().string() +
                                                          ' ' + second.old.filename().string() +
                                                          " key lock ");
  bring_key();
  fs::rename(first.old, other / "data");
  BOOST_TEST(all_of(other) == later);
}

BOOST_AUTO_TEST_CASE(a_trial_changes_nothing) {
  back_up();
  must(set({{"site.a", "\"later\""}}));
  auto const later = all_of(*store);
  store.reset();
  auto asked = question();
  asked.state = directory / "state";
  asked.what = store::restore_question::action::try_it;

  BOOST_TEST(store::restore_offline(asked, no_report).has_value());

  BOOST_TEST(all_of(directory / "state") == later);
  BOOST_TEST(joined(names_in(directory / "state")) == "copy.1.mdb data key lock ");
}

BOOST_AUTO_TEST_CASE(a_trial_creates_no_state_directory) {
  back_up();
  auto asked = question();
  asked.what = store::restore_question::action::try_it;

  BOOST_TEST(store::restore_offline(asked, no_report).value().continues == store::revision_stride);
  BOOST_TEST(joined(names_in(directory.path())) == "backup.mdb state ");

  auto run = cfgctl({"restore", file, "--state", other, "--dry-run"});
  BOOST_TEST(run.finish() == 0);
  BOOST_TEST(joined(names_in(directory.path())) == "backup.mdb state ");

  fs::create_directory(other);
  fs::permissions(other, fs::perms::owner_all);
  BOOST_TEST(store::restore_offline(asked, no_report).has_value());
  BOOST_TEST(joined(names_in(other)).empty());
}

BOOST_AUTO_TEST_CASE(a_trial_reports_a_directory_that_cannot_be_created) {
  back_up();
  auto asked = question();
  asked.state = directory / "no/where";
  asked.what = store::restore_question::action::try_it;

  auto const why = store::restore_offline(asked, no_report);

  BOOST_REQUIRE(!why);
  BOOST_TEST(why.error().subject == (directory / "no").string());
}

BOOST_AUTO_TEST_CASE(a_running_daemon_prevents_a_restore) {
  back_up();
  auto asked = question();
  asked.state = directory / "state";

  auto const why = store::restore_offline(asked, no_report);

  BOOST_TEST((why.error().code == cfgd::errc::conflict));
}

BOOST_AUTO_TEST_CASE(a_failed_backup_keeps_the_previous_one) {
  write_file(file, "the last one");

  auto const why = store::back_up(directory / "none", file, no_report);
  auto const nowhere = store::back_up(directory / "state", directory / "no/where", no_report);

  BOOST_TEST((why.error().code == cfgd::errc::not_found));
  BOOST_TEST(nowhere.error().message == "cannot be written: No such file or directory");
  BOOST_TEST(read_file(file) == "the last one");
  BOOST_TEST(joined(names_in(directory.path())) == "backup.mdb state ");
}

BOOST_AUTO_TEST_CASE(
    root_acts_as_the_owner_of_the_store,
    *boost::unit_test::precondition([](auto) -> boost::test_tools::assertion_result {
      return ::geteuid() == 0;
    })) {
  constexpr uid_t owner = 12'345;
  store.reset();
  fs::permissions(directory.path(), fs::perms::others_exec, fs::perm_options::add);
  for (auto const& entry : fs::recursive_directory_iterator(directory / "state"))
    BOOST_REQUIRE(::chown(entry.path().c_str(), owner, owner) == 0);
  BOOST_REQUIRE(::chown((directory / "state").c_str(), owner, owner) == 0);
  fs::remove(directory / "state/data/lock.mdb");

  back_up();
  auto asked = question();
  asked.state = directory / "state";
  BOOST_REQUIRE(store::restore_offline(asked, no_report).has_value());

  BOOST_TEST(::geteuid() == 0U);
  struct stat status {};
  for (auto const& entry : fs::recursive_directory_iterator(directory / "state")) {
    BOOST_REQUIRE(::stat(entry.path().c_str(), &status) == 0);
    BOOST_TEST(status.st_uid == owner);
    BOOST_TEST(status.st_gid == owner);
  }
  BOOST_REQUIRE(::stat(file.c_str(), &status) == 0);
  BOOST_TEST(status.st_uid == 0U);
}

BOOST_AUTO_TEST_CASE(the_program_makes_backups_and_restores_them) {
  auto const root = directory / "root";
  fs::create_directories(root);
  fs::create_directory_symlink(directory / "state", root / "state");

  auto made = cfgctl({"backup", file, "--root", root});
  BOOST_TEST(made.finish() == 0);
  auto before_command = cfgctl({"--root", root, "backup", file});
  BOOST_TEST(before_command.finish() == 0);
  BOOST_TEST(before_command.out() == made.out());
  store.reset();
  auto plain = cfgctl({"restore", file, "--state", directory / "state", "--dry-run"});
  auto whole = cfgctl({"--json", "restore", file, "--state", other, "--offline"});
  auto absent = cfgctl({"restore", directory / "none", "--state", other});

  auto const records = std::to_string(store::verify_backup(file, no_report).value().records);
  BOOST_TEST(made.out().starts_with(file.string() + ": revision 42, " + records + " records\n"),
             made.out());
  BOOST_TEST(made.out().find("sealed with the key") != std::string::npos, made.out());
  BOOST_TEST(plain.finish() == 0);
  BOOST_TEST(plain.out() == "would restore revision 42, " + records + " records\n");
  BOOST_TEST(whole.finish() == 0);
  BOOST_TEST(whole.out().find(R"("mode":"offline")") != whole.out().npos);
  BOOST_TEST(absent.finish() == 1);
  BOOST_TEST(absent.err() == "cfgctl: restore: " + (directory / "none").string() +
                                 ": cannot be read: No such file or directory\n");
}

BOOST_AUTO_TEST_CASE(a_running_daemon_restores_the_override_layer) {
  must(cfgd::test::unset({"site", "mail"}));
  must(set({{"site.a", "7"}}));
  back_up();
  auto const root = directory / "root";
  fs::create_directories(root / "run");
  fs::create_directory_symlink(directory / "state", root / "state");
  std::string const call = R"({"method":"io.cfgd.History.Restore","parameters":)"
                           R"({"overrides":{"site":{"a":7}},"comment":"back"}})";
  std::string const reply = R"({"parameters":{"revision":60,"changed":["site.a"],"warnings":[]}})";
  cfgd::test::scripted_peer peer(root / "run/io.cfgd",
                                 {cfgd::test::exchange({{status_call, status_of(root / "state")}}),
                                  cfgd::test::exchange({{call, reply}})});

  auto run = cfgctl({"restore", file, "--root", root, "-m", "back"});
  BOOST_TEST(run.finish() == 0);
  peer.finish();
  auto insisting = cfgctl({"restore", file, "--root", root, "--offline"});
  auto discarding = cfgctl({"restore", file, "--root", root, "--discard"});

  BOOST_TEST(run.out() == "site.a changed\nrevision 60\n");
  BOOST_TEST(run.err() ==
             "cfgctl: cfgd runs: only the override layer is restored, of revision 44\n");
  BOOST_TEST(insisting.finish() == 1);
  BOOST_TEST(insisting.err().find("is locked by pid") != insisting.err().npos);
  BOOST_TEST(discarding.finish() == 1);
  BOOST_TEST(discarding.err().find("is locked by pid") != discarding.err().npos);
}

BOOST_AUTO_TEST_CASE(a_restore_through_a_daemon_that_does_not_run_says_only_that) {
  back_up();
  auto const socket = (directory / "socket").string();

  auto run = cfgctl({"--socket", socket, "restore", file, "--online"});

  BOOST_TEST(run.finish() == 3);
  BOOST_TEST(run.err().starts_with("cfgctl: restore: "), run.err());
  BOOST_TEST(run.err().find("cfgd runs") == std::string::npos, run.err());
}

BOOST_AUTO_TEST_CASE(the_service_says_which_store_it_is) {
  auto const socket = (directory / "socket").string();
  cfgd::test::scripted_peer peer(
      socket, {cfgd::test::exchange({{status_call, status_of(directory / "state")}}),
               cfgd::test::exchange({{status_call, status_of(directory / "state")}})});

  program_run made(CFGCTL_PROGRAM, {"backup", file}, {"CFGD_SOCKET=" + socket});
  BOOST_TEST(made.finish() == 0);
  auto wrong = cfgctl({"--socket", socket, "restore", file, "--state", other});

  BOOST_TEST(fs::exists(file));
  BOOST_TEST(wrong.finish() == 1);
  BOOST_TEST(wrong.err() == "cfgctl: restore: " + other.string() +
                                " is not the state directory of the service at " + socket +
                                ": that is " + (directory / "state").string() + '\n');
  BOOST_TEST(!fs::exists(other));
  peer.finish();
}

BOOST_AUTO_TEST_CASE(a_store_is_not_guessed) {
  back_up();
  auto const socket = (directory / "socket").string();

  auto unknown = cfgctl({"--socket", socket, "restore", file});
  auto twice = cfgctl({"--root", directory / "a", "backup", file, "--state", directory / "b"});

  BOOST_TEST(unknown.finish() == 3);
  BOOST_TEST(unknown.err().find("name the state directory with --state or --root") !=
                 std::string::npos,
             unknown.err());
  BOOST_TEST(twice.finish() == 1);
  BOOST_TEST(twice.err() == "cfgctl: backup: " + (directory / "b").string() +
                                " is not the state directory of --root " +
                                (directory / "a").string() + ": that is " +
                                (directory / "a/state").string() + '\n');
}

BOOST_AUTO_TEST_SUITE_END()
