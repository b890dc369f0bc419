/// doctor: examines an installation and prints what to do.
///
/// The service is asked first, with separate calls: a service that is too old for one of them still
/// answers the others.

#include "cfgctl/commands/declare.hpp"
#include "cfgctl/doctor/doctor.hpp"
#include "cfgctl/session.hpp"
#include "client/address.hpp"

#include <unistd.h>

#include <filesystem>
#include <system_error>
#include <utility>

namespace cfgd::cfgctl {
namespace {

/// The root of the service behind a socket, if that is DIR/run/io.cfgd of `cfgd --root DIR`; empty
/// for every other socket.
std::filesystem::path root_behind(std::filesystem::path const& socket) {
  auto const run = socket.parent_path();
  auto const root = run.parent_path();
  std::error_code ignored;
  bool const is_root = socket.filename() == "io.cfgd" && run.filename() == "run" &&
                       std::filesystem::is_directory(root / "state", ignored);
  return is_root ? root : std::filesystem::path();
}

/// Absolute, as the service reports paths.
std::filesystem::path whole(std::filesystem::path const& path) {
  return path.empty() ? path : std::filesystem::absolute(path).lexically_normal();
}

/// `root_given` is --root; empty: that of the socket's service, else the system's.
installation installation_of(context const& all, std::string const& root_given) {
  installation out;
  out.version = CFGD_VERSION;
  auto root = whole(root_given);
  std::string const given =
      all.socket.empty() && !root.empty() ? (root / "run" / "io.cfgd").string() : all.socket;
  auto const path = client::socket_path(given);
  out.socket = path ? *path : given;
  if (root.empty()) root = root_behind(whole(out.socket));
  out.is_system = root.empty();
  out.tree = out.is_system ? offline::system_tree() : offline::tree_of_root(root);
  out.run = out.is_system ? "/run/cfgd" : root / "run";
  out.state = out.is_system ? "/var/lib/cfgd" : root / "state";
  out.owner = out.is_system ? 0 : ::geteuid();
  return out;
}

template <class T>
void keep(client::result<T> found, T& into) {
  if (found) into = std::move(*found);
}

service_view view_of(std::string const& socket, std::chrono::milliseconds limit) {
  service_view out;
  auto service = client::connection::connect(socket, limit);
  auto status = service ? service->status() : service.error();
  if (!status) {
    out.unreachable = std::move(status).error();
    return out;
  }
  out.status = std::move(*status);
  keep(service->sources(), out.sources);
  keep(service->health(), out.health);
  keep(service->problems(), out.problems);
  return out;
}

exit_code run(context const& all, std::string const& root) {
  auto at = installation_of(all, root.empty() ? all.root : root);
  at.service = view_of(at.socket, all.time_limit.value_or(default_time_limit));
  auto const found = examine(at);
  show(all, diagnoses_json(found), diagnoses_text(all.where, found));
  return static_cast<exit_code>(found.worst());
}

} // namespace

void add_doctor_command(declarations const& to) {
  auto const doctor = declare(to, "doctor", "Examine the installation and print what to do", run);
  add_root(doctor.app, doctor.options);
}

} // namespace cfgd::cfgctl
