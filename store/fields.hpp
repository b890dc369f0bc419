#pragma once

#include "core/change.hpp"
#include "core/document.hpp"
#include "engine/model.hpp"
#include "store/encoding.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <vector>

/// The parts that several kinds of records have in common. Writers append to a record; readers
/// throw damaged_record and check everything that another program could have written wrongly.
namespace cfgd::store {

/// Store formats that records can be read in. Records are written only in the newest one.
enum class record_format : std::uint8_t {
  first = 1,  ///< errors without issues; changes without secrets and warnings
  second = 2, ///< as described in docs/store-format.md
};

/// Milliseconds since 1970 UTC.
void write_time(record_writer& out, wall_time time);
wall_time read_time(record_reader& in);

/// Line and column.
void write_place(record_writer& out, place at);
place read_place(record_reader& in);

void write_origin(record_writer& out, origin const& from);
origin read_origin(record_reader& in);
/// The origin of an override, which may be soft.
void write_override_origin(record_writer& out, engine::override_origin const& by);
engine::override_origin read_override_origin(record_reader& in);

void write_issues(record_writer& out, std::vector<issue> const& all);
std::vector<issue> read_issues(record_reader& in);

void write_error(record_writer& out, error const& why);
error read_error(record_reader& in, record_format written);

/// As JSON text; members keep their order.
void write_object(record_writer& out, boost::json::object const& what);
boost::json::object read_object(record_reader& in);

/// Content that is kept as text is written as it is.
void write_content(record_writer& out, engine::source_content const& content);
/// Of values the text is `same` itself, if it is equal: that is known to be canonical. Else it is
/// parsed.
engine::source_content read_content(record_reader& in, source_kind what,
                                    canonical::shared_text const& same);

void write_document(record_writer& out, sourced_document const& document);
sourced_document read_document(record_reader& in);

} // namespace cfgd::store
