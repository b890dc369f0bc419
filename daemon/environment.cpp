#include "daemon/environment.hpp"

#include "core/json.hpp"
#include "core/log.hpp"
#include "core/message_ids.hpp"
#include "watchers/read_source.hpp"

#include <map>
#include <string_view>
#include <utility>

// The environment never changes while the service runs: it is read once, at the start, and what
// differs from the last run is committed with the first look at the files. Each namespace that it
// names is one source.

namespace cfgd {
namespace {

/// What the environment layer says, by namespace. Variables that cannot be read are left out with a
/// warning.
std::map<std::string, sourced_document> read_environment(std::vector<std::string> const& variables,
                                                         limits const& bounds) {
  std::map<std::string, sourced_document> documents;
  for (auto const& variable : variables) {
    auto const equals = variable.find('=');
    auto const name = variable.substr(0, equals);
    auto const which = equals == variable.npos ? std::nullopt : watchers::key_of_variable(name);
    if (!which || which->path().empty()) continue;
    auto value = watchers::read_variable(std::string_view(variable).substr(equals + 1), bounds);
    if (!value) {
      log::write(log::level::warning,
                 "environment variable '" + name + "': " + value.error().message + ", ignoring it",
                 {{"MESSAGE_ID", message_id::variable_ignored}, {"CFGD_KIND", "parse"}});
      continue;
    }
    auto* object = &documents[which->name_space()].root;
    auto const path = which->path();
    for (auto const& part : path.first(path.size() - 1)) {
      auto& below = (*object)[part];
      if (!below.is_object()) below.emplace_object();
      object = &below.get_object();
    }
    (*object)[path.back()] = std::move(*value);
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
