#pragma once

#include "store/lmdb.hpp"
#include "store/sealing.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace cfgd::store {

/// Thrown if a record is damaged or not valid in this format.
class damaged_record : public lmdb_error {
 public:
  damaged_record(std::string_view database, std::string_view key, std::string_view why);

 protected:
  explicit damaged_record(std::string const& message);
};

/// Thrown if a record is sealed with a key that is not here.
class sealed_record : public damaged_record {
 public:
  sealed_record(std::string_view database, std::string_view key, std::string_view key_id);
};

/// Builds a record (docs/store-format.md): fields in a frame with a check sum. Numbers are
/// little-endian. Used for one record.
class record_writer {
 public:
  record_writer();

  void u8(std::uint8_t number);
  void u32(std::uint32_t number);
  void u64(std::uint64_t number);
  void i64(std::int64_t number) { u64(static_cast<std::uint64_t>(number)); }
  /// A text after its length; less than 4 GiB.
  void text(std::string_view bytes);
  /// A text without a length; the last field of the record.
  void rest(std::string_view bytes) { record_.append(bytes); }
  /// The record so far, to append to.
  std::string& buffer() { return record_; }
  /// Begins a text whose length is not known yet; end_text() with the returned position fills it
  /// in.
  std::size_t begin_text();
  void end_text(std::size_t begun);

  /// Completes the record for its key. The view is valid as long as the writer.
  std::string_view finish(std::string_view key);
  /// The same, sealed for its place. The fields are overwritten in memory.
  std::string_view finish_sealed(sealer const& with, sealed_place const& at);

 private:
  std::string record_;
};

/// Whether the fields of a record are sealed.
bool is_sealed(std::string_view record);

/// Reads the fields of a record in order; throws damaged_record for anything wrong with it. The
/// constructor checks the check sum, for which no key is needed. Views are valid as long as the
/// record and the reader.
class record_reader {
 public:
  /// Without `keys`, reading a field of a sealed record throws.
  record_reader(std::string_view database, lmdb::entry const& entry,
                key_ring const* keys = nullptr);

  std::uint8_t u8();
  std::uint32_t u32();
  std::uint64_t u64();
  std::int64_t i64() { return static_cast<std::int64_t>(u64()); }
  /// A text after its length.
  std::string_view text();
  /// The same, and stays in front of it.
  std::string_view next_text();
  /// All bytes that are left.
  std::string_view rest();
  /// Whether a field is left.
  bool has_more() const { return !left_.empty(); }
  /// Checks that no field is left.
  void end();
  /// Throws damaged_record with the database and the key of the record.
  [[noreturn]] void fail(std::string_view why) const;

 private:
  std::string_view take(std::size_t bytes);
  void unseal(key_ring const& keys);

  secret_bytes opened_;    ///< the fields of a sealed record
  bool is_closed_ = false; ///< they are sealed, and there are no keys
  std::string_view database_;
  std::string_view key_;
  std::string_view left_;
};

} // namespace cfgd::store
