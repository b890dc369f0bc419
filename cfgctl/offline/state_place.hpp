#pragma once

#include "cfgctl/context.hpp"
#include "client/call_error.hpp"
#include "client/connection.hpp"

#include <filesystem>
#include <string>

/// Where a service keeps its state: what the command line says, and what the service says.
namespace cfgd::cfgctl {

/// The state directory of the system's service.
inline constexpr char const* system_state = "/var/lib/cfgd";

/// A path as the service reports paths: absolute, without "." and "..". An empty path stays empty.
std::filesystem::path whole(std::filesystem::path const& path);

/// Whether two paths name the same directory, which need not exist.
bool is_same(std::filesystem::path const& left, std::filesystem::path const& right);

/// DIR of `cfgd --root DIR` by its state directory; empty: that of the system's service.
std::filesystem::path root_of_state(std::filesystem::path const& state);

/// DIR of `cfgd --root DIR` by its socket, if that is DIR/run/io.cfgd and DIR/state exists; empty
/// for every other socket.
std::filesystem::path root_behind(std::filesystem::path const& socket);

/// --state and --root of a command that works on the store; at most one of them.
struct state_options {
  std::string state;
  std::string root;
};

/// A state directory and the service that uses it.
struct state_place {
  std::filesystem::path state; ///< whole; may be empty if only the service is needed
  std::string socket;          ///< as context::socket
  bool confirmed = false;      ///< the service has said that the directory is its own
};

enum class needed : std::uint8_t { directory, service };

/// The state directory that is named, or else that of the service that cfgctl talks to. The service
/// is asked, unless only --state is given, or the system's service does not run. Errors: refused
/// (the options, or the options and the service, disagree; `message` has both paths); those of a
/// call (no directory is named and the service does not answer).
[[nodiscard]] client::result<state_place> find_state(context const& all, state_options const& where,
                                                     needed what = needed::directory);

/// Whether a service uses the state directory. Errors: as find_state().
[[nodiscard]] client::result<void> confirm_state(client::connection& service,
                                                 state_place const& place);

} // namespace cfgd::cfgctl
