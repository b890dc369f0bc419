#pragma once

#include "tests/integration/stream.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace cfgd::test {

/// One reply of a Watch.
struct watch_reply {
  std::uint64_t revision = 0;
  std::map<std::string, std::string> values = {}; ///< key to canonical text
  std::vector<std::string> removed = {};
  bool ready = false;
  bool resync = false;

  /// A mark: only the revision up to which everything has been sent.
  bool is_bare() const { return values.empty() && removed.empty() && !resync; }
};

/// A watcher that remembers what it received, over any number of connections: its state and its
/// revision. Throws std::runtime_error where a reply contradicts the ones before.
class observer {
 public:
  /// `prefixes` is a JSON list; "[]" is everything.
  explicit observer(std::filesystem::path socket, std::string prefixes = "[]");

  /// Connects and requests the whole state.
  void open();
  /// Connects and resumes after the last revision that it received.
  void resume();
  /// Resumes as a watcher that has received everything up to `after` and so has `state`.
  void resume(std::uint64_t after, std::map<std::string, std::string> state);
  void close() { connection_.reset(); }
  bool is_open() const { return connection_.has_value(); }

  /// Applies and returns the next reply.
  watch_reply next();
  /// Applies replies up to the one with `ready`; all of them.
  std::vector<watch_reply> until_ready();
  /// Applies replies until everything up to `revision` has been received; the changes among them.
  std::vector<watch_reply> until(std::uint64_t revision);

  /// The values as of `revision`.
  std::map<std::string, std::string> const& state() const { return state_; }
  /// Everything up to here has been received.
  std::uint64_t revision() const { return revision_; }
  std::size_t resyncs() const { return resyncs_; }

 private:
  void send(std::optional<std::uint64_t> after);
  void take(watch_reply const& reply);

  std::filesystem::path socket_;
  std::string prefixes_;
  std::optional<stream> connection_;
  std::map<std::string, std::string> state_;
  std::uint64_t revision_ = 0;
  std::size_t resyncs_ = 0;
  bool collecting_ = false; ///< a state is being received
  bool ready_ = false;      ///< since the connection was made
};

} // namespace cfgd::test
