/// export: whole namespaces as one document, the one that `apply` takes.
///
/// Effective values come from one reply, or one List, and so from one revision. The document of a
/// single layer comes from Explain of each namespace: the documents of its files are merged, and
/// nulls, which hide values of lower layers, stay in it.

#include "cfgctl/commands/declare.hpp"
#include "cfgctl/commands/documents.hpp"
#include "cfgctl/commands/layers.hpp"
#include "cfgctl/commands/suggest.hpp"
#include "cfgctl/session.hpp"
#include "cfgctl/text/values.hpp"
#include "core/json.hpp"

#include <utility>

namespace cfgd::cfgctl {
namespace {

using document_result = client::result<boost::json::object>;

struct options {
  std::vector<std::string> namespaces; ///< empty: all
  std::string layer = "effective";
  std::string format = "json";
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
  return std::move(found->values);
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

exit_code run(context const& all, options const& what) {
  std::vector<std::string> absent;
  auto const found = call(all, [&](client::connection& service) {
    return what.layer == "effective" ? effective_of(service, what, absent)
                                     : layer_of(service, what, absent);
  });
  if (!found) return report(all, "export", found.error());
  for (std::string const& name : absent)
    warn("there is no namespace '" + name + '\'' + namespace_hint(all, name));
  print(all.as_json() ? json_text(all.where, *found)
                      : for_screen(all.where, json::pretty(*found)) + '\n');
  return absent.empty() ? exit_code::ok : exit_code::refused;
}

} // namespace

void add_export_command(declarations const& to) {
  auto const exporting = declare(to, "export", "Print whole namespaces as one document", run);
  auto& into = exporting.options;
  add_argument(exporting.app, "NAMESPACE", into.namespaces, "Namespaces; without, all");
  add_choice(exporting.app, "--layer", into.layer,
             {"effective", "override", "environment", "runtime", "admin", "vendor", "default"},
             "The values of one layer: override, admin, ... [effective]")
      ->type_name("NAME");
  add_choice(exporting.app, "--format", into.format, {"json"}, "json [json]")->type_name("FORMAT");
}

} // namespace cfgd::cfgctl
