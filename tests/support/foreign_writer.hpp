#pragma once

#include "store/encoding.hpp"
#include "store/lmdb.hpp"
#include "tests/support/child_process.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <stdexcept>
#include <string>

// Writes to a store as docs/store-format.md says, with nothing but LMDB and the frame of records:
// what is built here is built from that page. Needs cfgd_store.

namespace cfgd::test::foreign_writer {

using store::record_writer;

/// Does it in another process, as is needed while this one has the store open: LMDB takes locks
/// for the process, and the end of a second environment ends those of the first.
inline void elsewhere(std::function<void()> const& work) {
  child_process other([&](int) {
    work();
    return 0;
  });
  if (other.wait() != 0) throw std::runtime_error("the other writer failed");
}

inline void put(store::lmdb::write_transaction& in, char const* database, std::string const& key,
                record_writer& record) {
  in.put(in.open(database, store::lmdb::transaction::if_absent::fail), key, record.finish(key));
}

inline void add_origin(record_writer& out, std::uint64_t revision) {
  out.u8(5);
  out.text("");
  out.u32(0);
  out.u32(0);
  out.u8(1);
  out.u32(77);
  out.u32(0);
  out.u32(0);
  out.text("offline");
  out.u64(revision);
}

/// One revision: site.a of the overrides becomes `value`, which was `before`.
inline void write_revision(store::lmdb::write_transaction& in, std::uint64_t revision,
                           std::string const& before, std::string const& value) {
  record_writer counter;
  counter.rest(std::to_string(revision));
  put(in, "meta", "revision", counter);

  record_writer overrides;
  overrides.i64(1'000);
  add_origin(overrides, revision);
  overrides.text("");
  overrides.rest(value);
  put(in, "overrides", "site/a", overrides);

  record_writer change;
  change.i64(1'000);
  add_origin(change, revision);
  change.text("by hand");
  change.u32(1);
  change.text("site.a");
  change.text(before);
  change.text(value);
  change.u8(0);
  change.u32(0);
  std::string key(8, '\0');
  key[7] = static_cast<char>(revision);
  put(in, "changes", key, change);
}

/// Two revisions in one transaction, behind `revision`: site.a, the only key of its namespace,
/// becomes "one" and then "two". `data` is the directory of data.mdb.
inline void write_two_revisions(std::filesystem::path const& data, std::uint64_t revision,
                                std::string const& before) {
  store::lmdb::environment env(data, {.map_bytes = 64 << 20, .databases = 8});
  store::lmdb::write_transaction in(env);
  write_revision(in, revision + 1, before, "\"one\"");
  write_revision(in, revision + 2, "\"one\"", "\"two\"");
  in.commit();
}

/// Against the rules: site.a becomes `value`, without a revision and without a change.
inline void write_value_alone(std::filesystem::path const& data, std::uint64_t revision,
                              std::string const& value) {
  store::lmdb::environment env(data, {.map_bytes = 64 << 20, .databases = 8});
  store::lmdb::write_transaction in(env);
  record_writer effective;
  effective.u64(revision);
  effective.rest(R"({"a":)" + value + "}");
  put(in, "effective", "site", effective);
  in.commit();
}

} // namespace cfgd::test::foreign_writer
