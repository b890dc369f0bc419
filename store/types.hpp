#pragma once

#include "engine/model.hpp"
#include "engine/plan.hpp"
#include "engine/records.hpp"
#include "engine/unwinding.hpp"
#include "engine/write_set.hpp"

/// The engine's types that the store keeps and gives back, by their short names.
namespace cfgd::store {

using engine::applied;
using engine::blamed_key;
using engine::candidate;
using engine::change_view;
using engine::definitions;
using engine::effective;
using engine::ending;
using engine::explanation;
using engine::grouping;
using engine::history_page;
using engine::history_query;
using engine::history_slice;
using engine::key_filter;
using engine::model;
using engine::namespace_schema;
using engine::namespace_state;
using engine::outcome;
using engine::override_origin;
using engine::override_record;
using engine::plan;
using engine::request;
using engine::restore_request;
using engine::rollback_request;
using engine::set_request;
using engine::source_batch;
using engine::source_record;
using engine::source_records;
using engine::source_row;
using engine::source_status;
using engine::source_transition;
using engine::source_update;
using engine::timed_change;
using engine::timed_record;
using engine::timed_records;
using engine::timed_request;
using engine::unwinding;
using engine::write_set;

} // namespace cfgd::store
