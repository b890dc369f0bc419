#include "engine/policy.hpp"

#include "engine/access/read.hpp"
#include "engine/model.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <iterator>
#include <utility>

// Schemas refer to each other by URI. The URI of a file is file:///schemas/NAME in every layer, so
// a relative reference means the effective file of that name; a document with an absolute $id is
// found by that, too. Nothing else can be referred to: the daemon has no network.
//
// Every change of a file compiles the policy again, so what did not change is reused: a schema if
// all documents that it was compiled from are the same, a rule if its text is the same.

namespace cfgd::engine {
namespace {

namespace bj = boost::json;

constexpr std::string_view hiding_uri = "cfgd:hidden";

std::string uri_of(std::string_view name) {
  std::string uri = "file:///schemas/";
  for (char const c : name) {
    bool const plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '.' || c == '_' || c == '-' || c == '~';
    auto const byte = static_cast<unsigned char>(c);
    if (plain)
      uri += c;
    else
      uri.append(1, '%')
          .append(1, "0123456789ABCDEF"[byte >> 4])
          .append(1, "0123456789ABCDEF"[byte & 15]);
  }
  return uri;
}

/// The absolute URI in the $id of a schema, without its fragment; empty: none.
std::string id_of(bj::object const& schema) {
  for (auto const* const name : {"$id", "id"}) {
    auto const* const found = schema.if_contains(name);
    if (found == nullptr || !found->is_string()) continue;
    std::string id(found->get_string());
    id.resize(std::min(id.find('#'), id.size()));
    if (id.find(':') != id.npos) return id;
  }
  return {};
}

using record_pointer = std::shared_ptr<source_record const>;

/// The effective sources of a kind by name; a higher layer hides the same name in lower ones.
std::map<std::string, record_pointer> visible(source_records const& all, source_kind what) {
  std::map<std::string, record_pointer> found;
  for (auto const& [id, record] : all)
    if (id.what == what && record->row.is_effective) found.insert_or_assign(id.relative, record);
  return found;
}

/// Adds a document, as the same object as before if its content is the same: is_same() and the
/// compiled schemas compare and use pointers.
void add_document(policy& to, policy const& before, std::string const& uri,
                  record_pointer const& record) {
  auto const known = before.documents.find(uri);
  bool const same =
      known != before.documents.end() &&
      (known->second.source == record || known->second.source->document == record->document);
  to.documents.insert_or_assign(
      uri, schema_document{
               record, same ? known->second.value
                            : std::make_shared<bj::value const>(record->document.read()->root)});
}

bool is_same(policy const& left, policy const& right, std::string const& uri) {
  auto const mine = left.documents.find(uri);
  auto const other = right.documents.find(uri);
  if (mine == left.documents.end() || other == right.documents.end())
    return mine == left.documents.end() && other == right.documents.end();
  return mine->second.value == other->second.value;
}

/// The error of a schema with its place in the file, if it is in that file.
error place_fault(error why, std::string const& uri, source_record const& record) {
  auto const hash = why.subject.find('#');
  auto const document = why.subject.substr(0, hash);
  auto const pointer = hash == why.subject.npos ? std::string() : why.subject.substr(hash + 1);
  bool const own =
      document.empty() || document == uri || document == id_of(record.document.read()->root);
  issue found{.rule = "schema", .pointer = pointer, .message = why.message};
  if (own) {
    why.where = find_place(*record.document.read(), std::string_view(pointer));
    if (!pointer.empty()) why.message = pointer + ": " + why.message;
    found.path = record.row.path;
    found.where = why.where;
  } else {
    why.message = why.subject + ": " + why.message;
  }
  why.code = errc::invalid;
  why.subject.clear();
  why.used = 1;
  why.issues = {std::move(found)};
  return why;
}

/// Whether it stands for a schema that is not known (hiding_schema()).
bool hides_all(namespace_schema const& which) {
  return which.what->documents() == std::vector{std::string(hiding_uri)};
}

/// The compiled schema from before, if no document that it uses has changed; null: compile it.
std::shared_ptr<namespace_schema const> find_unchanged(policy const& next, policy const& before,
                                                       std::string const& name,
                                                       record_pointer const& record) {
  auto const old = before.schemas.find(name);
  if (old == before.schemas.end() || old->second->source->row.id != record->row.id) return nullptr;
  if (hides_all(*old->second)) return nullptr;
  for (auto const& uri : old->second->what->documents())
    if (!is_same(next, before, uri)) return nullptr;
  if (old->second->source == record) return old->second;
  auto moved = std::make_shared<namespace_schema>(*old->second);
  moved->source = record;
  return moved;
}

void compile_schemas(policy& next, policy const& before, limits const& bounds,
                     std::map<source_id, error>& faults) {
  auto const files = visible(next.sources, source_kind::schema);
  std::map<std::string, record_pointer> chosen;
  for (auto const& [name, record] : files) {
    add_document(next, before, uri_of(name), record);
    if (auto const id = id_of(record->document.read()->root); !id.empty())
      add_document(next, before, id, record);
    if (auto const name_space = namespace_of(record->row.id)) {
      auto& last = chosen[std::string(*name_space)];
      if (!last || last->row.id < record->row.id) last = record;
    }
  }
  for (auto const& [name, record] : chosen) {
    if (auto old = find_unchanged(next, before, name, record)) {
      next.schemas.emplace(name, std::move(old));
      continue;
    }
    auto made = std::make_shared<namespace_schema>();
    made->source = record;
    auto const load = [&](std::string_view uri) -> bj::value const* {
      auto const found = next.documents.find(uri);
      if (found == next.documents.end()) return nullptr;
      made->parts.push_back(found->second.value);
      return found->second.value.get();
    };
    auto const uri = uri_of(record->row.id.relative);
    auto compiled = schema::schema::compile(uri, load, bounds);
    if (!compiled) {
      faults.insert_or_assign(record->row.id, place_fault(compiled.error(), uri, *record));
      continue;
    }
    made->what = std::move(*compiled);
    next.schemas.emplace(name, std::move(made));
  }
}

/// Schemas that hide all stay until their file says something else.
void keep_hiding(policy& next, policy const& before) {
  for (auto const& [name, schema] : before.schemas) {
    auto const source = next.sources.find(schema->source->row.id);
    if (hides_all(*schema) && source != next.sources.end() && !source->second->row.is_effective)
      next.schemas.try_emplace(name, schema);
  }
}

/// The status of the same rule before; null: the rule is new or changed.
rule_status const* find_unchanged(policy const& before, rules::rule const& which) {
  for (auto const& one : before.rules)
    if (*one.what == which) return &one;
  return nullptr;
}

error duplicate(rules::rule const& second, rules::rule const& first) {
  std::string const message =
      "rule '" + second.name + "' is already defined in '" + first.path + "'";
  return {
      .code = errc::invalid,
      .message = message,
      .where = second.where,
      .used = 1,
      .issues = {
          {.rule = second.name, .message = message, .path = second.path, .where = second.where}}};
}

void compile_rules(policy& next, policy const& before, limits const& bounds,
                   std::map<source_id, error>& faults) {
  std::map<std::string, std::shared_ptr<rules::rule const>> known;
  for (auto const& [name, record] : visible(next.sources, source_kind::rules)) {
    auto read = rules::read(*record->document.read(), record->row.path, bounds);
    if (!read) {
      faults.insert_or_assign(record->row.id, read.error());
      continue;
    }
    for (auto& one : *read) {
      auto const [entry, is_new] = known.try_emplace(one.name);
      if (!is_new) {
        faults.insert_or_assign(record->row.id, duplicate(one, *entry->second));
        break;
      }
      rule_status current{.what = {}, .from = record->row.id};
      if (auto const* const old = find_unchanged(before, one))
        current = *old;
      else
        current.what = std::make_shared<rules::rule const>(std::move(one));
      entry->second = current.what;
      current.from = record->row.id;
      next.rules.push_back(std::move(current));
    }
  }
  // A file with a duplicate rule is left out as a whole, including rules that were added already.
  std::erase_if(next.rules, [&](rule_status const& one) { return faults.contains(one.from); });
}

/// Whether a file has nothing valid to say: it was never accepted, or is not any more.
bool is_broken(source_record const& record, std::map<source_id, error> const& faults) {
  return !record.row.is_effective || faults.contains(record.row.id);
}

/// The access files that count, and the broken ones, in the order in which they are asked: the
/// administrator's first, in a layer by name.
std::vector<record_pointer> access_files(policy const& from) {
  std::vector<record_pointer> all;
  auto const valid = visible(from.sources, source_kind::access);
  all.reserve(valid.size());
  for (auto const& [name, record] : valid)
    all.push_back(record);
  for (auto const& [id, record] : from.sources) {
    if (id.what != source_kind::access || record->row.is_effective) continue;
    auto const twin = valid.find(id.relative);
    bool const is_hidden = twin != valid.end() && twin->second->row.id.where > id.where;
    if (!is_hidden) all.push_back(record);
  }
  std::ranges::sort(all, [](record_pointer const& left, record_pointer const& right) {
    auto const& one = left->row.id;
    auto const& other = right->row.id;
    return one.where != other.where ? one.where > other.where : one.relative < other.relative;
  });
  return all;
}

void compile_locks(policy& next, policy const& before) {
  for (auto& [name, locks] : locks_by_namespace(next.access->locks)) {
    auto const known = before.locks.find(name);
    bool const same = known != before.locks.end() && *known->second == locks;
    next.locks.emplace(name, same ? known->second
                                  : std::make_shared<namespace_locks const>(std::move(locks)));
  }
}

void compile_access(policy& next, policy const& before, limits const& bounds,
                    std::map<source_id, error>& faults) {
  auto made = std::make_shared<access_rules>();
  for (auto const& record : access_files(next)) {
    if (record->row.is_effective) {
      auto read = read_access(*record->document.read(), record->row.path, bounds);
      if (read) {
        std::ranges::move(read->entries, std::back_inserter(made->entries));
        std::ranges::move(read->locks, std::back_inserter(made->locks));
      } else {
        faults.insert_or_assign(record->row.id, read.error());
      }
    }
    if (!is_broken(*record, faults)) continue;
    if (made->broken.empty()) made->entries_before_broken = made->entries.size();
    made->broken.push_back(record->row.path);
  }
  next.access = *made == *before.access ? before.access : std::move(made);
  compile_locks(next, before);
}

void drop_secrets(bj::object& from, schema::schema const& by, std::vector<std::string>& path) {
  for (auto at = from.begin(); at != from.end();) {
    path.emplace_back(at->key());
    bool const secret = by.is_secret(path);
    if (!secret && at->value().is_object()) drop_secrets(at->value().get_object(), by, path);
    path.pop_back();
    at = secret ? from.erase(at) : std::next(at);
  }
}

} // namespace

std::map<source_id, error> compile(policy& next, policy const& before, limits const& bounds) {
  next.documents.clear();
  next.schemas.clear();
  next.rules.clear();
  next.locks.clear();
  std::map<source_id, error> faults;
  compile_schemas(next, before, bounds, faults);
  keep_hiding(next, before);
  compile_rules(next, before, bounds, faults);
  compile_access(next, before, bounds, faults);
  return faults;
}

std::shared_ptr<namespace_locks const> locks_of(policy const& from, std::string_view name_space) {
  auto const found = from.locks.find(name_space);
  return found == from.locks.end() ? nullptr : found->second;
}

std::shared_ptr<namespace_schema const> hiding_schema(std::shared_ptr<source_record const> source,
                                                      limits const& bounds) {
  bj::object const all_secret{{"additionalProperties", bj::object{{"x-secret", true}}}};
  auto const document = std::make_shared<bj::value const>(all_secret);
  auto made = std::make_shared<namespace_schema>();
  made->source = std::move(source);
  made->parts = {document};
  made->what =
      schema::schema::compile(
          std::string(hiding_uri), [&](std::string_view) { return document.get(); }, bounds)
          .value();
  return made;
}

bj::object const* defaults_of(namespace_schema const* schema) {
  return schema == nullptr ? nullptr : &schema->what->keyed_defaults();
}

bool has_element_keys(namespace_schema const* schema) {
  return schema != nullptr && schema->what->has_element_keys();
}

bj::value without_secrets(bj::value const& whole, schema::schema const& by) {
  bj::value out(whole);
  std::vector<std::string> path;
  if (out.is_object()) drop_secrets(out.get_object(), by, path);
  return out;
}

} // namespace cfgd::engine
