#include "store/copies.hpp"

#include "core/durable_file.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <system_error>
#include <utility>

// A copy is a store of its own, written into data.new.*, which the next start removes after a
// crash; its data file is made durable and gets its name by rename(2). So each file of that name is
// whole.
//
// The cost is bounded twice: by the number of revisions between two copies, and by a rest after
// each that is a multiple of what it took. Only the maps of the model are copied for the thread;
// their records are shared.

namespace cfgd::store {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view prefix = "copy.";
constexpr std::string_view suffix = ".mdb";
constexpr std::size_t kept = 2;

std::optional<revision_number> parse_name(std::string const& name) {
  if (!name.starts_with(prefix) || !name.ends_with(suffix)) return std::nullopt;
  auto const* const first = name.data() + prefix.size();
  auto const* const last = name.data() + name.size() - suffix.size();
  revision_number revision = 0;
  if (first >= last) return std::nullopt;
  auto const [end, code] = std::from_chars(first, last, revision);
  if (code != std::errc() || end != last) return std::nullopt;
  return revision;
}

/// Removes all but the newest ones.
void remove_older(fs::path const& state) {
  auto const all = list_copies(state);
  std::error_code ignored;
  for (std::size_t index = kept; index < all.size(); ++index)
    fs::remove(all[index], ignored);
}

result<void> write_copy(fs::path const& state, fs::path const& made, model const& all,
                        store_identity const& who, std::size_t maximum_bytes) {
  write_model(made, all, who, maximum_bytes);
  auto const to =
      state / (std::string(prefix) + std::to_string(all.revision) + std::string(suffix));
  if (auto durable = sync_file(made / "data.mdb"); !durable) return durable;
  std::error_code failed;
  fs::rename(made / "data.mdb", to, failed);
  if (failed) return system_error("rename", failed.value(), to);
  if (auto durable = sync_directory(state); !durable) return durable;
  remove_older(state);
  return {};
}

} // namespace

std::vector<fs::path> list_copies(fs::path const& state) {
  std::vector<std::pair<revision_number, fs::path>> found;
  std::error_code ignored;
  for (auto const& entry : fs::directory_iterator(state, ignored))
    if (auto const revision = parse_name(entry.path().filename().string()))
      found.emplace_back(*revision, entry.path());
  std::ranges::sort(found, std::ranges::greater{});
  std::vector<fs::path> out;
  out.reserve(found.size());
  for (auto& one : found)
    out.push_back(std::move(one.second));
  return out;
}

revision_number revision_of_copy(fs::path const& copy) {
  return parse_name(copy.filename().string()).value_or(0);
}

copies::copies(fs::path state, std::size_t maximum_bytes, pace how)
    : state_(std::move(state)), maximum_bytes_(maximum_bytes), pace_(how) {
  if (auto const all = list_copies(state_); !all.empty()) newest_ = revision_of_copy(all.front());
}

void copies::note_commit(model const& all, store_identity const& who) {
  behind_ = true;
  collect();
  bool const due =
      !newest_ || all.revision >= *newest_ + pace_.revisions || all.revision < *newest_;
  if (running_.valid() || !due || clock::now() < not_before_) return;
  begin(all, who);
}

void copies::start_over() {
  if (running_.valid()) running_.wait(); // else it would appear later, with what is replaced
  collect();
  failure_.clear();
  newest_.reset();
  behind_ = true;
  not_before_ = {};
}

void copies::finish(model const& all, store_identity const& who) {
  if (running_.valid()) running_.wait();
  collect();
  if (!behind_ && newest_ == all.revision) return;
  begin(all, who);
  if (running_.valid()) running_.wait();
  collect();
}

void copies::begin(model const& all, store_identity const& who) {
  try {
    running_ = std::async(std::launch::async, [state = state_, all, who, bytes = maximum_bytes_] {
      return write(state, all, who, bytes);
    });
    behind_ = false;
  } catch (std::exception const& broken) { // no thread or no memory; the commit is done
    failure_ = broken.what();
    not_before_ = clock::now() + pace_.after_failure;
  }
}

void copies::collect() {
  if (!running_.valid() || running_.wait_for(std::chrono::seconds(0)) != std::future_status::ready)
    return;
  auto done = running_.get();
  failure_ = std::move(done.failure);
  if (failure_.empty()) {
    newest_ = done.revision;
    not_before_ = clock::now() + pace_.rest * done.took;
  } else {
    behind_ = true;
    not_before_ = clock::now() + pace_.after_failure;
  }
}

copies::outcome copies::write(fs::path const& state, model const& all, store_identity const& who,
                              std::size_t maximum_bytes) {
  auto const begun = clock::now();
  outcome done{.revision = all.revision};
  std::string made = (state / "data.new.XXXXXX").string();
  if (::mkdtemp(made.data()) == nullptr) {
    done.failure = to_string(system_error("mkdtemp", errno, made));
    return done;
  }
  try {
    if (auto const written = write_copy(state, made, all, who, maximum_bytes); !written)
      done.failure = to_string(written.error());
  } catch (std::exception const& broken) {
    done.failure = broken.what();
  }
  std::error_code ignored;
  fs::remove_all(made, ignored);
  done.took = clock::now() - begun;
  return done;
}

} // namespace cfgd::store
