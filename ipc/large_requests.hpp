#pragma once

#include "core/json.hpp"
#include "ipc/interface_table.hpp"
#include "ipc/message.hpp"
#include "ipc/peer.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/object.hpp>

#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

namespace cfgd::ipc {

/// The parameters of a request, or what becomes of it without a handler. At most one of them.
struct read_parameters {
  std::optional<boost::json::object> good = {}; ///< checked against the interface
  std::optional<interface_table::refusal> refused = {};
  std::optional<error> broken = {}; ///< not valid Varlink: the connection ends
};
/// Reads and checks the parameters of a call of `which`, allocated in `storage`.
read_parameters read_parameters_of(call_envelope const& envelope,
                                   interface_table::method const& which,
                                   json::read_limits const& bounds,
                                   boost::json::storage_ptr storage);

/// A request that is read on another thread, since that takes longer than a turn of the loop may:
/// first its text, then, when `is_read`, what it says. The loop's, except while it is being read.
struct large_request {
  explicit large_request(std::string_view frame, peer who) : text(frame), from(std::move(who)) {}

  std::string text;
  peer from; ///< a copy for the other thread
  bool is_read = false;
  boost::json::monotonic_resource storage{64 * std::size_t{1024}}; ///< of `parameters`
  call_envelope envelope;
  interface_table::method const* which = nullptr; ///< null: `parameters` has the refusal
  read_parameters parameters;
  std::shared_ptr<void> made; ///< by the method's reader, see call::made
  std::exception_ptr thrown;  ///< by the method's reader
};

/// The thread that reads large requests, one at a time.
class large_request_reader {
 public:
  /// The table must not change while requests are read, and outlive this.
  large_request_reader(boost::asio::any_io_executor loop, server& owner,
                       interface_table const& table, json::read_limits const& bounds);
  /// Waits until a request that is being read is done.
  ~large_request_reader();
  large_request_reader(large_request_reader const&) = delete;
  large_request_reader& operator=(large_request_reader const&) = delete;

  /// Runs first on the thread; set before start().
  void at_start(std::function<void()> begin) { begin_ = std::move(begin); }
  /// Starts the thread, if there is none; before the functions below. Throws std::system_error.
  void start();
  /// A request that is freed on the thread, whoever lets it go last.
  std::shared_ptr<large_request> make(std::string_view frame, peer const& from);
  /// Reads one and calls `done` on the loop, with the time that it took. Not while one is read.
  void read(std::shared_ptr<large_request> what,
            std::function<void(std::chrono::steady_clock::duration)> done);

 private:
  struct worker;

  boost::asio::any_io_executor loop_;
  server& owner_;
  interface_table const& table_;
  json::read_limits bounds_;
  std::function<void()> begin_;
  std::shared_ptr<worker> const worker_; ///< requests that others hold share it
  std::thread thread_;
};

} // namespace cfgd::ipc
