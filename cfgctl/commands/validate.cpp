/// validate: checks a document, or the effective values, against schemas and rules.

#include "cfgctl/commands/declare.hpp"
#include "cfgctl/commands/documents.hpp"
#include "cfgctl/session.hpp"
#include "cfgctl/text/issue_text.hpp"
#include "cfgctl/text/values.hpp"

#include <utility>

namespace cfgd::cfgctl {
namespace {

struct options {
  std::string name_space; ///< empty: all
  std::string file;       ///< empty: the effective values; "-": standard input
};

std::string validation_text(screen const& where, std::string const& name,
                            client::validation const& found) {
  std::string out = paint(where, tint::name, for_screen(where, name)) + ": ";
  out += paint(where, found.valid ? tint::good : tint::bad, found.valid ? "valid" : "not valid");
  out += '\n';
  for (client::issue const& one : found.issues)
    out += "  " + for_screen(where, issue_text(one)) + '\n';
  return out;
}

/// The namespaces to validate: the one that was named, or all.
client::result<std::vector<std::string>> names_of(client::connection& service,
                                                  options const& what) {
  if (!what.name_space.empty()) return std::vector<std::string>{what.name_space};
  auto state = service.status();
  if (!state) return std::move(state).error();
  return std::move(state->namespaces);
}

exit_code run(context const& all, options const& what) {
  boost::json::object document;
  if (!what.file.empty()) {
    auto read = read_document(what.file);
    if (!read) return fail(all, to_string(read.error()), exit_code::usage);
    document = std::move(*read);
  }
  auto service = connect(all);
  if (!service) return report(all, "validate", service.error());
  auto const names = names_of(*service, what);
  if (!names) return report(all, "validate", names.error());

  bool valid = true;
  std::string text;
  boost::json::object as_json;
  for (std::string const& name : *names) {
    auto const found = service->validate(name, what.file.empty() ? nullptr : &document);
    if (!found) return report(all, "validate " + name, found.error());
    valid = valid && found->valid;
    text += validation_text(all.where, name, *found);
    as_json[name] = json_of(*found);
  }
  boost::json::value const shown =
      what.name_space.empty() ? boost::json::value(as_json) : as_json.at(what.name_space);
  show(all, shown, text);
  return valid ? exit_code::ok : exit_code::refused;
}

} // namespace

void add_validate_command(declarations const& to) {
  auto const validating = declare(to, "validate", "Check values against schemas and rules", run);
  add_argument(validating.app, "NAMESPACE", validating.options.name_space,
               "A namespace; without it, all");
  add_argument(validating.app, "FILE", validating.options.file,
               "A document to check; - is standard input; without it, the effective values");
}

} // namespace cfgd::cfgctl
