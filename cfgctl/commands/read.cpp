/// get, list, explain.
///
/// get prints what there is also when something is missing: the caller sees both, and the exit code
/// tells that it is not all.

#include "cfgctl/text/explanation_text.hpp"
#include "cfgctl/output.hpp"
#include "cfgctl/session.hpp"
#include "cfgctl/text/values.hpp"
#include "client/detail/decode.hpp"

#include <boost/json/array.hpp>

#include <utility>

namespace cfgd::cfgctl {
namespace {

boost::json::object snapshot_json(client::snapshot&& found, bool with_missing) {
  boost::json::object out;
  out["values"] = std::move(found.values);
  if (with_missing) {
    out["missing"] = boost::json::array(found.missing.begin(), found.missing.end());
  }
  out["revision"] = static_cast<std::int64_t>(found.revision);
  return out;
}

/// In the order they were asked for.
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

exit_code tell_missing(std::vector<std::string> const& keys) {
  for (std::string const& key : keys)
    complain(printable("cfgctl: get " + key + ": there is no such key\n"));
  return keys.empty() ? exit_code::ok : exit_code::refused;
}

exit_code get_at(context const& all, get_command const& what) {
  auto service = connect(all);
  if (!service) return report("get", service.error());
  auto found = service->get_at(what.keys, *what.at);
  if (!found) return report("get", found.error());
  if (all.asked.format == output_format::json) {
    boost::json::object out;
    out["values"] = std::move(found->values);
    out["missing"] = boost::json::array(found->missing.begin(), found->missing.end());
    print(json_text(all.where, out));
  } else {
    print(found_text(all, what.keys, found->values));
  }
  return tell_missing(found->missing);
}

} // namespace

exit_code run(context const& all, get_command const& what) {
  if (what.at) return get_at(all, what);
  std::string const doing = "get " + what.keys.front();
  auto service = connect(all);
  if (!service) return report(doing, service.error());
  auto found = service->get(what.keys);
  if (!found) return report(what.keys.size() == 1 ? doing : "get", found.error());

  if (all.asked.format == output_format::json) {
    auto missing = found->missing;
    print(json_text(all.where, snapshot_json(std::move(*found), true)));
    return tell_missing(missing);
  }
  print(found_text(all, what.keys, found->values));
  return tell_missing(found->missing);
}

exit_code run(context const& all, list_command const& what) {
  std::string const doing = what.prefix.empty() ? "list" : "list " + what.prefix;
  auto service = connect(all);
  if (!service) return report(doing, service.error());
  auto found = service->list(what.prefix);
  if (!found) return report(doing, found.error());
  if (all.asked.format == output_format::json) {
    print(json_text(all.where, snapshot_json(std::move(*found), false)));
  } else {
    print(value_lines(all.where, found->values));
  }
  return exit_code::ok;
}

exit_code run(context const& all, explain_command const& what) {
  std::string const doing = "explain " + what.key;
  boost::json::object const parameters{{"key", what.key}};
  auto const render = [&](boost::json::object&& reply) -> client::result<std::string> {
    auto told = client::detail::decode_explanation(std::move(reply));
    if (!told) return std::move(told).error();
    return explanation_text(all.where, what.key, *told);
  };
  return ask(all, {.what = doing, .method = "io.cfgd.Config.Explain", .parameters = parameters},
             render);
}

} // namespace cfgd::cfgctl
