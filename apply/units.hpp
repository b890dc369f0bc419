#pragma once

#include "apply/target.hpp"
#include "core/error.hpp"

#include <chrono>
#include <map>
#include <memory>
#include <string>

struct sd_bus;

namespace cfgd::apply {

/// Acts on units. All functions block. Errors: not_found (there is no such unit), invalid (the job
/// failed, or took longer than the limit), io (the service manager does not answer).
class unit_control {
 public:
  unit_control() = default;
  virtual ~unit_control() = default;
  unit_control(unit_control const&) = delete;
  unit_control& operator=(unit_control const&) = delete;

  /// Which units an action may begin to run.
  enum class starting : std::uint8_t {
    allowed, ///< restart starts a unit that does not run
    /// No action does: the boot is not over, and units that are to run will, with the new files.
    forbidden,
    again, ///< as allowed; a unit that ran, and has died of the last action, is started, too
  };

  /// Whether the unit exists.
  [[nodiscard]] virtual result<void> find(std::string const& unit) = 0;
  /// Waits for the result of the job. A unit that does not run needs no reload, no try-restart and
  /// no signal: nothing is done.
  [[nodiscard]] virtual result<void> act(std::string const& unit, action what,
                                         std::string const& signal, std::chrono::seconds limit,
                                         starting how) = 0;
  /// Waits for `after`; then the unit must be active, if it was before. One that is starting or
  /// stopping is waited for, up to the limit.
  [[nodiscard]] virtual result<void>
  check_active(std::string const& unit, std::chrono::seconds after, std::chrono::seconds limit) = 0;
  /// Whether the machine is still starting, or may be.
  virtual bool is_booting() = 0;
};

/// The units of this machine, by systemd's D-Bus API. Connects when it is first needed, and again
/// after a failure.
class systemd_units : public unit_control {
 public:
  systemd_units();
  ~systemd_units() override;

  [[nodiscard]] result<void> find(std::string const& unit) override;
  [[nodiscard]] result<void> act(std::string const& unit, action what, std::string const& signal,
                                 std::chrono::seconds limit, starting how) override;
  [[nodiscard]] result<void> check_active(std::string const& unit, std::chrono::seconds after,
                                          std::chrono::seconds limit) override;
  bool is_booting() override;

 private:
  struct job;
  [[nodiscard]] result<void> connect();
  /// Of a unit, when it is neither starting nor stopping; "failed" for one that systemd is about to
  /// restart because it has died.
  [[nodiscard]] result<std::string> settled_state(std::string const& unit,
                                                  std::chrono::seconds limit);
  [[nodiscard]] result<std::string> property(std::string const& unit, char const* name);
  [[nodiscard]] result<void> run_job(char const* method, std::string const& unit,
                                     std::chrono::seconds limit);
  [[nodiscard]] result<void> wait_for(job& which, std::string const& unit,
                                      std::chrono::seconds limit);
  [[nodiscard]] result<void> kill(std::string const& unit, std::string const& signal);

  struct closer {
    void operator()(sd_bus* bus) const;
  };
  std::unique_ptr<sd_bus, closer> bus_;
  std::map<std::string, bool> ran_; ///< whether a unit ran before the last action, or was started
};

} // namespace cfgd::apply
