#include "engine/access/entries.hpp"

#include <fnmatch.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

// Entries are asked in order, and the first one that fits decides; so an administrator can make an
// exception by a file that is asked earlier, and nobody has to compare entries with each other.
//
// A file that has never been valid could have said anything. From its place on, nothing is allowed
// any more: a typing error must not open what a correct file would have closed.

namespace cfgd::engine {
namespace {

constexpr std::array<std::string_view, 5> operation_names{"read", "write", "rollback", "secret",
                                                          "admin"};

/// An unset key, for whole namespaces.
constexpr key const* whole = nullptr;

bool fits(subject const& whom, resolved_names const& names, asker const& who) {
  auto const number = number_of(whom);
  switch (whom.what) {
  case subject::kind::any:
    return true;
  case subject::kind::unit:
    return !who.unit.empty() && glob_matches(whom.name, who.unit);
  case subject::kind::user: {
    if (number) return *number == who.uid;
    auto const found = names.users.find(whom.name);
    return found != names.users.end() && found->second == who.uid;
  }
  case subject::kind::group: {
    auto const found = names.groups.find(whom.name);
    if (!number && found == names.groups.end()) return false;
    return std::ranges::find(who.groups, number ? *number : found->second) != who.groups.end();
  }
  }
  return false;
}

/// Whether an entry is about a key; null: about a whole namespace.
bool concerns(access_entry const& entry, std::string_view name_space, key const* which) {
  for (auto const& glob : entry.namespaces)
    if (glob_matches(glob, name_space)) return true;
  return std::ranges::any_of(entry.keys, [&](key const& prefix) {
    if (which != whole && prefix.contains(*which)) return true;
    if (which == whole && prefix.name_space() == name_space && prefix.path().empty()) return true;
    if (entry.allow) return false;
    return which == whole ? prefix.name_space() == name_space : which->contains(prefix);
  });
}

access_answer decide(access_rules const& rules, resolved_names const& names, asker const& who,
                     operation what, std::string_view name_space, key const* which) {
  using enum access_answer::verdict;
  std::size_t index = 0;
  for (auto const& entry : rules.entries) {
    if (!rules.broken.empty() && index == rules.entries_before_broken) break;
    ++index;
    if (std::ranges::find(entry.operations, what) == entry.operations.end()) continue;
    if (!concerns(entry, name_space, which)) continue;
    bool const is_meant = std::ranges::any_of(
        entry.subjects, [&](subject const& whom) { return fits(whom, names, who); });
    if (is_meant) return {.what = entry.allow ? allowed : denied, .by = &entry};
  }
  return {.what = rules.broken.empty() ? no_entry : denied};
}

/// The lock for the most layers among those that have a key that fits.
template <class Fits>
lock const* find_strictest(std::span<lock const> locks, Fits const& fits) {
  lock const* found = nullptr;
  for (auto const& one : locks)
    if ((found == nullptr || one.above < found->above) && std::ranges::any_of(one.keys, fits))
      found = &one;
  return found;
}

} // namespace

std::string_view to_string(operation which) {
  return operation_names.at(static_cast<std::size_t>(which));
}

std::optional<operation> parse_operation(std::string_view text) {
  auto const* const found = std::find(operation_names.begin(), operation_names.end(), text);
  if (found == operation_names.end()) return std::nullopt;
  return static_cast<operation>(found - operation_names.begin());
}

std::string to_string(subject const& whom) {
  switch (whom.what) {
  case subject::kind::any:
    break;
  case subject::kind::user:
    return "user:" + whom.name;
  case subject::kind::group:
    return "group:" + whom.name;
  case subject::kind::unit:
    return "unit:" + whom.name;
  }
  return "any";
}

result<subject> parse_subject(std::string_view text) {
  using enum subject::kind;
  static constexpr std::array<std::pair<std::string_view, subject::kind>, 3> kinds{
      {{"user:", user}, {"group:", group}, {"unit:", unit}}};
  auto const fault = [](std::string message) {
    return error{.code = errc::parse, .message = std::move(message)};
  };
  if (text == "any") return subject{};
  for (auto const& [prefix, what] : kinds) {
    if (!text.starts_with(prefix)) continue;
    subject made{.what = what, .name = std::string(text.substr(prefix.size()))};
    if (made.name.empty()) return fault("a name is missing after '" + std::string(prefix) + "'");
    if (made.name.size() > 256) return fault("the name is longer than 256 bytes");
    if (what == unit) {
      if (auto why = glob_fault(made.name); !why.empty()) return fault(std::move(why));
      return made;
    }
    bool const digits = std::ranges::all_of(made.name, [](char c) { return c >= '0' && c <= '9'; });
    if (digits && !number_of(made)) return fault("the number is too large");
    return made;
  }
  return fault("must be user:NAME, group:NAME, unit:NAME or any");
}

std::optional<std::uint32_t> number_of(subject const& whom) {
  if (whom.what != subject::kind::user && whom.what != subject::kind::group) return std::nullopt;
  std::uint32_t number = 0;
  auto const* const last = whom.name.data() + whom.name.size();
  auto const [end, ec] = std::from_chars(whom.name.data(), last, number);
  // The largest number means "no user" to the kernel.
  bool const is_one = ec == std::errc{} && end == last && !whom.name.empty() &&
                      number != std::numeric_limits<std::uint32_t>::max();
  return is_one ? std::optional(number) : std::nullopt;
}

std::string glob_fault(std::string_view glob) {
  if (glob.empty()) return "the pattern is empty";
  if (glob.size() > 256) return "the pattern is longer than 256 bytes";
  if (glob.find('\0') != glob.npos) return "U+0000 is not allowed";
  for (std::size_t at = 0; at < glob.size(); ++at) {
    if (glob[at] != '[') continue;
    // A bracket right after the opening one, or after its negation, stands for itself.
    auto first = at + 1;
    if (first < glob.size() && (glob[first] == '!' || glob[first] == '^')) ++first;
    at = glob.find(']', first + 1);
    if (at == glob.npos) return "the bracket '[' is not closed";
  }
  return {};
}

// No escapes, because names of units contain backslashes ("dev-sda\x2d1.device").
bool glob_matches(std::string const& glob, std::string_view text) {
  return ::fnmatch(glob.c_str(), std::string(text).c_str(), FNM_NOESCAPE) == 0;
}

std::string access_entry::place() const { return path + ":" + std::to_string(line); }

std::string lock::place() const { return path + ":" + std::to_string(line); }

access_answer decide(access_rules const& rules, resolved_names const& names, asker const& who,
                     operation what, key const& which) {
  return decide(rules, names, who, what, which.name_space(), &which);
}

access_answer decide(access_rules const& rules, resolved_names const& names, asker const& who,
                     operation what, std::string_view name_space) {
  return decide(rules, names, who, what, name_space, whole);
}

lock const* find_lock(std::span<lock const> locks, key const& which) {
  return find_strictest(locks, [&](key const& locked) { return locked.contains(which); });
}

lock const* find_lock(access_rules const& rules, key const& which) {
  return find_lock(std::span(rules.locks), which);
}

lock const* find_lock_below(std::span<lock const> locks, key const& which) {
  return find_strictest(
      locks, [&](key const& locked) { return locked != which && which.contains(locked); });
}

std::string describe(lock const& by) {
  auto text = "is locked by " + by.place();
  if (!by.reason.empty()) text.append(": ").append(by.reason);
  return text;
}

} // namespace cfgd::engine
