#include "engine/rules/rules.hpp"
#include "store/probe.hpp"
#include "tests/support/foreign_writer.hpp"
#include "tests/support/store_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

// What the store finds out about itself.

namespace {

using namespace cfgd;
using namespace cfgd::engine;
using namespace cfgd::store;
using namespace cfgd::test;

struct fixture : store_fixture {
  fixture() {
    must(files_changed({good("admin/site.json", R"({"a":1,"b":"MARKER"})")}));
    must(set({{"site.a", "2"}}));
  }
  std::filesystem::path const data = store->data_file().parent_path();

  /// Changes each place of the open file where `bytes` stand, as a disk does that loses them.
  int overwrite(std::string_view bytes, char with) const {
    auto const content = read_file(store->data_file());
    std::fstream out(store->data_file(), std::ios::in | std::ios::out | std::ios::binary);
    int places = 0;
    for (auto at = content.find(bytes); at != std::string::npos; at = content.find(bytes, at + 1)) {
      out.seekp(static_cast<std::streamoff>(at));
      out.put(with);
      ++places;
    }
    return places;
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(probe, fixture)

BOOST_AUTO_TEST_CASE(a_probe_reports_on_the_store_and_changes_no_value) {
  auto const seen = store->probe(at(5)).value();

  BOOST_TEST((seen.written > std::chrono::steady_clock::duration::zero()));
  BOOST_TEST(seen.revision == 2U);
  BOOST_TEST(seen.live_bytes > 0U);
  BOOST_TEST(seen.live_bytes <= seen.file_bytes);
  BOOST_TEST(seen.file_bytes <= seen.map_bytes);
  BOOST_TEST(seen.maximum_bytes == bounds.store_bytes);
  BOOST_TEST((seen.last_change == at()));
  BOOST_TEST(store->revision() == 2U);
  BOOST_TEST(text("site") == R"({"a":2,"b":"MARKER"})");
}

BOOST_AUTO_TEST_CASE(a_probe_is_not_seen_as_a_foreign_change) {
  BOOST_TEST(store->probe(at()).has_value());

  BOOST_TEST(store->refresh().empty());
  BOOST_TEST(must(set({{"site.a", "3"}})).revision == 3U);
  BOOST_TEST(store->take_foreign().empty());
  reopen();
  BOOST_TEST(store->revision() == 3U);
}

BOOST_AUTO_TEST_CASE(foreign_changes_before_a_probe_are_not_lost) {
  must(unset({"site"}));
  must(files_changed({gone("admin/site.json")}));
  auto const revision = store->revision();
  foreign_writer::elsewhere([&] { foreign_writer::write_two_revisions(data, revision, ""); });

  BOOST_TEST(store->probe(at()).value().revision == revision + 2);

  BOOST_TEST(store->refresh().size() == 2U);
  BOOST_TEST(text("site") == R"({"a":"two"})");
}

BOOST_AUTO_TEST_CASE(a_full_disk_fails_the_probe_until_space_is_freed) {
  temporary_directory const place;
  auto const disk = place / "disk";
  std::filesystem::create_directories(disk);
  if (::mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=1m,mode=0700") != 0) {
    BOOST_TEST_MESSAGE("skipped: no file system can be mounted here");
    return;
  }
  {
    auto const other = config_store::open(disk / "state", bounds).value();
    std::string const block(4096, 'x');
    int const ballast = ::open((disk / "ballast").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    while (::write(ballast, block.data(), block.size()) > 0) {
    }
    ::close(ballast);

    // Pages that are there may be used again, so the first ones may go well.
    bool failed = false;
    for (int n = 0; n < 20 && !failed; ++n)
      failed = !other->probe(at(n)).has_value();
    std::filesystem::remove(disk / "ballast");

    BOOST_TEST(failed);
    BOOST_TEST(other->probe(at(100)).has_value());
  }
  ::umount(disk.c_str());
}

BOOST_AUTO_TEST_CASE(a_whole_namespace_is_verified) {
  auto const seen = store->verify("site").value();

  BOOST_TEST(*seen.text == R"({"a":2,"b":"MARKER"})");
  BOOST_TEST((store->verify("none").error().code == errc::not_found));
}

BOOST_AUTO_TEST_CASE(verify_finds_a_value_that_its_layers_do_not_give) {
  foreign_writer::elsewhere(
      [&] { foreign_writer::write_value_alone(data, store->revision(), "77"); });
  BOOST_TEST((store->verify("site").error().code == errc::conflict));
  store->refresh();

  auto const why = store->verify("site").error();

  BOOST_TEST((why.code == errc::invalid));
  BOOST_TEST(why.message == "the effective value differs from the merged layers");
}

BOOST_AUTO_TEST_CASE(verify_finds_records_that_the_disk_lost) {
  BOOST_TEST(store->verify("site").has_value());
  BOOST_TEST(overwrite("MARKER", 'm') > 0);

  auto const why = store->verify("site").error();

  BOOST_TEST((why.code == errc::store_failed));
  BOOST_TEST(why.message.find("is damaged: the check sum does not match") != std::string::npos);
  BOOST_TEST(text("site") == R"({"a":2,"b":"MARKER"})"); // reads go on
}

BOOST_AUTO_TEST_CASE(a_namespace_of_a_schema_alone_is_verified) {
  must(files_changed({good("schemas/admin/app.json", R"({"properties":{"x":{"default":1}}})")}));

  BOOST_TEST(*store->verify("app").value().text == R"({"x":1})");
}

BOOST_AUTO_TEST_CASE(a_rule_outside_of_the_policy_can_be_run) {
  using enum rules::verdict::kind;
  auto const verdict_of = [&](std::string const& check) {
    return store->run_rule({.name = "own", .check = check}).what;
  };

  BOOST_TEST((verdict_of("site.a == 2") == holds));
  BOOST_TEST((verdict_of("site.a == 1") == fails));
  BOOST_TEST((verdict_of("other.a == 1") == unknown));
  BOOST_TEST((verdict_of("site.a.b.c") == broken));
}

BOOST_AUTO_TEST_SUITE_END()
