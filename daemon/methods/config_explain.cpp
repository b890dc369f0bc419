#include "core/document.hpp"
#include "core/json.hpp"
#include "daemon/methods/config_methods.hpp"
#include "daemon/methods/reply.hpp"
#include "daemon/schema_shown.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <map>
#include <optional>
#include <span>
#include <utility>

// The store tells what every layer says, secrets among it. What a layer says of a secret goes to
// nobody, also not where the secret lies somewhere below the key: such a candidate is told without
// its value. The effective value is another matter: it goes to those who may see it anyway. And so
// does what the schema says, where a secret's default may stand.

namespace cfgd {
namespace {

/// Whether a leaf below a key is a secret, as the store says; asks once for each.
class secret_finder {
 public:
  explicit secret_finder(store::config_store& store) : store_(store) {}

  bool any_below(key const& at, std::string_view text) {
    bool any = false;
    canonical::for_each_leaf(at, text, [&](key const& leaf, std::string_view) {
      any = is_secret(leaf);
      return !any;
    });
    return any;
  }

 private:
  bool is_secret(key const& leaf) {
    auto const [at, is_new] = known_.try_emplace(leaf.str());
    if (is_new) at->second = store_.is_secret(leaf.name_space(), leaf.path());
    return at->second;
  }

  store::config_store& store_;
  std::map<std::string, bool> known_;
};

enum class sight : std::uint8_t { whole, without_secrets };

engine::explanation explain_without_secrets(store::config_store& store, key const& which,
                                           sight schema) {
  auto told = store.explain(which);
  auto const& name = which.name_space();
  if (!store.has_secrets(name)) return told;
  secret_finder secrets(store);
  for (auto& one : told.layer_values)
    if (one.value && (told.secret || secrets.any_below(which, *one.value))) one.value.reset();
  if (told.schema && schema == sight::without_secrets) {
    auto shown = schema_without_secrets(
        *told.schema, {which.path().begin(), which.path().end()},
        [&store, &name](std::span<std::string const> path) { return store.is_secret(name, path); });
    told.schema = shown.empty() ? std::nullopt : std::optional(std::move(shown));
  }
  return told;
}

/// Values and schema are canonical texts already, and are sent as they are.
std::string explain_reply(key const& which, engine::explanation const& told, bool writable) {
  std::string const name = which.str();
  std::string out = "{";
  if (told.value) {
    append_value(out, name, *told.value);
    out += ',';
  }
  out += "\"candidates\":[";
  for (auto const& one : told.layer_values) {
    if (out.back() != '[') out += ',';
    out += "{\"origin\":";
    json::append_compact(out, to_json(one.from, one.time));
    if (one.value) {
      out += ',';
      append_value(out, name, *one.value);
    }
    out += '}';
  }
  out += ']';
  if (told.schema) out.append(",\"schema\":").append(*told.schema);
  out.append(",\"secret\":").append(told.secret ? "true" : "false");
  out.append(",\"writable\":").append(writable ? "true" : "false");
  return out.append(",\"revision\":").append(std::to_string(told.revision)).append("}");
}

} // namespace

void config_methods::explain(ipc::call const& asked) {
  ipc::responder answer = asked.answer;
  auto const which = key::parse(asked.parameters.at("key").get_string());
  if (!which) {
    fail(answer, config_interface, which.error());
    return;
  }
  auto const& name = which->name_space();
  bool const writable = access_.authorize(asked.from, operation::write, name).has_value();
  bool const may_see = access_.authorize(asked.from, operation::secret, name).has_value();
  committer_.query(
      [which = *which, how = may_see ? sight::whole : sight::without_secrets](
          store::config_store& store) { return explain_without_secrets(store, which, how); },
      [this, answer, which = *which, writable, may_see](result<engine::explanation> told) mutable {
        if (!answer.alive()) return;
        if (!told) {
          fail(answer, config_interface, told.error());
          return;
        }
        // What was published is as new as what was just read.
        auto const* const secret = view_.secrets_of(which.name_space());
        if (!may_see && secret != nullptr) {
          told->secret |= view_.is_secret(which);
          auto const shown = canonical::find(*secret->shown, which.path());
          told->value = shown ? std::optional<std::string>(*shown) : std::nullopt;
        }
        reply_within(answer, config_interface, explain_reply(which, *told, writable),
                     bounds_.reply_bytes);
      });
}

} // namespace cfgd
