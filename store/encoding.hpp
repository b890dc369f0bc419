#pragma once

#include "store/lmdb.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace cfgd::store {

/// Thrown if a record is damaged or not valid in this format.
class damaged_record : public lmdb_error {
 public:
  damaged_record(std::string_view database, std::string_view key, std::string_view why);
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

 private:
  std::string record_;
};

/// Reads the fields of a record in order; throws damaged_record for anything wrong with it. The
/// constructor checks the check sum. Views are valid as long as the record.
class record_reader {
 public:
  record_reader(std::string_view database, lmdb::entry const& entry);

  std::uint8_t u8();
  std::uint32_t u32();
  std::uint64_t u64();
  std::int64_t i64() { return static_cast<std::int64_t>(u64()); }
  /// A text after its length.
  std::string_view text();
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

  std::string_view database_;
  std::string_view key_;
  std::string_view left_;
};

} // namespace cfgd::store
