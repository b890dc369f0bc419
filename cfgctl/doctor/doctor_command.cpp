/// doctor: looks at an installation and says what to do.
///
/// What the service says is asked for first, each answer for itself: a service that is too old for
/// one of the calls still gives the others.

#include "client/address.hpp"
#include "cfgctl/commands/commands.hpp"
#include "cfgctl/doctor/doctor.hpp"
#include "cfgctl/output.hpp"
#include "cfgctl/session.hpp"
#include "cfgctl/text/values.hpp"

#include <unistd.h>

#include <utility>

namespace cfgd::cfgctl {
namespace {

installation installation_of(context const& all, doctor_command const& what) {
  installation out;
  out.version = CFGD_VERSION;
  out.is_system = what.root.empty();
  out.tree = out.is_system ? offline::system_tree() : offline::tree_of_root(what.root);
  std::filesystem::path const root = what.root;
  out.run = out.is_system ? "/run/cfgd" : root / "run";
  out.state = out.is_system ? "/var/lib/cfgd" : root / "state";
  out.owner = out.is_system ? 0 : ::geteuid();
  std::string const given = all.asked.socket.empty() && !out.is_system
                                ? (out.run / "io.cfgd").string()
                                : all.asked.socket;
  auto const path = client::socket_path(given);
  out.socket = path ? *path : given;
  return out;
}

template <class T>
void keep(client::result<T> told, T& into) {
  if (told) into = std::move(*told);
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

} // namespace

exit_code run(context const& all, doctor_command const& what) {
  auto at = installation_of(all, what);
  at.service = view_of(at.socket, all.asked.time_limit.value_or(default_time_limit));
  auto const found = examine(at);
  if (all.asked.format == output_format::json) {
    print(json_text(all.where, diagnoses_json(found)));
  } else {
    print(diagnoses_text(all.where, found));
  }
  return static_cast<exit_code>(found.worst());
}

} // namespace cfgd::cfgctl
