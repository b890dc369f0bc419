#include "store/lmdb.hpp"
#include "tests/support/temporary_directory.hpp"

#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

// Memory that pages of the store's file take.

namespace {

using namespace cfgd;
using namespace cfgd::store;

/// Of the maps of a file, in KiB, as proc(5) counts it.
std::size_t resident(std::filesystem::path const& file) {
  std::ifstream maps("/proc/self/smaps");
  std::size_t all = 0;
  bool mine = false;
  for (std::string line; std::getline(maps, line);) {
    if (line.find(" r--s ") != line.npos) mine = line.ends_with(file.string());
    if (!mine || !line.starts_with("Rss:")) continue;
    std::istringstream words(line.substr(4));
    std::size_t kibibytes = 0;
    words >> kibibytes;
    all += kibibytes;
    mine = false;
  }
  return all;
}

} // namespace

BOOST_AUTO_TEST_SUITE(lmdb_pages)

BOOST_AUTO_TEST_CASE(what_was_read_is_given_back_and_can_be_read_again) {
  test::temporary_directory const directory;
  auto const place = directory / "store";
  std::filesystem::create_directory(place);
  lmdb::environment env(place, {.map_bytes = std::size_t{16} << 20U, .databases = 1});
  std::string const value(std::size_t{4} << 20U, 'x');
  {
    lmdb::write_transaction writing(env);
    auto const into = writing.open("some", lmdb::transaction::if_absent::create);
    writing.put(into, "key", value);
    writing.commit();
  }
  lmdb::read_transaction view(env);
  auto const from = view.open("some", lmdb::transaction::if_absent::fail);
  auto const found = view.get(from, "key");
  BOOST_REQUIRE(found.has_value());
  BOOST_TEST((*found == value));
  BOOST_TEST(resident(place / "data.mdb") >= 4096U);

  env.give_back_pages();

  BOOST_TEST(resident(place / "data.mdb") < 1024U);
  BOOST_TEST((*found == value));
}

BOOST_AUTO_TEST_SUITE_END()
