/// schema: a schema to begin with, from a file or from what is in force.

#include "cfgctl/commands/commands.hpp"
#include "cfgctl/commands/documents.hpp"
#include "cfgctl/offline/schema_guess.hpp"
#include "cfgctl/output.hpp"
#include "cfgctl/session.hpp"
#include "cfgctl/text/values.hpp"
#include "core/json.hpp"
#include "core/key.hpp"

#include <utility>

namespace cfgd::cfgctl {
namespace {

exit_code tell_schema(context const& all, schema_command const& what,
                      boost::json::object const& document) {
  auto const made = offline::guess_schema(what.name_space, document);
  // It is made to be kept and changed: over several lines, also in a file.
  print(all.asked.format == output_format::json ? json_text(all.where, made)
                                                : for_screen(all.where, json::pretty(made)) + '\n');
  return exit_code::ok;
}

} // namespace

exit_code run(context const& all, schema_command const& what) {
  if (!is_namespace_name(what.name_space)) {
    complain(printable("cfgctl: '" + what.name_space + "' is no name of a namespace\n"));
    return exit_code::usage;
  }
  if (!what.from.empty()) {
    auto const document = read_document(what.from);
    if (document) return tell_schema(all, what, *document);
    complain(printable("cfgctl: schema: " + to_string(document.error()) + '\n'));
    return exit_code::refused;
  }
  auto service = connect(all);
  if (!service) return report("schema", service.error());
  auto const found = service->get({what.name_space});
  if (!found) return report("schema", found.error());
  auto const* const value = found->values.if_contains(what.name_space);
  if (value != nullptr && value->is_object()) return tell_schema(all, what, value->get_object());
  complain("cfgctl: schema: there is no namespace '" + what.name_space + "'\n");
  return exit_code::refused;
}

} // namespace cfgd::cfgctl
