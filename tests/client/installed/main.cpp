/// Uses every public header, and most of what the man page shows, with nobody at the socket.

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <cfgd/address.hpp>
#include <cfgd/async_connection.hpp>
#include <cfgd/call_error.hpp>
#include <cfgd/connection.hpp>
#include <cfgd/live.hpp>
#include <cfgd/types.hpp>
#include <cfgd/watcher.hpp>
#include <exception>
#include <iostream>
#include <optional>
#include <string>
#include <utility>

namespace asio = boost::asio;
namespace client = cfgd::client;

namespace {

std::string const nobody = "/nonexistent/io.cfgd";

bool is_unreachable(client::call_error const& why) {
  std::cout << why << '\n';
  return why.kind == client::failure::unreachable;
}

asio::awaitable<bool> fail_to_set(client::async_connection& service) {
  client::transaction change;
  change.values["site.title"] = "Spring sale";
  auto const done = co_await service.set(change);
  co_return !done && is_unreachable(done.error());
}

asio::awaitable<bool> fail_to_follow(client::watcher& site) {
  auto const event = co_await site.next();
  co_return !event && is_unreachable(event.error());
}

bool fail_to_copy() {
  client::live_options options;
  options.address = nobody;
  auto const none = client::live::open(options);
  options.first = client::first_connect::retry;
  auto const later = client::live::open(options);
  return !none && is_unreachable(none.error()) && later && later->stale() &&
         !later->get<std::string>("site.title") && later->values().size() == 0;
}

bool run(asio::io_context& loop, asio::awaitable<bool> task) {
  std::optional<bool> outcome;
  asio::co_spawn(loop, std::move(task), [&](std::exception_ptr, bool done) { outcome = done; });
  loop.restart();
  loop.run();
  return outcome.value_or(false);
}

bool fail_to_connect() {
  try {
    auto service = client::connection::connect(nobody).value();
    return !service.is_open();
  } catch (client::call_exception const& thrown) {
    return is_unreachable(thrown.error());
  }
}

} // namespace

int main() {
  asio::io_context loop;
  client::async_connection service(loop.get_executor(), nobody);
  client::watch_options how;
  how.address = nobody;
  client::watcher site(loop.get_executor(), how);

  bool const good = client::socket_path("unix:/x").value() == "/x" && fail_to_connect() &&
                    fail_to_copy() && run(loop, fail_to_set(service)) &&
                    run(loop, fail_to_follow(site));
  return good ? 0 : 1;
}
