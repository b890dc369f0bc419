#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace cfgd {

struct limit_description;

/// Every limit of the service with its default. The members are the lines of core/limits.inc. Each
/// part of the service gets a copy, so that tests can shrink them.
struct limits {
#define CFGD_LIMIT(type, name, value, description) type name{value};
#define CFGD_LIMIT_WITH_SETTING(type, name, value, description, setting, least, most)              \
  type name{value};
#define CFGD_FIXED_LIMIT(type, name, value, description) static constexpr type name{value};
#include "core/limits.inc"
#undef CFGD_LIMIT
#undef CFGD_LIMIT_WITH_SETTING
#undef CFGD_FIXED_LIMIT

  /// All of them, in the order of core/limits.inc. Valid as long as the program.
  static std::span<limit_description const> described();

  friend bool operator==(limits const&, limits const&) = default;

 private:
  static constexpr std::size_t kib = 1024;
  static constexpr std::size_t mib = 1024 * kib;
  static constexpr std::size_t gib = 1024 * mib;
};

/// What the service has in memory at most, about, if all that is limited is used at the same time:
/// connections, cached values, a reply being made and its copy in a queue, a request, a rule, a
/// namespace before and after a change, each as values and as text, and the program itself. Pages
/// of the store that the kernel can drop do not count. MemoryHigh= and MemoryMax= of the unit must
/// not be below it.
std::size_t memory_bound(limits const& bounds);

enum class limit_unit : std::uint8_t { count, bytes, milliseconds };

/// What is known of one limit. The views are of literals.
struct limit_description {
  std::string_view name; ///< as the member and as LimitExceeded names it
  limit_unit unit;       ///< of value()
  std::string_view description;
  /// The key of cfgd.toml that sets it, "store.maximum_bytes", in the unit of the member; empty:
  /// only tests change it.
  std::string_view setting = {};
  std::int64_t least = 0; ///< that the setting allows
  std::int64_t most = 0;  ///< that the setting allows

  std::int64_t (*value)(limits const& from);
  /// Sets the member, in its own unit (history_age: hours). Null: a constant.
  void (*assign)(limits& into, std::int64_t number);
};

} // namespace cfgd
