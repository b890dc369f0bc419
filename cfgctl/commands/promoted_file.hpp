#pragma once

#include "client/types.hpp"
#include "core/error.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace cfgd::cfgctl {

/// The directory of the administrator's files: that of an administrator's file which the service
/// reads, else that of `root` (the DIR of `cfgd --root DIR`; empty: the system).
std::filesystem::path admin_directory(std::vector<client::source_file> const& sources,
                                      std::string const& root);

/// The extension of the administrator's file NAME.EXT, with its dot; ".json" if there is none.
std::string admin_extension(std::vector<client::source_file> const& sources,
                            std::string const& name_space);

/// NAME.d/90-cfgctl.EXT, the drop-in file that promoted overrides are written to. A file that was
/// written before keeps its extension, whatever is wanted.
class promoted_file {
 public:
  promoted_file(std::filesystem::path const& directory, std::string const& name_space,
                std::string const& extension);

  /// Known when write() has returned: it takes ".json" if its format cannot have the values.
  std::filesystem::path const& path() const { return path_; }

  /// Merges overrides into the file, which is replaced as a whole; creates it and its directory if
  /// there are none. Errors: io; parse, bad_value (the file is not an object in its format, or
  /// cannot have the values).
  [[nodiscard]] result<void> write(std::vector<client::override_key> const& rows);
  /// Makes the file what it was before write().
  void put_back();

 private:
  [[nodiscard]] result<boost::json::object>
  document_with(std::vector<client::override_key> const& rows);

  std::filesystem::path path_;
  std::optional<std::string> before_; ///< absent: there was no file
};

} // namespace cfgd::cfgctl
