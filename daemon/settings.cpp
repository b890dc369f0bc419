#include "daemon/settings.hpp"

#include "core/text.hpp"
#include "daemon/small_file.hpp"

#include <toml++/toml.h>

#include <grp.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <functional>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

// A key of cfgd.toml is a row of the table below, a limit with a setting (core/limits.inc) or a
// setting of a health check. Any other key is an error, so that a misspelt setting is noticed.

namespace cfgd {
namespace {

constexpr std::size_t most_file_bytes = 16 * std::size_t{1024} * 1024;

/// Takes a value into the settings; returns what is wrong with it, if anything.
using taker = std::optional<std::string> (*)(toml::node const&, settings&);

std::optional<std::string> take_integer(toml::node const& node, std::int64_t least,
                                        std::int64_t most,
                                        std::function<void(std::int64_t)> const& store) {
  auto const number = node.value_exact<std::int64_t>();
  auto wrong = health::find_range_fault(number, least, most);
  if (!wrong) store(*number);
  return wrong;
}

template <std::chrono::milliseconds settings::*Member, std::int64_t Least>
std::optional<std::string> take_milliseconds(toml::node const& node, settings& into) {
  return take_integer(node, Least, 3'600'000, [&](std::int64_t number) {
    into.*Member = std::chrono::milliseconds(number);
  });
}

std::optional<std::string> take_log_level(toml::node const& node, settings& into) {
  auto const* const text = node.as_string();
  auto const level = text == nullptr ? std::nullopt : log::parse_level(text->get());
  if (!level) return R"(must be "error", "warning", "notice", "info" or "debug")";
  into.log_level = *level;
  return std::nullopt;
}

std::optional<std::string> take_log_filters(toml::node const& node, settings& into) {
  auto const* const table = node.as_table();
  if (table == nullptr) return R"(must be a table, as { ipc = "debug" })";
  for (auto const& [area, value] : *table) {
    if (std::find(log::areas.begin(), log::areas.end(), area.str()) == log::areas.end())
      return "has '" + std::string(area.str()) +
             "', which is not one of core, store, watchers, ipc, daemon";
    auto const* const text = value.as_string();
    auto const level = text == nullptr ? std::nullopt : log::parse_level(text->get());
    if (!level)
      return "." + std::string(area.str()) +
             R"( must be "error", "warning", "notice", "info" or "debug")";
    into.log_filters[std::string(area.str())] = *level;
  }
  return std::nullopt;
}

std::optional<std::string> take_socket_mode(toml::node const& node, settings& into) {
  constexpr char const* expected = R"(must be a string of octal digits, "0666" at most)";
  auto const* const text = node.as_string();
  if (text == nullptr) return expected;
  std::string const& digits = text->get();
  unsigned mode = 0;
  auto const [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), mode, 8);
  if (ec != std::errc{} || end != digits.data() + digits.size() || (mode & ~0666U) != 0)
    return expected;
  into.socket_mode = mode;
  return std::nullopt;
}

std::optional<std::string> take_admin_group(toml::node const& node, settings& into) {
  auto const* const text = node.as_string();
  if (text == nullptr) return "must be a string, the name of a group; empty: no group";
  into.admin_group = text->get();
  return std::nullopt;
}

/// Thread-safe. Nothing: there is no such group.
std::optional<gid_t> find_group(std::string const& name) {
  constexpr std::size_t most_bytes = 1024 * std::size_t{1024};
  for (std::vector<char> buffer(4096); buffer.size() <= most_bytes;
       buffer.resize(buffer.size() * 2)) {
    group found{};
    group* result = nullptr;
    auto const code = ::getgrnam_r(name.c_str(), &found, buffer.data(), buffer.size(), &result);
    if (code == ERANGE) continue;
    if (result == nullptr) return std::nullopt;
    return found.gr_gid;
  }
  return std::nullopt;
}

/// Takes each string of an array. `take` returns what is wrong with it.
std::optional<std::string>
take_strings(toml::node const& node, char const* expected,
             std::function<std::optional<std::string>(std::string const&)> const& take) {
  auto const* const list = node.as_array();
  if (list == nullptr) return expected;
  for (auto const& one : *list) {
    auto const* const text = one.as_string();
    if (text == nullptr) return expected;
    if (auto wrong = take(text->get())) return wrong;
  }
  return std::nullopt;
}

std::optional<std::string> take_trusted_groups(toml::node const& node, settings& into) {
  return take_strings(node, "must be an array of names of groups",
                      [&into](std::string const& name) -> std::optional<std::string> {
                        auto const found = find_group(name);
                        if (!found) return "has '" + name + "', which is not a group";
                        into.trusted_groups.push_back(*found);
                        return std::nullopt;
                      });
}

std::optional<std::string> take_link_roots(toml::node const& node, settings& into) {
  static constexpr char const* expected = "must be an array of absolute paths of directories";
  return take_strings(node, expected,
                      [&into](std::string const& text) -> std::optional<std::string> {
                        std::filesystem::path const path(text);
                        if (!path.is_absolute()) return expected;
                        auto whole = path.lexically_normal().string();
                        if (whole.size() > 1 && whole.ends_with('/')) whole.pop_back();
                        into.link_roots.push_back(std::move(whole));
                        return std::nullopt;
                      });
}

std::optional<std::string> take_textfile(toml::node const& node, settings& into) {
  auto const* const text = node.as_string();
  std::filesystem::path const path(text == nullptr ? std::string() : text->get());
  bool const is_file = path.is_absolute() && path.has_filename();
  if (text == nullptr || (!path.empty() && !is_file))
    return "must be a string, the absolute path of a file; empty: none";
  into.metrics_textfile = path;
  return std::nullopt;
}

struct row {
  std::string_view table;
  std::string_view name;
  taker take;
};

constexpr std::array rows{
    row{"watch", "quiet_ms", take_milliseconds<&settings::quiet, 0>},
    row{"watch", "late_ms", take_milliseconds<&settings::late, 1>},
    row{"watch", "grace_ms", take_milliseconds<&settings::grace, 0>},
    row{"watch", "empty_ms", take_milliseconds<&settings::emptied, 0>},
    row{"watch", "sweep_ms", take_milliseconds<&settings::sweep, 100>},
    row{"watch", "poll_ms", take_milliseconds<&settings::poll, 100>},
    row{"files", "trusted_groups", take_trusted_groups},
    row{"files", "link_roots", take_link_roots},
    row{"log", "level", take_log_level},
    row{"log", "filters", take_log_filters},
    row{"socket", "mode", take_socket_mode},
    row{"access", "group", take_admin_group},
    row{"metrics", "textfile", take_textfile},
    row{"metrics", "interval_ms", take_milliseconds<&settings::metrics_interval, 1'000>},
};

place place_of(toml::source_region const& region) {
  return {.line = region.begin.line, .column = region.begin.column};
}

error fault(std::string const& path, place where, std::string message) {
  return {.code = errc::parse, .message = std::move(message), .subject = path, .where = where};
}

/// "store" of "store.maximum_bytes".
std::string_view table_of(std::string_view setting) { return setting.substr(0, setting.find('.')); }

std::string known_names(std::string_view table) {
  std::string names;
  auto const add = [&](std::string_view name) {
    names.append(names.empty() ? "" : ", ").append(name);
  };
  for (auto const& one : rows)
    if (one.table == table) add(one.name);
  for (auto const& one : limits::described())
    if (table_of(one.setting) == table) add(one.setting.substr(table.size() + 1));
  return names.empty() ? health::known_settings(table) : names;
}

/// Takes the value of one key. Nothing: there is no such key.
std::optional<std::optional<std::string>> take_value(std::string_view table, std::string_view name,
                                                     toml::node const& node, settings& into) {
  auto const* const found = std::find_if(rows.begin(), rows.end(), [&](row const& one) {
    return one.table == table && one.name == name;
  });
  if (found != rows.end()) return found->take(node, into);
  for (auto const& one : limits::described()) {
    if (one.setting.empty() || one.setting != std::string(table).append(1, '.').append(name))
      continue;
    return take_integer(node, one.least, one.most,
                        [&](std::int64_t number) { one.assign(into.bounds, number); });
  }
  if (!health::is_known_setting(table, name)) return std::nullopt;
  return health::take_setting(table, name, node.value_exact<std::int64_t>(), into.health);
}

result<void> take_table(std::string_view name, toml::table const& table, std::string const& path,
                        settings& into) {
  for (auto const& [key, node] : table) {
    auto const below = std::string(name) + "." + std::string(key.str());
    if (auto const* const inner = node.as_table(); inner && !known_names(below).empty()) {
      if (auto taken = take_table(below, *inner, path, into); !taken) return taken.error();
      continue;
    }
    auto const wrong = take_value(name, key.str(), node, into);
    if (!wrong)
      return fault(path, place_of(key.source()),
                   "unknown setting '" + std::string(key.str()) + "' in [" + std::string(name) +
                       "], which has: " + known_names(name));
    if (*wrong)
      return fault(path, place_of(node.source()),
                   std::string(key.str()) + ((*wrong)->starts_with('.') ? "" : " ") + **wrong);
  }
  return {};
}

result<settings> take_all(toml::table const& document, std::string const& path) {
  settings into;
  for (auto const& [key, node] : document) {
    auto const* const table = node.as_table();
    if (known_names(key.str()).empty())
      return fault(path, place_of(key.source()), "unknown table '" + std::string(key.str()) + "'");
    if (table == nullptr)
      return fault(path, place_of(node.source()),
                   "'" + std::string(key.str()) + "' must be a table");
    if (auto taken = take_table(key.str(), *table, path, into); !taken) return taken.error();
  }
  return into;
}

} // namespace

file_layout file_layout::system() {
  return {.vendor = "/usr/lib/cfgd",
          .admin = "/etc/cfgd",
          .runtime = "/run/cfgd",
          .state = "/var/lib/cfgd",
          .socket = "/run/cfgd/io.cfgd",
          .credentials = "/run/cfgd/credentials",
          .settings = "/etc/cfgd/cfgd.toml"};
}

file_layout file_layout::below(std::filesystem::path const& root) {
  return {.vendor = root / "vendor",
          .admin = root / "etc",
          .runtime = root / "run",
          .state = root / "state",
          .socket = root / "run" / "io.cfgd",
          .credentials = root / "run" / "credentials",
          .settings = root / "etc" / "cfgd.toml"};
}

result<settings> parse_settings(std::string_view text, std::string const& path) {
  if (auto const clean = check_text(text); !clean)
    return fault(path, clean.error().where, clean.error().message);
  try {
    return take_all(toml::parse(text, std::string_view(path)), path);
  } catch (toml::parse_error const& wrong) {
    return fault(path, place_of(wrong.source()), std::string(wrong.description()));
  }
}

result<settings> read_settings(std::filesystem::path const& path, bool must_exist) {
  auto const text = read_small_file(path, most_file_bytes);
  if (text) return parse_settings(*text, path.string());
  if (text.error().code == errc::not_found && !must_exist) return settings{};
  auto why = text.error();
  if (why.code == errc::not_found) why.code = errc::io;
  // A fault of the file like any other: errc::limit is about a limit of the service.
  if (why.code == errc::limit) why.code = errc::parse;
  return why;
}

} // namespace cfgd
