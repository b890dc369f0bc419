#include "exporter/http_server.hpp"

#include "core/log.hpp"
#include "core/message_ids.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>

#include <exception>
#include <optional>
#include <string>
#include <utility>

// Clients are monitoring programs that connect a few times a minute. A broken or hostile client
// must cost next to nothing: requests have no body, a head has at most 8 KiB, and silent
// connections are closed.
//
// Each connection is one coroutine of the task group. It ends when its socket is closed, or, while
// it waits for the service, when the connection to the service is closed.

namespace cfgd::exporter {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;

constexpr std::chrono::milliseconds accept_pause{100};

using request = http::request<http::empty_body>;
using response = http::response<http::string_body>;

response make_response(page what, request const& asked) {
  response out(static_cast<http::status>(what.status), asked.version());
  out.set(http::field::server, "cfgd-exporter");
  out.set(http::field::content_type, what.type);
  out.set(http::field::cache_control, "no-store");
  out.set("X-Content-Type-Options", "nosniff");
  if (what.status == 405) out.set(http::field::allow, "GET, HEAD");
  out.keep_alive(asked.keep_alive());
  out.body() = std::move(what.text);
  out.prepare_payload();
  // HEAD: the length that GET would have, without the body.
  if (asked.method() == http::verb::head) out.body().clear();
  return out;
}

page refusal(unsigned status, char const* text) { return {.status = status, .text = text}; }

/// The answer to a request that could not be read; absent: the client has gone.
std::optional<page> answer_to(beast::error_code const& failed) {
  if (failed == http::error::header_limit || failed == http::error::buffer_overflow)
    return refusal(431, "the request is too large\n");
  if (failed == http::error::body_limit || failed == http::error::unexpected_body)
    return refusal(413, "requests must not have a body\n");
  bool const is_http = failed.category() == make_error_code(http::error::bad_method).category();
  if (!is_http || failed == http::error::end_of_stream || failed == http::error::partial_message)
    return std::nullopt;
  return refusal(400, "not a valid HTTP request\n");
}

void log_failed(std::string const& name, std::exception_ptr const& why) {
  try {
    std::rethrow_exception(why);
  } catch (std::exception const& broken) {
    log::write(log::level::error, name + " ended: " + broken.what(),
               {{"MESSAGE_ID", message_id::task_ended}});
  }
}

/// Registers a connection while it is served, so that stop() can close it.
class registration {
 public:
  using all = std::set<asio::ip::tcp::socket*>;
  registration(all& list, asio::ip::tcp::socket& one) : list_(list), one_(&one) {
    list_.insert(one_);
  }
  ~registration() { list_.erase(one_); }
  registration(registration const&) = delete;
  registration& operator=(registration const&) = delete;

 private:
  all& list_;
  asio::ip::tcp::socket* one_;
};

} // namespace

http_server::http_server(asio::any_io_executor loop, pages& from, bounds most)
    : loop_(loop), from_(from), most_(most), acceptor_(loop), pause_(loop),
      tasks_(std::move(loop), log_failed) {}

result<void> http_server::listen(asio::ip::tcp::endpoint const& where) {
  boost::system::error_code failed;
  acceptor_.open(where.protocol(), failed);
  if (!failed) acceptor_.set_option(asio::socket_base::reuse_address(true), failed);
  if (!failed) acceptor_.bind(where, failed);
  if (!failed) acceptor_.listen(asio::socket_base::max_listen_connections, failed);
  if (failed) {
    std::string const name = where.address().to_string() + ':' + std::to_string(where.port());
    return error{.code = errc::io, .message = failed.message(), .subject = name};
  }
  tasks_.spawn("accept loop", accept());
  return {};
}

asio::ip::tcp::endpoint http_server::address() const { return acceptor_.local_endpoint(); }

void http_server::stop(std::function<void()> done) {
  stopping_ = true;
  boost::system::error_code ignored; // the descriptor is gone in any case
  acceptor_.close(ignored);
  from_.close();
  for (auto* const each : open_)
    each->close(ignored);
  tasks_.cancel();
  tasks_.on_empty(std::move(done));
}

asio::awaitable<void> http_server::accept() {
  while (!stopping_) {
    auto [failed, socket] = co_await acceptor_.async_accept(asio::as_tuple(asio::use_awaitable));
    if (stopping_) co_return;
    if (failed) {
      // Out of descriptors, or the client has gone: going on at once could spin.
      pause_.expires_after(accept_pause);
      co_await pause_.async_wait(asio::as_tuple(asio::use_awaitable));
      continue;
    }
    if (open_.size() >= most_.connections) continue; // closes it
    tasks_.spawn("HTTP connection", serve(std::move(socket)));
  }
}

asio::awaitable<void> http_server::serve(asio::ip::tcp::socket socket) {
  beast::tcp_stream stream(std::move(socket));
  registration const registered(open_, stream.socket());
  beast::flat_buffer buffer(most_.request_bytes);
  bool goes_on = true;
  while (goes_on && !stopping_) {
    http::request_parser<http::empty_body> parser;
    parser.header_limit(most_.request_bytes);
    parser.body_limit(0);
    stream.expires_after(most_.idle);
    auto const [failed, count] =
        co_await http::async_read(stream, buffer, parser, asio::as_tuple(asio::use_awaitable));
    std::optional<page> answer;
    if (failed) {
      answer = answer_to(failed);
      if (!answer || stopping_) co_return;
    }
    request asked = parser.release();
    if (failed) asked.keep_alive(false);
    if (!answer && asked.method() != http::verb::get && asked.method() != http::verb::head)
      answer = refusal(405, "only GET and HEAD are supported\n");
    if (!answer) {
      std::string path(asked.target().substr(0, asked.target().find('?')));
      std::string accepted(asked[http::field::accept]);
      answer = co_await from_.find(std::move(path), std::move(accepted));
    }
    response out = make_response(std::move(*answer), asked);
    goes_on = out.keep_alive();
    stream.expires_after(most_.answering);
    auto writing = http::async_write(stream, out, asio::as_tuple(asio::use_awaitable));
    auto const [unwritten, written] = co_await std::move(writing);
    if (unwritten) co_return;
  }
  beast::error_code ignored; // the client may have closed as well
  stream.socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
}

} // namespace cfgd::exporter
