#include "client/connection.hpp"
#include "tests/integration/fixture.hpp"
#include "tests/integration/other_user.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

// Administrators and files find a place whatever other clients take.

namespace {

using namespace cfgd;
using namespace cfgd::test;

std::filesystem::path socket_of_administrators(running const& of) {
  return of.daemon.socket().native() + ".admin";
}

/// Connections that say nothing; those that find no place in the backlog are left out.
class crowd {
 public:
  crowd(std::filesystem::path const& socket, int most) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    socket.native().copy(static_cast<char*>(address.sun_path), sizeof address.sun_path - 1);
    auto const* const generic = reinterpret_cast<sockaddr const*>(&address); // NOLINT: connect(2)
    for (int count = 0; count < most; ++count) {
      int const one = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
      if (::connect(one, generic, sizeof address) == 0)
        connections_.push_back(one);
      else
        ::close(one);
    }
  }
  ~crowd() {
    for (int const one : connections_)
      ::close(one);
  }
  crowd(crowd const&) = delete;
  crowd& operator=(crowd const&) = delete;

  std::size_t size() const { return connections_.size(); }

 private:
  std::vector<int> connections_;
};

struct serving : running {
  serving() {
    save("app.json", R"({"number": 1})");
    daemon.start();
  }
};

} // namespace

namespace cases {
BOOST_AUTO_TEST_SUITE(administrators)

BOOST_FIXTURE_TEST_CASE(have_a_socket_of_their_own_that_goes_with_the_service, serving) {
  auto const place = socket_of_administrators(*this);
  struct stat status {};
  BOOST_REQUIRE(::stat(place.c_str(), &status) == 0);
  BOOST_TEST((status.st_mode & 07007U) == 0U);

  auto connected = client::connection::connect(place.string());
  BOOST_REQUIRE(connected.has_value());
  BOOST_TEST(connected->status().value().ready);
  connected = client::connection::connect(daemon.socket().string());

  BOOST_TEST(daemon.stop() == 0);
  BOOST_TEST(!std::filesystem::exists(place));
}

BOOST_FIXTURE_TEST_CASE(others_cannot_use_it, serving, *as_root) {
  std::filesystem::permissions(directory.path(), std::filesystem::perms(0755));
  auto const place = socket_of_administrators(*this).string();
  auto const usual = daemon.socket().string();

  BOOST_TEST(as_other_user([&] {
    return !client::connection::connect(place).has_value() &&
           client::connection::connect(usual).has_value();
  }));
}

BOOST_FIXTURE_TEST_CASE(clients_cannot_take_the_descriptors_of_files_and_administrators, serving) {
  rlimit const few{160, 160};
  BOOST_REQUIRE(::prlimit(daemon.pid(), RLIMIT_NOFILE, &few, nullptr) == 0);

  crowd const many(daemon.socket(), 250);
  BOOST_TEST(many.size() > 160U);
  daemon.wait_for_line("descriptors are kept for files and administrators");
  save("app.json", R"({"number": 2})");
  auto connected = client::connection::connect(socket_of_administrators(*this).string());
  BOOST_REQUIRE(connected.has_value());
  BOOST_TEST(connected->sync().has_value());

  auto const found = connected->get_value("app.number").value();
  BOOST_REQUIRE(found.has_value());
  BOOST_TEST(found->as_int64() == 2);
}

BOOST_FIXTURE_TEST_CASE(see_who_uses_what_and_others_see_themselves, serving, *as_root) {
  std::filesystem::permissions(directory.path(), std::filesystem::perms(0755));
  auto const usual = daemon.socket();
  crowd const some(usual, 3);

  auto const of_root = answer_at("/users/0/uid", "Service.Usage");
  auto const connections = answer_at("/users/0/connections", "Service.Usage");
  auto const maximum = answer_at("/maximumBytes", "Service.Usage");

  BOOST_TEST(of_root == "0");
  BOOST_TEST(std::stoi(connections) >= 4);
  BOOST_TEST(std::stoll(maximum) > 0);
  BOOST_TEST(as_other_user([&] {
    auto const reply = stream(usual).ask(call_text("Service.Usage", "{}"));
    auto const& users = reply.at("parameters").at("users").as_array();
    return users.size() == 1 && users.at(0).at("uid").as_int64() == ::getuid() &&
           users.at(0).at("connections").as_int64() == 1;
  }));
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
