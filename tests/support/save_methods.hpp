#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace cfgd::test {

/// What an editor or a tool does to save a text. `beside` is a file with the new text, on the same
/// file system and outside of the watched directory.
struct saving {
  std::filesystem::path target;
  std::filesystem::path beside;
  std::string text;
};
struct save_method {
  std::string name;
  std::function<void(saving const&)> save;
};

/// Ways to put "value: fresh and longer\n" where "value: old and longer\n" was: one change each.
std::vector<save_method> ways_to_save();

/// Ways to do something to a file that leave its bytes: `text` is not used. No change.
std::vector<save_method> ways_without_change();

} // namespace cfgd::test
