#include "client/address.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

using cfgd::client::failure;
using cfgd::client::socket_path;

namespace {

/// Sets CFGD_SOCKET for one test.
class socket_in_environment {
 public:
  explicit socket_in_environment(char const* value) { ::setenv("CFGD_SOCKET", value, 1); }
  ~socket_in_environment() { ::unsetenv("CFGD_SOCKET"); }
  socket_in_environment(socket_in_environment const&) = delete;
  socket_in_environment& operator=(socket_in_environment const&) = delete;
};

std::vector<std::pair<std::string, std::string>> const taken{
    {"/run/x", "/run/x"},
    {"relative/x", "relative/x"},
    {"unix:/run/x", "/run/x"},
    {"unix:/run/x;mode=0666", "/run/x"},
    {std::string(107, 'x'), std::string(107, 'x')},
};

std::vector<std::string> const refused{"unix:",         "unix:@name", "unix:;mode=1",
                                       "tcp:127.0.0.1", "exec:/bin",  std::string(108, 'x')};

} // namespace

namespace std { // NOLINT(cert-dcl58-cpp): Boost.Test prints samples by argument-dependent lookup
static ostream& operator<<(ostream& out, pair<string, string> const& what) {
  return out << what.first;
}
} // namespace std

BOOST_AUTO_TEST_SUITE(address)

BOOST_DATA_TEST_CASE(paths_and_unix_addresses_are_taken, boost::unit_test::data::make(taken)) {
  BOOST_TEST(socket_path(sample.first).value() == sample.second);
}

BOOST_DATA_TEST_CASE(what_no_socket_can_have_is_refused, boost::unit_test::data::make(refused)) {
  auto const path = socket_path(sample);

  BOOST_REQUIRE(!path);
  BOOST_TEST((path.error().kind == failure::unreachable));
  BOOST_TEST(path.error().message.find(sample) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_environment_is_asked_only_without_an_address) {
  socket_in_environment const set("unix:/from/environment");

  BOOST_TEST(socket_path().value() == "/from/environment");
  BOOST_TEST(socket_path("/given").value() == "/given");
}

BOOST_AUTO_TEST_CASE(an_empty_environment_counts_as_none) {
  socket_in_environment const set("");

  BOOST_TEST(socket_path().value() == "/run/cfgd/io.cfgd");
}

BOOST_AUTO_TEST_SUITE_END()
