/// Examinations of the service's replies. Each reports what is wrong and what to do, in that order.
/// An examination that finds nothing wrong reports what it examined.

#include "cfgctl/doctor/doctor.hpp"
#include "cfgctl/failure_report.hpp"
#include "cfgctl/offline/state_place.hpp"
#include "cfgctl/text/health_text.hpp"
#include "cfgctl/text/issue_text.hpp"
#include "cfgctl/text/near.hpp"
#include "cfgctl/text/service_text.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <array>

namespace cfgd::cfgctl {
namespace {

/// "1 file is" and "2 files are", with what follows.
std::string counted_as(std::size_t count, std::string const& what, std::string const& rest) {
  return counted(count, what) + (count == 1 ? " is " : " are ") + rest;
}

std::string start_advice(installation const& at) {
  return at.is_system ? "systemctl enable --now cfgd.socket cfgd.service"
                      : "start it: cfgd --root " + at.state.parent_path().string();
}

/// What to do if the service has another state directory than the installation that is examined.
std::string root_advice(std::filesystem::path const& state_of_service) {
  auto const root = root_of_state(state_of_service);
  return root.empty()
             ? "it is the system's service: leave out --root, or pass another --socket"
             : "this service uses --root " + root.string() + ": pass it, or another --socket";
}

/// The command that checks the files of the installation.
std::string check_command(installation const& at) {
  return at.is_system ? "cfgctl check" : "cfgctl check --root " + at.state.parent_path().string();
}

void look_at_socket(installation const& at, diagnoses& into) {
  struct stat found {};
  if (::stat(at.socket.c_str(), &found) != 0) {
    into.add(verdict::fail, "there is no socket " + at.socket, start_advice(at));
  } else if (!S_ISSOCK(found.st_mode)) {
    into.add(verdict::fail, at.socket + " is not a socket", "remove it, then " + start_advice(at));
  } else if (at.service.unreachable) {
    into.add(verdict::fail,
             "no answer at " + at.socket + ": " + failure_line(*at.service.unreachable),
             at.is_system ? "journalctl -u cfgd.service, then systemctl restart cfgd.service"
                          : start_advice(at));
  } else {
    into.add(verdict::ok, at.socket + " answers");
    auto const& theirs = at.service.status.state_directory;
    if (theirs && !is_same(*theirs, at.state)) {
      into.add(verdict::warn,
               "the state directory of this service is " + *theirs + ", not " + at.state.string(),
               root_advice(*theirs));
    }
  }
}

void look_at_version(installation const& at, diagnoses& into) {
  auto const& theirs = at.service.status.version;
  if (theirs == at.version) return into.add(verdict::ok, "cfgd and cfgctl are " + at.version);
  into.add(verdict::warn, "cfgd is " + theirs + ", cfgctl is " + at.version,
           std::string("restart the service after an update") +
               (at.is_system ? ": systemctl restart cfgd.service" : ""));
}

void look_at_state(installation const& at, diagnoses& into) {
  auto const& status = at.service.status;
  if (!status.ready) {
    into.add(verdict::warn, "not all sources have been read yet", "wait for them: cfgctl sync");
  }
  for (auto const& name : status.fallback) {
    into.add(verdict::fail, "namespace '" + name + "' has never been valid",
             (has_schema(at.service.sources, name) ? "the defaults of its schema are used"
                                                   : "'" + name + "' has no values") +
                 "; correct its files: " + check_command(at));
  }
  into.add_good("ready, revision " + std::to_string(status.revision) + ", " +
                std::to_string(status.namespaces.size()) +
                (status.namespaces.size() == 1 ? " namespace" : " namespaces"));
  if (auto const hidden = static_cast<std::size_t>(status.hidden.value_or(0)); hidden > 0) {
    into.add(verdict::ok, counted(hidden, "value") + " of files " + (hidden == 1 ? "has" : "have") +
                              " no effect because of overrides: cfgctl overrides");
  }
}

void add_source(installation const& at, client::source_file const& one, diagnoses& into) {
  std::string why = one.message.value_or("");
  if (!one.issues.empty()) why = issue_text(one.issues.front());
  if (one.issues.size() > 1) why += ", and " + std::to_string(one.issues.size() - 1) + " more";
  std::string const kind = one.kind.empty() ? "values" : one.kind;
  std::string const text = place_text(one.path, one.line, one.column) + " (" + kind + ") is " +
                           one.state + (why.empty() ? std::string() : ": " + why);
  if (one.state == "untrusted") {
    into.add(verdict::fail, text, "chown root: " + one.path + " && chmod go-w " + one.path);
  } else if (one.state == "quarantined") {
    into.add(verdict::fail, text,
             std::string(is_effective(one) ? "its last valid content stays active"
                                           : "nothing of it is effective") +
                 "; correct it, test it with '" + check_command(at) + ' ' + one.path +
                 "', save it");
  } else {
    into.add(verdict::warn, text, "restore it; if it was removed on purpose, run 'cfgctl reload'");
  }
}

bool is_below(std::string const& path, std::filesystem::path const& directory) {
  return !directory.empty() && path.starts_with(directory.string() + '/');
}

bool is_outside(installation const& at, std::string const& path) {
  return path.starts_with('/') && !is_below(path, at.tree.etc) && !is_below(path, at.tree.vendor) &&
         !is_below(path, at.run);
}

void look_at_sources(installation const& at, diagnoses& into) {
  auto const& all = at.service.sources;
  std::vector<std::string> outside;
  for (auto const& one : all) {
    // Files that are ignored are reported by the examination of files.
    if (is_bad(one)) add_source(at, one, into);
    if (is_outside(at, one.path)) outside.push_back(one.path);
  }
  // A service that names its state directory is compared by that (look_at_socket).
  if (!outside.empty() && !at.service.status.state_directory) {
    into.add(verdict::warn,
             std::to_string(outside.size()) + " of " + std::to_string(all.size()) +
                 " files are outside the directories of this installation, for example " +
                 outside.front(),
             "pass the --root of this service, or another --socket");
  }
  auto const polled = std::ranges::count(all, "poll", &client::source_file::watch);
  if (polled != 0) {
    into.add(verdict::warn,
             counted_as(static_cast<std::size_t>(polled), "file", "polled, not watched"),
             "changes take some seconds to be noticed; raise fs.inotify.max_user_watches");
  }
  into.add_good(counted_as(all.size(), "file", "active"));
}

struct counsel {
  std::string_view check;
  std::string_view advice;
  std::string_view of_root = {}; ///< of a service of `cfgd --root`, if it differs
};
constexpr std::array counsels{
    counsel{"store", "journalctl -u cfgd.service; is the disk slow, full or read-only?",
            "see the log of cfgd; is the disk slow, full or read-only?"},
    counsel{"files", "cfgctl sources"},
    counsel{"watch", "sysctl fs.inotify; until then changes are found by polling"},
    counsel{"memory", "systemctl show cfgd -p MemoryCurrent -p MemoryMax; see cfgctl cache stats",
            "see cfgctl cache stats"},
    counsel{"disk", "free space on the file system of the store"},
    counsel{"integrity", "copy the store's directory, then restore a backup"},
    counsel{"clock", "timedatectl"},
    counsel{"peers", "cfgctl top; ss -xp | grep io.cfgd"},
    counsel{"consumers", "cfgctl consumers"},
};

std::string advice_for(installation const& at, std::string const& check) {
  auto const* const row = std::ranges::find(counsels, check, &counsel::check);
  if (row == counsels.end()) return "cfgctl health --json " + check;
  return std::string(at.is_system || row->of_root.empty() ? row->advice : row->of_root);
}

/// As `cfgctl health`. Its checks run at intervals, so that a file which is not active counts even
/// if no check has noticed it yet.
void look_at_health(installation const& at, diagnoses& into) {
  auto const& checks = at.service.health.checks;
  for (auto const& one : checks) {
    if (one.status == "healthy") continue;
    into.add(one.status == "critical" ? verdict::fail : verdict::warn,
             "check '" + one.name + "' is " + one.status + ": " + one.message,
             advice_for(at, one.name));
  }
  bool const is_healthy = std::ranges::all_of(
      checks, [](client::health_check const& one) { return one.status == "healthy"; });
  auto const bad = std::ranges::count_if(at.service.sources, is_bad);
  if (checks.empty()) {
    into.add(verdict::warn, "the health is unknown: no check has run", "cfgctl health --run");
  } else if (is_healthy && bad != 0) {
    into.add(verdict::warn,
             "the checks are healthy, but " +
                 counted_as(static_cast<std::size_t>(bad), "file", "not active"),
             "cfgctl sources");
  }
  into.add_good(counted_as(checks.size(), "check", "healthy"));
}

void look_at_problems(installation const& at, diagnoses& into) {
  std::size_t open = 0;
  for (auto const& one : at.service.problems.problems) {
    if (one.resolved) continue;
    ++open;
    if (one.recoverable) continue;
    into.add(verdict::fail, one.kind + ": " + one.source + ": " + one.message,
             std::string("the service cannot recover from it: ") +
                 (at.is_system ? "journalctl -u cfgd.service" : "see the log of cfgd"));
  }
  if (open == 0) return into.add(verdict::ok, "no problem is open");
  into.add(verdict::warn, counted_as(open, "problem", "open"), "cfgctl problems --open");
}

template <auto Look>
void if_reachable(installation const& at, diagnoses& into) {
  if (at.service.unreachable) return;
  auto const failed = at.service.unanswered.find(into.check());
  if (failed == at.service.unanswered.end()) return Look(at, into);
  into.add(verdict::warn, "the service does not report it: " + failed->second,
           std::string("cfgctl ").append(into.check()));
}

} // namespace

std::vector<examination> service_examinations() {
  return {{"socket", look_at_socket},
          {"version", if_reachable<look_at_version>},
          {"state", if_reachable<look_at_state>},
          {"sources", if_reachable<look_at_sources>},
          {"health", if_reachable<look_at_health>},
          {"problems", if_reachable<look_at_problems>}};
}

} // namespace cfgd::cfgctl
