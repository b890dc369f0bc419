#include "store/encoding.hpp"

#include "store/crc32c.hpp"

#include <lmdb.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

// Every record of every database has the same frame: one byte with the version of the frame, four
// with a CRC-32C over the key, the version and the fields, then the fields. Version 2 has sealed
// fields; the sum is over the sealed bytes, so it is checked without a key. LMDB has no check sums;
// with this, a flipped bit, a record of zeros or a record under another key is an error that names
// the record, never a value. Numbers are little-endian on every machine.

namespace cfgd::store {
namespace {

constexpr std::uint8_t plain_frame = 1;
constexpr std::uint8_t sealed_frame = 2;
constexpr std::size_t frame_bytes = 5;

std::uint32_t check_sum(std::string_view key, std::uint8_t version, std::string_view fields) {
  auto const byte = static_cast<char>(version);
  return crc_32c({key, {&byte, 1}, fields});
}

template <class Number>
std::array<char, sizeof(Number)> bytes_of(Number number) {
  std::array<char, sizeof number> bytes{};
  for (std::size_t byte = 0; byte < bytes.size(); ++byte)
    bytes.at(byte) = static_cast<char>(number >> (8 * byte) & 0xFF);
  return bytes;
}

template <class Number>
void append_number(std::string& out, Number number) {
  auto const bytes = bytes_of(number);
  out.append(bytes.data(), bytes.size());
}

/// Fills in the frame at the begin of a record.
void put_frame(std::string& record, std::uint8_t version, std::string_view key) {
  auto const sum = bytes_of(check_sum(key, version, std::string_view(record).substr(frame_bytes)));
  record.front() = static_cast<char>(version);
  std::ranges::copy(sum, record.begin() + 1);
}

template <class Number>
Number read_number(std::string_view bytes) {
  Number number = 0;
  for (std::size_t byte = 0; byte < sizeof number; ++byte)
    number |= static_cast<Number>(static_cast<Number>(static_cast<std::uint8_t>(bytes[byte]))
                                  << (8 * byte));
  return number;
}

/// Keys of changes are binary numbers; bytes that are not printable are shown as \xNN.
std::string printable(std::string_view key) {
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (char const c : key) {
    auto const byte = static_cast<std::uint8_t>(c);
    if (byte >= 0x20 && byte < 0x7F) {
      out.push_back(c);
    } else {
      out.append("\\x").push_back(digits[byte >> 4]);
      out.push_back(digits[byte & 0xF]);
    }
  }
  return out;
}

} // namespace

damaged_record::damaged_record(std::string_view database, std::string_view key,
                               std::string_view why)
    : lmdb_error("the record '" + printable(key) + "' of the database '" + std::string(database) +
                     "' is damaged: " + std::string(why),
                 MDB_CORRUPTED) {}

damaged_record::damaged_record(std::string const& message) : lmdb_error(message, MDB_CORRUPTED) {}

sealed_record::sealed_record(std::string_view database, std::string_view key,
                             std::string_view key_id)
    : damaged_record("the record '" + printable(key) + "' of the database '" +
                     std::string(database) + "' is sealed with the key " + key_id_text(key_id) +
                     ", which is not here") {}

record_writer::record_writer() : record_(frame_bytes, '\0') {}

void record_writer::u8(std::uint8_t number) { record_.push_back(static_cast<char>(number)); }
void record_writer::u32(std::uint32_t number) { append_number(record_, number); }
void record_writer::u64(std::uint64_t number) { append_number(record_, number); }

void record_writer::text(std::string_view bytes) {
  u32(static_cast<std::uint32_t>(bytes.size()));
  record_.append(bytes);
}

std::size_t record_writer::begin_text() {
  u32(0);
  return record_.size();
}

void record_writer::end_text(std::size_t begun) {
  std::string length;
  append_number(length, static_cast<std::uint32_t>(record_.size() - begun));
  record_.replace(begun - length.size(), length.size(), length);
}

std::string_view record_writer::finish(std::string_view key) {
  put_frame(record_, plain_frame, key);
  return record_;
}

std::string_view record_writer::finish_sealed(sealer const& with, sealed_place const& at) {
  std::string sealed(frame_bytes, '\0');
  with.seal(std::string_view(record_).substr(frame_bytes), at, sealed);
  wipe(record_);
  record_ = std::move(sealed);
  put_frame(record_, sealed_frame, at.key);
  return record_;
}

bool is_sealed(std::string_view record) {
  return !record.empty() && static_cast<std::uint8_t>(record.front()) == sealed_frame;
}

record_reader::record_reader(std::string_view database, lmdb::entry const& entry,
                             key_ring const* keys)
    : database_(database), key_(entry.key), left_(entry.value) {
  if (left_.size() < frame_bytes) fail("the record is too short");
  auto const version = static_cast<std::uint8_t>(left_.front());
  if (version != plain_frame && version != sealed_frame) fail("unknown frame version");
  auto const sum = read_number<std::uint32_t>(left_.substr(1, 4));
  left_.remove_prefix(frame_bytes);
  if (sum != check_sum(key_, version, left_)) fail("the check sum does not match");
  if (version == plain_frame) return;
  if (keys == nullptr)
    is_closed_ = true;
  else
    unseal(*keys);
}

void record_reader::unseal(key_ring const& keys) {
  auto const id = key_id_of(left_);
  auto const with = keys.find(id);
  if (!with) throw sealed_record(database_, key_, id);
  auto opened = with->open(left_, {.kind = database_, .key = key_});
  if (!opened) fail("it was changed or moved after it was sealed with the key " + key_id_text(id));
  opened_ = std::move(*opened);
  left_ = opened_.view();
}

std::string_view record_reader::take(std::size_t bytes) {
  if (is_closed_) throw sealed_record(database_, key_, key_id_of(left_));
  if (left_.size() < bytes) fail("a field is truncated");
  auto const taken = left_.substr(0, bytes);
  left_.remove_prefix(bytes);
  return taken;
}

std::uint8_t record_reader::u8() { return read_number<std::uint8_t>(take(1)); }
std::uint32_t record_reader::u32() { return read_number<std::uint32_t>(take(4)); }
std::uint64_t record_reader::u64() { return read_number<std::uint64_t>(take(8)); }
std::string_view record_reader::next_text() {
  auto const here = left_;
  auto const found = text();
  left_ = here;
  return found;
}

std::string_view record_reader::text() { return take(u32()); }
std::string_view record_reader::rest() { return take(left_.size()); }

void record_reader::end() {
  if (!left_.empty()) fail("data after the last field");
}

void record_reader::fail(std::string_view why) const { throw damaged_record(database_, key_, why); }

} // namespace cfgd::store
