#pragma once

#include "tests/support/save_methods.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace cfgd::test {

/// Saves files of a running service and returns the changes that it announces because of that.
class save_trial {
 public:
  struct places {
    std::filesystem::path socket;
    std::filesystem::path admin;   ///< an empty directory of sources
    std::filesystem::path runtime; ///< another one, for what the trial itself needs
  };
  /// Settings for the service: patient, as the tools run on a machine that does other things too;
  /// and no sweep comes to the help of what events should bring.
  static std::string_view const settings;

  explicit save_trial(places where) : where_(std::move(where)) {}

  /// Lets the service read a site.yaml, saves it anew and then a marker; what the service announces
  /// from then on: "+1 {values}", by revision from the one before, then " -[keys]" where keys were
  /// removed, and "+2 marker". Throws std::runtime_error if the new value or the marker is not
  /// announced in 120 s.
  std::vector<std::string> announced_by(save_method const& how);
  /// What it is when the save was one change, as it has to be.
  static std::vector<std::string> one_change();

 private:
  places where_;
  int count_ = 0;
};

} // namespace cfgd::test
