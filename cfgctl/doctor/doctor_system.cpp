/// Examinations of the machine, whether the service runs or not.
///
/// They run with the rights of the user: what the user may not read is reported as a warning.
/// Nothing is changed, and no program is run except systemctl.

#include "cfgctl/doctor/doctor.hpp"
#include "cfgctl/text/figures_text.hpp"

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <memory>
#include <set>

namespace cfgd::cfgctl {
namespace {

namespace fs = std::filesystem;

/// The first line that a command prints.
std::string first_line_of(std::string const& command) {
  auto const close = [](std::FILE* file) { ::pclose(file); };
  std::unique_ptr<std::FILE, decltype(close)> const output(::popen(command.c_str(), "re"), close);
  std::array<char, 256> line{};
  if (!output || std::fgets(line.data(), line.size(), output.get()) == nullptr) return {};
  std::string out(line.data());
  while (!out.empty() && out.back() == '\n')
    out.pop_back();
  return out;
}

void look_at_units(installation const& at, diagnoses& into) {
  if (!at.is_system) return;
  if (!fs::exists("/run/systemd/system")) {
    return into.add(verdict::ok, "systemd does not run on this machine");
  }
  for (std::string const unit : {"cfgd.socket", "cfgd.service"}) {
    auto const active = first_line_of("systemctl is-active " + unit + " 2>/dev/null");
    auto const enabled = first_line_of("systemctl is-enabled " + unit + " 2>/dev/null");
    if (active != "active") {
      into.add(
          verdict::fail, (unit + " is ").append(active.empty() ? "not known" : active),
          std::string("systemctl start ").append(unit).append("; systemctl status ").append(unit));
    } else if (enabled != "enabled") {
      into.add(verdict::warn,
               (unit + " is active, but ").append(enabled.empty() ? "not enabled" : enabled),
               "systemctl enable " + unit);
    } else {
      into.add(verdict::ok, unit + " is active and enabled");
    }
  }
}

std::string user_name(uid_t uid) {
  auto const* const found = ::getpwuid(uid); // NOLINT(concurrency-mt-unsafe): one thread
  return found != nullptr ? found->pw_name : std::to_string(uid);
}

/// Whether the service uses the file, or one below the directory: then it trusts the group that may
/// write it (files.trusted_groups).
bool is_in_use(installation const& at, std::string const& path) {
  return std::ranges::any_of(at.service.sources, [&path](client::source_file const& one) {
    return one.state == "active" && (one.path == path || one.path.starts_with(path + '/'));
  });
}

/// Reports a file or directory that the service does not trust.
void check_path(installation const& at, fs::path const& path, diagnoses& into) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) {
    into.add(verdict::warn, path.string() + ": " + std::generic_category().message(errno),
             errno == EACCES ? "run this as root" : "");
  } else if (found.st_uid != 0 && found.st_uid != at.owner) {
    into.add(verdict::fail, path.string() + " belongs to " + user_name(found.st_uid),
             "it is not trusted: chown root: " + path.string());
  } else if ((found.st_mode & S_IWOTH) != 0 ||
             ((found.st_mode & S_IWGRP) != 0 && !is_in_use(at, path.string()))) {
    std::array<char, 8> mode{};
    std::snprintf(mode.data(), mode.size(), "%04o", found.st_mode & 07777U); // NOLINT
    into.add(verdict::fail, path.string() + ": mode " + mode.data() + " lets others write it",
             "it is not trusted: chmod go-w " + path.string() +
                 ((found.st_mode & S_IWOTH) == 0 ? ", or files.trusted_groups in cfgd.toml" : ""));
  }
}

void look_at_files(installation const& at, diagnoses& into) {
  std::error_code unknown; // not permitted: list_sources() reports it
  if (auto const values = at.tree.etc / "namespaces"; !fs::exists(values, unknown) && !unknown) {
    into.add(verdict::warn, "there is no directory " + values.string(),
             "install -d -m 755 " + values.string());
  }
  auto const files = offline::list_sources(at.tree);
  std::set<fs::path> seen;
  for (auto const& one : files.sources) {
    check_path(at, one.path, into);
    seen.insert(fs::path(one.path).parent_path());
  }
  for (auto const& base : {at.tree.etc, at.tree.vendor}) {
    if (!base.empty() && fs::exists(base, unknown)) seen.insert(base);
  }
  for (auto const& directory : seen)
    check_path(at, directory, into);
  for (auto const& one : files.unreadable)
    into.add(verdict::warn, to_string(one), "run this as root, or chmod a+rx the directory");
  for (auto const& one : files.remarks)
    into.add(verdict::warn, one.path + ": " + one.message,
             "rename it, or move it to another directory");
  auto const count = files.sources.size();
  into.add_good(std::to_string(count) + (count == 1 ? " file is trusted" : " files are trusted"));
}

