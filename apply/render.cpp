#include "apply/render.hpp"

#include "apply/mustache.hpp"
#include "core/json.hpp"
#include "core/key.hpp"
#include "core/source.hpp"
#include "watchers/write_source.hpp"

#include <boost/json/value.hpp>

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

namespace cfgd::apply {
namespace {

namespace bj = boost::json;

/// A value that is not a table can be a document of JSON and of YAML only.
result<std::string> render_format(target_file const& how, bj::value const& value) {
  auto const kind = format_of("file." + how.format);
  if (value.is_object() && kind) return watchers::write_source(*kind, value.get_object(), {});
  if (how.format == "json") return json::pretty(value) + '\n';
  if (how.format == "yaml") return watchers::yaml_text(value);
  return error{.code = errc::bad_value,
               .message = "'" + how.key + "' must be a table to be written as " + how.format};
}

} // namespace

void put_value(bj::object& root, cfgd::key const& at, bj::value value) {
  auto* object = &root;
  auto const& parts = at.parts();
  for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
    auto& next = (*object)[parts[i]];
    if (!next.is_object()) next.emplace_object();
    object = &next.get_object();
  }
  (*object)[parts.back()] = std::move(value);
}

bj::value const* find_value(bj::object const& root, cfgd::key const& at) {
  auto const* object = &root;
  for (auto const& part : at.parts()) {
    auto const* const found = object->if_contains(part);
    if (found == nullptr || &part == &at.parts().back()) return found;
    object = found->if_object();
    if (object == nullptr) return nullptr;
  }
  return nullptr;
}

bool has_secrets(target_file const& how, setting_values const& from) {
  return std::ranges::any_of(from.secret, [&](cfgd::key const& leaf) {
    return std::ranges::any_of(how.keys, [&](std::string const& text) {
      auto const key = cfgd::key::parse(text);
      if (!key || key->parts().size() > leaf.parts().size()) return false;
      return std::ranges::equal(key->parts(), std::span(leaf.parts()).first(key->parts().size()));
    });
  });
}

result<std::string> render_file(target_file const& how, setting_values const& from,
                                std::size_t most_bytes) {
  if (has_secrets(how, from) && (how.mode & 07U) != 0)
    return error{.code = errc::untrusted,
                 .message = "it is made of secrets, and its mode lets others read it",
                 .subject = how.path};
  if (how.template_name.empty()) {
    auto const key = cfgd::key::parse(how.key);
    auto const* const value = key ? find_value(from.root, *key) : nullptr;
    if (value == nullptr)
      return error{.code = errc::not_found,
                   .message = "'" + how.key + "' has no value",
                   .subject = how.path};
    auto out = render_format(how, *value);
    if (out && out->size() > most_bytes) // it could not be read, nor put back
      return error{.code = errc::limit,
                   .message = "the file is too large",
                   .subject = "file_bytes",
                   .used = out->size(),
                   .maximum = most_bytes};
    if (out) return out;
    auto why = out.error();
    if (!why.subject.empty()) why.message = why.subject + ": " + why.message;
    why.subject = how.path;
    return why;
  }
  bj::object root;
  for (auto const& text : how.keys) {
    auto const key = cfgd::key::parse(text);
    auto const* const value = key ? find_value(from.root, *key) : nullptr;
    if (value != nullptr) put_value(root, *key, *value);
  }
  auto const partial = [&how](std::string const& name) -> result<std::string> {
    if (auto const found = how.partials.find(name); found != how.partials.end())
      return found->second;
    return error{.code = errc::not_found, .message = "no such partial", .subject = name};
  };
  return render_template(how.template_text, how.template_name, root, most_bytes, partial);
}

} // namespace cfgd::apply
