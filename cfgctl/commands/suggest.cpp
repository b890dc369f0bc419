/// Suggestions for keys: the keys of the namespace that have as many parts are compared.

#include "cfgctl/commands/suggest.hpp"

#include "cfgctl/session.hpp"
#include "cfgctl/text/near.hpp"
#include "core/key.hpp"

#include <algorithm>
#include <set>
#include <vector>

namespace cfgd::cfgctl {
namespace {

/// The first `count` parts of a key.
std::string beginning_of(std::vector<std::string> const& parts, std::size_t count) {
  std::string out;
  for (std::size_t at = 0; at < std::min(count, parts.size()); ++at)
    append_key_part(out, parts[at]);
  return out;
}

/// The key that may have been meant; empty if there is none.
client::result<std::string> meant_key(client::connection& service, std::string const& key) {
  auto parts = split_dotted(key);
  if (!parts || parts->empty()) return std::string();
  auto const state = service.status();
  if (!state) return state.error();
  if (std::ranges::find(state->namespaces, parts->front()) == state->namespaces.end()) {
    auto const name = nearest(parts->front(), state->namespaces);
    if (!name) return std::string();
    parts->front() = *name;
  }
  std::string const asked = beginning_of(*parts, parts->size());
  auto const found = service.list(parts->front());
  if (!found) return found.error();
  std::set<std::string> known;
  for (auto const& member : found->values) {
    auto const one = split_dotted(member.key());
    if (one && one->size() >= parts->size()) known.insert(beginning_of(*one, parts->size()));
  }
  if (known.contains(asked)) return asked;
  return nearest(asked, {known.begin(), known.end()}).value_or("");
}

} // namespace

std::string namespace_hint(context const& all, std::string const& name) {
  auto const state = call(all, &client::connection::status);
  return state ? did_you_mean(name, state->namespaces) : std::string();
}

std::string key_hint(context const& all, std::string const& key) {
  auto const found = call(all, meant_key, key);
  if (!found || found->empty() || *found == key) return {};
  return " (did you mean '" + *found + "'?)";
}

client::call_error no_such_key(context const& all, std::string const& key) {
  client::call_error why;
  why.kind = client::failure::refused;
  why.message = "there is no such key" + key_hint(all, key);
  why.parameters["key"] = key;
  return why;
}

} // namespace cfgd::cfgctl
