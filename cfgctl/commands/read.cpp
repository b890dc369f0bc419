/// get, list, explain.
///
/// `get` prints the keys that have values also if others have none; the exit code says that some
/// are missing. With --strict a key that does not exist is a failure like any other: the result is
/// not printed, and with --json the failure is the object on standard output.

#include "cfgctl/commands/assignment.hpp"
#include "cfgctl/commands/declare.hpp"
#include "cfgctl/commands/documents.hpp"
#include "cfgctl/commands/environment.hpp"
#include "cfgctl/commands/suggest.hpp"
#include "cfgctl/offline/formats.hpp"
#include "cfgctl/session.hpp"
#include "cfgctl/text/explanation_text.hpp"
#include "cfgctl/text/values.hpp"
#include "core/variables.hpp"

#include <utility>

namespace cfgd::cfgctl {
namespace {

struct get_options {
  std::vector<std::string> keys;
  std::optional<client::revision_number> at; ///< the values of this revision
  std::string format;                        ///< -o; empty: as people read it
  std::optional<std::string> fallback;       ///< --default: of keys without a value
  bool strict = false;                       ///< print nothing unless all have a value
};

struct list_options {
  std::string prefix; ///< empty: everything
  bool strict = false;
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
result<std::string> found_text(context const& all, get_options const& what,
                               boost::json::object const& values) {
  bool const alone = what.keys.size() == 1 && values.size() == 1;
  boost::json::value const whole = alone ? values.begin()->value() : boost::json::value(values);
  auto const text = [&](std::string const& out) { return for_screen(all.where, out); };
  if (values.empty()) return std::string();
  if (what.format == "json") return json_text(all.where, whole);
  if (what.format == "yaml") return text(offline::yaml_text(whole));
  if (what.format == "toml") {
    auto const toml = offline::write_formatted(format::toml, nested_document(values));
    return toml ? text(*toml) : toml;
  }
  if (what.format == "env") {
    auto const found =
        variables_of(values, {.separator = "__", .from = variable_names::start::key});
    if (!found) return found.error();
    return text(environment_text(*found));
  }
  if (what.format == "raw") {
    std::string out;
    for (auto const& member : values)
      out.append(variable_text(member.value())).append("\n");
    return text(out);
  }
  return alone ? value_text(all.where, whole) : value_lines(all.where, values);
}

/// Reports keys without a value. The object of --json names the first one.
exit_code refuse_missing(context const& all, std::vector<std::string> const& keys) {
  auto const code = report(all, "get " + keys.front(), no_such_key(all, keys.front()));
  for (std::size_t at = 1; at < keys.size(); ++at)
    complain_line("get " + keys[at] + ": " + no_such_key(all, keys[at]).message);
  return code;
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
  // -o json prints values alone: without one there is only the failure.
  bool const is_bare = all.as_json() && !what.format.empty() && found.values.empty();
  if ((what.strict || is_bare) && !found.missing.empty()) return refuse_missing(all, found.missing);
  auto const text = found_text(all, what, in_order(what.keys, found.values));
  if (!text) return fail(all, "get: " + to_string(text.error()));
  what.format.empty() ? show(all, json_of(found), *text) : print(*text);
  for (std::string const& key : found.missing)
    complain_line("get " + key + ": " + no_such_key(all, key).message);
  return found.missing.empty() ? exit_code::ok : exit_code::refused;
}

exit_code get(context const& all, get_options const& what) {
  if (all.as_json() && !what.format.empty() && what.format != "json") {
    return fail(all, "get: --json and -o " + what.format + " cannot be used together",
                exit_code::usage);
  }
  std::string const doing = what.keys.size() == 1 ? "get " + what.keys.front() : "get";
  if (what.at) {
    auto const found = call(all, &client::connection::get_at, what.keys, *what.at);
    return found ? show_found(all, what, *found) : report(all, doing, found.error());
  }
  auto const found = call(all, &client::connection::get, what.keys);
  return found ? show_found(all, what, *found) : report(all, doing, found.error());
}

exit_code list(context const& all, list_options const& what) {
  std::string const& prefix = what.prefix;
  std::string const doing = prefix.empty() ? "list" : "list " + prefix;
  auto const found = call(all, [&](client::connection& service) { return service.list(prefix); });
  if (!found) return report(all, doing, found.error());
  bool const is_empty = found->values.empty();
  if (is_empty && what.strict && !prefix.empty())
    return report(all, doing, no_such_key(all, prefix));
  if (is_empty && what.strict) return fail(all, "list: there are no values");
  boost::json::object as_json{{"values", found->values}};
  as_json["revision"] = found->revision;
  show(all, as_json, value_lines(all.where, found->values));
  if (!is_empty) return exit_code::ok;
  return complain_line(doing + ": " +
                       (prefix.empty() ? "there are no values" : no_such_key(all, prefix).message));
}

struct explain_options {
  std::string key;
  bool strict = false;
};

exit_code explain(context const& all, explain_options const& what) {
  std::string const doing = "explain " + what.key;
  auto const reply = call(all, &client::connection::call, methods::explain.name,
                          parameters_of(wire::key_request{what.key}));
  if (!reply) return report(all, doing, reply.error());
  auto const found =
      wire::decode<client::explanation>(methods::explain.name, boost::json::object(*reply));
  if (!found) return report(all, doing, found.error());
  bool const exists = !found->candidates.empty() || found->schema;
  bool const is_failure = !exists && what.strict;
  if (!is_failure || !all.as_json())
    show(all, *reply, explanation_text(all.where, what.key, *found));
  if (is_failure) return report(all, doing, no_such_key(all, what.key));
  if (!exists) complain_line(doing + ": " + no_such_key(all, what.key).message);
  return exit_code::ok;
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
  getting->add_flag("--strict", getting.options.strict, "Print nothing unless all keys exist")
      ->excludes("--default");

  auto const listing = declare(to, "list", "Print the keys below a prefix and their values", list);
  add_argument(listing.app, "PREFIX", listing.options.prefix, "A key; without it, everything");
  listing->add_flag("--strict", listing.options.strict, "Fail if there is nothing to print");

  auto const explaining =
      declare(to, "explain", "Print why a key has its value: all layers, the schema", explain);
  add_argument(explaining.app, "KEY", explaining.options.key, "A key")->required();
  explaining->add_flag("--strict", explaining.options.strict, "Fail if there is no such key");
}

} // namespace cfgd::cfgctl
