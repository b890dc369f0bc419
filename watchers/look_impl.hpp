#pragma once

#include "watchers/look.hpp"

#include <sys/stat.h>

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <utility>

/// What the parts of a look share; see look.cpp (directories), look_entries.cpp (entries with
/// events) and look_files.cpp (files).
namespace cfgd::watchers {

/// Whether it is the name of a directory of sources, NAME.d.
bool is_drop_in_directory(std::string_view name);

struct looker::visit {
  std::size_t index;
  root& top;
  std::string name; ///< of the unit
  unit& here;
  directory_ptr top_directory{};
  walker* way = nullptr;
  std::set<std::string> directories{};
  bool is_partial = false; ///< only some entries are looked at

  bool is_top_of_values() const { return name.empty() && top.what.what == source_kind::values; }
  source_id id(std::string_view file) const {
    std::string relative = name.empty() ? std::string(file) : join(name, file);
    return {.where = top.what.where, .relative = std::move(relative), .what = top.what.what};
  }
};

struct looker::candidate {
  directory_ptr parent;
  std::string name;
  struct stat info {};
  std::string location;
  bool masks = false;
};

} // namespace cfgd::watchers
