/// Which store a command means. Two services may run on a machine, the system's and one of
/// `cfgd --root`, and a backup of the wrong one is only noticed when it is needed. So the service
/// names its state directory, and a command line that names another one is refused.
///
/// The system's socket may belong to systemd, which starts the service at the first call. A restore
/// needs it stopped, so it is not asked if its store is there and not locked.

#include "cfgctl/offline/state_place.hpp"

#include "cfgctl/session.hpp"
#include "client/address.hpp"
#include "store/state_directory.hpp"

#include <system_error>
#include <utility>

namespace cfgd::cfgctl {
namespace {

namespace fs = std::filesystem;

client::call_error refusal(std::string message) {
  client::call_error out;
  out.kind = client::failure::refused;
  out.message = std::move(message);
  return out;
}

client::call_error disagreement(fs::path const& named, std::string const& whose,
                                fs::path const& theirs) {
  return refusal(named.string() + " is not the state directory of " + whose + ": that is " +
                 theirs.string());
}

std::string service_at(std::string const& socket) {
  auto const path = client::socket_path(socket);
  return "the service at " + (path ? *path : socket);
}

/// The directory that the options name; empty: none. They may name the same one twice.
client::result<fs::path> named_state(context const& all, state_options const& where) {
  fs::path named = whole(where.state);
  for (std::string const& root : {where.root, all.root}) {
    if (root.empty()) continue;
    auto const below = whole(root) / "state";
    if (named.empty()) named = below;
    if (!is_same(named, below)) return disagreement(named, "--root " + root, below);
  }
  return named;
}

/// Whether the system's service has a store and does not run.
bool is_stopped() {
  std::error_code ignored;
  return fs::exists(fs::path(system_state) / "data" / "data.mdb", ignored) &&
         !store::is_locked(system_state);
}

client::result<client::service_status> ask_status(context const& all, std::string const& socket) {
  auto service = client::connection::connect(socket, all.time_limit.value_or(default_time_limit));
  if (!service) return service.error();
  return service->status();
}

} // namespace

fs::path whole(fs::path const& path) {
  if (path.empty()) return path;
  auto const out = fs::absolute(path).lexically_normal();
  return out.has_filename() ? out : out.parent_path(); // "dir/"
}

bool is_same(fs::path const& left, fs::path const& right) {
  std::error_code failed;
  bool const same = fs::equivalent(left, right, failed);
  return failed ? whole(left) == whole(right) : same;
}

fs::path root_of_state(fs::path const& state) {
  return state == system_state ? fs::path() : state.parent_path();
}

fs::path root_behind(fs::path const& socket) {
  auto const run = socket.parent_path();
  auto const root = run.parent_path();
  std::error_code ignored;
  bool const is_root = socket.filename() == "io.cfgd" && run.filename() == "run" &&
                       fs::is_directory(root / "state", ignored);
  return is_root ? root : fs::path();
}

client::result<state_place> find_state(context const& all, state_options const& where,
                                       needed what) {
  auto const named = named_state(all, where);
  if (!named) return named.error();
  state_place out{.state = *named, .socket = all.socket};
  if (out.socket.empty() && !where.root.empty())
    out.socket = (fs::path(where.root) / "run" / "io.cfgd").string();
  auto const path = client::socket_path(out.socket);
  if (!path) return path.error();
  bool const is_system = *path == client::default_socket;
  if (is_system && out.state.empty() && is_stopped()) out.state = system_state;
  if (is_system && !out.state.empty()) return out;

  auto const status = ask_status(all, out.socket);
  if (status && status->state_directory) {
    fs::path const theirs = *status->state_directory;
    if (out.state.empty()) out.state = theirs;
    if (!is_same(out.state, theirs)) return disagreement(out.state, service_at(out.socket), theirs);
    out.confirmed = true;
    return out;
  }
  if (out.state.empty() && is_system) out.state = system_state;
  if (out.state.empty())
    if (auto const root = root_behind(whole(*path)); !root.empty()) out.state = root / "state";
  if (!out.state.empty() || what == needed::service) return out;
  auto why = status ? refusal(service_at(out.socket) + " does not name its state directory")
                    : status.error();
  why.message += "; name the state directory with --state or --root";
  return why;
}

client::result<void> confirm_state(client::connection& service, state_place const& place) {
  if (place.confirmed || place.state.empty()) return {};
  auto const status = service.status();
  if (!status) return status.error();
  if (!status->state_directory || is_same(place.state, *status->state_directory)) return {};
  return disagreement(place.state, service_at(place.socket), *status->state_directory);
}

} // namespace cfgd::cfgctl
