/// schema: a first schema, guessed from a file or from the effective values.

#include "cfgctl/commands/declare.hpp"
#include "cfgctl/commands/documents.hpp"
#include "cfgctl/commands/suggest.hpp"
#include "cfgctl/offline/schema_guess.hpp"
#include "cfgctl/session.hpp"
#include "cfgctl/text/values.hpp"
#include "core/json.hpp"
#include "core/key.hpp"

#include <utility>

namespace cfgd::cfgctl {
namespace {

struct options {
  std::string name_space;
  std::string from; ///< a document; empty: the effective values
};

exit_code show_schema(context const& all, options const& what,
                      boost::json::object const& document) {
  auto const made = offline::guess_schema(what.name_space, document);
  // Over several lines also in a file: the user will edit it.
  print(all.as_json() ? json_text(all.where, made)
                      : for_screen(all.where, json::pretty(made)) + '\n');
  return exit_code::ok;
}

exit_code run(context const& all, options const& what) {
  if (!is_namespace_name(what.name_space)) {
    return fail(all, '\'' + what.name_space + "' is not a valid namespace name", exit_code::usage);
  }
  if (!what.from.empty()) {
    auto const document = read_document(what.from);
    if (document) return show_schema(all, what, *document);
    return fail(all, "schema: " + to_string(document.error()), exit_code::usage);
  }
  auto const found = call(all, &client::connection::get, std::vector<std::string>{what.name_space});
  if (!found) return report(all, "schema", found.error());
  auto const* const value = found->values.if_contains(what.name_space);
  if (value != nullptr && value->is_object()) return show_schema(all, what, value->get_object());
  return fail(all, "schema: there is no namespace '" + what.name_space + '\'' +
                       namespace_hint(all, what.name_space));
}

} // namespace

void add_schema_command(declarations const& to) {
  auto const guessing =
      declare(to, "schema", "Guess a schema from a document, as a first version", run);
  add_argument(guessing.app, "NAMESPACE", guessing.options.name_space, "A namespace")->required();
  add_option(guessing.app, "--from", guessing.options.from, "FILE",
             "A document instead of the effective values");
}

} // namespace cfgd::cfgctl
