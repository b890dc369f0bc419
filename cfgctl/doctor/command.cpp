/// doctor: examines an installation and prints what to do.
///
/// The service is asked first, with separate calls: a service that is too old for one of them still
/// answers the others. It says where its state is, which says what is to be examined: the system's
/// directories, or those of `cfgd --root`. Without it the directories are found by --root and by
/// the socket.

#include "cfgctl/commands/declare.hpp"
#include "cfgctl/doctor/doctor.hpp"
#include "cfgctl/failure_report.hpp"
#include "cfgctl/offline/state_place.hpp"
#include "cfgctl/session.hpp"
#include "client/address.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <utility>

namespace cfgd::cfgctl {
namespace {

namespace fs = std::filesystem;

template <class T>
void keep(client::result<T> found, std::string_view check, T& into, service_view& all) {
  if (found) {
    into = std::move(*found);
  } else {
    all.unanswered.insert_or_assign(std::string(check), failure_line(found.error()));
  }
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
  keep(service->sources(), "sources", out.sources, out);
  keep(service->health(), "health", out.health, out);
  keep(service->problems(), "problems", out.problems, out);
  return out;
}

/// The service's user, who may own files: it owns its state directory.
uid_t owner_of(installation const& at) {
  struct stat found {};
  if (::stat(at.state.c_str(), &found) == 0) return found.st_uid;
  return at.is_system ? 0 : ::geteuid();
}

/// DIR of `cfgd --root DIR`, whole; empty: the system's directories.
fs::path root_of(installation const& at, fs::path const& given) {
  auto const& theirs = at.service.status.state_directory;
  if (given.empty()) return theirs ? root_of_state(*theirs) : root_behind(at.socket);
  // Another name of the same directory: as the service says it, so that all paths agree.
  return theirs && is_same(*theirs, given / "state") ? root_of_state(*theirs) : given;
}

/// `root_given` is --root; empty: that of the socket's service, else the system's.
installation installation_of(context const& all, std::string const& root_given) {
  installation out;
  out.version = CFGD_VERSION;
  auto const given = whole(root_given);
  std::string const address =
      all.socket.empty() && !given.empty() ? (given / "run" / "io.cfgd").string() : all.socket;
  out.service = view_of(address, all.time_limit.value_or(default_time_limit));
  auto const path = client::socket_path(address);
  out.socket = path ? whole(*path).string() : address;
  auto const root = root_of(out, given);
  out.is_system = root.empty();
  out.tree = out.is_system ? offline::system_tree() : offline::tree_of_root(root);
  out.run = out.is_system ? "/run/cfgd" : root / "run";
  out.state = out.is_system ? fs::path(system_state) : root / "state";
  out.owner = owner_of(out);
  return out;
}

exit_code run(context const& all, std::string const& root) {
  auto const found = examine(installation_of(all, root.empty() ? all.root : root));
  show(all, diagnoses_json(found), diagnoses_text(all.where, found));
  return static_cast<exit_code>(found.worst());
}

} // namespace

void add_doctor_command(declarations const& to) {
  auto const doctor = declare(to, "doctor", "Examine the installation and print what to do", run);
  add_root(doctor.app, doctor.options);
}

} // namespace cfgd::cfgctl
