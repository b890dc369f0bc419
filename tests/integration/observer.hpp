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
struct told {
  std::uint64_t revision = 0;
  std::map<std::string, std::string> values = {}; ///< key to canonical text
  std::vector<std::string> removed = {};
  bool ready = false;
  bool resync = false;

  /// Nothing but how far everything has been told.
  bool is_bare() const { return values.empty() && removed.empty() && !resync; }
};

/// A watcher that knows what it was told: its state and how far it goes, over any number of
/// connections. Throws std::runtime_error where a reply contradicts the ones before.
class observer {
 public:
  /// `prefixes` is a JSON list; "[]" is everything.
  explicit observer(std::filesystem::path socket, std::string prefixes = "[]");

  /// Connects; the whole state is asked for.
  void open();
  /// Connects and goes on behind `after`, or behind the last thing it was told.
  void resume();
  /// As one that was told everything up to `after`, which made `state` what it is.
  void resume(std::uint64_t after, std::map<std::string, std::string> state);
  void close() { connection_.reset(); }
  bool is_open() const { return connection_.has_value(); }

  /// The next reply, taken in.
  told next();
  /// Takes replies in up to the one that says `ready`; all of them.
  std::vector<told> until_ready();
  /// Takes replies in until everything up to `revision` has been told; the changes among them.
  std::vector<told> until(std::uint64_t revision);

  /// What it believes the values to be.
  std::map<std::string, std::string> const& state() const { return state_; }
  /// Everything up to here was told.
  std::uint64_t revision() const { return revision_; }
  std::size_t resyncs() const { return resyncs_; }

 private:
  void send(std::optional<std::uint64_t> after);
  void take(told const& reply);

  std::filesystem::path socket_;
  std::string prefixes_;
  std::optional<stream> connection_;
  std::map<std::string, std::string> state_;
  std::uint64_t revision_ = 0;
  std::size_t resyncs_ = 0;
  bool collecting_ = false; ///< a state is being told
  bool ready_ = false;      ///< since the connection was made
};

} // namespace cfgd::test
