#pragma once

#include "tests/support/program_run.hpp"

#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace cfgd::test {

/// What a program said, and its exit code or minus the signal that ended it.
struct outcome {
  int code = 0;
  std::string out;
  std::string err;
};
std::ostream& operator<<(std::ostream& out, outcome const& what);

/// Where this machine does not let a container be: no root, no mounts, no namespaces.
struct container_refused : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A whole system on a copy of this machine's files, with systemd as its first process. What is
/// written there goes to memory and is gone with the container; it has /run, /tmp and a network of
/// its own. All of it ends when this process does, however that ends.
///
/// The first one moves this process into a mount namespace of its own: make it while there is but
/// one thread.
class container {
 public:
  /// Makes the files and boots nothing yet. Throws container_refused.
  container();
  ~container();
  container(container const&) = delete;
  container& operator=(container const&) = delete;

  /// Boots, and waits until basic.target is reached. Throws container_refused, or
  /// std::runtime_error with what the console says.
  void boot();

  /// Runs a program inside and waits for its end: at most 20 s from one output to the next, else
  /// std::runtime_error. It is looked for as a shell does.
  outcome run(std::vector<std::string> const& command, std::string_view user = "root") const;
  /// As run(); an exit code other than 0 is a std::runtime_error. What it said.
  std::string must(std::vector<std::string> const& command, std::string_view user = "root") const;
  /// Starts a program inside. It is killed by the destructor of what is returned.
  std::unique_ptr<program_run> start(std::vector<std::string> const& command,
                                     std::string_view user = "root") const;

  /// A path inside as this process sees it. Before boot() that is files() alone, later also what
  /// is mounted there: /run, /tmp.
  std::filesystem::path path(std::string_view inside) const;
  /// The root directory without what is mounted there.
  std::filesystem::path const& files() const { return root_; }
  /// Every file, link and directory that was made or changed below files() and is there still, as
  /// seen inside.
  std::vector<std::filesystem::path> written() const;
  /// The one service whose program has this name, as this process numbers it; -1 if it does not
  /// run.
  pid_t service(std::string_view program) const;

 private:
  void prepare_files() const;
  void enter_cgroups();
  void wait_for_ready(int socket);
  std::string console() const;

  std::filesystem::path root_;
  std::filesystem::path base_;
  std::vector<std::filesystem::path> cgroups_;
  std::unique_ptr<program_run> nspawn_;
  pid_t leader_ = -1; ///< the first process inside
};

} // namespace cfgd::test
