#pragma once

#include "core/document.hpp"
#include "core/limits.hpp"
#include "core/source.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace cfgd::watchers {

/// One directory of sources of one kind. Files that is_source() accepts are looked at. Sources of
/// values may be in NAME.d below it; directories of schemas and rules are flat. There is at most
/// one root for a layer and a kind.
struct source_root {
  layer where = layer::admin;
  std::filesystem::path directory; ///< absolute; need not exist yet
  source_kind what = source_kind::values;

  bool holds(source_id const& id) const { return where == id.where && what == id.what; }
};

/// What has changed about one source since the last report.
struct observation {
  /// New bytes, read as a whole while the file did not change. `hash` is their hash.
  struct content {
    std::string bytes;
    content_hash hash{};
    /// What read_source() returns for them, if they have been parsed already.
    std::optional<result<sourced_document>> document = {};
  };
  /// The same bytes as before in a file with another identity (touch, chmod, copy over itself).
  struct touched {};
  /// The file exists, but is not trusted or cannot be read; the last good content stays effective.
  /// why.code: untrusted, limit ("file_bytes"), io, not_found (a dangling link).
  struct blocked {
    error why;
  };
  /// The file has not existed for longer than the grace period, or does not count any more.
  struct gone {
    std::string masked_by = {}; ///< the link to /dev/null in a higher layer; empty: it was removed
  };

  source_id id;
  std::string path; ///< absolute, below the configured directory
  file_identity identity;
  std::variant<content, touched, blocked, gone> what;
};

/// A file in a directory of sources that is not used. This is not a fault.
struct unused_file {
  enum class reason : std::uint8_t {
    ignored, ///< its name is not one of a source; or it is a link to /dev/null that masks nothing
    masked,  ///< a higher layer has a link to /dev/null of its name
  };
  source_id id; ///< is_source() does not accept it if the name is the reason
  std::string path;
  std::uint64_t size = 0;
  reason how = reason::ignored;
  std::string why; ///< for people
};

/// What is known of a source before the first look, so that an unchanged file is not reported
/// again. If the source was blocked, its identity is zero.
struct known_source {
  source_id id;
  file_identity identity;
  content_hash hash{};
};

/// Watches directories of sources and reports on the loop what changed in them. An inotify event is
/// a hint; a look (list, stat, read, hash) decides. Looks run on a worker thread of this class.
/// Observations of edits that settle together are passed in one call, also those of different
/// roots, in the order of the roots. Loop thread only.
class source_watcher {
 public:
  struct options {
    std::vector<source_root> roots;
    std::chrono::milliseconds quiet{20};  ///< time without events before a look; may be 0
    std::chrono::milliseconds late{500};  ///< a look at the latest this long after an event
    std::chrono::milliseconds grace{500}; ///< before a vanished file is reported as gone
    /// Before a file with good content that has become empty is reported as empty; until then it is
    /// reported as blocked. 0: it does not wait.
    std::chrono::milliseconds emptied{5'000};
    std::chrono::milliseconds sweep{5'000}; ///< between looks at everything
    std::chrono::milliseconds poll{2'000};  ///< between looks at directories without a watch
    /// The owner of trusted files, besides root.
    uid_t trusted_uid = 0;
    std::vector<gid_t> trusted_groups = {};   ///< may write files and directories
    std::vector<std::string> link_roots = {}; ///< directories outside the roots, for links
    limits bounds;
    /// Whether some content of a source that was reported is effective. Called on the loop. Not
    /// set: always.
    std::function<bool(source_id const&)> is_good = {};
  };

  /// Called on the loop with at least one observation. Must not destroy the watcher.
  using handler = std::function<void(std::vector<observation>)>;

  source_watcher(boost::asio::any_io_executor const& loop, options how,
                 std::vector<known_source> const& known, handler found);
  ~source_watcher();
  source_watcher(source_watcher const&) = delete;
  source_watcher& operator=(source_watcher const&) = delete;

  /// Watches until cancelled. To be spawned once, in a task group that ends before this object. It
  /// begins with a look at everything. Throws what a look threw.
  boost::asio::awaitable<void> run();

  enum class depth : std::uint8_t {
    changed, ///< read what stat says has changed
    all,     ///< read and report everything again, also what has not changed
  };
  /// Looks at everything at once. When `done` is called, edits that were finished before this call
  /// have been passed to the handler. Settling files are taken as they are; a file that is open for
  /// writing is waited for. A file with good content that was emptied is not waited for: it was
  /// passed as blocked, and emptied() counts it. Before run(), the first look answers. `done` is
  /// called on the loop, in the order of the calls.
  void look_now(depth how_far, std::function<void()> done);

  /// The sources that have become empty and whose last good content stays for the moment.
  std::size_t emptied() const;

  /// The files that are not used, up to limits::ignored_files and all masked ones. Files whose name
  /// is the reason are logged once, when they are first found.
  std::vector<unused_file> unused() const;

  /// How a source is watched: "inotify" or "poll".
  std::string_view watched_by(source_id const& id) const;

  struct counts {
    std::size_t sources = 0;
    std::size_t watches = 0;
    std::size_t polled_directories = 0;
    std::uint64_t events = 0;
    std::uint64_t overflows = 0;
    std::uint64_t looks = 0;
    std::uint64_t reads = 0;
    std::uint64_t unstable_reads = 0; ///< discarded because the file changed
  };
  /// Counts since the start; the first three are current.
  counts figures() const;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace cfgd::watchers
