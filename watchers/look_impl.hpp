#pragma once

#include "watchers/look.hpp"

#include <sys/stat.h>

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <utility>

/// What the parts of a look share; see look.cpp (directories) and look_files.cpp (files).
namespace cfgd::watchers {

struct looker::visit {
  std::size_t index;
  root& top;
  std::string name; ///< of the unit
  unit& here;
  directory_ptr top_directory{};
  walker* way = nullptr;
  std::set<std::string> directories{};

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
