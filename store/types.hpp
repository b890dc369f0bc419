#pragma once

#include "engine/model.hpp"
#include "engine/plan.hpp"
#include "engine/records.hpp"
#include "engine/unwinding.hpp"
#include "engine/write_set.hpp"

/// The types of the engine that the store keeps and returns, so that code in store/ need not
/// qualify them.
namespace cfgd::store {

using engine::blamed_key;
using engine::blamed_keys;
using engine::change_view;
using engine::committed_change;
using engine::decision;
using engine::effective;
using engine::examined_history;
using engine::expiry;
using engine::explanation;
using engine::file_change;
using engine::grouping;
using engine::history_page;
using engine::history_query;
using engine::history_slice;
using engine::key_filter;
using engine::layer_value;
using engine::model;
using engine::namespace_schema;
using engine::namespace_state;
using engine::override_origin;
using engine::override_record;
using engine::pending_change;
using engine::pending_record;
using engine::pending_records;
using engine::pending_request;
using engine::plan;
using engine::policy;
using engine::request;
using engine::restore_request;
using engine::rollback_request;
using engine::set_request;
using engine::source_record;
using engine::source_records;
using engine::source_row;
using engine::source_status;
using engine::source_transition;
using engine::source_update;
using engine::unwinding;
using engine::write_set;

} // namespace cfgd::store
