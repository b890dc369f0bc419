/// get, list, explain.
///
/// `get` prints the keys that have values also if others have none; the exit code says that some
/// are missing.

#include "cfgctl/commands/declare.hpp"
#include "cfgctl/session.hpp"
#include "cfgctl/text/explanation_text.hpp"
#include "cfgctl/text/values.hpp"

namespace cfgd::cfgctl {
namespace {

struct get_options {
  std::vector<std::string> keys;
  std::optional<client::revision_number> at; ///< the values of this revision
};

/// In the order in which they were asked for. One value alone is printed without its key.
std::string found_text(context const& all, std::vector<std::string> const& keys,
                       boost::json::object const& values) {
  std::string out;
  for (std::string const& key : keys) {
    boost::json::value const* const value = values.if_contains(key);
    if (value == nullptr) continue;
    out += keys.size() == 1 ? value_text(all.where, *value) : value_line(all.where, key, *value);
  }
  return out;
}

/// `found` is a snapshot or past_values.
template <class Found>
exit_code show_found(context const& all, get_options const& what, Found const& found) {
  show(all, json_of(found), found_text(all, what.keys, found.values));
  for (std::string const& key : found.missing)
    complain_line("get " + key + ": there is no such key");
  return found.missing.empty() ? exit_code::ok : exit_code::refused;
}

exit_code get(context const& all, get_options const& what) {
  if (what.at) {
    auto const found = call(all, &client::connection::get_at, what.keys, *what.at);
    return found ? show_found(all, what, *found) : report("get", found.error());
  }
  auto const found = call(all, &client::connection::get, what.keys);
  if (found) return show_found(all, what, *found);
  return report(what.keys.size() == 1 ? "get " + what.keys.front() : "get", found.error());
}

/// Without a prefix, everything.
exit_code list(context const& all, std::string const& prefix) {
  auto const found = call(all, [&](client::connection& service) { return service.list(prefix); });
  if (!found) return report(prefix.empty() ? "list" : "list " + prefix, found.error());
  boost::json::object as_json{{"values", found->values}};
  as_json["revision"] = found->revision;
  show(all, as_json, value_lines(all.where, found->values));
  return exit_code::ok;
}

exit_code explain(context const& all, std::string const& key) {
  return ask(all, "explain " + key, methods::explain, {key}, [&](client::explanation const& found) {
    return explanation_text(all.where, key, found);
  });
}

} // namespace

void add_read_commands(declarations const& to) {
  auto const getting = declare(to, "get", "Print the values of keys", get);
  add_argument(getting.app, "KEY", getting.options.keys, "Keys")->required();
  add_option(getting.app, "--at", getting.options.at, "REVISION", "Their values at this revision");

  auto const listing = declare(to, "list", "Print the keys below a prefix and their values", list);
  add_argument(listing.app, "PREFIX", listing.options, "A key; without it, everything");

  auto const explaining =
      declare(to, "explain", "Print why a key has its value: all layers, the schema", explain);
  add_argument(explaining.app, "KEY", explaining.options, "A key")->required();
}

} // namespace cfgd::cfgctl
