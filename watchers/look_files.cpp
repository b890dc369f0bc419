/// The files of a look: which of them have changed, what is in them, and which do not count.
///
/// A link to /dev/null masks the files of its name in lower layers, as systemd does it. The ledger
/// applies masks: a look at one directory knows nothing of the others.
#include "core/key.hpp"
#include "watchers/look_impl.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace cfgd::watchers {

result<looker::candidate> looker::find_candidate(visit& now, directory_ptr const& here,
                                                 std::string const& name) {
  candidate file{.parent = here, .name = name, .location = join(here->path, name)};
  if (::fstatat(here->fd.get(), name.c_str(), &file.info, AT_SYMLINK_NOFOLLOW) != 0)
    return system_failure("stat", errno, file.location, &here->info);
  if (!S_ISLNK(file.info.st_mode)) return file;
  file.masks = is_mask(*here, name, file.info);
  if (file.masks) return file;
  now.here.has_links = true;
  auto end = way_of(now).resolve(now.top_directory, now.top.path, here, name);
  if (!end) return end.error();
  file.parent = end->parent;
  file.name = end->name;
  file.info = end->info;
  file.location = end->here ? end->here->path : join(end->parent->path, end->name);
  return file;
}

void looker::look_at_file(visit& now, directory_ptr const& here, std::string const& name) {
  auto found = now.here.files.find(name);
  if (found == now.here.files.end() && file_count_ >= how_.bounds.source_files) {
    ++result_->ignored_files;
    return;
  }
  auto const own = join(here->path, name);
  if (request_->skip.contains(own)) return;
  auto file = find_candidate(now, here, name);
  if (file && request_->skip.contains(file->location)) return;
  struct stat info {};
  if (!file && ::fstatat(here->fd.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) return;

  if (found == now.here.files.end()) {
    found = now.here.files.emplace(name, entry{}).first;
    ++file_count_;
  }
  auto& known = found->second;
  auto const id = now.id(name);
  if (file && file->masks) {
    report_mask(known, id, own, identity_of(file->info));
    return;
  }
  if (std::exchange(known.masks, false)) known.identity = {};
  if (!file) {
    block(known, id, own, {.identity = identity_of(info), .location = own, .why = file.error()});
    return;
  }
  auto const identity = identity_of(file->info);
  auto why = file->parent->distrust;
  auto const path = join(now.top.path, id.relative);
  if (!why) why = refuse_file(file->info, path, trusted_, how_.bounds.file_bytes);
  if (why) {
    block(known, id, own, {.identity = identity, .location = file->location, .why = *why});
    return;
  }
  bool const moved = known.location != file->location;
  known.location = file->location;
  bool const same = known.identity == identity && known.certain && !known.blocked;
  if (same && request_->how_far == source_watcher::depth::changed) {
    if (moved) report(id, known, own, {});
    return;
  }
  if (auto before = take_ahead(id, identity)) {
    known.identity = identity;
    known.certain = true;
    known.blocked.reset();
    report(id, known, own, std::move(before->file));
    result_->findings.back().document = std::move(before->document);
    return;
  }
  auto bytes =
      read_whole(file->parent->fd.get(), file->name, path, trusted_, how_.bounds.file_bytes);
  ++result_->reads;
  if (bytes) {
    known.identity = bytes->identity;
    known.certain = bytes->certain;
    known.blocked.reset();
    report(id, known, own, std::move(*bytes));
  } else if (bytes.error().code == errc::conflict || bytes.error().code == errc::not_found) {
    // It is being written to or replaced at the moment.
    known.identity = {};
    report(id, known, own, finding::unstable{});
  } else {
    block(known, id, own, {.identity = identity, .location = file->location, .why = bytes.error()});
  }
}

bool looker::is_mask(directory const& here, std::string const& name,
                     struct stat const& info) const {
  if (here.distrust || distrust_of(info, join(here.path, name), trusted_)) return false;
  return leads_to_nothing(here.fd.get(), name);
}

void looker::report_mask(entry& known, source_id const& id, std::string const& own,
                         file_identity const& identity) {
  if (known.masks && known.identity == identity) return;
  known = {.identity = identity, .masks = true, .blocked = {}, .location = own};
  report(id, known, own, finding::mask{});
}

/// Other files are listed up to a limit. Of directories only those are that look like drop-ins.
void looker::note_others(visit& now, directory const& here, std::vector<std::string> names) {
  std::sort(names.begin(), names.end());
  auto const of_others = others_count_ - now.here.others.size();
  other_files newest;
  for (auto const& name : names) {
    if (of_others + newest.size() >= how_.bounds.ignored_files) break;
    if (auto const size = size_of_other(now, here, name)) newest.emplace(name, *size);
  }
  replace_others(now, std::move(newest));
}

/// One of them alone. Where the limit has left out others, the next look at all finds them.
void looker::note_other(visit& now, directory const& here, std::string const& name) {
  auto newest = now.here.others;
  newest.erase(name);
  auto const size = size_of_other(now, here, name);
  bool const has_room = now.here.others.contains(name) || others_count_ < how_.bounds.ignored_files;
  if (size && has_room) newest.emplace(name, *size);
  replace_others(now, std::move(newest));
}

/// nullopt: it is not there, or it is not listed.
std::optional<std::uint64_t> looker::size_of_other(visit const& now, directory const& here,
                                                   std::string const& name) {
  struct stat info {};
  if (::fstatat(here.fd.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) return std::nullopt;
  if (now.is_top_of_values() && is_drop_in_directory(name)) return std::nullopt;
  bool const is_misnamed_drop_in = now.is_top_of_values() && name.ends_with(".d");
  if (S_ISDIR(info.st_mode) && !is_misnamed_drop_in) return std::nullopt;
  return S_ISREG(info.st_mode) ? static_cast<std::uint64_t>(info.st_size) : 0;
}

void looker::replace_others(visit& now, other_files newest) {
  if (newest == now.here.others) return;
  others_count_ = others_count_ - now.here.others.size() + newest.size();
  now.here.others = newest;
  result_->others[{.root = now.index, .name = now.name}] = std::move(newest);
}

void looker::block(entry& known, source_id const& id, std::string const& own, blockage what) {
  if (known.blocked == what.why && known.identity == what.identity) return;
  known.identity = what.identity;
  known.location = std::move(what.location);
  known.blocked = std::move(what.why);
  report(id, known, own, *known.blocked);
}

void looker::report_absent(visit& now, std::vector<std::string> const& present,
                           std::string const& directory) {
  std::erase_if(now.here.files, [&](auto const& file) {
    auto const& [name, known] = file;
    return !std::binary_search(present.begin(), present.end(), name) &&
           forget(now, name, known, directory);
  });
}

/// Reports that a file is absent. False: it still settles, and has to stay known.
bool looker::forget(visit const& now, std::string const& name, entry const& known,
                    std::string const& directory) {
  auto const own = join(directory, name);
  if (request_->skip.contains(own) || request_->skip.contains(known.location)) return false;
  --file_count_;
  report(now.id(name), known, own, finding::absent{});
  return true;
}

void looker::report(source_id id, entry const& known, std::string const& own,
                    decltype(finding::what) what) {
  result_->findings.push_back({.id = std::move(id),
                               .location = known.location.empty() ? own : known.location,
                               .linked = !known.location.empty() && known.location != own,
                               .identity = known.identity,
                               .what = std::move(what)});
}

} // namespace cfgd::watchers
