#pragma once

#include "store/layout.hpp"
#include "tests/support/foreign_writer.hpp"

#include <filesystem>
#include <string>

// Makes stores of format 2: it has no index of history, and its records of effective values have
// every change. Needs cfgd_store.

namespace cfgd::test::second_format_store {

/// Turns a store of the newest format back; `data` is the directory of data.mdb. The database of
/// the index stays, empty: a transaction of the wrapper cannot remove it.
inline void go_back(std::filesystem::path const& data) {
  store::lmdb::environment env(data, {.map_bytes = 64 << 20, .databases = 8});
  store::lmdb::write_transaction in(env);
  {
    store::layout const records(in);
    engine::write_set values;
    for (auto const& [name, state] : records.load(in).namespaces)
      values.effectives.push_back(state.value);
    records.write(in, values);
  }
  auto const keys = in.open("keys", store::lmdb::transaction::if_absent::fail);
  while (true) {
    std::string key;
    {
      store::lmdb::cursor at(in, keys);
      auto const first = at.first();
      if (!first) break;
      key = first->key;
    }
    in.erase(keys, key);
  }
  auto const meta = in.open("meta", store::lmdb::transaction::if_absent::fail);
  in.erase(meta, "indexed");
  in.erase(meta, "settled");
  for (auto const& [word, text] : {std::pair("format", "2"), std::pair("needs", "0.2.0")}) {
    store::record_writer record;
    record.rest(text);
    in.put(meta, word, record.finish(word));
  }
  in.commit();
}

} // namespace cfgd::test::second_format_store
