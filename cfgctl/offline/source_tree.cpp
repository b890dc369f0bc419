#include "cfgctl/offline/source_tree.hpp"

#include "cfgctl/commands/documents.hpp"
#include "core/key.hpp"
#include "watchers/read_source.hpp"

#include <algorithm>
#include <array>
#include <system_error>
#include <utility>

// Finds the sources that the daemon's watcher would find: core/source decides which names are
// sources, and the same reader reads them. Owners and modes are not checked: a tree is often a
// working copy that root will install later.
//
// Paths are kept as the user wrote them, so that printed paths can be opened from the same place.

namespace cfgd::cfgctl::offline {
namespace {

namespace fs = std::filesystem;

constexpr std::array kinds{source_kind::values, source_kind::schema, source_kind::rules,
                           source_kind::access};

std::optional<source_kind> kind_of_directory(fs::path const& name) {
  for (auto const kind : kinds)
    if (name == directory_of(kind)) return kind;
  return std::nullopt;
}

fs::path above(fs::path const& directory) {
  return directory.has_parent_path() ? directory.parent_path() : fs::path(".");
}

std::optional<place_in_tree> place_by_names(fs::path const& file) {
  auto const parent = file.parent_path();
  if (auto const kind = kind_of_directory(parent.filename()))
    return place_in_tree{
        .base = above(parent), .what = *kind, .relative = file.filename().string()};
  auto const outer = parent.parent_path();
  if (parent.extension() != ".d" || outer.filename() != directory_of(source_kind::values))
    return std::nullopt;
  return place_in_tree{.base = above(outer),
                       .what = source_kind::values,
                       .relative = (parent.filename() / file.filename()).string()};
}

bool has_sources(fs::path const& base) {
  std::error_code ignored;
  return std::ranges::any_of(kinds, [&](source_kind kind) {
    return fs::is_directory(base / directory_of(kind), ignored);
  });
}

bool is_same(fs::path const& left, fs::path const& right) {
  std::error_code failed;
  bool const same = fs::equivalent(left, right, failed);
  return !failed && same;
}

issue remark(severity how, std::string path, std::string message) {
  return {.how = how, .rule = "file", .message = std::move(message), .path = std::move(path)};
}

/// `end` has no links in it.
bool is_below(fs::path const& end, fs::path const& directory) {
  std::error_code failed;
  auto const whole = fs::canonical(directory, failed);
  return !failed && std::ranges::mismatch(whole, end).in1 == whole.end();
}

/// files.link_roots of the cfgd.toml in a directory. A cfgd.toml that cannot be read allows
/// nothing.
std::vector<fs::path> link_roots_of(fs::path const& base) {
  std::vector<fs::path> all;
  auto const path = base / "cfgd.toml";
  std::error_code failed;
  if (!fs::exists(path, failed)) return all;
  auto const read = read_document(path.string());
  auto const* const files = read ? read->if_contains("files") : nullptr;
  auto const* const table = files != nullptr ? files->if_object() : nullptr;
  auto const* const roots = table != nullptr ? table->if_contains("link_roots") : nullptr;
  if (roots == nullptr || !roots->is_array()) return all;
  for (auto const& one : roots->get_array())
    if (one.is_string()) all.emplace_back(std::string(one.get_string()));
  return all;
}

/// One directory of sources of one kind, and what is in the NAME.d below it.
class directory_listing {
 public:
  directory_listing(tree_listing& into, layer where, source_kind what, fs::path const& settings)
      : into_(into), where_(where), what_(what), settings_(settings) {}

  void list(fs::path const& directory, fs::path const& below) {
    if (below.empty()) root_ = directory;
    std::error_code failed;
    std::vector<fs::directory_entry> entries;
    fs::directory_iterator at(directory, failed);
    for (; !failed && at != fs::directory_iterator(); at.increment(failed))
      entries.push_back(*at);
    if (failed && failed != std::errc::no_such_file_or_directory)
      into_.unreadable.push_back(
          {.code = errc::io, .message = failed.message(), .subject = directory.string()});
    std::ranges::sort(entries);
    for (auto const& entry : entries)
      add(entry, below);
  }

 private:
  void add(fs::directory_entry const& entry, fs::path const& below) {
    auto const name = entry.path().filename();
    if (is_leftover(name.string())) return;
    source_id id{.where = where_, .relative = (below / name).string(), .what = what_};
    std::error_code failed;
    if (entry.is_directory(failed)) {
      bool const parts = what_ == source_kind::values && below.empty() && name.extension() == ".d";
      if (parts && is_namespace_name(name.stem().string()) && leads_outside(entry))
        refuse(entry, outside_message());
      else if (parts && is_namespace_name(name.stem().string()))
        list(entry.path(), name);
      else if (parts)
        add_ignored(entry, id);
      else if (is_source(id))
        refuse(entry, "is not a regular file or a link to one");
      return;
    }
    auto path = entry.path().string();
    if (!is_source(id)) {
      add_ignored(entry, id);
    } else if (is_mask(entry)) {
      std::erase_if(into_.sources, [&id](listed_source const& one) {
        return one.id.what == id.what && one.id.relative == id.relative;
      });
    } else if (!entry.is_regular_file(failed)) {
      refuse(entry, "is not a regular file or a link to one");
    } else if (leads_outside(entry)) {
      refuse(entry, outside_message());
    } else {
      into_.sources.push_back({.id = std::move(id), .path = std::move(path)});
    }
  }

