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
/// The name of the enumerator, a view of a literal, and the other way round.
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
  bool recoverable; ///< false: the service is critical while the problem is open
  lasting how_long;
  std::string_view source;   ///< what it happens to, where the line does not name a file or a peer
  std::string_view recovery; ///< what the service did; a line may have a more exact one
};

/// The whole table, valid as long as the program. docs/problems.md shows it; a test compares them.
std::span<situation const> situations();
/// Null: no row has that name.
situation const* find_situation(std::string_view name);
/// By a line's MESSAGE_ID and, where several rows have it, its CFGD_KIND. Null: no row has the id.
situation const* find_situation(std::string_view message_id, std::string_view kind);

} // namespace cfgd
