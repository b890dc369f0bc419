#include "cfgctl/text/usage_text.hpp"

#include "cfgctl/text/figures_text.hpp"
#include "cfgctl/text/table.hpp"
#include "cfgctl/text/users.hpp"

#include <boost/json/array.hpp>

#include <cstdint>
#include <string_view>
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

std::vector<table::cell> row_of(boost::json::object const& user) {
  auto const bytes = [&user](std::string_view name) { return bytes_text(number_of(user, name)); };
  auto const all =
      number_of(user, "readBytes") + number_of(user, "callBytes") + number_of(user, "queuedBytes");
  auto const* const paused = user.if_contains("paused");
  bool const waits = paused != nullptr && paused->is_bool() && paused->get_bool();
  return {user_text(static_cast<std::int64_t>(number_of(user, "uid"))),
          of_text(grouped(number_of(user, "connections")),
                  grouped(number_of(user, "maximumConnections"))),
          of_text(bytes_text(all), bytes("maximumBytes")),
          bytes("queuedBytes"),
          grouped(number_of(user, "refused")),
          waits ? "paused" : ""};
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
  auto const* const users = reply.if_contains("users");
  if (users == nullptr || !users->is_array() || users->get_array().empty()) return text;
  table out({left("USER"), right("CONNECTIONS"), right("MEMORY"), right("QUEUED"), right("REFUSED"),
             left("STATE")});
  for (auto const& one : users->get_array())
    if (auto const* const user = one.if_object()) out.add(row_of(*user));
  return text + out.str(where);
}

} // namespace cfgd::cfgctl
