#include "cfgctl/offline/check.hpp"

#include "cfgctl/offline/subject_names.hpp"
#include "core/key.hpp"
#include "engine/access/read.hpp"
#include "engine/check_files.hpp"
#include "engine/rules/rules.hpp"
#include "engine/typed_source.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <system_error>
#include <tuple>
#include <utility>

// Validates files on the disk with the daemon's policy. A file is never validated alone: the result
// depends on its schema, on the layers beside it and on the rules that read it. So files are
// grouped by tree, each tree is validated as a whole, and the issues that concern the named files
// are kept. A file outside any tree is validated as if it were in the admin layer.
//
// The files of a namespace are rejected together, so one issue may be reported several times, once
// for each file: duplicates are removed. Where all files that violate a rule were rejected, the
// rule itself is rejected last and its issue has no place; the place of its key is looked up here.

namespace cfgd::cfgctl::offline {
namespace {

namespace fs = std::filesystem;

/// The service reports 20 issues of a rejection; a check of files reports all.
constexpr std::size_t most_issues = 10'000;

/// One tree, and which of its files to check.
struct task {
  source_tree where;
  std::map<source_id, std::string> named; ///< with the path as the user knows it
  bool everything = false;
};

std::string stable_name(fs::path const& path) {
  std::error_code failed;
  auto const whole = path.empty() ? path : fs::weakly_canonical(path, failed);
  return failed ? path.string() : whole.string();
}

/// The tasks, by tree.
class tasks {
 public:
  explicit tasks(source_tree const& known) : known_(known) {}

  task& at(source_tree const& where) {
    auto& found = tasks_[std::pair(stable_name(where.vendor), stable_name(where.etc))];
    found.where = where;
    return found;
  }

  result<void> add(std::string const& name) {
    std::error_code failed;
    auto const status = fs::status(name, failed);
    if (!fs::exists(status))
      return error{.code = errc::not_found,
                   .message = failed ? failed.message() : "No such file or directory",
                   .subject = name};
    if (fs::is_directory(status)) {
      auto const where = tree_of_directory(name, known_);
      if (!where) return where.error();
      at(*where).everything = true;
      return {};
    }
    return add_file(name);
  }

  auto& all() { return tasks_; }

 private:
  result<void> add_file(std::string const& name) {
    source_id id{.where = layer::admin, .relative = fs::path(name).filename().string()};
    auto where = known_;
    if (auto const place = find_place_in_tree(name)) {
      auto const around = find_tree_around(place->base, known_);
      id = {.where = around.is, .relative = place->relative, .what = place->what};
      where = around.where;
    }
    if (!is_source(id))
      return error{.code = errc::bad_key,
                   .message = "not a configuration source: " + source_name_fault(id),
                   .subject = name};
    at(where).named.insert_or_assign(std::move(id), name);
    return {};
  }

  source_tree const& known_;
  std::map<std::pair<std::string, std::string>, task> tasks_;
};

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// Whether a rule's expression has the namespace's name in it.
bool speaks_of(std::string_view check, std::string_view name) {
  for (auto at = check.find(name); at != check.npos; at = check.find(name, at + 1)) {
    auto const end = at + name.size();
    bool const begins = at == 0 || !is_word(check[at - 1]);
    if (begins && (end == check.size() || !is_word(check[end]))) return true;
  }
  return false;
}

/// Decides which issues concern the files that were named.
class concern {
 public:
  explicit concern(task const& asked) : everything_(asked.everything) {
    for (auto const& [id, path] : asked.named) {
      paths_.insert(path);
      if (auto const name = namespace_of(id)) namespaces_.emplace(*name);
    }
  }

  /// Adds the rules of a named file, and those that read the namespace of one.
  void add_rules(engine::source_update const& from, limits const& bounds) {
    auto const* const good = std::get_if<engine::source_update::good>(&from.what);
    if (everything_ || from.id.what != source_kind::rules || good == nullptr) return;
    auto const read = rules::read(good->document, from.path, bounds);
    if (!read) return;
    for (auto const& one : *read) {
      bool const reads = std::ranges::any_of(
          namespaces_, [&](std::string const& name) { return speaks_of(one.check, name); });
      if (reads || paths_.contains(from.path)) rules_.insert(one.name);
    }
  }

  bool has(issue const& what) const {
    return everything_ || paths_.contains(what.path) || rules_.contains(what.rule) ||
           namespaces_.contains(namespace_of(what.key));
  }

