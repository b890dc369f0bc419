#pragma once

#include "apply/record.hpp"
#include "core/unique_fd.hpp"

#include <filesystem>

namespace cfgd::apply {

/// The journal of cfgd-apply: a file of lines (record.hpp) in its state directory, each durable
/// before write() returns. One process at a time has it open. Blocks.
class journal {
 public:
  /// Opens or creates `directory`/journal, and waits for nobody: errors: conflict (another process
  /// has it), io. A last line without a newline was never completed and is dropped; so is the rest
  /// of a file behind a line that cannot be read.
  [[nodiscard]] static result<journal> open(std::filesystem::path const& directory);

  /// What is recorded.
  journal_state const& state() const { return state_; }

  /// Appends a line and takes it into state(). Errors: io; nothing is appended then. Throws
  /// storage_failure if it is not known what is on the disk: the program has to begin again.
  [[nodiscard]] result<void> write(std::string const& line);

 private:
  journal(std::filesystem::path path, unique_fd file)
      : path_(std::move(path)), file_(std::move(file)) {}
  [[nodiscard]] result<void> read();
  [[nodiscard]] result<void> compact();

  std::filesystem::path path_;
  unique_fd lock_;
  unique_fd file_;
  journal_state state_;
  std::size_t bytes_ = 0;
};

/// The process that has the journal of this directory open; 0: none. For others.
pid_t journal_owner(std::filesystem::path const& directory);

} // namespace cfgd::apply
