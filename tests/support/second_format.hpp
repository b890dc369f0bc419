#pragma once

#include "store/layout.hpp"
#include "tests/support/foreign_writer.hpp"

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

// Makes stores of format 2: it has no index of history, its records of effective values have every
// change, and each layer of overrides is one record. Needs cfgd_store.

namespace cfgd::test::second_format_store {

/// Writes a layer as one record: its document, and the keys that it was set by.
inline void put_layer(store::lmdb::write_transaction& in, std::string const& name,
                      boost::json::object const& document,
                      std::vector<std::pair<key, engine::override_origin>> const& keys) {
  store::record_writer record;
  store::write_object(record, document);
  record.u32(static_cast<std::uint32_t>(keys.size()));
  for (auto const& [which, by] : keys) {
    record.text(which.str());
    store::write_override_origin(record, by);
  }
  foreign_writer::put(in, "overrides", name, record);
}

inline void put_layer(store::lmdb::write_transaction& in, std::string const& name,
                      engine::override_record const& layer) {
  std::vector<std::pair<key, engine::override_origin>> keys;
  layer.keys().visit([&keys](engine::override_record::table::entry const& one) {
    keys.emplace_back(one.first, one.second.by);
    return true;
  });
  put_layer(in, name, layer.document(), keys);
}

/// Turns a store of the newest format back; `data` is the directory of data.mdb. The database of
/// the index stays, empty: a transaction of the wrapper cannot remove it.
inline void go_back(std::filesystem::path const& data) {
  store::lmdb::environment env(data, {.map_bytes = 64 << 20, .databases = 8});
  store::lmdb::write_transaction in(env);
  {
    store::layout const records(in);
    engine::write_set now;
    std::vector<engine::write_set::layer_change> layers;
    for (auto const& [name, state] : records.load(in).namespaces) {
      now.effectives.push_back(state.value);
      now.overrides.push_back({name, state.overrides, nullptr});
      if (state.overrides) layers.push_back({name, nullptr, state.overrides});
    }
    records.write(in, now);
    for (auto const& one : layers)
      put_layer(in, one.name, *one.after);
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
