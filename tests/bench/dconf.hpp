#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>

namespace cfgd::bench {

/// The library of dconf in this process, loaded at run time, on a database file that has key_count
/// keys with their values. No D-Bus: reading does not need it.
class dconf_reader {
 public:
  /// Null if libdconf1 is not installed. Writes below `directory`, and sets environment variables.
  static std::unique_ptr<dconf_reader> make(std::filesystem::path const& directory);
  ~dconf_reader();
  dconf_reader(dconf_reader const&) = delete;
  dconf_reader& operator=(dconf_reader const&) = delete;

  /// "bench_0.setting_name_001" as dconf spells it.
  static std::string path_of(std::string const& key);
  /// dconf_client_read, g_variant_get_string and g_variant_unref: the length of the value; 0 if
  /// there is none.
  std::size_t read(std::string const& path) const;

 private:
  struct functions;
  explicit dconf_reader(std::unique_ptr<functions> loaded);
  std::unique_ptr<functions> call_;
  void* client_;
};

} // namespace cfgd::bench