 private:
  bool everything_;
  std::set<std::string> paths_;
  std::set<std::string, std::less<>> namespaces_;
  std::set<std::string> rules_;
};

/// All sources of a tree, with the files that were named in their places.
tree_listing sources_of(task const& asked) {
  auto found = list_sources(asked.where);
  for (auto const& [id, path] : asked.named) {
    auto const known = std::ranges::find(found.sources, id, &listed_source::id);
    if (known != found.sources.end())
      known->path = path;
    else
      found.sources.push_back({.id = id, .path = path});
  }
  return found;
}

/// What was checked, and the schemas that say how its files are read.
struct checked_tree {
  engine::file_change const& files;
  engine::policy const& active;
};

/// Sets the place of an issue to its key in the highest source that sets it.
void locate(issue& what, checked_tree const& all) {
  auto const name = namespace_of(what.key);
  auto const schema = all.active.schemas.find(name);
  source_id const* top = nullptr;
  for (auto const& one : all.files.updates) {
    auto const* const good = std::get_if<engine::source_update::good>(&one.what);
    bool const mine =
        good != nullptr && one.id.what == source_kind::values && namespace_of(one.id) == name;
    if (!mine || (top != nullptr && one.id < *top)) continue;
    engine::source_record record;
    record.row.id = one.id;
    record.document = engine::source_content(one.id.what, good->document);
    auto const document = engine::typed_document(
        record, schema == all.active.schemas.end() ? nullptr : schema->second.get());
    if (!what.pointer.empty() && find_pointer(document->root, what.pointer) == nullptr) continue;
    top = &one.id;
    what.path = one.path;
    what.where = find_place(*document, std::string_view(what.pointer));
  }
}

void add_rejection(std::vector<issue>& to, engine::source_transition const& refused,
                   checked_tree const& all) {
  if (!refused.now.why) return;
  auto const& why = *refused.now.why;
  for (issue one : why.issues) {
    if (one.path.empty()) locate(one, all);
    if (one.path.empty()) one.path = refused.now.path;
    to.push_back(std::move(one));
  }
  if (!why.issues.empty()) return;
  // The issue has the path and the place, so the message is made without them.
  error bare = why;
  bare.subject.clear();
  bare.where = {};
  to.push_back({.how = severity::error,
                .rule = cfgd::to_string(why.code),
                .message = to_string(bare),
                .path = refused.now.path,
                .where = why.where});
}

/// What an access file says about users and groups that are not known here.
void add_unknown_names(std::vector<issue>& to, engine::source_update const& from,
                       limits const& bounds) {
  auto const* const good = std::get_if<engine::source_update::good>(&from.what);
  if (good == nullptr || from.id.what != source_kind::access) return;
  auto const read = engine::read_access(good->document, from.path, bounds);
  if (read) std::ranges::move(unknown_names(*read), std::back_inserter(to));
}

/// Reads and validates one tree.
class trial_run {
 public:
  trial_run(check_outcome& into, std::function<void(std::size_t, std::size_t)> const& progressed)
      : into_(into), progressed_(progressed) {
    bounds_.issues = most_issues;
  }

  result<void> run(task const& asked) {
    auto listing = sources_of(asked);
    into_.unreadable.insert(into_.unreadable.end(), listing.unreadable.begin(),
                            listing.unreadable.end());
    if (listing.sources.size() > bounds_.source_files)
      return error{.code = errc::limit,
                   .message = "too many sources",
                   .subject = "source_files",
                   .used = listing.sources.size(),
                   .maximum = bounds_.source_files};
    concern concerned(asked);
    auto const change = read(listing.sources, concerned);
    auto const tried = engine::check_files(change, bounds_);
    if (!tried) return tried.error();
    checked_tree const all{.files = change, .active = *tried->active_policy};
    std::vector<issue> found = std::move(listing.remarks);
    for (auto const& one : change.updates)
      add_unknown_names(found, one, bounds_);
    for (auto const& one : tried->rejected)
      add_rejection(found, one, all);
    for (issue one : tried->warnings) {
      if (one.path.empty()) locate(one, all);
      found.push_back(std::move(one));
    }
    std::ranges::copy_if(found, std::back_inserter(into_.findings),
                         [&](issue const& one) { return concerned.has(one); });
    into_.files += asked.everything ? listing.sources.size() : asked.named.size();
    return {};
  }

 private:
  engine::file_change read(std::vector<listed_source> const& sources, concern& concerned) {
    engine::file_change change;
    for (auto const& one : sources) {
      if (auto update = read_update(one, bounds_)) {
        concerned.add_rules(*update, bounds_);
        change.updates.push_back(std::move(*update));
      } else {
        into_.unreadable.push_back(update.error());
      }
      progressed_(change.updates.size(), sources.size());
    }
    return change;
  }

  check_outcome& into_;
  std::function<void(std::size_t, std::size_t)> const& progressed_;
  limits bounds_;
};

} // namespace

std::size_t check_outcome::count(severity how) const {
  return static_cast<std::size_t>(std::ranges::count(findings, how, &issue::how));
}

result<check_outcome>
check(check_question const& asked,
      std::function<void(std::size_t done, std::size_t total)> const& progressed) {
  tasks wanted(asked.where);
  for (auto const& name : asked.named)
    if (auto const added = wanted.add(name); !added) return added.error();
  if (asked.named.empty()) {
    std::error_code ignored;
    if (!fs::is_directory(asked.where.etc, ignored) &&
        !fs::is_directory(asked.where.vendor, ignored))
      return error{.code = errc::not_found,
                   .message = "there is no such directory",
                   .subject = asked.where.etc.string()};
    wanted.at(asked.where).everything = true;
  }
  check_outcome out;
  trial_run run(out, progressed);
  for (auto const& entry : wanted.all())
    if (auto const done = run.run(entry.second); !done) return done.error();
  auto const order = [](issue const& one) {
    return std::tie(one.path, one.where.line, one.where.column, one.how, one.key, one.pointer,
                    one.message, one.rule);
  };
  std::ranges::sort(out.findings, {}, order);
  out.findings.erase(std::unique(out.findings.begin(), out.findings.end()), out.findings.end());
  return out;
}

} // namespace cfgd::cfgctl::offline
