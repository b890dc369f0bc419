#pragma once

#include "core/log.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace cfgd {

/// The kind of an error, as io.cfgd.Service names it.
enum class problem_kind : std::uint8_t {
  parse,
  schema,
  validation,
  store,
  cache,
  watch,
  permission,
  protocol,
  network,
  internal,
};
inline constexpr std::size_t problem_kinds = 10;
std::string_view to_string(problem_kind which);
std::optional<problem_kind> parse_problem_kind(std::string_view text);

/// When a problem is over.
enum class lasting : std::uint8_t {
  event,   ///< at once: it has happened, and was handled
  process, ///< when a line reports its end, or with the process
  file,    ///< when a line reports its end: a fault of a file outlives the process
};

/// What can go wrong and what the service does about it: one row of the table.
struct situation {
  std::string_view name;
  char const* message_id; ///< of the line that reports it
  problem_kind kind;
  log::level severity;
  bool recoverable; ///< without it, the service is critical while it lasts
  lasting how_long;
  std::string_view source;   ///< what it happens to, where the line does not name a file or a peer
  std::string_view recovery; ///< what the service did; a line may say it more exactly
};

/// The whole table. docs/problems.md shows it, and a test compares the two.
std::span<situation const> situations();
situation const* find_situation(std::string_view name);
/// By a line's MESSAGE_ID and, where there are several rows of it, its CFGD_KIND.
situation const* find_situation(std::string_view message_id, std::string_view kind);

} // namespace cfgd
