/// export: whole namespaces, or parts of them, as one document, the one that `apply` takes; with
/// --bare that of one namespace, as its files and `import` have it.
///
/// Effective values come from one reply, or one List, and so from one revision. The document of a
/// single layer comes from Explain of each namespace: the documents of its files are merged, and
/// nulls, which hide values of lower layers, stay in it.

#include "cfgctl/commands/declare.hpp"
#include "cfgctl/commands/documents.hpp"
#include "cfgctl/commands/layers.hpp"
#include "cfgctl/commands/suggest.hpp"
#include "cfgctl/offline/formats.hpp"
#include "cfgctl/session.hpp"
#include "cfgctl/text/values.hpp"
#include "core/key.hpp"

#include <algorithm>
#include <utility>

namespace cfgd::cfgctl {
namespace {

using document_result = client::result<boost::json::object>;

struct options {
  std::vector<std::string> namespaces; ///< or, of effective values, keys; empty: all
  std::string layer = "effective";
  std::string format = "json";
  bool bare = false;
};

/// `absent` gets the namespaces that do not exist.
document_result effective_of(client::connection& service, options const& what,
                             std::vector<std::string>& absent) {
  if (what.namespaces.empty()) {
    auto const found = service.list();
    if (!found) return found.error();
    return nested_document(found->values);
  }
  auto found = service.get(what.namespaces);
  if (!found) return std::move(found).error();
  absent = std::move(found->missing);
  return nested_document(found->values);
}

/// The effective documents of the namespaces whose layers are read. Without names these are all
/// that the service has: List leaves out those without a value, which a layer may hide.
document_result documents_of(client::connection& service, options const& what,
                             std::vector<std::string>& absent) {
  if (!what.namespaces.empty()) return effective_of(service, what, absent);
  auto const status = service.status();
  if (!status) return status.error();
  if (status->namespaces.empty()) return boost::json::object();
  auto found = service.get(status->namespaces);
  if (!found) return std::move(found).error();
  for (std::string const& name : found->missing)
    found->values[name].emplace_object();
  return std::move(found->values);
}

document_result layer_of(client::connection& service, options const& what,
                         std::vector<std::string>& absent) {
  auto const effective = documents_of(service, what, absent);
  if (!effective) return effective.error();
  boost::json::object out;
  for (auto const& member : *effective) {
    auto const* const now = member.value().if_object();
    if (now == nullptr) continue;
    auto const layers = read_layers(service, member.key(), *now);
    if (!layers) return layers.error();
    for (std::string const& key : layers->secrets)
      warn(key + ": secret, left out");
    auto document = layer_document(layers->candidates, what.layer);
    if (!document.empty()) out[member.key()] = std::move(document);
  }
  return out;
}

/// Why options do not fit together; empty: they do.
std::string fault_of(context const& all, options const& what) {
  auto const part = std::ranges::find_if_not(what.namespaces, is_namespace_name);
  bool const is_one = what.namespaces.size() == 1 && part == what.namespaces.end();
  if (all.as_json() && what.format != "json")
    return "--json and --format " + what.format + " cannot be used together";
  if (what.bare && !is_one) return "--bare wants one namespace";
  if (what.layer != "effective" && part != what.namespaces.end())
    return "--layer wants namespaces: '" + *part + "' is a key";
  return {};
}

exit_code run(context const& all, options const& what) {
  if (auto const fault = fault_of(all, what); !fault.empty())
    return fail(all, "export: " + fault, exit_code::usage);
  std::vector<std::string> absent;
  auto const found = call(all, [&](client::connection& service) {
    return what.layer == "effective" ? effective_of(service, what, absent)
                                     : layer_of(service, what, absent);
  });
  if (!found) return report(all, "export", found.error());
  for (std::string const& name : absent) {
    warn(is_namespace_name(name)
             ? "there is no namespace '" + name + '\'' + namespace_hint(all, name)
             : "there is no key '" + name + '\'' + key_hint(all, name));
  }
  auto const* const inner = what.bare ? found->if_contains(what.namespaces.front()) : nullptr;
  static boost::json::object const none;
  bool const has_members = inner != nullptr && inner->is_object();
  auto const& of_bare = has_members ? inner->get_object() : none;
  auto const& document = what.bare ? of_bare : *found;
  auto const kind = format_of("document." + what.format).value_or(format::json);
  auto const text =
      all.as_json() ? json_text(all.where, document) : offline::write_formatted(kind, document);
  if (!text) return fail(all, "export: " + to_string(text.error()));
  print(for_screen(all.where, *text));
  return absent.empty() ? exit_code::ok : exit_code::refused;
}

} // namespace

void add_export_command(declarations const& to) {
  auto const exporting = declare(to, "export", "Print whole namespaces as one document", run);
  auto& into = exporting.options;
  add_argument(exporting.app, "NAMESPACE", into.namespaces, "Namespaces or keys; without, all");
  add_choice(exporting.app, "--layer", into.layer,
             {"effective", "override", "environment", "runtime", "admin", "vendor", "default"},
             "The values of one layer: override, admin, ... [effective]")
      ->type_name("NAME");
  add_choice(exporting.app, "--format", into.format, {"json", "yaml", "toml", "ini", "env"},
             "json, yaml, toml, ini or env [json]")
      ->type_name("FORMAT");
  exporting->add_flag("--bare", into.bare, "The document of one namespace, without its name");
}

} // namespace cfgd::cfgctl
