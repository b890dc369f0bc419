#pragma once

#include "daemon/access.hpp"
#include "engine/access/entries.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace cfgd {

/// Makes entries of access files effective: looks up the names in them on a thread of its own,
/// because NSS may block for long, and again when /etc/passwd or /etc/group have changed or a
/// lookup has failed. Until then the entries before stay effective. Stops at once, also while a
/// lookup hangs: the thread is left behind then. Loop thread only.
class access_names {
 public:
  struct lookup {
    enum class outcome : std::uint8_t { found, missing, failed } how = outcome::failed;
    std::uint32_t number = 0;
  };
  /// Looks up a user or group by name, with NSS. May block.
  static lookup look_up(engine::subject const& whom);

  struct options {
    std::function<lookup(engine::subject const&)> how = look_up;
    /// Files that say by their change that names may have other numbers.
    std::vector<std::string> files = {"/etc/passwd", "/etc/group"};
    std::chrono::milliseconds pause = std::chrono::seconds(3); ///< between looks at the files
  };

  /// `policy` must outlive it. `changed` is called when other entries or names are effective.
  access_names(boost::asio::any_io_executor loop, access_policy& policy,
               std::function<void()> changed, options how);
  ~access_names();
  access_names(access_names const&) = delete;
  access_names& operator=(access_names const&) = delete;

  /// Makes these entries effective at once, without the names that are not known: at the start,
  /// where there are no others.
  void begin(std::shared_ptr<engine::access_rules const> rules);
  /// Makes these entries effective when their names are known. A later call supersedes it.
  void follow(std::shared_ptr<engine::access_rules const> rules);

  /// Finds the user and the groups of a name or number, for questions about others; absent: nobody
  /// has it. May take long, or never answer: `done` is called on the loop.
  void find_user(std::string name, std::function<void(std::optional<ipc::peer>)> done);

 private:
  struct shared;

  void use(std::shared_ptr<engine::access_rules const> rules, known_names names);
  void report_missing(engine::access_rules const& rules, std::set<std::string> missing);
  void start_thread();

  access_policy& policy_;
  std::function<void()> changed_;
  std::shared_ptr<shared> shared_;
  std::set<std::string> missing_; ///< that were reported
};

} // namespace cfgd
