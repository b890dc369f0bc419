#pragma once

#include "apply/applier.hpp"
#include "apply/placed_file.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

// What an application carries along. Private to applier*.cpp.

namespace cfgd::apply {

struct applier::file_work {
  std::string path;
  std::string bytes = {};
  file_attributes how = {};
  std::vector<std::string> check = {};
  std::string before = {}; ///< hex_of(), empty: it does not exist
  std::string after = {};
};

struct applier::target_work {
  std::string name;
  std::optional<user> as = {};
  target const* how = nullptr; ///< null: it is not defined any more
  std::string fingerprint = {};
  std::vector<file_work> files = {};
  std::map<std::string, std::string> contents = {}; ///< of all its files afterwards
  bool secret = false;
  bool may_succeed_later = false;
};

struct applier::group_work {
  std::vector<target_work> targets = {};
  std::uint64_t revision = 0;
  std::string unit = {};
  action what = action::none;
  std::string signal = {};
  std::chrono::seconds limit{30};
  unit_control::starting starting = unit_control::starting::allowed;
  bool begun = false;

  application::unit acting() const {
    return what == action::none ? application::unit::none : application::unit::acts;
  }
  std::vector<member> members() const {
    std::vector<member> out;
    out.reserve(targets.size());
    for (auto const& one : targets) {
      auto& made = out.emplace_back();
      for (auto const& file : one.files)
        made.checked.push_back(!file.check.empty());
      made.verified =
          one.how != nullptr && (!one.how->verify.empty() || one.how->active.count() > 0);
    }
    return out;
  }
  application_record record_of(application const& steps) const {
    application_record out{.revision = revision,
                           .unit = unit,
                           .action = std::string(to_string(what)),
                           .signal = signal};
    for (std::size_t i = 0; i < targets.size(); ++i) {
      if (!steps.is_live(i)) continue;
      auto& made = out.targets.emplace_back(
          replaced_target{.name = targets[i].name,
                          .fingerprint = targets[i].fingerprint,
                          .user = targets[i].as ? targets[i].as->name : ""});
      for (auto const& file : targets[i].files)
        made.files.push_back({.path = file.path, .before = file.before, .after = file.after});
    }
    return out;
  }
};

/// Whether files of several targets were put back, and nobody knows whose made the unit fail.
inline bool is_whose_fault_open(application const& steps, std::size_t targets) {
  std::size_t live = 0;
  for (std::size_t i = 0; i < targets; ++i)
    live += steps.is_live(i) ? 1U : 0U;
  return live > 1 && !steps.restored_because().empty();
}

inline std::string first_line(std::string const& text) { return text.substr(0, text.find('\n')); }

} // namespace cfgd::apply
