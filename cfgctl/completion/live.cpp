/// The part that asks the service. A shell waits for it at every press of the key: one connection,
/// few calls, 200 ms in all, and never a message.

#include "cfgctl/completion/completion.hpp"
#include "cfgctl/session.hpp"
#include "cfgctl/targets/places.hpp"
#include "cfgctl/text/values.hpp"
#include "core/key.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace cfgd::cfgctl {
namespace {

using clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds patience{200};
constexpr std::int64_t most_revisions = 20;
constexpr std::size_t description_columns = 60;

/// The connection, and the time that is left.
class asker {
 public:
  explicit asker(std::string const& socket) : end_(clock::now() + patience) {
    auto made = client::connection::connect(socket, patience);
    if (made) service_.emplace(std::move(*made));
  }

  /// The result of `fetch`, a function of client::connection; absent if there is none in time.
  template <class Fetch>
  auto operator()(Fetch fetch)
      -> std::optional<typename std::invoke_result_t<Fetch, client::connection&>::value_type> {
    auto const left = std::chrono::duration_cast<std::chrono::milliseconds>(end_ - clock::now());
    if (!service_ || left.count() <= 0) return std::nullopt; // zero would be no limit
    service_->set_time_limit(left);
    auto answer = fetch(*service_);
    if (!answer) return std::nullopt;
    return std::move(*answer);
  }

