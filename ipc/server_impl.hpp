#pragma once

#include "core/unique_fd.hpp"
#include "ipc/acceptor.hpp"
#include "ipc/connection_rate.hpp"
#include "ipc/fair_turns.hpp"
#include "ipc/large_requests.hpp"
#include "ipc/listening_socket.hpp"
#include "ipc/server.hpp"
#include "ipc/session.hpp"
#include "ipc/task_group.hpp"
#include "ipc/usage.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace cfgd::ipc {

/// What the public side of the server hides. server.cpp has the sessions and their turns,
/// server_connections.cpp the way in and the memory.
struct server::impl final : session_host {
  using clock = session_host::clock;

  impl(boost::asio::any_io_executor executor, limits const& limits_of_server, identity of,
       server& self);

  // session_host
  void want_turn(session& which) override;
  bool may_work_at_once(session const& which) const override;
  void worked(session const& which, clock::duration time) override;
  std::shared_ptr<large_request> read_apart(session& which, std::string_view frame) override;
  void want_check(clock::time_point when) override;
  void ended(session& which) override;
  void paused(session& which) override;
  void usage_changed() override;
  void warn(std::string const& message, peer const& about) override;

  void add_own_interface();
  std::string info() const;
  void describe_interface(call const& asked) const;

  void listen_on(unique_fd socket, entrance whom);
  acceptor::options accepting(entrance whom) const;
  void admit(unique_fd connection, entrance whom);
  /// When the connection may begin; absent: it was refused.
  std::optional<clock::time_point> time_to_begin(peer const& from, entrance whom,
                                                 unique_fd const& connection);
  void refuse(peer const& from, unique_fd const& connection, excess const& why);
  void begin(session& which, clock::time_point when);
  void take_turns();
  /// Has the large request read whose turn it is.
  void read_next();
  void begin_delayed(clock::time_point now);
  void arm_checks();
  bool can_relieve() const;
  boost::asio::awaitable<void> relieve();
  void close_largest(uid_t uid);
  boost::asio::awaitable<void> watch_deadlines();
  boost::asio::awaitable<void> close_after(std::chrono::milliseconds drain);
  void close_all();
  std::vector<std::uint64_t> ids() const;
  void for_each_session(std::function<void(session&)> const& visit);
  void begin_stop(std::chrono::milliseconds drain);
  void finish_stop();
  /// The session whose call at hand it is.
  session* find(std::uint64_t id, std::uint64_t call);
  /// The one that has the call unanswered, at hand or set aside.
  session* find_open(std::uint64_t id, std::uint64_t call);

  static void task_failed(std::string const& name, std::exception_ptr const& thrown);

  boost::asio::any_io_executor loop;
  identity who;
  std::unordered_map<std::uint64_t, std::unique_ptr<session>> sessions; ///< by id
  std::uint64_t next_id = 1; ///< 64 bits: an id never comes again
  connection_rate rate;
  privileges whose;
  std::multimap<clock::time_point, std::uint64_t> delayed; ///< ids, by the time they begin
  std::unordered_map<uid_t, std::unordered_set<std::uint64_t>> paused_by_uid; ///< ids
  bool relieving = false;
  fair_turns turns;
  large_request_reader reader;
  fair_turns reading_turns; ///< of connections whose large request is in `unread`, or that ended
  std::unordered_map<std::uint64_t, std::shared_ptr<large_request>> unread; ///< by connection
  std::shared_ptr<bool> reading; ///< while the reader has a request
  clock::duration at_once{};     ///< worked without a turn, since turns were taken
  bool turns_posted = false;
  bool watching = false; ///< watch_deadlines was spawned
  std::list<acceptor> of_administrators;
  std::list<acceptor> acceptors;
  std::vector<listening_socket> made;
  boost::asio::steady_timer checks;
  clock::time_point next_check = clock::time_point::max();
  boost::asio::steady_timer drain_end;
  std::function<void()> stopped;
  task_group tasks;
};

} // namespace cfgd::ipc
