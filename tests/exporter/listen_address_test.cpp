#include "exporter/listen_address.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using cfgd::errc;
using cfgd::exporter::parse_listen_address;
using cfgd::exporter::remote;

} // namespace

// Suites are namespaces: not in the global one, where the names of functions are.
namespace cases {
BOOST_AUTO_TEST_SUITE(listen_address)

BOOST_AUTO_TEST_CASE(addresses_of_this_machine_are_taken) {
  for (auto const* const text : {"127.0.0.1:9718", "127.3.2.1:1", "[::1]:65535", "127.0.0.1:0"})
    BOOST_TEST(parse_listen_address(text, remote::forbidden).has_value(), text);

  auto const found = parse_listen_address("[::1]:9718", remote::forbidden).value();
  BOOST_TEST(found.address().is_v6());
  BOOST_TEST(found.port() == 9718);
}

BOOST_AUTO_TEST_CASE(others_have_to_be_asked_for) {
  for (auto const* const text :
       {"0.0.0.0:9718", "[::]:9718", "192.0.2.1:9718", "[2001:db8::1]:1", "[::ffff:192.0.2.1]:1"}) {
    BOOST_TEST((parse_listen_address(text, remote::forbidden).error().code == errc::denied), text);
    BOOST_TEST(parse_listen_address(text, remote::allowed).has_value(), text);
  }
}

BOOST_AUTO_TEST_CASE(what_is_no_address_is_refused) {
  for (auto const* const text :
       {"", ":", "9718", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1",
        "127.0.0.1:1x", "localhost:9718", "::1:9718", "[::1:9718", "[127.0.0.1]:1", "[]:1"})
    BOOST_TEST((parse_listen_address(text, remote::allowed).error().code == errc::bad_value), text);
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
