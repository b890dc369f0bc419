#include "daemon/environment.hpp"

#include "core/json.hpp"
#include "core/log.hpp"
#include "core/message_ids.hpp"
#include "watchers/read_source.hpp"

#include <algorithm>
#include <map>
#include <span>
#include <string_view>
#include <utility>

// The environment never changes while the service runs: it is read once, at the start, and what
// differs from the last run is committed with the first look at the files. Each namespace that it
// names is one source.

namespace cfgd {
namespace {

void ignore(std::string const& name, std::string const& why) {
  log::write(log::level::warning, "environment variable '" + name + "': " + why + ", ignoring it",
             {{"MESSAGE_ID", message_id::variable_ignored}, {"CFGD_KIND", "parse"}});
}

/// Sets a value in a document; false: a part of the path has a value that is not an object, or the
/// whole path leads to members that are set already.
bool put(boost::json::object& into, std::span<std::string const> path, boost::json::value what) {
  auto* object = &into;
  for (auto const& part : path.first(path.size() - 1)) {
    auto* const below = object->if_contains(part);
    if (below != nullptr && !below->is_object()) return false;
    object = below != nullptr ? &below->get_object() : &(*object)[part].emplace_object();
  }
  auto const* const there = object->if_contains(path.back());
  if (there != nullptr && there->is_object()) return false;
  (*object)[path.back()] = std::move(what);
  return true;
}

/// What the environment layer says, by namespace. Variables that cannot be read are left out with a
/// warning. They are taken in the order of their names, so that a value comes before its parts.
std::map<std::string, sourced_document> read_environment(std::vector<std::string> variables,
                                                         limits const& bounds) {
  std::map<std::string, sourced_document> documents;
  std::ranges::sort(variables);
  for (auto const& variable : variables) {
    auto const equals = variable.find('=');
    auto const name = variable.substr(0, equals);
    auto const which = equals == variable.npos ? std::nullopt : watchers::key_of_variable(name);
    if (!which || which->path().empty()) continue;
    auto const text = std::string_view(variable).substr(equals + 1);
    auto value = watchers::read_variable(text, bounds);
    if (!value) {
      ignore(name, value.error().message);
      continue;
    }
    auto& document = documents[which->name_space()];
    bool const is_text = value->is_string();
    if (!put(document.root, which->path(), *std::move(value))) {
      ignore(name, "another variable sets a value that it is a part of");
      continue;
    }
    if (auto remark = watchers::remark_on_text(text); is_text && !remark.empty())
      document.notes.push_back({.how = severity::warning,
                                .rule = "range",
                                .pointer = pointer_to(which->path()),
                                .message = std::move(remark)});
  }
  return documents;
}

} // namespace

std::vector<engine::source_update> compare_environment(std::vector<std::string> const& variables,
                                                       std::vector<engine::source_row> const& rows,
                                                       limits const& bounds) {
  std::map<std::string, content_hash> known;
  for (auto const& row : rows)
    if (row.id.where == layer::environment) known.emplace(row.id.relative, row.hash);

  std::vector<engine::source_update> updates;
  for (auto& [name, document] : read_environment(variables, bounds)) {
    auto text = json::canonical(document.root);
    auto const hash = hash_content(text);
    auto const before = known.extract(name);
    if (!before.empty() && before.mapped() == hash) continue;
    updates.push_back({.id = {layer::environment, name},
                       .path = "environment",
                       .identity = {},
                       .hash = hash,
                       .what = engine::source_update::good{std::move(document), std::move(text)}});
  }
  for (auto const& [name, hash] : known)
    updates.push_back({.id = {layer::environment, name},
                       .path = "environment",
                       .identity = {},
                       .hash = hash,
                       .what = engine::source_update::gone{}});
  return updates;
}

} // namespace cfgd
