#include "core/limits.hpp"

#include <array>

namespace cfgd {
namespace {

constexpr std::int64_t plain(std::size_t number) { return static_cast<std::int64_t>(number); }
constexpr std::int64_t plain(std::chrono::milliseconds time) { return time.count(); }

constexpr limit_unit unit_of(std::size_t, std::string_view name) {
  return name.ends_with("_bytes") ? limit_unit::bytes : limit_unit::count;
}
constexpr limit_unit unit_of(std::chrono::milliseconds, std::string_view) {
  return limit_unit::milliseconds;
}

} // namespace

// Of the replies, two are the one being made and its copy; four are texts of older revisions that
// replies are still made from (daemon/watches.cpp).
std::size_t memory_bound(limits const& bounds) {
  return bounds.buffer_bytes + bounds.cache_bytes + 6 * bounds.reply_bytes + bounds.frame_bytes +
         bounds.rule_bytes + 4 * bounds.namespace_bytes + limits::program_bytes;
}

std::span<limit_description const> limits::described() {
#define CFGD_DESCRIBED(member, text, assigner, ...)                                                \
  limit_description{.name = #member,                                                               \
                    .unit = unit_of(decltype(limits::member){}, #member),                          \
                    .description = text,                                                           \
                    __VA_ARGS__.value = [](limits const& from) { return plain(from.member); },     \
                    .assign = assigner},
// Types and designators cannot be in parentheses. NOLINTBEGIN(bugprone-macro-parentheses)
#define CFGD_ASSIGN(type, member)                                                                  \
  [](limits& into, std::int64_t number) { into.member = static_cast<type>(number); }
#define CFGD_LIMIT(type, name, value, description)                                                 \
  CFGD_DESCRIBED(name, description, CFGD_ASSIGN(type, name), )
#define CFGD_LIMIT_WITH_SETTING(type, name, value, description, key, lowest, highest)              \
  CFGD_DESCRIBED(name, description, CFGD_ASSIGN(type, name), .setting = key, .least = lowest,      \
                 .most = highest, )
#define CFGD_FIXED_LIMIT(type, name, value, description)                                           \
  CFGD_DESCRIBED(name, description, nullptr, )
  // NOLINTEND(bugprone-macro-parentheses)
  static constexpr limit_description all[] = {
#include "core/limits.inc"
  };
  return all;
}

} // namespace cfgd
