/// validate: what schemas and rules say about a document, or about what is in force.

#include "cfgctl/commands/documents.hpp"
#include "cfgctl/text/issue_text.hpp"
#include "cfgctl/output.hpp"
#include "cfgctl/session.hpp"
#include "cfgctl/text/values.hpp"

#include <boost/json/array.hpp>

#include <utility>

namespace cfgd::cfgctl {
namespace {

std::string validation_text(screen const& where, std::string const& name,
                            client::validation const& told) {
  std::string out = paint(where, tint::name, for_screen(where, name)) + ": ";
  out += paint(where, told.valid ? tint::good : tint::bad, told.valid ? "valid" : "not valid");
  out += '\n';
  for (client::issue const& one : told.issues)
    out += "  " + for_screen(where, issue_text(one)) + '\n';
  return out;
}

boost::json::object validation_json(client::validation const& told) {
  boost::json::array issues;
  for (client::issue const& one : told.issues)
    issues.push_back(issue_json(one));
  boost::json::object out;
  out["valid"] = told.valid;
  out["issues"] = std::move(issues);
  return out;
}

} // namespace

exit_code run(context const& all, validate_command const& what) {
  boost::json::object document;
  if (!what.file.empty()) {
    auto read = read_document(what.file);
    if (!read) {
      complain(printable("cfgctl: " + to_string(read.error()) + '\n'));
      return exit_code::refused;
    }
    document = std::move(*read);
  }
  auto service = connect(all);
  if (!service) return report("validate", service.error());
  std::vector<std::string> names{what.name_space};
  if (what.name_space.empty()) {
    auto const state = service->status();
    if (!state) return report("validate", state.error());
    names = state->namespaces;
  }

  bool valid = true;
  std::string text;
  boost::json::object as_json;
  for (std::string const& name : names) {
    auto const told = service->validate(name, what.file.empty() ? nullptr : &document);
    if (!told) return report("validate " + name, told.error());
    valid = valid && told->valid;
    text += validation_text(all.where, name, *told);
    as_json[name] = validation_json(*told);
  }
  bool const json = all.asked.format == output_format::json;
  if (json && !what.name_space.empty()) {
    print(json_text(all.where, as_json.at(what.name_space)));
  } else {
    print(json ? json_text(all.where, as_json) : text);
  }
  return valid ? exit_code::ok : exit_code::refused;
}

} // namespace cfgd::cfgctl
