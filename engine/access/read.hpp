#pragma once

#include "core/document.hpp"
#include "core/limits.hpp"
#include "engine/access/entries.hpp"

#include <string>
#include <vector>

namespace cfgd::engine {

/// The content of one access file.
struct access_file {
  std::vector<access_entry> entries;
  std::vector<lock> locks;
};

/// Reads the document of an access file. Errors: invalid, with all faults as issues and their
/// places; `subject` is the path. A file with one fault is refused as a whole.
[[nodiscard]] result<access_file> read_access(sourced_document const& document,
                                              std::string const& path, limits const& bounds);

} // namespace cfgd::engine