void look_at_store(installation const& at, diagnoses& into) {
  struct stat found {};
  if (::stat(at.state.c_str(), &found) != 0) {
    bool const is_hidden = errno == EACCES;
    return into.add(is_hidden ? verdict::warn : verdict::fail,
                    at.state.string() + ": " + std::generic_category().message(errno),
                    is_hidden ? "run this as root" : "the service creates it when it starts");
  }
  if ((found.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    into.add(verdict::fail,
             at.state.string() + " is accessible to other users; it contains secrets",
             "chmod 700 " + at.state.string());
  } else {
    into.add(verdict::ok, at.state.string() + " belongs to " + user_name(found.st_uid) + " alone");
  }
}

/// What the key in the state directory does not protect from. A service with a credential has none.
void look_at_key(installation const& at, diagnoses& into) {
  auto const key = at.state / "key";
  struct stat found {};
  if (::stat(key.c_str(), &found) != 0) {
    if (errno == EACCES) return; // look_at_store reports it
    return into.add(verdict::ok, "no key in " + at.state.string() +
                                     ": the secrets in the store need the credential cfgd.key");
  }
  if ((found.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    return into.add(verdict::fail, key.string() + " is accessible to other users",
                    "chmod 600 " + key.string() + ", then cfgctl key rotate");
  into.add(verdict::ok, "secrets are sealed with " + key.string() +
                            ", which does not protect them from root, nor in a backup of " +
                            at.state.string() + "; the credential cfgd.key does the latter");
}

/// A value that has become a secret since is not one in a store that was kept aside before.
void look_at_kept_stores(installation const& at, diagnoses& into) {
  std::set<std::string> kept;
  std::error_code unread; // look_at_store reports it
  for (auto const& one : fs::directory_iterator(at.state, unread)) {
    auto const name = one.path().filename().string();
    if (name.starts_with("data.old.") || name.starts_with("data.damaged.") ||
        name.starts_with("data.replaced."))
      kept.insert(name);
  }
  if (unread) return;
  if (kept.empty()) return into.add(verdict::ok, "no older store is kept");
  into.add(verdict::warn,
           (at.state / *kept.begin()).string() +
               (kept.size() == 1 ? "" : " and " + std::to_string(kept.size() - 1) + " more") +
               " may have values in clear text that became secrets later",
           "read what you need of it, then cfgctl key rotate, which removes it");
}

void look_at_space(installation const& at, diagnoses& into) {
  struct statvfs found {};
  if (::statvfs(at.state.c_str(), &found) != 0) return; // look_at_store reports it
  constexpr std::uint64_t little = 64U * 1024 * 1024;
  std::uint64_t const free = std::uint64_t{found.f_bavail} * found.f_frsize;
  std::string const text = bytes_text(free) + " are free for " + at.state.string();
  if ((found.f_flag & ST_RDONLY) != 0) {
    into.add(verdict::fail, at.state.string() + " is on a file system that is read-only",
             "mount -o remount,rw; look for disk errors in the kernel's log");
  } else if (free < little / 8) {
    into.add(verdict::fail, text, "free space: without it no change can be stored");
  } else if (free < little) {
    into.add(verdict::warn, text, "free space");
  } else {
    into.add(verdict::ok, text);
  }
}

/// How many directories the service watches: those of sources, and all above them.
std::uint64_t directories_of(installation const& at) {
  std::set<fs::path> all;
  for (auto const& one : offline::list_sources(at.tree).sources) {
    for (auto path = fs::path(one.path).parent_path(); path.has_relative_path();
         path = path.parent_path())
      all.insert(path);
  }
  constexpr std::uint64_t others = 16; // of the runtime's sources, the settings and the store
  return all.size() + others;
}

void look_at_inotify(installation const& at, diagnoses& into) {
  struct row {
    char const* name;
    std::uint64_t need;
  };
  for (row const& one :
       {row{"max_user_watches", directories_of(at)}, row{"max_user_instances", 4}}) {
    std::uint64_t value = 0;
    if (!(std::ifstream(at.inotify / one.name) >> value)) {
      into.add(verdict::warn, (at.inotify / one.name).string() + " cannot be read");
      continue;
    }
    std::string const text = std::string("fs.inotify.") + one.name + " is " + grouped(value) +
                             ", about " + grouped(one.need) + " are needed";
    if (value >= one.need * 2) {
      into.add(verdict::ok, text);
    } else {
      into.add(value < one.need ? verdict::fail : verdict::warn, text,
               std::string("sysctl fs.inotify.") + one.name + '=' + std::to_string(one.need * 16));
    }
  }
}

void look_at_group(installation const& at, diagnoses& into) {
  if (!at.is_system) return;
  if (::getpwnam("cfgd") == nullptr) { // NOLINT(concurrency-mt-unsafe)
    into.add(verdict::fail, "there is no user cfgd", "systemd-sysusers");
  }
  auto const* const group = ::getgrnam("cfgd-admin"); // NOLINT(concurrency-mt-unsafe)
  if (group == nullptr) {
    return into.add(verdict::warn, "there is no group cfgd-admin: only root may change anything",
                    "systemd-sysusers");
  }
  std::string members;
  for (char** one = group->gr_mem; *one != nullptr; ++one)
    members += (members.empty() ? "" : ", ") + std::string(*one);
  into.add(verdict::ok, members.empty()
                            ? "cfgd-admin has no members: only root may change anything"
                            : "members of cfgd-admin may change everything: " + members);
}

/// Synchronization is the business of the machine, not of a service of `cfgd --root`.
void look_at_clock(installation const& at, diagnoses& into) {
  using namespace std::chrono;
  if (system_clock::now() < sys_days(year(2024) / 1 / 1)) {
    return into.add(verdict::fail, "the clock is wrong: it is before 2024",
                    "timedatectl set-ntp true; changes are recorded with wrong times");
  }
  if (!at.is_system) return into.add(verdict::ok, "the clock is set");
  timex state{};
  if (::adjtimex(&state) == TIME_ERROR) {
    return into.add(verdict::warn, "no time synchronisation is active", "timedatectl set-ntp true");
  }
  into.add(verdict::ok, "the clock is synchronized");
}

} // namespace

std::vector<examination> system_examinations() {
  return {
      {"units", look_at_units},     {"files", look_at_files},      {"store", look_at_store},
      {"key", look_at_key},         {"kept", look_at_kept_stores}, {"space", look_at_space},
      {"inotify", look_at_inotify}, {"group", look_at_group},      {"clock", look_at_clock},
      {"mounts", look_at_mounts},
  };
}

} // namespace cfgd::cfgctl
