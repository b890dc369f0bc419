/// get, list, explain.
///
/// `get` prints the keys that have values also if others have none; the exit code says that some
/// are missing.

#include "cfgctl/commands/declare.hpp"
#include "cfgctl/session.hpp"
#include "cfgctl/text/explanation_text.hpp"
#include "cfgctl/text/values.hpp"

#include <boost/json/array.hpp>

#include <utility>

namespace cfgd::cfgctl {
namespace {

struct get_options {
  std::vector<std::string> keys;
  std::optional<client::revision_number> at; ///< the values of this revision
};

struct list_options {
  std::string prefix; ///< empty: everything
};

struct explain_options {
  std::string key;
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

/// Prints what was found. `revision` is absent where the user asked for an old one.
exit_code show_found(context const& all, get_options const& what, boost::json::object const& values,
                     std::vector<std::string> const& missing,
                     std::optional<client::revision_number> revision) {
  if (all.as_json()) {
    boost::json::object out{{"values", values}};
    out["missing"] = boost::json::array(missing.begin(), missing.end());
    if (revision) out["revision"] = *revision;
    print(json_text(all.where, out));
  } else {
    print(found_text(all, what.keys, values));
  }
  for (std::string const& key : missing)
    complain_line("get " + key + ": there is no such key");
  return missing.empty() ? exit_code::ok : exit_code::refused;
}

exit_code get(context const& all, get_options const& what) {
  if (what.at) {
    auto const found =
        call(all, [&](client::connection& service) { return service.get_at(what.keys, *what.at); });
    if (!found) return report("get", found.error());
    return show_found(all, what, found->values, found->missing, {});
  }
  auto const found = call(all, [&](client::connection& service) { return service.get(what.keys); });
  if (!found)
    return report(what.keys.size() == 1 ? "get " + what.keys.front() : "get", found.error());
  return show_found(all, what, found->values, found->missing, found->revision);
}

exit_code list(context const& all, list_options const& what) {
  auto const found =
      call(all, [&](client::connection& service) { return service.list(what.prefix); });
  if (!found) return report(what.prefix.empty() ? "list" : "list " + what.prefix, found.error());
  if (all.as_json()) {
    boost::json::object out{{"values", found->values}};
    out["revision"] = found->revision;
    print(json_text(all.where, out));
  } else {
    print(value_lines(all.where, found->values));
  }
  return exit_code::ok;
}

exit_code explain(context const& all, explain_options const& what) {
  return ask(
      all,
      {.what = "explain " + what.key,
       .method = "io.cfgd.Config.Explain",
       .parameters = {{"key", what.key}}},
      [&](client::connection& service) { return service.explain(what.key); },
      [&](client::explanation const& found) {
        return explanation_text(all.where, what.key, found);
      });
}

} // namespace

void add_read_commands(declarations const& to) {
  auto const getting = declare(to, "get", "Print the values of keys", get);
  add_argument(getting.app, "KEY", getting.options.keys, "Keys")->required();
  getting->add_option("--at", getting.options.at, "Their values at this revision")
      ->type_name("REVISION");

  auto const listing = declare(to, "list", "Print the keys below a prefix and their values", list);
  add_argument(listing.app, "PREFIX", listing.options.prefix, "A key; without it, everything");

  auto const explaining =
      declare(to, "explain", "Print why a key has its value: all layers, the schema", explain);
  add_argument(explaining.app, "KEY", explaining.options.key, "A key")->required();
}

} // namespace cfgd::cfgctl
