#include "exporter/listen_address.hpp"

#include <boost/asio/ip/address.hpp>

#include <charconv>
#include <string>

// Figures show how a machine is used, and there is neither authentication nor encryption here: that
// is for a proxy in front. So an address that other machines can reach needs --allow-remote.

namespace cfgd::exporter {
namespace {

namespace ip = boost::asio::ip;

error bad(std::string_view text) {
  return {.code = errc::bad_value,
          .message = "must be ADDRESS:PORT, such as 127.0.0.1:9718 or [::1]:9718",
          .subject = std::string(text)};
}

} // namespace

result<ip::tcp::endpoint> parse_listen_address(std::string_view text, remote allowed) {
  auto const colon = text.rfind(':');
  if (colon == text.npos) return bad(text);
  auto host = text.substr(0, colon);
  auto const digits = text.substr(colon + 1);
  bool const bracketed = host.starts_with('[') && host.ends_with(']');
  if (bracketed) host = host.substr(1, host.size() - 2);

  std::uint16_t port = 0;
  auto const [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  boost::system::error_code wrong;
  auto const address = ip::make_address(std::string(host), wrong);
  if (wrong || digits.empty() || ec != std::errc{} || end != digits.data() + digits.size() ||
      address.is_v6() != bracketed)
    return bad(text);
  if (!address.is_loopback() && allowed == remote::forbidden)
    return error{.code = errc::denied,
                 .message = "other machines can reach this address; "
                            "use --allow-remote to listen there",
                 .subject = std::string(text)};
  return ip::tcp::endpoint(address, port);
}

} // namespace cfgd::exporter
