#include "tests/support/save_methods.hpp"

#include "tests/support/temporary_directory.hpp"

#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <stdexcept>
#include <system_error>
#include <utility>

// The tools themselves where they are on every system; the system calls of the others as strace(1)
// shows them.

namespace cfgd::test {
namespace {

using std::filesystem::path;

void require(bool holds) {
  if (!holds) throw std::system_error(errno, std::generic_category(), "saving");
}

/// Runs a shell command with T, the target, and N, the file with the new text.
std::function<void(saving const&)> shell(std::string command) {
  return [command = std::move(command)](saving const& what) {
    auto const line =
        "T='" + what.target.string() + "' N='" + what.beside.string() + "'; " + command;
    // NOLINTNEXTLINE(cert-env33-c): tools are what is tested here
    if (std::system(line.c_str()) != 0) throw std::runtime_error(command);
  };
}

void write_all(int fd, std::string const& text) {
  require(::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
}

void write_in_place(path const& target, std::string const& text) {
  int const fd = ::open(target.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  require(fd >= 0);
  write_all(fd, text);
  ::close(fd);
}

void exchange(saving const& what) {
  require(::renameat2(AT_FDCWD, what.beside.c_str(), AT_FDCWD, what.target.c_str(),
                      RENAME_EXCHANGE) == 0);
}

void link_nameless(saving const& what) {
  int const fd = ::open(what.target.parent_path().c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0644);
  require(fd >= 0);
  write_all(fd, what.text);
  auto const through = "/proc/self/fd/" + std::to_string(fd);
  auto const named = what.target.string() + ".tmp";
  require(::linkat(AT_FDCWD, through.c_str(), AT_FDCWD, named.c_str(), AT_SYMLINK_FOLLOW) == 0);
  ::close(fd);
  std::filesystem::rename(named, what.target);
}

void link_nameless_at_once(saving const& what) {
  int const fd = ::open(what.target.parent_path().c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0644);
  require(fd >= 0);
  write_all(fd, what.text);
  std::filesystem::remove(what.target);
  auto const through = "/proc/self/fd/" + std::to_string(fd);
  require(::linkat(AT_FDCWD, through.c_str(), AT_FDCWD, what.target.c_str(), AT_SYMLINK_FOLLOW) ==
          0);
  ::close(fd);
}

void write_through_map(saving const& what) {
  int const fd = ::open(what.target.c_str(), O_RDWR | O_CLOEXEC);
  require(fd >= 0);
  require(::ftruncate(fd, static_cast<off_t>(what.text.size())) == 0);
  void* const memory = ::mmap(nullptr, what.text.size(), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  require(memory != MAP_FAILED);
  std::copy(what.text.begin(), what.text.end(), static_cast<char*>(memory));
  ::munmap(memory, what.text.size());
  ::close(fd);
}

void write_twice(saving const& what) {
  write_in_place(what.target, what.text.substr(0, 3));
  write_in_place(what.target, what.text);
}

void vim_with_rename(saving const& what) {
  auto const name = what.target.filename().string();
  auto const folder = what.target.parent_path();
  write_in_place(folder / ("." + name + ".swp"), "b0VIM 9.0");
  write_in_place(folder / "4913", "");
  std::filesystem::remove(folder / "4913");
  std::filesystem::rename(what.target, folder / (name + "~"));
  write_in_place(what.target, what.text);
  ::chmod(what.target.c_str(), 0644);
  std::filesystem::remove(folder / (name + "~"));
  std::filesystem::remove(folder / ("." + name + ".swp"));
}

void vim_with_copy(saving const& what) {
  auto const backup = what.target.string() + "~";
  std::filesystem::copy_file(what.target, backup);
  write_in_place(what.target, what.text);
  std::filesystem::remove(backup);
}

void nano(saving const& what) {
  auto const lock = what.target.parent_path() / ("." + what.target.filename().string() + ".swp");
  write_in_place(lock, "nano");
  write_in_place(what.target, what.text);
  std::filesystem::remove(lock);
}

void in_pieces(saving const& what) {
  int const fd = ::open(what.target.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC);
  require(fd >= 0);
  for (char const one : what.text)
    write_all(fd, std::string(1, one));
  ::close(fd);
}

void as_git_does(saving const& what) {
  std::filesystem::remove(what.target);
  write_in_place(what.target, what.text);
}

void new_directory(saving const& what) {
  auto const folder = what.target.parent_path();
  std::filesystem::remove_all(folder);
  std::filesystem::create_directory(folder);
  write_in_place(what.target, what.text);
}

void other_directory(saving const& what) {
  auto const folder = what.target.parent_path();
  write_file(path(folder.string() + ".new") / what.target.filename(), what.text);
  std::filesystem::rename(folder, folder.string() + ".old");
  std::filesystem::rename(folder.string() + ".new", folder);
}

void directories_exchanged(saving const& what) {
  auto const folder = what.target.parent_path();
  auto const fresh = folder.string() + ".new";
  write_file(path(fresh) / what.target.filename(), what.text);
  require(::renameat2(AT_FDCWD, fresh.c_str(), AT_FDCWD, folder.c_str(), RENAME_EXCHANGE) == 0);
}

void moved_away_and_back(saving const& what) {
  std::filesystem::rename(what.target, what.beside);
  write_in_place(what.beside, what.text);
  std::filesystem::rename(what.beside, what.target);
}

} // namespace

std::vector<save_method> ways_to_save() {
  return {
      {"sh >", shell("cat \"$N\" >\"$T\"")},
      {"sh >>", shell(": >\"$T\"; cat \"$N\" >>\"$T\"")},
      {"cp", shell("cp \"$N\" \"$T\"")},
      {"cp --remove-destination", shell("cp --remove-destination \"$N\" \"$T\"")},
      {"mv", shell("mv \"$N\" \"$T\"")},
      {"sed -i", shell("sed -i s/old/fresh/ \"$T\"")},
      {"perl -i", shell("perl -pi -e s/old/fresh/ \"$T\"")},
      {"install", shell("install -m 644 \"$N\" \"$T\"")},
      {"ln -f", shell("ln -f \"$N\" \"$T\"")},
      {"tee", shell("tee \"$T\" <\"$N\" >/dev/null")},
      {"dd", shell("dd status=none if=\"$N\" of=\"$T\"")},
      {"dd conv=notrunc", shell("dd status=none conv=notrunc if=\"$N\" of=\"$T\"; "
                                "truncate -r \"$N\" \"$T\"")},
      {"open, truncate, write", [](auto const& what) { write_in_place(what.target, what.text); }},
      {"temporary file and rename", [](auto const& what) { replace_file(what.target, what.text); }},
      {"renameat2 RENAME_EXCHANGE", exchange},
      {"O_TMPFILE, linkat, rename", link_nameless},
      {"O_TMPFILE, unlink, linkat", link_nameless_at_once},
      {"mmap", write_through_map},
      {"emacs, twice in place", write_twice},
      {"vim, backup by rename", vim_with_rename},
      {"vim, backup by copy", vim_with_copy},
      {"nano", nano},
      {"truncate and write in pieces", in_pieces},
      {"git checkout", as_git_does},
      {"moved away, written, moved back", moved_away_and_back},
      {"directory removed and made again", new_directory},
      {"directory moved away and replaced", other_directory},
      {"directories exchanged", directories_exchanged},
  };
}

std::vector<save_method> ways_without_change() {
  return {
      {"touch", shell("touch \"$T\"")},
      {"touch -d", shell("touch -d 2001-01-01 \"$T\"")},
      {"chmod", shell("chmod 600 \"$T\"; chmod 644 \"$T\"")},
      {"cp of the same", shell("cp \"$T\" \"$N\"; cp \"$N\" \"$T\"")},
      {"mv of the same", shell("cp \"$T\" \"$N\"; mv \"$N\" \"$T\"")},
      {"install of the same", shell("cp \"$T\" \"$N\"; install -m 644 \"$N\" \"$T\"")},
      {"sed -i without a match", shell("sed -i s/nothing/fresh/ \"$T\"")},
      {"a hard link more", shell("ln \"$T\" \"$N.link\"")},
      {"moved away and back", shell("mv \"$T\" \"$N\"; mv \"$N\" \"$T\"")},
      {"backup beside it", shell("cp \"$T\" \"$T~\"; rm \"$T~\"")},
  };
}

} // namespace cfgd::test
