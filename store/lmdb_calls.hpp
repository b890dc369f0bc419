#pragma once

#include "store/lmdb.hpp"

#include <lmdb.h>

/// Helpers for the files that call LMDB's C interface.
namespace cfgd::store::lmdb {

/// Throws lmdb_error if a call did not succeed.
inline void check(char const* call, int code, std::filesystem::path const& path) {
  if (code != MDB_SUCCESS) throw lmdb_error(call, code, path);
}

/// A value to pass to LMDB, which does not write through the pointer of a value that it is given.
inline MDB_val to_value(std::string_view text) {
  return {text.size(), const_cast<char*>(text.data())};
}

inline std::string_view to_view(MDB_val const& value) {
  return {static_cast<char const*>(value.mv_data), value.mv_size};
}

} // namespace cfgd::store::lmdb
