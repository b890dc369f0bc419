/// init: a first tree of files, with explanations in them.
///
/// The daemon does not trust files that other users can write. So the modes are passed explicitly
/// and only narrowed by the umask: with the usual modes of mkdir and open, a umask of 002 would
/// create a tree that is rejected.

#include "cfgctl/offline/starter.hpp"

#include "cfgctl/commands/declare.hpp"
#include "cfgctl/session.hpp"
#include "cfgctl/text/values.hpp"
#include "core/durable_file.hpp"
#include "core/unique_fd.hpp"

#include <boost/json/array.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

namespace cfgd::cfgctl {
namespace offline {
namespace {

namespace fs = std::filesystem;

/// With those on the way to it.
result<void> make_directories(fs::path const& path) {
  if (path.empty() || ::mkdir(path.c_str(), 0755) == 0) return {};
  if (errno == ENOENT && path.has_parent_path() && path.parent_path() != path) {
    if (auto made = make_directories(path.parent_path()); !made) return made;
    if (::mkdir(path.c_str(), 0755) == 0) return {};
  }
  std::error_code ignored;
  if (errno == EEXIST && fs::is_directory(path, ignored)) return {};
  return system_error("mkdir", errno, path);
}

result<void> write_new(fs::path const& path, std::string_view text) {
  unique_fd const file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  if (!file) return system_error("open", errno, path);
  if (int const failed = write_all(file.get(), text); failed != 0)
    return system_error("write", failed, path);
  return {};
}

} // namespace

result<void> make_starter(fs::path const& directory) {
  auto const where = directory.has_filename() ? directory : directory.parent_path(); // "dir/"
  if (auto made = make_directories(where); !made) return made;
  std::error_code failed;
  bool const empty = fs::is_empty(where, failed);
  if (failed) return system_error("read", failed.value(), where);
  if (!empty)
    return error{.code = errc::conflict,
                 .message = "it is not empty, and no file is overwritten",
                 .subject = where.string()};
  for (starter_file const& one : starter_files()) {
    auto const path = where / one.path;
    if (auto made = make_directories(path.parent_path()); !made) return made;
    if (auto written = write_new(path, one.text); !written) return written;
  }
  return {};
}

} // namespace offline

namespace {

exit_code run(context const& all, std::string const& directory) {
  if (auto const made = offline::make_starter(directory); !made)
    return fail(all, "init: " + to_string(made.error()));
  std::filesystem::path const where(directory);
  std::string text;
  boost::json::array list;
  for (offline::starter_file const& one : offline::starter_files()) {
    auto const path = (where / one.path).string();
    list.emplace_back(path);
    text += path + '\n';
  }
  text += "start it with: cfgd --root " + directory + "\nask it with:   cfgctl --socket " +
          (where / "run" / "io.cfgd").string() + " list\n";
  show(all, list, for_screen(all.where, text));
  return exit_code::ok;
}

} // namespace

void add_init_command(declarations const& to) {
  auto const making =
      declare(to, "init", "Create a first tree of files for 'cfgd --root DIR'", run);
  add_argument(making.app, "DIR", making.options, "A directory, empty or not existing yet")
      ->required();
}

} // namespace cfgd::cfgctl