 private:
  clock::time_point end_;
  std::optional<client::connection> service_;
};

using suggestions = std::vector<suggestion>;

std::string short_text(std::string_view text) {
  return cut_to(printable(text), description_columns);
}

suggestions namespaces(asker& ask, std::string_view end) {
  suggestions out;
  auto const state = ask([](auto& service) { return service.status(); });
  if (!state) return out;
  out.reserve(state->namespaces.size());
  for (auto const& name : state->namespaces)
    out.push_back({.word = name + std::string(end), .description = "namespace"});
  return out;
}

/// The length of all parts of a key but the last one; npos if it has only one.
std::size_t end_of_parent(std::string_view key) {
  std::size_t out = key.npos;
  char quote = 0;
  for (std::size_t at = 0; at < key.size(); ++at) {
    char const c = key[at];
    if (c == quote)
      quote = 0;
    else if (quote == 0 && (c == '"' || c == '\''))
      quote = c;
    else if (quote == 0 && c == '.')
      out = at;
  }
  return out;
}

boost::json::object const* object_in(boost::json::object const& from, std::string_view name) {
  auto const* const found = from.if_contains(name);
  return found == nullptr ? nullptr : found->if_object();
}

std::string text_in(boost::json::object const& from, std::string_view name) {
  auto const* const found = from.if_contains(name);
  auto const* const text = found == nullptr ? nullptr : found->if_string();
  return text == nullptr ? std::string() : std::string(*text);
}

/// A key below another one: what is known of it.
struct member {
  bool is_table = false;
  std::string description;
};

std::map<std::string, member> members_of(client::explanation const& found) {
  std::map<std::string, member> out;
  auto const* const known = found.schema ? object_in(*found.schema, "properties") : nullptr;
  for (auto const& [name, schema] : known != nullptr ? *known : boost::json::object()) {
    auto const* const what = schema.if_object();
    if (what == nullptr) continue;
    auto const type = text_in(*what, "type");
    auto const text = text_in(*what, "description");
    out[name] = {.is_table = type == "object", .description = text.empty() ? type : text};
  }
  auto const* const values = found.value ? found.value->if_object() : nullptr;
  for (auto const& [name, value] : values != nullptr ? *values : boost::json::object()) {
    auto& one = out[name];
    one.is_table = value.is_object();
    // Not the value, which may be a secret that nobody has asked for.
    if (one.description.empty())
      one.description = std::string_view(boost::json::to_string(value.kind()));
  }
  return out;
}

/// `end` follows a key that is not a table.
suggestions keys(asker& ask, std::string const& word, std::string_view end) {
  auto const length = end_of_parent(word);
  if (length == word.npos) return namespaces(ask, ".");
  auto const parent = word.substr(0, length);
  suggestions out;
  auto const found = ask([&](auto& service) { return service.explain(parent); });
  if (!found) return out;
  for (auto& [name, what] : members_of(*found)) {
    std::string whole = parent;
    append_key_part(whole, name);
    whole += what.is_table ? "." : end;
    out.push_back({.word = std::move(whole), .description = short_text(what.description)});
  }
  return out;
}

/// The values that the schema of the key names.
suggestions values(asker& ask, std::string const& key) {
  suggestions out;
  auto const found = ask([&](auto& service) { return service.explain(key); });
  if (!found || !found->schema || found->secret) return out;
  auto const add = [&](boost::json::value const& one, std::string const& description = {}) {
    auto const* const text = one.if_string();
    auto word = text == nullptr ? compact_text(one) : std::string(*text);
    if (std::ranges::find(out, word, &suggestion::word) == out.end())
      out.push_back({.word = std::move(word), .description = description});
  };
  auto const& schema = *found->schema;
  if (auto const* const choice = schema.if_contains("enum"); choice && choice->is_array()) {
    for (auto const& one : choice->get_array())
      add(one);
  } else if (text_in(schema, "type") == "boolean") {
    add(true);
    add(false);
  } else if (auto const* const examples = schema.if_contains("examples");
             examples && examples->is_array()) {
    for (auto const& one : examples->get_array())
      add(one, "example");
  }
  return out;
}

suggestions overrides(asker& ask) {
  suggestions out;
  std::set<std::string> known;
  auto const found = ask([](auto& service) { return service.list_overrides(); });
  if (!found) return out;
  for (auto const& one : *found)
    if (known.insert(one.key).second) out.push_back({.word = one.key, .description = "override"});
  return out;
}

suggestions revisions(asker& ask) {
  suggestions out;
  auto const found = ask([](auto& service) { return service.log({.limit = most_revisions}); });
  if (!found) return out;
  for (auto const& one : found->changes) {
    auto const text = one.time + ' ' + one.comment.value_or(one.from.layer);
    out.push_back({.word = std::to_string(one.revision), .description = short_text(text)});
  }
  return out;
}

suggestions pending(asker& ask) {
  suggestions out;
  auto const found = ask([](auto& service) { return service.list_pending(); });
  if (!found) return out;
  for (auto const& one : *found)
    out.push_back({.word = std::to_string(one.revision), .description = "until " + one.deadline});
  return out;
}

suggestions checks(asker& ask) {
  suggestions out;
  auto const found = ask([](auto& service) { return service.health(); });
  if (!found) return out;
  for (auto const& one : found->checks)
    out.push_back({.word = one.name, .description = short_text(one.message)});
  return out;
}

suggestions consumers(asker& ask) {
  suggestions out;
  auto const found = ask([](auto& service) { return service.consumers(); });
  if (!found) return out;
  for (auto const& one : *found)
    out.push_back({.word = one.name, .description = one.state});
  return out;
}

suggestions interfaces(asker& ask) {
  suggestions out;
  auto const found = ask([](auto& service) { return service.interfaces(); });
  if (!found) return out;
  for (auto const& name : *found)
    out.push_back({.word = name});
  return out;
}

suggestions methods_of_service(asker& ask) {
  suggestions out;
  for (auto const& one : interfaces(ask)) {
    auto const text = ask([&](auto& service) { return service.introspect(one.word); });
    if (!text) break;
    constexpr std::string_view begin = "\nmethod ";
    for (auto at = text->find(begin); at != text->npos; at = text->find(begin, at)) {
      at += begin.size();
      auto word = one.word;
      word.append(1, '.').append(*text, at, text->find('(', at) - at);
      out.push_back({.word = std::move(word)});
    }
  }
  return out;
}

suggestions targets(context const& all) {
  suggestions out;
  for (auto const& [name, what] : read_all_targets(places_of(all)))
    out.push_back({.word = name, .description = what ? what->unit : "faulty"});
  return out;
}

suggestions found_by(context const& all, completion const& what) {
  if (what.ask == live_words::targets) return targets(all);
  asker ask(all.socket);
  switch (what.ask) {
  case live_words::namespaces:
    return what.word.find('.') == what.word.npos ? namespaces(ask, "") : keys(ask, what.word, "");
  case live_words::keys:
    return keys(ask, what.word, "");
  case live_words::assignments:
    return keys(ask, what.word, "=");
  case live_words::value:
    return values(ask, what.key);
  case live_words::overrides:
    return overrides(ask);
  case live_words::revisions:
    return revisions(ask);
  case live_words::pending:
    return pending(ask);
  case live_words::checks:
    return checks(ask);
  case live_words::consumers:
    return consumers(ask);
  case live_words::interfaces:
    return interfaces(ask);
  case live_words::methods:
    return methods_of_service(ask);
  case live_words::none:
  case live_words::targets:
  case live_words::files:
  case live_words::directories:
    break;
  }
  return {};
}

} // namespace

std::vector<suggestion> live_suggestions(context const& all, completion const& what) {
  if (what.ask == live_words::none) return {};
  auto out = found_by(all, what);
  std::erase_if(out, [&](suggestion const& one) { return !one.word.starts_with(what.word); });
  return out;
}

} // namespace cfgd::cfgctl
