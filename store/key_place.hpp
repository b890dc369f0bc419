#pragma once

#include "core/error.hpp"
#include "store/sealing.hpp"

#include <filesystem>
#include <memory>
#include <string>

/// Where the key of a store is: a systemd credential, or a file in the state directory.
namespace cfgd::store {

/// Names of the credentials: the key, and the one before it while a new one is introduced.
inline constexpr char const* key_credential = "cfgd.key";
inline constexpr char const* old_key_credential = "cfgd.key.old";

/// Where to look for keys besides the state directory.
struct key_sources {
  /// $CREDENTIALS_DIRECTORY of the service; empty: it has no credentials.
  std::filesystem::path credentials = {};
};
/// The sources of this process, by its environment.
key_sources key_sources_of_process();

/// state/key, and state/key.new while keys are being exchanged.
std::filesystem::path key_file(std::filesystem::path const& state);
std::filesystem::path new_key_file(std::filesystem::path const& state);

struct found_keys {
  std::shared_ptr<sealer const> current; ///< null: there is no key yet
  std::shared_ptr<sealer const> other;   ///< another key that records may have; may be null
  bool is_credential = false;            ///< the current one
  std::filesystem::path place;           ///< of the current one, or where it should be
};

/// Finds the keys. The credential counts before the file, which is the other key then, unless the
/// old credential is. Errors: untrusted (a file that others may read, or that is not a key), io.
/// The message names the file and what to do.
[[nodiscard]] result<found_keys> find_keys(std::filesystem::path const& state,
                                           key_sources const& where);

/// Makes a key file with a random key: durable, mode 0600. Errors: io (also if there is a file).
[[nodiscard]] result<std::shared_ptr<sealer const>> make_key_file(std::filesystem::path const& at);

/// Makes state/key.new the key of the store, durably. Errors: io.
[[nodiscard]] result<void> adopt_new_key(std::filesystem::path const& state);

/// The keys in a state directory, for programs that read its store or its backups; null: there are
/// none. Errors: those of find_keys().
[[nodiscard]] result<std::shared_ptr<key_ring const>>
keys_beside(std::filesystem::path const& state);

} // namespace cfgd::store
