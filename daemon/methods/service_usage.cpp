#include "daemon/methods/handlers.hpp"
#include "daemon/methods/reply.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <utility>
#include <vector>

// Who uses what of the limits that hold for clients.

namespace cfgd::methods {
namespace {

namespace bj = boost::json;
using user = std::pair<uid_t, ipc::usage::account>;

/// The users that the caller may see, who has most first.
std::vector<user> visible_users(ipc::usage const& all, caller const& by) {
  auto const own = by.peer().uid;
  std::vector<user> users;
  if (!by.is_administrator()) {
    users.emplace_back(own, all.of(own));
    return users;
  }
  all.each([&](uid_t uid, ipc::usage::account const& has) { users.emplace_back(uid, has); });
  std::ranges::sort(users, [](user const& one, user const& other) {
    auto const bytes = std::pair(one.second.bytes.sum(), other.second.bytes.sum());
    return bytes.first != bytes.second ? bytes.first > bytes.second : one.first < other.first;
  });
  return users;
}

bj::object user_json(ipc::usage const& all, limits const& bounds, user const& one) {
  auto const& [uid, has] = one;
  return {
      {"uid", uid},
      {"connections", has.connections},
      {"maximumConnections", uid == 0 ? bounds.connections_of_root : bounds.connections_per_uid},
      {"readBytes", has.bytes.read},
      {"callBytes", has.bytes.called},
      {"queuedBytes", has.bytes.queued},
      {"maximumBytes", all.maximum_of(uid)},
      {"paused", all.pauses(uid)},
      {"refused", has.refused}};
}

} // namespace

void show_usage(method_context& with, authorized_call const& asked) {
  auto const& all = with.server.users();
  bj::array users;
  for (auto const& one : visible_users(all, asked.by))
    users.emplace_back(user_json(all, with.bounds, one));
  bj::object out{{"connections", all.connections()},
                 {"maximumConnections", with.bounds.connections},
                 {"bytes", all.all().sum()},
                 {"maximumBytes", with.bounds.buffer_bytes}};
  out["users"] = std::move(users);
  reply(asked.answer, out);
}

} // namespace cfgd::methods
