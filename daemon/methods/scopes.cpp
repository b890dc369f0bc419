#include "daemon/methods/scopes.hpp"

#include "core/value_path.hpp"
#include "daemon/methods/parameters.hpp"
#include "daemon/methods/reply.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <initializer_list>
#include <set>
#include <string>
#include <utility>

namespace cfgd::methods {
namespace {

namespace bj = boost::json;

bool is_bare(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

/// The first part of a dotted key. Keys are mostly written without quotes: then nothing but that
/// part has to be read.
result<std::string> first_part(std::string_view key_text) {
  auto const end = std::ranges::find_if_not(key_text, is_bare);
  if (end != key_text.begin() && (end == key_text.end() || *end == '.'))
    return std::string(key_text.begin(), end);
  auto const which = parse_value_path(key_text);
  if (!which) return which.error();
  return which->base.name_space();
}

/// Collects the namespaces of keys, each once; or whole keys, and the namespaces of those that are
/// not readable: the handler will say what is wrong with them.
class collector {
 public:
  enum class wanted : std::uint8_t { namespaces, whole_keys };

  explicit collector(wanted what = wanted::namespaces) : wanted_(what) {}

  /// Adds the keys that a parameter has: a string, the strings of a list, or the names of an
  /// object's members. One that is absent has none.
  result<void> add_all(bj::object const& parameters, std::string_view name) {
    auto const* const value = parameters.if_contains(name);
    if (value == nullptr) return {};
    if (auto const* const text = value->if_string()) return add(*text);
    if (auto const* const list = value->if_array()) {
      for (auto const& one : *list)
        if (auto added = add(one.get_string()); !added) return added;
      return {};
    }
    for (auto const& member : value->get_object())
      if (auto added = add(member.key()); !added) return added;
    return {};
  }
  /// The scope; `otherwise` if no key was added.
  scope finish(scope otherwise) {
    if (names_.empty() && keys_.empty()) return otherwise;
    return {.what = scope::extent::some,
            .names = {names_.begin(), names_.end()},
            .keys = std::move(keys_)};
  }

 private:
  result<void> add(std::string_view key_text) {
    if (wanted_ == wanted::whole_keys)
      if (auto which = key::parse(key_text)) {
        keys_.push_back(*std::move(which));
        return {};
      }
    auto name = first_part(key_text);
    if (!name) return name.error();
    if (names_.empty() || *name != last_) {
      last_ = *name; // neighbours are mostly of one namespace
      names_.insert(*std::move(name));
    }
    return {};
  }

  wanted wanted_;
  std::vector<key> keys_;
  std::set<std::string> names_;
  std::string last_;
};

/// The namespaces of the keys in these parameters; `otherwise` if there are none.
result<scope> of_parameters(ipc::call const& asked, std::initializer_list<std::string_view> names,
                            scope otherwise) {
  collector found;
  for (auto const name : names)
    if (auto const added = found.add_all(asked.parameters, name); !added) return added.error();
  return found.finish(std::move(otherwise));
}

} // namespace

result<scope> nothing(ipc::call const&) { return no_namespaces(); }
result<scope> everything(ipc::call const&) { return all_namespaces(); }

result<scope> of_namespace(ipc::call const& asked) {
  auto name = string_of(asked.parameters, "namespace");
  if (!name) return all_namespaces();
  return scope{.names = {*std::move(name)}};
}

result<scope> of_key(ipc::call const& asked) {
  return of_parameters(asked, {"key"}, all_namespaces());
}
result<scope> of_prefix(ipc::call const& asked) {
  return of_parameters(asked, {"prefix"}, all_namespaces());
}
result<scope> of_prefixes(ipc::call const& asked) {
  return of_parameters(asked, {"prefixes"}, all_namespaces());
}
result<scope> of_keys(ipc::call const& asked) {
  return of_parameters(asked, {"keys"}, no_namespaces());
}
result<scope> of_change(ipc::call const& asked) {
  collector found(collector::wanted::whole_keys);
  for (auto const* const name : {"values", "unset"})
    if (auto const added = found.add_all(asked.parameters, name); !added) return added.error();
  return found.finish(all_namespaces());
}

std::function<result<scope>(ipc::call const&)> namespaces_of_pending(view& what,
                                                                     access_policy const& policy) {
  return [&what, &policy](ipc::call const& asked) -> result<scope> {
    auto const revision = asked.parameters.at("revision").get_int64();
    auto const* const found = what.pending().find(static_cast<revision_number>(revision));
    caller const by(policy, asked.from);
    auto const is_known = [&](std::string const& name) {
      return by.may_read(name) || by.may_write(name);
    };
    if (found == nullptr || std::ranges::none_of(found->namespaces, is_known))
      return no_such_pending(revision);
    scope touched{.names = found->namespaces};
    for (auto const& text : found->keys) {
      auto which = key::parse(text);
      if (!which) continue; // its namespace is asked for as a whole
      std::erase(touched.names, which->name_space());
      touched.keys.push_back(*std::move(which));
    }
    return touched;
  };
}

} // namespace cfgd::methods
