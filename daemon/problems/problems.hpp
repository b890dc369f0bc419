#pragma once

#include "core/change.hpp"
#include "daemon/problems/problems_table.hpp"

#include <boost/json/fwd.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cfgd {

/// One recorded error, which may have happened several times.
struct problem {
  std::uint64_t id = 0;
  situation const* what = nullptr; ///< a row of the table
  problem_kind kind = problem_kind::internal;
  std::string message = {};
  std::string source = {}; ///< what it happened to: a file, a peer, a part of the service
  std::string recovery = {};
  /// What else the line said, by the names of its fields: "namespace", "line". Names may repeat.
  std::vector<std::pair<std::string, std::string>> context = {};
  wall_time first{};
  wall_time last{};
  std::uint64_t count = 1;
  std::optional<wall_time> resolved = {};

  friend bool operator==(problem const&, problem const&) = default;
};
/// A Problem of io.cfgd.Service.
boost::json::object to_json(problem const& which);

/// What happened. `kind` and `recovery` are the table's where they are not given.
struct occurrence {
  situation const& what;
  std::string message;
  std::string source = {};
  std::optional<problem_kind> kind = {};
  std::string recovery = {};
  std::vector<std::pair<std::string, std::string>> context = {};
};

/// Errors as they are kept: the same ones (kind, source and message; of events, kind and source)
/// are one that is counted. Bounded: resolved ones are dropped first, then recoverable ones, each
/// the oldest first. Gets the time as an argument; does no I/O. One thread.
class problems {
 public:
  static constexpr std::size_t most = 256;
  static constexpr std::size_t message_bytes = 2'048; ///< longer ones are cut
  static constexpr std::size_t context_entries = 32;

  explicit problems(std::size_t capacity = most) : capacity_(capacity) {}

  /// Records that something happened: a new problem, or one more time of the same one.
  void note(occurrence happened, wall_time now);
  /// Resolves the open problems of a situation; with a source, only those of that source. Returns
  /// their number.
  std::size_t resolve(std::string_view situation_name, std::string_view source, wall_time now);
  /// Resolves the open problems of a file. Returns their number.
  std::size_t resolve_file(std::string_view path, wall_time now);
  /// Replaces an entry of the context of the open problems of a situation.
  void amend(std::string_view situation_name, std::string const& name, std::string const& text);
  void clear() { kept_.clear(); }

  /// Newest first, by when it happened last. Valid until the list changes.
  std::vector<problem const*> list(std::optional<problem_kind> kind = {},
                                   std::size_t limit = most) const;
  /// Whether a problem of a situation is open; an empty source: of any.
  bool is_open(std::string_view situation_name, std::string_view source) const;
  /// Whether the service cannot recover from an open problem.
  bool critical() const;

  /// By kind, how often it happened since the start of the process, and how many are open now.
  using by_kind = std::array<std::uint64_t, problem_kinds>;
  by_kind const& counts() const { return counts_; }
  by_kind open_counts() const;
  std::size_t size() const { return kept_.size(); }

  /// The list as JSON text for a file, and the other way round. Reading resolves open problems that
  /// end with the process, at `now`. Returns whether the text is valid; if not, nothing changes.
  std::string to_text() const;
  [[nodiscard]] bool read_text(std::string_view text, wall_time now);

 private:
  problem* find(occurrence const& what, problem_kind kind);
  void make_room();
  /// Resolves the open problems that `fits` accepts; returns how many there were.
  template <class Fits>
  std::size_t resolve_open(wall_time now, Fits fits);

  std::size_t capacity_;
  std::deque<problem> kept_; ///< in the order of `last`
  std::uint64_t next_id_ = 1;
  by_kind counts_{};
};

} // namespace cfgd
