#pragma once

#include "engine/overrides.hpp"
#include "store/encoding.hpp"
#include "store/fields.hpp"
#include "store/types.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cfgd::store {

/// The fields of each kind of record (docs/store-format.md). Writers append to an empty record;
/// readers throw damaged_record. What the key of a record says is an argument of its reader.

void write_source(record_writer& out, source_record const& record);
/// `same` is the text of the effective value of the namespace, which the document shares if it is
/// equal; may be null.
source_record read_source(record_reader& in, source_id id,
                          record_format written = record_format::second,
                          canonical::shared_text const& same = {});

/// One override.
struct override_value {
  std::string_view key_text; ///< empty: the key of the record says it
  engine::override_entry const& set;
};
void write_override(record_writer& out, override_value const& what);
std::pair<key, engine::override_entry> read_override(record_reader& in,
                                                     std::string_view record_key);
/// Collects overrides, whose records come in any order, into layers.
class override_collector {
 public:
  /// `entry` must live until this returns. `keys` may be null.
  void add(lmdb::entry const& entry, key_ring const* keys);
  /// The layers by namespace.
  std::map<std::string, std::shared_ptr<override_record const>, std::less<>> finish();

 private:
  std::map<std::string, std::vector<std::pair<key, engine::override_entry>>, std::less<>> found_;
};

/// All overrides of a namespace, as one record had them up to format 3; null: there are none.
std::shared_ptr<override_record const> read_overrides(record_reader& in, std::string const& name);

void write_effective(record_writer& out, effective const& value);
effective read_effective(record_reader& in, std::string_view name_space);

void write_change(record_writer& out, change const& record);
std::shared_ptr<change const> read_change(record_reader& in, revision_number revision,
                                          record_format written = record_format::second);

/// A view of a change, without copying its values. Valid as long as the record.
change_view view_change(record_reader& in, revision_number revision,
                        record_format written = record_format::second);

/// The time of a change, without reading the other fields.
wall_time read_change_time(record_reader& in);

void write_pending(record_writer& out, pending_record const& record);
pending_record read_pending(record_reader& in, revision_number revision);

} // namespace cfgd::store
