#pragma once

#include "store/encoding.hpp"
#include "store/lmdb.hpp"
#include "tests/support/foreign_writer.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

// Makes stores of format 1, byte by byte, as the first cfgd wrote them. Needs cfgd_store.

namespace cfgd::test {

class first_format_store {
 public:
  /// Makes an empty one below the state directory, which must not be there yet.
  explicit first_format_store(std::filesystem::path const& state)
      : env_(make_directory(state), {.map_bytes = 64 << 20, .databases = 8}) {
    store::lmdb::write_transaction in(env_);
    for (auto const* const name : {"meta", "sources", "overrides", "effective", "changes"})
      in.open(name, store::lmdb::transaction::if_absent::create);
    put_meta(in, "format", "1");
    put_meta(in, "needs", "0.1.0");
    put_meta(in, "revision", "0");
    put_meta(in, "store_id", "0123456789abcdef0123456789abcdef");
    put_meta(in, "created", "1000");
    in.commit();
  }

  /// site.a of the overrides becomes `value`, which was `before`.
  void add_revision(std::uint64_t revision, std::string const& before, std::string const& value) {
    store::lmdb::write_transaction in(env_);
    put_meta(in, "revision", std::to_string(revision));
    store::record_writer overrides;
    overrides.text(R"({"a":)" + value + "}");
    overrides.u32(1);
    overrides.text("site.a");
    overrides.i64(1'000);
    foreign_writer::add_origin(overrides, revision);
    foreign_writer::put(in, "overrides", "site", overrides);
    put_effective(in, revision, R"({"a":)" + value + "}");
    store::record_writer change;
    change.i64(1'000);
    foreign_writer::add_origin(change, revision);
    change.text("by hand");
    change.u32(1);
    change.text("site.a");
    change.text(before);
    change.text(value);
    std::string key(8, '\0');
    key[6] = static_cast<char>(revision >> 8);
    key[7] = static_cast<char>(revision & 0xFF);
    foreign_writer::put(in, "changes", key, change);
    in.commit();
  }

  /// admin/site.json, which says {"f":1} at 2:3, and whose newest content was refused at 4:5.
  void add_quarantined_source() {
    store::lmdb::write_transaction in(env_);
    store::record_writer source;
    source.text("/admin/site.json");
    for (std::uint64_t number = 1; number <= 5; ++number)
      source.u64(number);
    for (int byte = 0; byte < 16; ++byte)
      source.u8(7);
    source.u8(1);
    source.u8(1);
    source.u64(1);
    add_error(source);
    source.text(R"({"f":1})");
    source.u32(1);
    source.u32(2);
    source.u32(3);
    add_error(source);
    source.text("{ broken");
    foreign_writer::put(in, "sources", "admin/site.json", source);
    in.commit();
  }

 private:
  static std::filesystem::path make_directory(std::filesystem::path const& state) {
    namespace fs = std::filesystem;
    fs::create_directories(state / "data");
    for (auto const& one : {state, state / "data"})
      fs::permissions(one, fs::perms::owner_all);
    return state / "data";
  }

  static void put_meta(store::lmdb::write_transaction& in, std::string const& key,
                       std::string_view value) {
    store::record_writer record;
    record.rest(value);
    foreign_writer::put(in, "meta", key, record);
  }

  static void put_effective(store::lmdb::write_transaction& in, std::uint64_t revision,
                            std::string_view text) {
    store::record_writer effective;
    effective.u64(revision);
    effective.rest(text);
    foreign_writer::put(in, "effective", "site", effective);
  }

  static void add_error(store::record_writer& out) {
    out.u8(1);
    out.text("parse");
    out.text("a comma is missing");
    out.text("/admin/site.json");
    out.u32(4);
    out.u32(5);
    out.u64(0);
    out.u64(0);
  }

  store::lmdb::environment env_;
};

} // namespace cfgd::test
