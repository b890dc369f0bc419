/// overrides, promote: what hides files, and the way from an override into a file.
///
/// promote writes an administrator's drop-in file of the namespace, in the format of the
/// administrator's main file, and leaves all other files as they are. The override stays until the
/// service has accepted the file, so that no value of a lower layer is effective in between; if the
/// service rejects the file, or a file above it wins, its old content is put back. An override that
/// somebody changed meanwhile stays: the file has the value from before. With --json the namespaces
/// are one document at the end; standard error says which files are written.

#include "cfgctl/commands/declare.hpp"
#include "cfgctl/commands/promoted_file.hpp"
#include "cfgctl/session.hpp"
#include "cfgctl/text/commit_text.hpp"
#include "cfgctl/text/overrides_text.hpp"
#include "cfgctl/text/values.hpp"
#include "core/key.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <filesystem>
#include <map>
#include <utility>

namespace cfgd::cfgctl {
namespace {

/// Of removing overrides while others change something.
constexpr int most_attempts = 10;

struct promote_options {
  std::vector<std::string> keys;
  std::string root;
  std::string comment;
};

exit_code list(context const& all, std::string const& prefix) {
  return ask(all, "overrides", methods::list_overrides, {prefix},
             [&](std::vector<client::override_key> const& found) {
               if (found.empty() && !prefix.empty())
                 return "no overrides at or below " + for_screen(all.where, prefix) + '\n';
               return overrides_text(all.where, found, wall_now());
             });
}

using overrides_by_namespace = std::map<std::string, std::vector<client::override_key>>;

/// The overrides at and below the keys. Without a message in `refusal`.
client::result<overrides_by_namespace> find_overrides(client::connection& service,
                                                      std::vector<std::string> const& keys,
                                                      std::string& refusal) {
  overrides_by_namespace found;
  for (auto const& key : keys) {
    auto rows = service.list_overrides(key);
    if (!rows) return std::move(rows).error();
    if (rows->empty()) refusal = key + " has no override; see cfgctl overrides";
    for (auto& one : *rows) {
      if (!one.value) refusal = one.key + " is a secret, which does not belong into a file";
      auto& same = found[std::string(namespace_of(one.key))];
      if (std::ranges::find(same, one.key, &client::override_key::key) == same.end())
        same.push_back(std::move(one));
    }
  }
  return found;
}

/// Why the service did not accept a file that was saved; empty: it did.
client::result<std::string> find_fault(client::connection& service,
                                       std::filesystem::path const& path) {
  if (auto const done = service.sync(); !done) return done.error();
  auto const sources = service.sources();
  if (!sources) return sources.error();
  auto const row = std::ranges::find(*sources, path.string(), &client::source_file::path);
  if (row == sources->end()) return path.string() + " is not a file that the service reads";
  if (row->state == "active") return std::string();
  return path.string() + " is " + row->state + ": " + row->message.value_or("");
}

/// What became of the overrides of one namespace.
struct promotion {
  client::commit done = {};
  std::string refusal = {};           ///< why nothing was done; empty: it was
  std::vector<std::string> kept = {}; ///< overrides that were changed meanwhile
};

/// Whether a value of this origin wins over one of the administrator's drop-in `file`.
bool is_above(client::origin const& from, std::filesystem::path const& file) {
  if (from.layer == "runtime" || from.layer == "environment") return true;
  std::filesystem::path const path(from.path.value_or(""));
  return from.layer == "admin" && path.parent_path() == file.parent_path() && path > file;
}

/// What would be effective instead of the value of `file` if the override were removed; empty:
/// nothing.
std::string find_winner(client::override_key const& one, std::filesystem::path const& file) {
  for (auto const& hidden : one.hides) {
    if (!is_above(hidden.from, file)) continue;
    std::string text = hidden.from.path.value_or("the " + hidden.from.layer);
    if (hidden.from.line) text += ':' + std::to_string(*hidden.from.line);
    return text + " wins over " + file.string() + " for " + hidden.key;
  }
  return {};
}

/// The keys of the overrides that are as they were read; those of the others are kept. Refuses if
/// the value of `file` would not be effective without them.
client::result<std::vector<std::string>>
unchanged_keys(client::connection& service, std::vector<client::override_key> const& rows,
               std::filesystem::path const& file, promotion& into) {
  auto const now = service.list_overrides(namespace_of(rows.front().key));
  if (!now) return now.error();
  std::vector<std::string> same;
  for (auto const& one : rows) {
    auto const found = std::ranges::find(*now, one.key, &client::override_key::key);
    bool const is_same = found != now->end() && found->value == one.value &&
                         found->from.revision == one.from.revision;
    (is_same ? same : into.kept).push_back(one.key);
    if (is_same && into.refusal.empty()) into.refusal = find_winner(*found, file);
  }
  return same;
}

/// Removes overrides by compare-and-set: a change after the revision of the comparison, of whatever
/// key, is the reason to compare again.
client::result<promotion> remove_overrides(client::connection& service,
                                           std::vector<client::override_key> const& rows,
                                           std::filesystem::path const& file,
                                           client::transaction change) {
  for (int attempt = 1;; ++attempt) {
    promotion out;
    auto const revision = service.sync();
    if (!revision) return revision.error();
    auto same = unchanged_keys(service, rows, file, out);
    if (!same) return std::move(same).error();
    if (!out.refusal.empty()) return out;
    out.done.revision = *revision;
    if (same->empty()) return out;
    change.unset = *std::move(same);
    change.if_revision = *revision;
    auto done = service.set(change);
    if (done) {
      out.done = *std::move(done);
      return out;
    }
    bool const is_late = done.error().name.ends_with(".RevisionMismatch");
    if (!is_late || attempt == most_attempts) return std::move(done).error();
  }
}

/// Writes the file of one namespace, waits until it is effective, removes the overrides.
client::result<promotion> promote_one(client::connection& service, promoted_file& file,
                                      std::vector<client::override_key> const& rows,
                                      client::transaction change) {
  if (auto const written = file.write(rows); !written)
    return promotion{.refusal = to_string(written.error())};
  auto const fault = find_fault(service, file.path());
  if (!fault || !fault->empty()) {
    file.put_back();
    if (!fault) return fault.error();
    return promotion{.refusal = *fault + "; its old content was put back, the override stays"};
  }
  if (change.comment.empty()) change.comment = "promoted to " + file.path().string();
  auto done = remove_overrides(service, rows, file.path(), std::move(change));
  if (done && !done->refusal.empty()) {
    file.put_back();
    done->refusal += "; the old content of the latter was put back, the override stays";
  }
  return done;
}

exit_code promote(context const& all, promote_options const& what) {
  auto service = connect(all);
  if (!service) return report(all, "promote", service.error());
  std::string refusal;
  auto const found = find_overrides(*service, what.keys, refusal);
  if (!found) return report(all, "promote", found.error());
  if (!refusal.empty()) return fail(all, "cannot promote: " + refusal);
  auto const sources = service->sources();
  if (!sources) return report(all, "promote", sources.error());
  boost::json::array promoted;
  auto code = exit_code::ok;
  auto const directory = admin_directory(*sources, what.root.empty() ? all.root : what.root);
  for (auto const& [name, rows] : *found) {
    promoted_file file(directory, name, admin_extension(*sources, name));
    client::transaction change;
    change.comment = what.comment;
    auto const made = promote_one(*service, file, rows, change);
    std::string doing = "promote " + name;
    if (!made) return report(all, doing, made.error());
    if (!made->refusal.empty()) return fail(all, "cannot promote " + name + ": " + made->refusal);
    doing += ": ";
    std::string const written = "written to " + file.path().string();
    if (all.as_json()) {
      complain_line(doing + written);
      auto row = json_of(made->done).as_object();
      row["file"] = file.path().string();
      if (!made->kept.empty()) row["kept"] = json_of(made->kept);
      promoted.push_back(std::move(row));
    } else {
      print(for_screen(all.where, written) + '\n');
      show_commit(all, {.values = {}}, made->done);
    }
    for (auto const& key : made->kept)
      code = complain_line(std::string(doing)
                               .append("the override of ")
                               .append(key)
                               .append(" was changed meanwhile and stays"));
  }
  if (all.as_json())
    print(json_text(all.where, boost::json::object{{"promoted", std::move(promoted)}}));
  return code;
}

} // namespace

void add_layer_commands(declarations const& to) {
  auto const listing =
      declare(to, "overrides", "Print the overrides and the values of files that they hide", list);
  add_argument(listing.app, "PREFIX", listing.options, "Only at and below this key");

  auto const promoting =
      declare(to, "promote", "Move overrides into a file of the administrator", promote);
  add_argument(promoting.app, "KEY", promoting.options.keys, "Overrides at and below these keys")
      ->required();
  add_root(promoting.app, promoting.options.root);
  add_comment(promoting.app, promoting.options.comment);
}

} // namespace cfgd::cfgctl
