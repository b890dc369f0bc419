#include "daemon/health/own_checks.hpp"
#include "watchers/definition_files.hpp"

namespace cfgd::health {

check_files read_check_files(std::vector<std::filesystem::path> const& directories,
                             watchers::trust const& trusted, pace const& general,
                             limits const& bounds) {
  check_files found;
  for (auto const& [name, file] : watchers::read_definitions(directories, trusted, bounds))
    found.emplace(
        name, check_file{.path = file.path,
                         .checks = file.document
                                       ? read_checks(*file.document, file.path, general, bounds)
                                       : result<std::vector<own_check>>(file.document.error())});
  return found;
}

} // namespace cfgd::health
