#include "ipc/large_requests.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/assert.hpp>

#include <utility>

// To read a request of 1 MB, to check it and to make keys of its names takes up to 60 ms, so that
// is not done on the loop. Nor is it freed there: who lets go of it last posts it to the thread.
//
// The thread gets one request at a time, so that the loop decides whose is next (fair_turns), and
// knows only the table of methods, which nobody changes once the server is served.

namespace cfgd::ipc {

namespace asio = boost::asio;

read_parameters read_parameters_of(call_envelope const& envelope,
                                   interface_table::method const& which,
                                   json::read_limits const& bounds,
                                   boost::json::storage_ptr storage) {
  read_parameters out;
  auto parameters = parse_parameters(envelope, bounds, std::move(storage));
  if (parameters) {
    out.refused = interface_table::check(which, *parameters);
    if (!out.refused) out.good.emplace(*std::move(parameters));
    return out;
  }
  auto const& why = parameters.error();
  if (why.code == errc::limit)
    out.refused = {limit_exceeded,
                   limit_parameters("request_" + why.subject, why.used, why.maximum)};
  // Valid JSON with a value out of range: the peer speaks Varlink and gets an error.
  else if (why.code == errc::bad_value)
    out.refused = {"org.varlink.service.InvalidParameter", one_parameter("parameter", why.subject)};
  else
    out.broken = why;
  return out;
}

struct large_request_reader::worker {
  asio::io_context work;
  asio::executor_work_guard<asio::io_context::executor_type> stays{work.get_executor()};
};

namespace {

void read_one(large_request& one, interface_table const& table, json::read_limits const& bounds,
              server& owner) {
  if (auto const read = parse_envelope(one.text, bounds, one.envelope); !read) {
    one.parameters.broken = read.error();
    return;
  }
  interface_table::refusal refused;
  one.which = table.find(one.envelope, refused);
  if (one.which == nullptr) {
    one.parameters.refused = std::move(refused);
    return;
  }
  one.parameters = read_parameters_of(one.envelope, *one.which, bounds, &one.storage);
  if (one.parameters.good && one.which->read)
    one.made = one.which->read({one.envelope.method, *one.parameters.good, one.from,
                                one.envelope.kind == call_kind::more,
                                one.envelope.kind == call_kind::oneway, responder(owner, 0, 0)});
}

/// As read_one(); what is thrown, as when memory runs out, is of this request alone.
void read_safely(large_request& one, interface_table const& table, json::read_limits const& bounds,
                 server& owner) {
  try {
    read_one(one, table, bounds, owner);
  } catch (...) {
    if (one.which != nullptr)
      one.thrown = std::current_exception();
    else
      one.parameters.broken = error{.code = errc::limit, .message = "no memory"};
  }
}

} // namespace

large_request_reader::large_request_reader(asio::any_io_executor loop, server& owner,
                                           interface_table const& table,
                                           json::read_limits const& bounds)
    : loop_(std::move(loop)), owner_(owner), table_(table), bounds_(bounds),
      worker_(std::make_shared<worker>()) {}

large_request_reader::~large_request_reader() {
  worker_->stays.reset();
  if (thread_.joinable()) thread_.join();
}

void large_request_reader::start() {
  if (thread_.joinable()) return;
  thread_ = std::thread([on = worker_, begin = begin_] {
    if (begin) begin();
    on->work.run();
  });
}

std::shared_ptr<large_request> large_request_reader::make(std::string_view frame,
                                                          peer const& from) {
  BOOST_ASSERT(thread_.joinable());
  // Without a thread any more it is freed with the worker.
  auto const free_apart = [on = worker_](large_request* one) {
    asio::post(on->work, [owned = std::unique_ptr<large_request>(one)] {});
  };
  return {new large_request(frame, from), free_apart};
}

void large_request_reader::read(std::shared_ptr<large_request> what,
                                std::function<void(std::chrono::steady_clock::duration)> done) {
  asio::post(worker_->work, [this, what = std::move(what), done = std::move(done)]() mutable {
    auto const began = std::chrono::steady_clock::now();
    read_safely(*what, table_, bounds_, owner_);
    auto const took = std::chrono::steady_clock::now() - began;
    asio::post(loop_, [what = std::move(what), done = std::move(done), took] {
      what->is_read = true;
      done(took);
    });
  });
}

} // namespace cfgd::ipc
