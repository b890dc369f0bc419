#include "cfgctl/offline/check.hpp"
#include "cfgctl/offline/starter.hpp"
#include "tests/support/program_run.hpp"
#include "tests/support/temporary_directory.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/stat.h>

#include <filesystem>
#include <string>

namespace fs = std::filesystem;
namespace offline = cfgd::cfgctl::offline;
using cfgd::test::program_run;
using cfgd::test::read_file;
using cfgd::test::write_file;

namespace {

struct fixture {
  cfgd::test::temporary_directory directory;
  fs::path tree = directory / "new/tree";
};

/// Sets the umask, and back.
class umask_now {
 public:
  explicit umask_now(mode_t mask) : before_(::umask(mask)) {}
  ~umask_now() { ::umask(before_); }
  umask_now(umask_now const&) = delete;
  umask_now& operator=(umask_now const&) = delete;

 private:
  mode_t before_;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(init, fixture)

BOOST_AUTO_TEST_CASE(the_starter_tree_is_valid) {
  BOOST_REQUIRE(offline::make_starter(tree).has_value());

  auto const found = offline::check({.where = offline::tree_of_root(tree), .named = {}},
                                    [](std::size_t, std::size_t) {});

  BOOST_TEST(found.value().findings.empty());
  BOOST_TEST(found->files == 3U);
}

BOOST_AUTO_TEST_CASE(its_schema_and_rules_validate_changes) {
  BOOST_REQUIRE(offline::make_starter(tree).has_value());
  write_file(tree / "etc/namespaces/app.d/50.toml", "port = 80\ntitel = \"a\"\n");

  auto const found = offline::check({.where = offline::tree_of_root(tree), .named = {}},
                                    [](std::size_t, std::size_t) {});

  BOOST_REQUIRE(found.value().findings.size() == 2U);
  BOOST_TEST(found->findings[0].rule == "app-privileged-port");
  BOOST_TEST(found->findings[1].key == "app.titel");
}

BOOST_AUTO_TEST_CASE(other_users_cannot_write_to_it_whatever_the_umask) {
  umask_now const open(0);

  BOOST_REQUIRE(offline::make_starter(tree).has_value());

  for (auto const& entry : fs::recursive_directory_iterator(directory.path())) {
    struct stat status {};
    BOOST_REQUIRE(::stat(entry.path().c_str(), &status) == 0);
    BOOST_TEST((status.st_mode & 07777U) == (entry.is_directory() ? 0755U : 0644U));
  }
}

BOOST_AUTO_TEST_CASE(it_has_the_settings_of_the_manual) {
  BOOST_REQUIRE(offline::make_starter(tree).has_value());

  BOOST_TEST(read_file(tree / "etc/cfgd.toml").find("[watch]\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_directory_with_files_is_not_changed) {
  write_file(tree / "mine", "");

  auto run = program_run(CFGCTL_PROGRAM, {"init", tree});

  BOOST_TEST(run.finish() == 1);
  BOOST_TEST(run.err() ==
             "cfgctl: init: " + tree.string() + ": it is not empty, and no file is overwritten\n");
  BOOST_TEST(!fs::exists(tree / "etc"));
}

BOOST_AUTO_TEST_CASE(an_empty_directory_is_filled_and_listed) {
  fs::create_directories(tree);

  auto run = program_run(CFGCTL_PROGRAM, {"init", tree.string() + '/'});

  BOOST_TEST(run.finish() == 0);
  BOOST_TEST(run.out().find((tree / "etc/rules/app.toml").string() + '\n') != std::string::npos);
  BOOST_TEST(run.out().find("cfgd --root " + tree.string()) != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
