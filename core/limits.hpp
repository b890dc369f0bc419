#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace cfgd {

/// Every limit of the service, in one place. Parts get a copy, so that tests can shrink them.
/// The README's table of limits is checked against this file by a test.
struct limits {
  // Files.
  std::size_t file_bytes = 4 * 1024 * 1024;
  std::size_t file_depth = 64;
  std::size_t file_elements = 100'000;     ///< members and elements of one file
  std::size_t source_files = 10'000;       ///< in all layers
  std::size_t watched_directories = 1'024; ///< others are polled

  // Keys and values.
  static constexpr std::size_t key_bytes = 512; ///< as dotted key
  std::size_t value_bytes = 256 * 1024;         ///< of one key in a Set
  std::size_t namespace_bytes = 8 * 1024 * 1024;

  // Connections.
  std::size_t connections = 1'024; ///< in all
  std::size_t connections_per_uid = 128;
  std::size_t connections_of_root = 256;

  // Requests.
  std::size_t frame_bytes = 1024 * 1024; ///< one request, without its NUL
  std::size_t request_depth = 32;
  std::size_t request_elements = 100'000;
  std::size_t pipelined_calls = 64; ///< answered in one turn before others get theirs
  std::chrono::milliseconds partial_frame{10'000}; ///< from its first byte to its NUL
  std::size_t comment_bytes = 1'024;               ///< of a Set

  // Replies.
  std::size_t reply_bytes = 16 * 1024 * 1024;      ///< one reply; peers take no more
  std::size_t reply_batch_bytes = 256 * 1024;      ///< one reply of a List, about
  std::size_t queue_soft_bytes = 1024 * 1024;      ///< streams pause above it
  std::size_t queue_hard_bytes = 4 * 1024 * 1024;  ///< the connection is closed above it
  std::chrono::milliseconds queue_stalled{30'000}; ///< closed after so long without progress

  // Watches.
  std::size_t watch_prefixes = 32; ///< of one Watch

  // Schemas and rules.
  std::size_t schema_steps = 1'000'000;       ///< subschemas looked at for one document
  std::size_t pattern_steps = 1'000'000;      ///< of one match of a pattern
  std::size_t rule_instructions = 10'000'000; ///< of one rule
  std::size_t rule_bytes = 16 * 1024 * 1024;  ///< of memory of one rule
  std::size_t issues = 20;                    ///< told of one refusal

  // Changes that end by themselves.
  std::size_t pending_changes = 256;           ///< that wait, in all
  std::chrono::hours pending_change_time{720}; ///< until one ends, at the most
  std::chrono::minutes edit_time{10};        ///< of an edit of several files, if it says nothing

  // Store and memory.
  std::size_t store_bytes = 256 * 1024 * 1024;  ///< the map's maximum
  std::size_t history_revisions = 1'000;        ///< kept at least
  std::chrono::hours history_age{24};           ///< kept at least
  std::size_t history_bytes = 64 * 1024 * 1024; ///< kept at the most, about
  std::size_t cache_bytes = 64 * 1024 * 1024;   ///< in the loop's memory

  friend bool operator==(limits const&, limits const&) = default;
};

} // namespace cfgd
