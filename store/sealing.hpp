#pragma once

#include "core/error.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cfgd::store {

/// Overwrites bytes that held something secret, in a way that the compiler does not leave out.
void wipe(std::span<char> bytes);

/// Bytes that are overwritten when they are freed or moved from. The size is fixed, so there are no
/// copies of them in memory that was freed.
class secret_bytes {
 public:
  secret_bytes() = default;
  explicit secret_bytes(std::size_t size);
  secret_bytes(secret_bytes&& other) noexcept;
  secret_bytes& operator=(secret_bytes&& other) noexcept;
  secret_bytes(secret_bytes const&) = delete;
  secret_bytes& operator=(secret_bytes const&) = delete;
  ~secret_bytes();

  std::span<char> span() { return {data_.get(), size_}; }
  std::span<char const> span() const { return {data_.get(), size_}; }
  std::string_view view() const { return {data_.get(), size_}; }
  std::size_t size() const { return size_; }

 private:
  std::unique_ptr<char[]> data_; // NOLINT(modernize-avoid-c-arrays): a vector has a capacity
  std::size_t size_ = 0;
};

/// The place that a sealed text belongs to: it cannot be opened at another one.
struct sealed_place {
  std::string_view kind; ///< name of the database
  std::string_view key;  ///< of the record
};

/// Seals texts with one key: XChaCha20-Poly1305 with a random nonce. Immutable; any thread.
class sealer {
 public:
  static constexpr std::size_t key_bytes = 32;
  static constexpr std::size_t id_bytes = 8;

  /// `key` has key_bytes; it is copied.
  explicit sealer(std::span<char const> key);
  /// Takes a key as it is in a file: 32 bytes, or their hexadecimal or base64 text, with white
  /// space at its end. Errors: untrusted (another format or length).
  [[nodiscard]] static result<std::shared_ptr<sealer const>> parse(std::span<char const> file);
  /// A key of random bytes.
  static secret_bytes make_key();

  /// The first id_bytes of the BLAKE2b hash of the key: names the key and does not reveal it.
  std::string const& id() const { return id_; }
  /// The same in hexadecimal digits, for people.
  std::string id_text() const;

  /// The bytes that seal() adds to a text.
  static std::size_t overhead();
  /// Appends the id of the key, the nonce and the sealed text.
  void seal(std::string_view text, sealed_place const& at, std::string& to) const;
  /// What seal() appended. Absent: it was sealed with another key or for another place, or changed.
  std::optional<secret_bytes> open(std::string_view sealed, sealed_place const& at) const;

 private:
  secret_bytes key_;
  std::string id_;
};

/// The id in the bytes that seal() appended, and as digits; empty if they are too short.
std::string_view key_id_of(std::string_view sealed);
std::string key_id_text(std::string_view id);

/// The keys that a store is opened with: one to seal with, and those that older records may have.
/// Any thread.
class key_ring {
 public:
  explicit key_ring(std::shared_ptr<sealer const> current) : current_(std::move(current)) {}

  std::shared_ptr<sealer const> current() const;
  /// Null: the key is not known.
  std::shared_ptr<sealer const> find(std::string_view id) const;
  /// The same by the digits of the id.
  std::shared_ptr<sealer const> find_text(std::string_view id_text) const;
  /// Adds a key to open records with.
  void add(std::shared_ptr<sealer const> older);
  /// Seals with another key from now on; the previous one still opens records.
  void use(std::shared_ptr<sealer const> newest);

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<sealer const> current_;
  std::vector<std::shared_ptr<sealer const>> older_;
};

} // namespace cfgd::store
