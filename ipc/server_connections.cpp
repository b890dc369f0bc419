#include "core/log.hpp"
#include "core/message_ids.hpp"
#include "ipc/server_impl.hpp"

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/assert.hpp>

#include <sys/socket.h>

#include <algorithm>
#include <tuple>
#include <utility>

// The way in, and what users have.
//
// A connection of a user who makes too many in a second is accepted and begins later: to wait is
// better than to be refused. One socket is for administrators, so that they find a place when the
// backlog of the other one is full; it is looked at first. Of each, only a few connections are
// taken in one turn of the loop.
//
// Sessions report their memory, ipc::usage decides, and what follows is done in a turn of its own:
// nothing is closed or resumed from inside of another session.

namespace cfgd::ipc {

namespace asio = boost::asio;

// ---- connections

acceptor::options server::impl::accepting(entrance whom) const {
  // Administrators get descriptors of the reserve, and leave some to files and the store.
  std::size_t const part = whom == entrance::everybody ? 1 : 2;
  return {.at_once = std::max<std::size_t>(bounds.accepted_at_once, 1),
          .reserved_descriptors = bounds.reserved_descriptors / part,
          .reserve_divisor = 4 * part};
}

void server::impl::listen_on(unique_fd socket, entrance whom) {
  reader.start(); // now: a call must not fail for want of a thread
  auto const take = [this, whom](unique_fd connection) { admit(std::move(connection), whom); };
  if (whom == entrance::administrators) {
    of_administrators.emplace_back(loop, std::move(socket), accepting(whom), take);
    tasks.spawn("accepting administrators", of_administrators.back().run());
    return;
  }
  acceptors.emplace_back(loop, std::move(socket), accepting(whom), take);
  std::function<void()> first = [this] {
    for (auto& each : of_administrators)
      each.take_waiting();
  };
  tasks.spawn("accepting", acceptors.back().run(std::move(first)));
}

void server::impl::admit(unique_fd connection, entrance whom) {
  auto from = peer_of(connection.get());
  if (!from) {
    log::write(log::level::warning, "closing a connection: " + to_string(from.error()),
               {{"MESSAGE_ID", message_id::client_cut_off}});
    return;
  }
  auto const begins = time_to_begin(*from, whom, connection);
  if (!begins) return;

  session::socket_type socket(loop);
  boost::system::error_code failed;
  socket.assign(asio::local::stream_protocol(), connection.get(), failed);
  if (failed) {
    warn("closing a connection: " + failed.message(), *from);
    return;
  }
  std::ignore = connection.release(); // the session owns it now
  if (!std::exchange(watching, true)) tasks.spawn("connection deadlines", watch_deadlines());

  auto const id = next_id++;
  ++figures.accepted;
  ++figures.connections;
  users.connected(from->uid, whose.has_reserve(from->uid));
  auto made_session = std::make_unique<session>(*this, id, std::move(socket), std::move(*from));
  begin(*sessions.emplace(id, std::move(made_session)).first->second, *begins);
}

std::optional<session_host::clock::time_point>
server::impl::time_to_begin(peer const& from, entrance whom, unique_fd const& connection) {
  if (whom == entrance::administrators && !whose.is_administrator(from)) {
    ++figures.refused;
    warn("closing a connection to the socket of administrators by somebody else", from);
    return std::nullopt;
  }
  bool const has_reserve = whose.has_reserve(from.uid);
  if (auto const why = users.refuse_connection(from.uid, has_reserve)) {
    refuse(from, connection, *why);
    return std::nullopt;
  }
  auto const now = clock::now();
  if (has_reserve || whom == entrance::administrators) return now;
  auto const when = rate.take(from.uid, now);
  if (when) return when;
  users.note_refusal(from.uid);
  auto const used = bounds.connection_burst + bounds.connections_per_second;
  refuse(from, connection,
         {.scope = "user " + std::to_string(from.uid),
          .limit = "connections_per_second",
          .used = used + 1,
          .maximum = bounds.connections_per_second});
  return std::nullopt;
}

void server::impl::refuse(peer const& from, unique_fd const& connection, excess const& why) {
  ++figures.refused;
  std::string message;
  append_error(message, limit_exceeded, limit_parameters(why));
  // A new socket has room for this; who is refused and does not read is not waited for.
  (void)::send(connection.get(), message.data(), message.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  log::write(log::level::warning,
             "refusing a connection: limit '" + std::string(why.limit) + "' of " + why.scope +
                 " reached, " + std::to_string(why.used) + " of " + std::to_string(why.maximum),
             {{"MESSAGE_ID", message_id::user_floods},
              {"CFGD_PEER_UID", std::to_string(from.uid)},
              {"CFGD_PEER_PID", std::to_string(from.pid)}});
}

void server::impl::begin(session& which, clock::time_point when) {
  if (when <= clock::now()) return which.start();
  ++figures.delayed;
  delayed.emplace(when, which.id());
  arm_checks();
}

void server::impl::begin_delayed(clock::time_point now) {
  while (!delayed.empty() && delayed.begin()->first <= now) {
    auto const id = delayed.begin()->second;
    delayed.erase(delayed.begin());
    if (auto const found = sessions.find(id); found != sessions.end()) found->second->start();
  }
}

void server::impl::ended(session& which) {
  auto const uid = which.from().uid;
  if (auto const of_uid = paused_by_uid.find(uid); of_uid != paused_by_uid.end()) {
    of_uid->second.erase(which.id());
    if (of_uid->second.empty()) paused_by_uid.erase(of_uid);
  }
  unread.erase(which.id());
  users.disconnected(uid, which.held());
  --figures.connections;
  sessions.erase(which.id());
  if (stopping && figures.connections == 0) finish_stop();
}

// ---- memory

void server::impl::paused(session& which) { paused_by_uid[which.from().uid].insert(which.id()); }

bool server::impl::can_relieve() const {
  return users.to_close().has_value() ||
         std::ranges::any_of(paused_by_uid,
                             [this](auto const& one) { return users.may_resume(one.first); });
}

void server::impl::usage_changed() {
  if (relieving || stopping || !can_relieve()) return;
  relieving = true;
  tasks.spawn("relief", relieve());
}

asio::awaitable<void> server::impl::relieve() {
  // In a turn of its own: who has reported the change is in the middle of something.
  auto turn = asio::post(loop, asio::use_awaitable);
  co_await std::move(turn);
  while (auto const uid = users.to_close())
    close_largest(*uid);
  std::vector<std::uint64_t> going_on;
  std::erase_if(paused_by_uid, [&](auto const& one) {
    if (!users.may_resume(one.first)) return false;
    going_on.insert(going_on.end(), one.second.begin(), one.second.end());
    return true;
  });
  relieving = false;
  for (auto const id : going_on)
    if (auto const found = sessions.find(id); found != sessions.end()) found->second->resume();
}

void server::impl::close_largest(uid_t uid) {
  session* largest = nullptr;
  for (auto const& [id, each] : sessions)
    if (each->from().uid == uid &&
        (largest == nullptr || each->held().sum() > largest->held().sum()))
      largest = each.get();
  BOOST_ASSERT(largest != nullptr); // who has memory has a connection
  ++figures.closed_for_memory;
  users.note_refusal(uid);
  log::write(log::level::warning,
             "closing the largest connection of user " + std::to_string(uid) +
                 ": limit 'buffer_bytes' of all users reached, " +
                 std::to_string(users.all().sum()) + " of " + std::to_string(bounds.buffer_bytes) +
                 "; the user has " + std::to_string(users.of(uid).bytes.sum()) +
                 ", the connection " + std::to_string(largest->held().sum()),
             {{"MESSAGE_ID", message_id::user_floods},
              {"CFGD_PEER_UID", std::to_string(uid)},
              {"CFGD_PEER_PID", std::to_string(largest->from().pid)}});
  largest->close();
}

} // namespace cfgd::ipc
