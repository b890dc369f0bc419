#include "engine/schema/schema.hpp"

#include "engine/schema/compile.hpp"
#include "engine/schema/defaults.hpp"
#include "engine/schema/element_keys.hpp"
#include "engine/schema/evaluate.hpp"
#include "engine/schema/member_change.hpp"
#include "engine/schema/typing.hpp"
#include "engine/schema/walk.hpp"

// The steps of compilation: documents are indexed (resources), subschemas become nodes (compiler),
// defaults are collected and checked, and keyed where elements of arrays are merged. The resulting
// program never changes; an evaluation has its own memory.

namespace cfgd::schema {

namespace bj = boost::json;

struct schema::impl {
  program code;
  limits bounds;
  bj::object defaults;
  std::vector<std::string> documents;
  /// By node id: whether an "x-key" is at or below it.
  std::vector<bool> keys;
  bj::object keyed_defaults; ///< empty if there is no "x-key"

  element_keys make_keys() const { return {code, keys, bounds}; }
  result<void> key_defaults(std::string const& uri);
};

/// Errors: invalid.
result<void> schema::impl::key_defaults(std::string const& uri) {
  keys = find_reaching(code, [](node const& one) { return !one.element_key.empty(); });
  if (!keys[code.root->id]) return {};
  if (!element_key(navigator(code, bounds).root()).empty())
    return error{.code = errc::invalid,
                 .message = "a namespace is not an array",
                 .subject = uri + "#/x-key"};
  auto work = make_keys();
  if (auto const faults = work.faults(defaults); !faults.empty()) {
    auto where = uri + '#';
    for (auto const& part : faults.front().path) {
      append_pointer(where, "properties");
      append_pointer(where, part);
    }
    return error{.code = errc::invalid,
                 .message = "the default: " + faults.front().message,
                 .subject = std::move(where)};
  }
  keyed_defaults = work.keyed(defaults);
  return {};
}

schema::schema(std::unique_ptr<impl> state) : impl_(std::move(state)) {}
schema::~schema() = default;

result<std::shared_ptr<schema const>> schema::compile(std::string const& uri, loader const& load,
                                                      limits const& bounds, options const& how) {
  auto made = std::make_unique<impl>();
  made->bounds = bounds;
  resources known(made->code.resources, load, dialect{.which = how.unnamed});
  compiler work(made->code, known, how);
  if (auto done = work.run(uri); !done) return done.error();
  // Before the first evaluation: its messages contain nothing of a secret.
  made->code.secrets = find_reaching(made->code, [](node const& one) { return one.secret; });
  auto defaults = collect_defaults(made->code, bounds, how.in_defaults);
  if (!defaults) return defaults.error();
  made->defaults = std::move(*defaults);
  made->documents = known.documents();
  if (auto keyed = made->key_defaults(uri); !keyed) return keyed.error();
  return std::shared_ptr<schema const>(new schema(std::move(made)));
}

verdict schema::validate(bj::value const& document, std::function<void()> const& check) const {
  auto const& code = impl_->code;
  if (!code.has_deprecated) {
    evaluator quick(code, impl_->bounds, impl_->bounds.schema_steps, check);
    if (quick.run(*code.root, document, nullptr))
      return {.issues = {}, .steps = impl_->bounds.schema_steps - quick.steps_left()};
    if (quick.halted()) return {.issues = {*quick.halted()}, .errors = 1};
  }
  findings found(impl_->bounds.issues);
  evaluator thorough(code, impl_->bounds, impl_->bounds.schema_steps, check);
  thorough.run(*code.root, document, &found);
  if (thorough.halted()) return {.issues = {*thorough.halted()}, .errors = 1};
  return {
      .issues = found.in_order(document), .errors = found.errors(), .warnings = found.warnings()};
}

bool schema::stays_valid(member_change const& what, std::uint64_t& steps,
                         std::function<void()> const& check) const {
  // The whole of the document may not take more steps than it may at once.
  return cfgd::schema::stays_valid(impl_->code, what, impl_->bounds, steps, check) &&
         steps <= impl_->bounds.schema_steps;
}

bj::object const& schema::defaults() const { return impl_->defaults; }

bool schema::is_secret(std::span<std::string const> path) const {
  return has_secrets() && is_secret_at(impl_->code, path, impl_->bounds);
}

bool schema::has_secrets() const { return impl_->code.secrets[impl_->code.root->id]; }

std::string schema::read_only_by(std::span<std::string const> path) const {
  if (!has_read_only()) return {};
  auto const* const found = find_read_only(impl_->code, path, impl_->bounds);
  return found == nullptr ? std::string() : place_of(*found) + "/readOnly";
}

bool schema::has_read_only() const { return impl_->code.has_read_only; }

sourced_document schema::typed(sourced_document const& from, text_rules const& rules) const {
  return type_document(impl_->code, from, rules, impl_->bounds);
}

bj::value schema::typed(std::span<std::string const> path, bj::value const& value) const {
  return type_value(impl_->code, path, value, impl_->bounds);
}

bj::value schema::typed(value_path const& which, bj::value const& value) const {
  return type_value(impl_->code, which, value, impl_->bounds);
}

std::string schema::text_fault(std::span<std::string const> path, std::string_view text) const {
  return describe_text_fault(find_types(impl_->code, path, impl_->bounds), text, !is_secret(path));
}

bool schema::asks_for_array(std::span<std::string const> path) const {
  auto const allowed = find_types(impl_->code, path, impl_->bounds);
  return allowed != any_type && (allowed & types::array) != 0;
}

bool schema::asks_for_string(std::span<std::string const> path) const {
  constexpr type_bits others = types::boolean | types::integer | types::number;
  auto const allowed = find_types(impl_->code, path, impl_->bounds);
  return (allowed & types::string) != 0 && (allowed & others) == 0;
}

bool schema::has_element_keys() const { return impl_->keys[impl_->code.root->id]; }

bj::object schema::keyed(bj::object const& layer) const { return impl_->make_keys().keyed(layer); }

void schema::to_arrays(bj::value& merged) const { impl_->make_keys().to_arrays(merged); }

std::vector<element_fault> schema::element_faults(bj::object const& layer) const {
  return impl_->make_keys().faults(layer);
}

std::string schema::layer_pointer(bj::value const& merged, std::string_view pointer) const {
  return impl_->make_keys().layer_pointer(merged, pointer);
}

bj::object const& schema::keyed_defaults() const {
  return has_element_keys() ? impl_->keyed_defaults : impl_->defaults;
}

bj::value const* schema::governs(std::span<std::string const> path) const {
  return find_governing(impl_->code, path, impl_->bounds);
}

std::vector<std::string> const& schema::documents() const { return impl_->documents; }

} // namespace cfgd::schema
