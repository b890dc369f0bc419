#include "core/json.hpp"
#include "engine/evaluate.hpp"
#include "engine/stored_text.hpp"
#include "store/config_store_impl.hpp"
#include "store/foreign.hpp"
#include "store/mending.hpp"

#include <boost/json/monotonic_resource.hpp>

#include <iterator>
#include <limits>
#include <memory>
#include <utility>

// From the file into memory: at the start, after a failure, and whenever another process has
// committed. Schemas and rules are compiled, and what is derived and not stored is derived.

namespace cfgd::store {
namespace {

/// The text of a namespace without its secrets, which is derived and not stored.
canonical::shared_text shown_text(namespace_state const& state) {
  auto const& text = state.value.text;
  if (!text || !state.schema || !state.schema->what->has_secrets()) return text;
  auto const whole = engine::parse_stored_value(*text);
  if (!whole) return text;
  auto shown = json::canonical(engine::without_secrets(*whole, *state.schema->what));
  if (shown == *text) return text;
  return std::make_shared<std::string const>(std::move(shown));
}

constexpr char const* written_over = "another store, or an older one, was written over it";

} // namespace

std::string merged_text(namespace_state const& state) {
  if (auto const sole = engine::sole_text(state)) return *sole;
  boost::json::monotonic_resource memory;
  return json::canonical(engine::merge_layers(state, &memory));
}

void config_store::impl::load() {
  guarded([this](lmdb::environment& env) {
    lmdb::read_transaction view(env);
    state = load_model(view);
    shown.reset();
    seen = view.id();
  });
}

/// Loads everything in the store, compiles the policy and runs its rules.
model config_store::impl::load_model(lmdb::transaction& view) {
  auto all = file.records().load(view, &behind);
  who = {.id = file.records().id(view),
         .cut = file.records().cut(view),
         .sealed = file.records().sealed_namespaces(view),
         .keys = file.keys()};
  auto made = std::make_shared<policy>(*all.active_policy);
  // Effective files compiled before. If this program is stricter, they are left out.
  for (auto const& [id, why] : engine::compile(*made, {}, bounds)) {
    auto refused = std::make_shared<source_record>(*made->sources.at(id));
    refused->row.status = source_status::quarantined;
    refused->row.why = why;
    refused->row.is_effective = false;
    // Without the schema it is unknown which values are secrets, so all of them are.
    if (auto const name = namespace_of(id))
      made->schemas.insert_or_assign(std::string(*name), hiding_schema(refused, bounds));
    made->sources[id] = std::move(refused);
  }
  // The same for a schema whose record was damaged, until its file is read.
  for (auto const& [id, record] : made->sources) {
    auto const name = id.what == source_kind::schema ? namespace_of(id) : std::nullopt;
    auto const& why = record->row.why;
    if (name && !record->row.is_effective && why && why->code == errc::store_failed)
      made->schemas.insert_or_assign(std::string(*name), hiding_schema(record, bounds));
  }
  for (auto const& [name, schema] : made->schemas) {
    auto& named = all.namespaces[name];
    named.value.name_space = name;
    named.schema = schema;
  }
  all.active_policy = made;
  note_retryable(all, {}, made->sources);
  for (auto& [name, one] : all.namespaces) {
    one.locks = locks_of(*made, name);
    note_retryable(all, {}, one.sources);
  }
  merge_unknown(all);
  unmerged = noted_mending(view).unmerged;
  for (auto& [name, one] : all.namespaces)
    one.value.shown = shown_text(one);
  engine::run_rules(all, policy_validator);
  return all;
}

/// Values that no checkpoint gives are merged from their layers. Another program may have removed
/// the last layer of a namespace, and its values with it.
void config_store::impl::merge_unknown(model& all) {
  for (auto& [name, one] : all.namespaces) {
    auto& value = one.value;
    if (!one.exists() || (value.text && !behind.is_unknown(name))) continue;
    auto merged = merged_text(one);
    behind.add_unknown(name);
    if (value.text && *value.text == merged) continue;
    value.text = std::make_shared<std::string const>(std::move(merged));
    value.revision = all.revision;
  }
  std::erase_if(all.namespaces, [this](auto const& named) {
    auto const& [name, one] = named;
    bool const is_gone = !one.exists() && one.value.text && *one.value.text == "{}";
    if (is_gone && !behind.is_behind(name)) behind.add_unknown(name); // its record is erased
    return is_gone;
  });
}

/// The ids of transactions come from the lock file: the data file alone shows that it is older.
void config_store::impl::check_age(lmdb::environment const& env) {
  if (env.last_transaction() < seen) file.give_up(written_over);
}

/// Takes over what other processes have committed since the model was loaded or advanced.
void config_store::impl::absorb(lmdb::transaction& view) {
  auto const known = who;
  auto fresh = load_model(view);
  if (who.id != known.id || fresh.revision < state.revision) {
    who = known;
    file.give_up(written_over);
  }
  auto news =
      file.records().read_changes(view, state.revision, std::numeric_limits<std::size_t>::max());
  auto described = describe_foreign(state, fresh, std::move(news.changes));
  std::move(described.begin(), described.end(), std::back_inserter(foreign));
  state = std::move(fresh);
  shown.reset();
  seen = view.id();
}

/// The same inside a write transaction: nobody can commit after it until that ends.
void config_store::impl::absorb_before(lmdb::environment& env, lmdb::write_transaction& writing) {
  check_age(env);
  // Ids count up by one, and an aborted transaction does not use up its id.
  if (writing.id() == seen + 1) return;
  lmdb::read_transaction view(env);
  absorb(view);
}

} // namespace cfgd::store