  void refuse(fs::directory_entry const& entry, std::string message) {
    into_.remarks.push_back(remark(severity::error, entry.path().string(), std::move(message)));
  }

  std::string outside_message() const {
    return "is a link that leads outside of '" + root_.string() +
           "'; files.link_roots of cfgd.toml may allow it";
  }

  bool leads_outside(fs::directory_entry const& entry) const {
    std::error_code failed;
    auto const end = fs::canonical(entry.path(), failed);
    if (failed || is_below(end, root_)) return false;
    return std::ranges::none_of(link_roots_of(settings_),
                                [&end](fs::path const& one) { return is_below(end, one); });
  }

  void add_ignored(fs::directory_entry const& entry, source_id const& id) {
    into_.remarks.push_back(
        remark(severity::warning, entry.path().string(), "is ignored: " + source_name_fault(id)));
  }

  /// Files of this name in lower layers, which are listed before, do not count.
  static bool is_mask(fs::directory_entry const& entry) {
    std::error_code failed;
    return entry.is_symlink(failed) && fs::read_symlink(entry.path(), failed) == "/dev/null";
  }

  tree_listing& into_;
  layer where_;
  source_kind what_;
  fs::path settings_; ///< the directory of cfgd.toml
  fs::path root_;     ///< links must not leave it
};

} // namespace

source_tree system_tree() { return {.vendor = "/usr/lib/cfgd", .etc = "/etc/cfgd"}; }

source_tree tree_of_root(fs::path const& root) {
  return {.vendor = root / "vendor", .etc = root / "etc"};
}

std::optional<place_in_tree> find_place_in_tree(fs::path const& file) {
  if (auto found = place_by_names(file)) return found;
  std::error_code failed;
  auto const whole = fs::absolute(file, failed).lexically_normal();
  return failed ? std::nullopt : place_by_names(whole);
}

tree_around find_tree_around(fs::path const& base, source_tree const& known) {
  if (is_same(base, known.vendor)) return {.where = known, .is = layer::vendor};
  if (is_same(base, known.etc)) return {.where = known, .is = layer::admin};
  std::error_code failed;
  auto const name = fs::absolute(base, failed).lexically_normal().filename();
  auto const beside = [&base](char const* other) {
    return (base / ".." / other).lexically_normal();
  };
  if (name == "vendor")
    return {.where = {.vendor = base, .etc = beside("etc")}, .is = layer::vendor};
  if (name == "etc")
    return {.where = {.vendor = beside("vendor"), .etc = base}, .is = layer::admin};
  return {.where = {.vendor = {}, .etc = base}, .is = layer::admin};
}

result<source_tree> tree_of_directory(fs::path const& given, source_tree const& known) {
  auto const directory = given.has_filename() ? given : given.parent_path(); // "etc/"
  if (has_sources(directory)) return find_tree_around(directory, known).where;
  auto const root = tree_of_root(directory);
  if (has_sources(root.vendor) || has_sources(root.etc)) return root;
  // One of namespaces/, schemas/, rules/ or NAME.d: what would be a file in it?
  if (auto const found = find_place_in_tree(directory / "any.json"))
    return find_tree_around(found->base, known).where;
  return error{.code = errc::not_found,
               .message = "has no sources: none of etc, vendor, namespaces, schemas, rules",
               .subject = directory.string()};
}

tree_listing list_sources(source_tree const& where) {
  tree_listing out;
  for (auto const& [which, base] :
       {std::pair(layer::vendor, where.vendor), std::pair(layer::admin, where.etc)}) {
    if (base.empty()) continue;
    for (auto const kind : kinds)
      directory_listing(out, which, kind, where.etc).list(base / directory_of(kind), {});
  }
  return out;
}

result<engine::source_update> read_update(listed_source const& which, limits const& bounds) {
  auto bytes = read_text(which.path);
  engine::source_update update{.id = which.id,
                               .path = which.path,
                               .identity = {},
                               .hash = {},
                               .what = engine::source_update::gone{}};
  if (!bytes) {
    if (bytes.error().code != errc::limit) return bytes.error();
    error why = bytes.error();
    why.subject.clear();
    update.what = engine::source_update::refused{.bytes = {}, .why = std::move(why)};
    return update;
  }
  update.hash = hash_content(*bytes);
  auto document = watchers::read_source(which.id, *bytes, bounds);
  if (document)
    update.what = engine::source_update::good{std::move(*document), std::move(*bytes)};
  else
    update.what = engine::source_update::refused{std::move(*bytes), document.error()};
  return update;
}

} // namespace cfgd::cfgctl::offline
