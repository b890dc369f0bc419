#include "cfgctl/text/usage_text.hpp"

#include "cfgctl/text/figures_text.hpp"
#include "cfgctl/text/table.hpp"
#include "cfgctl/text/users.hpp"

#include <boost/json/array.hpp>

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace cfgd::cfgctl {
namespace {

std::uint64_t number_of(boost::json::object const& of, std::string_view name) {
  auto const* const found = of.if_contains(name);
  auto const* const number = found == nullptr ? nullptr : found->if_int64();
  return number == nullptr || *number < 0 ? 0 : static_cast<std::uint64_t>(*number);
}

std::string of_text(std::string const& used, std::string const& maximum) {
  return used + " of " + maximum;
}

std::uint64_t bytes_of(boost::json::object const& user) {
  return number_of(user, "readBytes") + number_of(user, "callBytes") +
         number_of(user, "queuedBytes");
}

bool is_paused(boost::json::object const& user) {
  auto const* const paused = user.if_contains("paused");
  return paused != nullptr && paused->is_bool() && paused->get_bool();
}

std::string name_of(boost::json::object const& user) {
  return user_text(static_cast<std::int64_t>(number_of(user, "uid")));
}

/// The objects of `users`.
std::vector<boost::json::object const*> users_of(boost::json::object const& reply) {
  std::vector<boost::json::object const*> all;
  auto const* const users = reply.if_contains("users");
  if (users == nullptr || !users->is_array()) return all;
  for (auto const& one : users->get_array())
    if (auto const* const user = one.if_object()) all.push_back(user);
  return all;
}

std::vector<table::cell> row_of(boost::json::object const& user) {
  return {name_of(user),
          of_text(grouped(number_of(user, "connections")),
                  grouped(number_of(user, "maximumConnections"))),
          of_text(bytes_text(bytes_of(user)), bytes_text(number_of(user, "maximumBytes"))),
          bytes_text(number_of(user, "queuedBytes")),
          grouped(number_of(user, "refused")),
          is_paused(user) ? "paused" : ""};
}

} // namespace

std::string usage_text(screen const& where, boost::json::object const& reply) {
  auto text =
      "In use: " +
      of_text(grouped(number_of(reply, "connections")),
              grouped(number_of(reply, "maximumConnections"))) +
      " connections, " +
      of_text(bytes_text(number_of(reply, "bytes")), bytes_text(number_of(reply, "maximumBytes"))) +
      " of their memory\n";
  auto const users = users_of(reply);
  if (users.empty()) return text;
  table out({left("USER"), right("CONNECTIONS"), right("MEMORY"), right("QUEUED"), right("REFUSED"),
             left("STATE")});
  for (auto const* const user : users)
    out.add(row_of(*user));
  return text + out.str(where);
}

std::vector<std::string> user_lines(boost::json::object const& reply, std::size_t most) {
  std::vector<std::string> lines;
  for (auto const* const user : users_of(reply)) {
    if (lines.size() == most) break;
    auto const connections = number_of(*user, "connections");
    auto line = name_of(*user);
    line.append(": ").append(grouped(connections));
    line.append(connections == 1 ? " connection, " : " connections, ");
    line.append(bytes_text(bytes_of(*user)));
    if (auto const refused = number_of(*user, "refused"); refused > 0)
      line.append(", ").append(grouped(refused)).append(" refused");
    if (is_paused(*user)) line.append(", paused");
    lines.push_back(std::move(line));
  }
  return lines;
}

} // namespace cfgd::cfgctl
