/// get, list, explain.
///
/// `get` prints the keys that have values also if others have none; the exit code says that some
/// are missing.

#include "cfgctl/commands/assignment.hpp"
#include "cfgctl/commands/declare.hpp"
#include "cfgctl/commands/suggest.hpp"
#include "cfgctl/session.hpp"
#include "cfgctl/text/explanation_text.hpp"
#include "cfgctl/text/value_formats.hpp"
#include "cfgctl/text/values.hpp"

#include <utility>

namespace cfgd::cfgctl {
namespace {

struct get_options {
  std::vector<std::string> keys;
  std::optional<client::revision_number> at; ///< the values of this revision
  std::string format;                        ///< -o; empty: as people read it
  std::optional<std::string> fallback;       ///< --default: of keys without a value
};

/// The values in the order in which they were asked for.
boost::json::object in_order(std::vector<std::string> const& keys,
                             boost::json::object const& values) {
  boost::json::object out;
  for (std::string const& key : keys) {
    if (auto const* const value = values.if_contains(key)) out[key] = *value;
  }
  return out;
}

/// One value alone is printed without its key; TOML and variables need a name.
std::string found_text(context const& all, get_options const& what,
                       boost::json::object const& values) {
  bool const alone = what.keys.size() == 1 && values.size() == 1;
  boost::json::value const whole = alone ? values.begin()->value() : boost::json::value(values);
  auto const text = [&](std::string const& out) { return for_screen(all.where, out); };
  if (values.empty()) return {};
  if (what.format == "json") return json_text(all.where, whole);
  if (what.format == "yaml") return text(yaml_text(whole));
  if (what.format == "toml") return text(toml_text(values));
  if (what.format == "env") return text(env_text(values));
  if (what.format == "raw") {
    std::string out;
    for (auto const& member : values)
      out += raw_text(member.value());
    return text(out);
  }
  return alone ? value_text(all.where, whole) : value_lines(all.where, values);
}

/// `found` is a snapshot or past_values.
template <class Found>
exit_code show_found(context const& all, get_options const& what, Found found) {
  if (what.fallback) {
    auto const value = parse_assignment("x=" + *what.fallback); // as `set` reads it
    if (!value) return fail(all, "--default: " + to_string(value.error()), exit_code::usage);
    for (std::string const& key : std::exchange(found.missing, {}))
      found.values[key] = value->value;
  }
  auto const text = found_text(all, what, in_order(what.keys, found.values));
  what.format.empty() ? show(all, json_of(found), text) : print(text);
  for (std::string const& key : found.missing)
    complain_line("get " + key + ": there is no such key" + key_hint(all, key));
  return found.missing.empty() ? exit_code::ok : exit_code::refused;
}

exit_code get(context const& all, get_options const& what) {
  std::string const doing = what.keys.size() == 1 ? "get " + what.keys.front() : "get";
  if (what.at) {
    auto const found = call(all, &client::connection::get_at, what.keys, *what.at);
    return found ? show_found(all, what, *found) : report(all, doing, found.error());
  }
  auto const found = call(all, &client::connection::get, what.keys);
  return found ? show_found(all, what, *found) : report(all, doing, found.error());
}

/// Without a prefix, everything.
exit_code list(context const& all, std::string const& prefix) {
  auto const found = call(all, [&](client::connection& service) { return service.list(prefix); });
  if (!found) return report(all, prefix.empty() ? "list" : "list " + prefix, found.error());
  boost::json::object as_json{{"values", found->values}};
  as_json["revision"] = found->revision;
  show(all, as_json, value_lines(all.where, found->values));
  if (!found->values.empty()) return exit_code::ok;
  return complain_line(prefix.empty()
                           ? "list: there are no values"
                           : "list " + prefix + ": there is no such key" + key_hint(all, prefix));
}

struct explain_options {
  std::string key;
  bool strict = false;
};

exit_code explain(context const& all, explain_options const& what) {
  bool exists = true;
  auto const code = ask(all, "explain " + what.key, methods::explain, {what.key},
                        [&](client::explanation const& found) {
                          exists = !found.candidates.empty() || found.schema;
                          return explanation_text(all.where, what.key, found);
                        });
  if (exists || code != exit_code::ok) return code;
  complain_line("explain " + what.key + ": there is no such key" + key_hint(all, what.key));
  return what.strict ? exit_code::refused : code;
}

} // namespace

void add_read_commands(declarations const& to) {
  auto const getting = declare(to, "get", "Print the values of keys", get);
  add_argument(getting.app, "KEY", getting.options.keys, "Keys")->required();
  add_revision(getting.app, "--at", getting.options.at, "Their values at this revision");

  add_choice(getting.app, "-o,--output", getting.options.format,
             {"json", "yaml", "toml", "env", "raw"}, "json, yaml, toml, env or raw")
      ->type_name("FORMAT");
  add_option(getting.app, "--default", getting.options.fallback, "VALUE",
             "The value of keys that have none");

  auto const listing = declare(to, "list", "Print the keys below a prefix and their values", list);
  add_argument(listing.app, "PREFIX", listing.options, "A key; without it, everything");

  auto const explaining =
      declare(to, "explain", "Print why a key has its value: all layers, the schema", explain);
  add_argument(explaining.app, "KEY", explaining.options.key, "A key")->required();
  explaining->add_flag("--strict", explaining.options.strict, "Fail if there is no such key");
}

} // namespace cfgd::cfgctl
