#pragma once

#include "core/limits.hpp"
#include "core/unique_fd.hpp"
#include "daemon/credential_request.hpp"
#include "ipc/task_group.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

namespace cfgd {

/// Serves values to units whose LoadCredential= names the socket. The peer sends nothing and reads
/// to the end; it gets the whole value, or the connection is closed without a byte and the log says
/// why. A value is sent by one call that does not wait, so a crash or a stop cuts none short: one
/// that the kernel's buffer does not hold is refused. Loop thread only.
class unit_credentials {
 public:
  /// Gets the value, or why there is none; may be called at once or later, once, on the loop.
  using answer = std::function<void(result<std::string> const&)>;
  using source = std::function<void(credential_request const&, answer)>;

  struct options {
    uid_t own_uid = 0;         ///< trusted like root
    std::string own_unit = {}; ///< gets nothing; empty: not known
    limits bounds = {};
  };

  unit_credentials(boost::asio::any_io_executor const& loop, options how, source ask);

  /// Takes a listening socket, on which connections may wait already. Errors: protocol.
  [[nodiscard]] result<void> adopt(unique_fd passed);
  /// Accepts and answers until stop(). Call it after adopt(), once. The group must end before this
  /// object does.
  void start(ipc::task_group& tasks);
  /// Closes the sockets. Who waits gets nothing.
  void stop();
  bool is_stopped() const { return stopping_; }

  struct counts {
    std::uint64_t served = 0;
    std::uint64_t refused = 0;
  };
  counts const& figures() const { return figures_; }

 private:
  using clock = std::chrono::steady_clock;
  using time = clock::time_point;
  struct waiting {
    unique_fd connection;
    credential_request asked;
    time until;
  };

  boost::asio::awaitable<void> accept();
  boost::asio::awaitable<void> keep_time();
  bool has_place() const { return waiting_.size() < how_.bounds.credential_connections; }
  /// False: the system lacks something, and a pause is due.
  bool accept_waiting();
  void take(unique_fd connection);
  void finish(std::uint64_t number, result<std::string> const& value);
  void refuse(credential_request const& asked, error const& why);
  void end_overdue();
  void set_clock();
  /// For what others can cause as often as they like.
  bool may_log();

  options how_;
  source ask_;
  boost::asio::local::stream_protocol::acceptor socket_;
  boost::asio::steady_timer pause_;
  boost::asio::steady_timer clock_;
  std::map<std::uint64_t, waiting> waiting_; ///< by number: the oldest first
  std::uint64_t next_ = 0;
  bool stopping_ = false;
  time quiet_until_{};
  counts figures_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true); ///< answers may come after the end
};

} // namespace cfgd
