#include "core/document.hpp"
#include "core/json.hpp"
#include "core/value_path.hpp"
#include "daemon/methods/handlers.hpp"
#include "daemon/methods/reply.hpp"
#include "daemon/schema_shown.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <map>
#include <optional>
#include <span>
#include <utility>

// The explanation of the store includes secrets. Nobody gets the value that a layer sets for a
// secret, nor one with a secret somewhere below the key: such a candidate has no value. Callers who
// may see secrets get the effective value, and the whole schema, which may have the default of a
// secret in it.

namespace cfgd::methods {
namespace {

/// Whether a leaf below a key is a secret, as the store says; asks once for each.
class secret_finder {
 public:
  explicit secret_finder(store::reading const& store) : store_(store) {}

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

  store::reading const& store_;
  std::map<std::string, bool> known_;
};

enum class schema_extent : std::uint8_t { whole, without_secrets };

struct explained {
  engine::explanation what; ///< the effective value with its secrets
  bool has_secret = false;  ///< the effective value is a secret, or has one in it
};

/// Errors: bad_key. If a value inside of an array is a secret, the array is one.
result<explained> explain_without_secrets(store::reading const& store, value_path const& which,
                                          schema_extent how) {
  auto found = store.explain(which);
  if (!found) return found.error();
  explained out{.what = *std::move(found)};
  auto& all = out.what;
  auto const& at = which.base;
  auto const& name = at.name_space();
  if (!store.has_secrets(name)) return out;
  secret_finder secrets(store);
  out.has_secret = all.secret || (all.value && secrets.any_below(at, *all.value));
  for (auto& one : all.layer_values)
    if (one.value && (all.secret || secrets.any_below(at, *one.value))) one.value.reset();
  if (all.schema && how == schema_extent::without_secrets) {
    auto shown = schema_without_secrets(
        *all.schema, {at.path().begin(), at.path().end()},
        [&store, &name](std::span<std::string const> path) { return store.is_secret(name, path); });
    all.schema = shown.empty() ? std::nullopt : std::optional(std::move(shown));
  }
  return out;
}

/// The effective value without secrets.
std::optional<std::string> shown_value(std::string const& shown, value_path const& which) {
  auto const whole = canonical::find(shown, which.base.path());
  if (!whole) return std::nullopt;
  auto const found = canonical::find_inside(*whole, which);
  return found && *found ? std::optional<std::string>(**found) : std::nullopt;
}

void append_lock(std::string& out, engine::lock const& by) {
  out += ",\"lock\":";
  json::append_compact(out, boost::json::object{{"above", to_string(by.above)},
                                                {"path", by.path},
                                                {"line", by.line},
                                                {"reason", by.reason}});
}

/// Values and schema are canonical texts already, and are sent as they are.
std::string explain_reply(value_path const& which, engine::explanation const& what,
                          bool may_write) {
  bool const writable = may_write && !what.read_only && !what.lock;
  std::string const name = which.str();
  std::string out = "{";
  if (what.value) {
    append_value(out, name, *what.value);
    out += ',';
  }
  out += "\"candidates\":[";
  for (auto const& one : what.layer_values) {
    if (out.back() != '[') out += ',';
    out += "{\"origin\":";
    append_origin(out, one.from, one.time);
    if (one.value) {
      out += ',';
      append_value(out, name, *one.value);
    }
    if (one.is_locked) out += ",\"locked\":true";
    out += '}';
  }
  out += ']';
  if (what.schema) out.append(",\"schema\":").append(*what.schema);
  out.append(",\"secret\":").append(what.secret ? "true" : "false");
  out.append(",\"writable\":").append(writable ? "true" : "false");
  out.append(",\"revision\":").append(std::to_string(what.revision));
  if (what.read_only) out += ",\"readOnly\":true";
  if (what.lock) append_lock(out, *what.lock);
  return out.append("}");
}

} // namespace

void explain_key(method_context& with, authorized_call const& asked) {
  auto const which = parse_value_path(asked.parameters.at("key").get_string());
  if (!which) return fail(asked.answer, config_interface, which.error());
  bool const writable = asked.by.may_write(which->base);
  bool const may_see = asked.by.may_see_secrets(which->base.name_space());
  auto const how = may_see ? schema_extent::whole : schema_extent::without_secrets;
  auto const looked_up = asked.by.visible().in_visible(*which);
  with.queries.ask(
      asker_of(with, asked),
      [looked_up, how](store::reading const& store) {
        return explain_without_secrets(store, looked_up, how);
      },
      [&with, answer = asked.answer, which = *which, writable, may_see](result<explained> found) {
        if (!answer.alive()) return;
        if (!found) return fail(answer, config_interface, found.error());
        auto& what = found->what;
        // What was published is as new as what was just read. A value without secrets is not looked
        // up there: the key may have the name of an element, which the text has in an array.
        auto const* const secret = with.values.secrets_of(which.base.name_space());
        if (!may_see && secret != nullptr && found->has_secret) {
          what.secret |= with.values.is_secret(which.base);
          what.value = shown_value(*secret->shown, which);
        }
        reply_within(answer, config_interface, explain_reply(which, what, writable),
                     with.bounds.reply_bytes);
      });
}

} // namespace cfgd::methods
