#include "tests/system/machine.hpp"

#include <boost/test/unit_test.hpp>

#include <exception>
#include <string>
#include <vector>

// cfgd is removed again.

namespace {

using namespace cfgd::test;

/// Later cases find it installed.
struct installs_again : on_machine {
  ~installs_again() {
    try {
      host.install();
    } catch (std::exception const& why) {
      BOOST_ERROR(why.what());
    }
  }
};

bool is_below(std::string const& path, std::string const& folder) {
  return path == folder || path.starts_with(folder + '/');
}

/// What bears cfgd's name among all that was written in the container since it was made, and is
/// there still; but the administrator's files and the state.
std::vector<std::string> left_over(machine& host) {
  std::vector<std::string> found;
  auto const written = host.inside().written();
  for (auto const& path : written) {
    auto const text = path.string();
    if (text.find("cfgd") == std::string::npos) continue;
    if (is_below(text, "/etc/cfgd") || is_below(text, "/var/lib/cfgd")) continue;
    found.push_back(text);
  }
  return found;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(removal, installs_again, *boost::unit_test::precondition(needs_machine()))

BOOST_AUTO_TEST_CASE(what_is_left_is_the_state_and_the_administrators_files) {
  host.save("app.json", R"({"n":1})");
  BOOST_TEST(host.cfgctl({"set", "app.m=2"}).code == 0);

  auto const disable = host.systemctl({"disable", "--now", "cfgd.socket", "cfgd.service"});
  BOOST_TEST(disable.code == 0, disable);
  BOOST_TEST(host.property("ActiveState") == "inactive");
  BOOST_TEST(host.property("Result") == "success");
  BOOST_TEST(host.property("ActiveState", "cfgd.socket") == "inactive");
  BOOST_TEST(host.property("UnitFileState", "cfgd.socket") == "disabled");
  BOOST_TEST(host.property("UnitFileState") == "disabled");
  BOOST_TEST(host.cfgctl({"status"}).code == 3); // nobody listens
  host.remove();

  auto const left = left_over(host);
  for (auto const& one : left)
    BOOST_TEST_MESSAGE("left over: " << one);
  BOOST_TEST(left == std::vector<std::string>(), boost::test_tools::per_element());
  // In /run, which is gone at the next boot: directories alone.
  BOOST_TEST(host.inside().must({"find", "/run", "-name", "*cfgd*", "-not", "-type", "d"}) == "");
  BOOST_TEST(std::filesystem::exists(host.inside().files() / "var/lib/cfgd"));
}

BOOST_AUTO_TEST_CASE(the_state_is_there_when_it_is_installed_again) {
  BOOST_TEST(host.cfgctl({"set", "app.m=2"}).code == 0);
  host.systemctl({"disable", "--now", "cfgd.socket", "cfgd.service"});
  host.remove();

  host.install();

  BOOST_TEST(host.value("app.m") == "2");
}

BOOST_AUTO_TEST_SUITE_END()
