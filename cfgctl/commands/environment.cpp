#include "cfgctl/commands/environment.hpp"

#include "core/key.hpp"
#include "core/value_path.hpp"
#include "core/variables.hpp"

#include <algorithm>
#include <map>
#include <span>
#include <utility>

namespace cfgd::cfgctl {
namespace {

/// The parts of a key; an index is one.
std::vector<std::string> parts_of(std::string_view key) {
  auto const parts = split_dotted(key);
  if (parts) return *parts;
  auto const which = parse_value_path(key);
  if (!which) return {};
  auto out = which->base.parts();
  for (auto const& step : which->inside) {
    auto const* const name = std::get_if<std::string>(&step);
    auto const* const index = std::get_if<std::size_t>(&step);
    if (name != nullptr) out.push_back(*name);
    if (index != nullptr) out.push_back(std::to_string(*index));
  }
  return out;
}

class variable_list {
 public:
  explicit variable_list(variable_names const& names) : names_(names) {}

  /// Adds the leaves; an empty object is one.
  void add(std::string const& key, std::vector<std::string>& parts, std::size_t skipped,
           boost::json::value const& what) {
    auto const* const object = what.if_object();
    if (object != nullptr && !object->empty()) {
      for (auto const& member : *object) {
        std::string below = key;
        append_key_part(below, member.key());
        parts.emplace_back(member.key());
        add(below, parts, skipped, member.value());
        parts.pop_back();
      }
      return;
    }
    auto const named = std::span(parts).subspan(std::min(skipped, parts.size() - 1));
    out_.push_back({.key = key,
                    .name = std::string(names_.prefix) + variable_name(named, names_.separator),
                    .text = variable_text(what)});
  }

  /// The list without keys that were asked for twice, as a and a.b.
  result<std::vector<variable>> finish() {
    std::vector<variable> out;
    std::map<std::string_view, std::string_view> key_of; // views into out_
    out.reserve(out_.size());
    for (variable const& one : out_) {
      auto const [found, is_new] = key_of.try_emplace(one.name, one.key);
      if (!is_new && found->second == one.key) continue;
      if (!is_new)
        return refuse(errc::bad_key, one,
                      "its variable " + one.name + " is also that of " +
                          std::string(found->second));
      if (!is_variable_name(one.name))
        return refuse(errc::bad_key, one,
                      '\'' + one.name + "' cannot be the name of a variable; use --prefix");
      if (!is_variable_text(one.text))
        return refuse(errc::bad_value, one, "a variable cannot have control characters");
      out.push_back(one);
    }
    return out;
  }

 private:
  static error refuse(errc code, variable const& what, std::string message) {
    return {.code = code, .message = std::move(message), .subject = what.key};
  }

  variable_names names_;
  std::vector<variable> out_;
};

} // namespace

result<std::vector<variable>> variables_of(boost::json::object const& values,
                                           variable_names const& names) {
  variable_list out(names);
  for (auto const& member : values) {
    auto parts = parts_of(member.key());
    std::size_t const skipped = names.from == variable_names::start::below ? parts.size() : 0;
    if (!parts.empty()) out.add(member.key(), parts, skipped, member.value());
  }
  return out.finish();
}

std::string environment_text(std::vector<variable> const& variables) {
  std::string out;
  for (auto const& one : variables)
    out.append(one.name).append("=").append(quoted_variable(one.text)).append("\n");
  return out;
}

} // namespace cfgd::cfgctl
