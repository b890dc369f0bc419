#pragma once

#include "core/document.hpp"
#include "core/limits.hpp"
#include "watchers/safe_open.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <vector>

/// Files that define something else than values, in directories of several layers: checks, targets.
/// Blocking calls, any thread.
namespace cfgd::watchers {

/// One *.toml file. Errors: untrusted, limit, io, conflict, parse, with the path and the place.
struct definition_file {
  std::string path;
  result<sourced_document> document;
};

/// Reads every trusted *.toml of the directories, by file name ("site.toml"). A file of a later
/// directory replaces the one of the same name in an earlier directory; a link to /dev/null masks
/// it. A directory that does not exist has none; one that is not trusted is an entry of its own
/// name with that error.
std::map<std::string, definition_file>
read_definitions(std::vector<std::filesystem::path> const& directories, trust const& trusted,
                 limits const& bounds);

/// The text of the file of this name, from the last directory that has it, on the same conditions.
/// `name` has no '/'. Errors: not_found, untrusted, limit, io, conflict.
[[nodiscard]] result<std::string>
read_definition_text(std::vector<std::filesystem::path> const& directories, std::string const& name,
                     trust const& trusted, limits const& bounds);

} // namespace cfgd::watchers
