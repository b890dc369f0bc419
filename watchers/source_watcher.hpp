#pragma once

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
#include <string>
#include <variant>
#include <vector>

namespace cfgd::watchers {

/// One directory of sources, all of one kind: what is_source() says is one is looked at. Values may
/// lie in NAME.d below it; the directories of schemas and rules are flat. There is one root at the
/// most for a layer and a kind.
struct source_root {
  layer where = layer::admin;
  std::filesystem::path directory; ///< absolute; need not be there yet
  source_kind what = source_kind::values;

  bool holds(source_id const& id) const { return where == id.where && what == id.what; }
};

/// What was found about one source since it was last told.
struct observation {
  /// New bytes, read whole and stable. `hash` is theirs.
  struct content {
    std::string bytes;
    content_hash hash{};
  };
  /// The same bytes as before in a file with another identity (touch, chmod, copy over itself).
  struct touched {};
  /// The file is there and must not be believed or cannot be read; what was good stays.
  /// why.code: untrusted, limit ("file_bytes"), io, not_found (a link that leads nowhere).
  struct blocked {
    error why;
  };
  /// No such file any more, for longer than the grace.
  struct gone {};

  source_id id;
  std::string path; ///< absolute, as people know it
  file_identity identity;
  std::variant<content, touched, blocked, gone> what;
};

/// What is known of a source before the first look, so that an unchanged file is not read again.
/// A source whose last look was blocked is given with a zero identity.
struct known_source {
  source_id id;
  file_identity identity;
  content_hash hash{};
};

/// Watches directories of sources and tells, on the loop, what changed in them: inotify is a hint,
/// a look (list, stat, read, hash) is the truth. Looks and reads happen on a thread of its own.
/// Observations of edits that settle together come in one call, also of different roots, in the
/// order of the roots. Loop thread only.
class source_watcher {
 public:
  struct options {
    std::vector<source_root> roots;
    std::chrono::milliseconds quiet{20};  ///< without events before a look; 0 is allowed
    std::chrono::milliseconds late{500};  ///< a look at the latest, for closed files
    std::chrono::milliseconds grace{500}; ///< for files that vanish
    std::chrono::milliseconds sweep{5'000};
    std::chrono::milliseconds poll{2'000}; ///< of directories that cannot be watched
    /// Owners that are believed, besides root.
    uid_t trusted_uid = 0;
    limits bounds;
  };

  /// `found` is called on the loop with at least one observation.
  using handler = std::function<void(std::vector<observation>)>;

  source_watcher(boost::asio::any_io_executor const& loop, options how,
                 std::vector<known_source> const& known, handler found);
  ~source_watcher();
  source_watcher(source_watcher const&) = delete;
  source_watcher& operator=(source_watcher const&) = delete;

  /// Watches until cancelled; spawn it in a task group, once. The first thing it does is a whole
  /// look, as look_now().
  boost::asio::awaitable<void> run();

  enum class depth : std::uint8_t {
    changed, ///< read what stat says has changed
    all,     ///< read and tell everything again, also what has not changed
  };
  /// Looks at everything at once: edits finished before the call have been given to `found` when
  /// `done` is called (what still settles is taken as it is; an open writer is waited for as ever).
  /// Called before run(), it is answered by the first look. Answers come in the order of the calls.
  void look_now(depth how_far, std::function<void()> done);

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
    std::uint64_t unstable_reads = 0; ///< thrown away because the file moved on
  };
  counts figures() const;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace cfgd::watchers
