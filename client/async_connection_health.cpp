/// The asynchronous client's calls about the health of the service; see connection_health.cpp.

#include "client/async_connection.hpp"
#include "client/detail/decode.hpp"
#include "client/detail/decode_later.hpp"

#include <utility>

namespace asio = boost::asio;

namespace cfgd::client {
namespace {

using detail::decoded_later;

result<std::string> read_text(boost::json::object&& from) {
  return detail::decode_text(std::move(from), "text");
}

} // namespace

asio::awaitable<result<health_report>> async_connection::health() {
  return decoded_later<health_report>(call("io.cfgd.Service.Health"), detail::decode_health);
}

asio::awaitable<result<health_report>>
async_connection::run_checks(std::vector<std::string> const& names) {
  return decoded_later<health_report>(
      call("io.cfgd.Service.RunChecks", detail::check_parameters(names)), detail::decode_health);
}

asio::awaitable<result<problem_report>> async_connection::problems(problem_query const& query) {
  return decoded_later<problem_report>(
      call("io.cfgd.Service.Problems", detail::parameters_of(query)), detail::decode_problems);
}

asio::awaitable<result<void>> async_connection::clear_problems() {
  return decoded_later<void>(call("io.cfgd.Service.ClearProblems"), detail::decode_nothing);
}

asio::awaitable<result<std::string>> async_connection::metrics() {
  return decoded_later<std::string>(call("io.cfgd.Service.Metrics"), read_text);
}

} // namespace cfgd::client
