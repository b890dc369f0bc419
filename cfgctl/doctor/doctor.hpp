#pragma once

#include "cfgctl/offline/source_tree.hpp"
#include "cfgctl/text/screen.hpp"
#include "client/call_error.hpp"
#include "client/health_types.hpp"
#include "client/types.hpp"

#include <boost/json/value.hpp>

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What `cfgctl doctor` examines, and what it finds.
namespace cfgd::cfgctl {

enum class verdict : std::uint8_t { ok, warn, fail };
std::string_view to_string(verdict how);

struct diagnosis {
  std::string check;
  verdict how = verdict::ok;
  std::string message;
  std::string advice; ///< what to do; empty if there is nothing to do
};

/// The replies of the service, as far as it answers.
struct service_view {
  std::optional<client::call_error>
      unreachable; ///< set: the service did not answer, the other members are empty
  client::service_status status;
  std::vector<client::source_file> sources;
  client::health_report health;
  client::problem_report problems;
  /// Why a call failed, by the examination that needs its reply.
  std::map<std::string, std::string, std::less<>> unanswered = {};
};

/// An installation of the service: the system's, or one of `cfgd --root`.
struct installation {
  bool is_system = true;
  std::string socket;
  offline::source_tree tree;
  std::filesystem::path run;   ///< directory of the runtime layer's sources
  std::filesystem::path state; ///< directory of the store
  uid_t owner = 0;             ///< the service's user, who may own files, as root may
  std::filesystem::path inotify = "/proc/sys/fs/inotify";
  std::filesystem::path mounts = "/proc/self/mountinfo";
  std::string version; ///< of this program
  service_view service;
};

/// Collects the findings of the examinations.
class diagnoses {
 public:
  void begin(std::string_view check);
  std::string_view check() const { return check_; } ///< the current one
  void add(verdict how, std::string message, std::string advice = {});
  /// Adds a finding that nothing is wrong, unless the current check has found something.
  void add_good(std::string message);

  std::vector<diagnosis> const& all() const { return all_; }
  verdict worst() const;

 private:
  std::string check_;
  std::size_t before_ = 0; ///< the number of findings when the current check began
  std::vector<diagnosis> all_;
};

struct examination {
  std::string_view name;
  void (*look)(installation const& at, diagnoses& into);
};

/// Examinations of the service's replies. All but that of the socket find nothing if there are
/// none.
std::vector<examination> service_examinations();
/// Reports sources that are mount points.
void look_at_mounts(installation const& at, diagnoses& into);
/// Examinations of the machine.
std::vector<examination> system_examinations();

/// Runs all examinations.
diagnoses examine(installation const& what);

std::string diagnoses_text(screen const& where, diagnoses const& what);
boost::json::value diagnoses_json(diagnoses const& what);

} // namespace cfgd::cfgctl
