/// systemd's Manager object (org.freedesktop.systemd1(5)). A method that changes a unit answers
/// with a job at once; what becomes of it is the signal JobRemoved. That may arrive before the
/// answer is looked at, so the match is made first, and removed jobs are collected until the one
/// that is waited for is among them.
#include "apply/units.hpp"

#include "apply/program.hpp"

#include <systemd/sd-bus.h>
#include <time.h> // NOLINT(modernize-deprecated-headers): clock_nanosleep

#include <cerrno>
#include <map>
#include <string_view>
#include <system_error>
#include <utility>

namespace cfgd::apply {
namespace {

constexpr char service[] = "org.freedesktop.systemd1";
constexpr char object[] = "/org/freedesktop/systemd1";
constexpr char manager[] = "org.freedesktop.systemd1.Manager";
constexpr std::chrono::seconds call_limit{25};

struct failure_of_call {
  sd_bus_error what{nullptr, nullptr, 0};
  failure_of_call() = default;
  ~failure_of_call() { sd_bus_error_free(&what); }
  failure_of_call(failure_of_call const&) = delete;
  failure_of_call& operator=(failure_of_call const&) = delete;

  error about(std::string const& unit, int code) const {
    std::string const name = what.name == nullptr ? "" : what.name;
    bool const is_absent = name == "org.freedesktop.systemd1.NoSuchUnit";
    bool const is_answer = name.starts_with(service);
    return {.code = is_absent   ? errc::not_found
                    : is_answer ? errc::invalid
                                : errc::io,
            .message = unit + ": " +
                       (what.message != nullptr ? std::string(what.message)
                                                : std::generic_category().message(-code))};
  }
};

struct message_unref {
  void operator()(sd_bus_message* which) const { sd_bus_message_unref(which); }
};
using message = std::unique_ptr<sd_bus_message, message_unref>;
struct slot_unref {
  void operator()(sd_bus_slot* which) const { sd_bus_slot_unref(which); }
};

void pause_for(std::chrono::milliseconds time) {
  timespec const how_long{.tv_sec = time.count() / 1'000,
                          .tv_nsec = time.count() % 1'000 * 1'000'000};
  ::clock_nanosleep(CLOCK_MONOTONIC, 0, &how_long, nullptr);
}

/// The last lines that a unit has logged, as the message of its failure.
std::string lines_of(std::string const& unit) {
  auto const found =
      output_of({"journalctl", "-u", unit, "-n", "5", "-o", "cat", "-q"}, std::chrono::seconds(5));
  if (!found || found->empty()) return {};
  return "\n" + found->substr(0, found->find_last_not_of('\n') + 1);
}

char const* method_of(action what) {
  switch (what) {
  case action::reload:
    return "ReloadUnit";
  case action::reload_or_restart:
    return "ReloadOrTryRestartUnit";
  case action::try_restart:
    return "TryRestartUnit";
  default:
    return "RestartUnit";
  }
}

} // namespace

struct systemd_units::job {
  std::map<std::string, std::string> removed; ///< path to result
  std::string path;
};

namespace {

int take_removed(sd_bus_message* what, void* into, sd_bus_error* /*failure*/) {
  std::uint32_t id = 0;
  char const* path = nullptr;
  char const* unit = nullptr;
  char const* outcome = nullptr;
  if (sd_bus_message_read(what, "uoss", &id, &path, &unit, &outcome) >= 0)
    (*static_cast<std::map<std::string, std::string>*>(into))[path] = outcome;
  return 0;
}

int mark(sd_bus_message* /*what*/, void* changed, sd_bus_error* /*failure*/) {
  *static_cast<bool*>(changed) = true;
  return 0;
}

} // namespace

systemd_units::systemd_units() = default;
systemd_units::~systemd_units() = default;

void systemd_units::closer::operator()(sd_bus* bus) const { sd_bus_flush_close_unref(bus); }

result<void> systemd_units::connect() {
  if (bus_ && sd_bus_is_open(bus_.get()) > 0) return {};
  sd_bus* made = nullptr;
  int const failed = sd_bus_open_system(&made);
  bus_.reset(made);
  if (failed < 0) {
    bus_.reset();
    return error{.code = errc::io,
                 .message = "cannot connect to the system bus: " +
                            std::generic_category().message(-failed)};
  }
  sd_bus_set_method_call_timeout(bus_.get(), std::chrono::microseconds(call_limit).count());
  failure_of_call why;
  int const subscribed = sd_bus_call_method(bus_.get(), service, object, manager, "Subscribe",
                                            &why.what, nullptr, nullptr);
  if (subscribed < 0) {
    bus_.reset(); // else the next job would wait for signals that do not come
    return why.about("the service manager", subscribed);
  }
  return {};
}

result<std::string> systemd_units::path_of(std::string const& unit) {
  if (auto const connected = connect(); !connected) return connected.error();
  failure_of_call why;
  sd_bus_message* answer = nullptr;
  int done = sd_bus_call_method(bus_.get(), service, object, manager, "LoadUnit", &why.what,
                                &answer, "s", unit.c_str());
  message const loaded(answer);
  char const* path = nullptr;
  if (done >= 0) done = sd_bus_message_read(answer, "o", &path);
  if (done < 0) return why.about(unit, done);
  return std::string(path);
}

result<std::string> systemd_units::property(std::string const& unit, std::string const& path,
                                            char const* name) {
  failure_of_call why;
  char* value = nullptr;
  int const done = sd_bus_get_property_string(
      bus_.get(), service, path.c_str(), "org.freedesktop.systemd1.Unit", name, &why.what, &value);
  if (done < 0) return why.about(unit, done);
  std::string out(value);
  ::free(value); // NOLINT: sd-bus has allocated it
  return out;
}

result<void> systemd_units::find(std::string const& unit) {
  auto const path = path_of(unit);
  if (!path) return path.error();
  auto const state = property(unit, *path, "LoadState");
  if (!state) return state.error();
  if (*state == "loaded") return {};
  return error{.code = errc::not_found,
               .message = *state == "not-found" ? "there is no unit " + unit
                                                : "the unit " + unit + " is " + *state};
}

result<void> systemd_units::act(std::string const& unit, action what, std::string const& signal,
                                std::chrono::seconds limit, starting how) {
  if (what == action::none) return {};
  auto const state = settled_state(unit, limit);
  if (!state) return state.error();
  bool const runs = *state == "active" || *state == "reloading";
  bool const may_start = what == action::restart && how != starting::forbidden;
  if (how == starting::again) {
    // What ends by a signal of hangup or termination is "inactive", not "failed".
    auto const known = ran_.find(unit);
    if (known == ran_.end() ? *state == "failed" : known->second && !runs)
      return run_job("RestartUnit", unit, limit);
  } else {
    ran_[unit] = runs || may_start;
  }
  if (!runs && !may_start) return {};
  if (what == action::signal) return kill(unit, signal);
  return run_job(method_of(what), unit, limit);
}

result<void> systemd_units::run_job(char const* method, std::string const& unit,
                                    std::chrono::seconds limit) {
  job which;
  sd_bus_slot* slot = nullptr;
  int done = sd_bus_match_signal(bus_.get(), &slot, service, object, manager, "JobRemoved",
                                 take_removed, &which.removed);
  std::unique_ptr<sd_bus_slot, slot_unref> const match(slot);
  // systemd refuses the sixth start within ten seconds, and the unit would stay down.
  if (std::string_view(method) != "ReloadUnit")
    sd_bus_call_method(bus_.get(), service, object, manager, "ResetFailedUnit", nullptr, nullptr,
                       "s", unit.c_str());
  failure_of_call why;
  sd_bus_message* answer = nullptr;
  if (done >= 0)
    done = sd_bus_call_method(bus_.get(), service, object, manager, method, &why.what, &answer,
                              "ss", unit.c_str(), "replace");
  message const begun(answer);
  char const* path = nullptr;
  if (done >= 0) done = sd_bus_message_read(answer, "o", &path);
  if (done < 0) return why.about(unit, done);
  which.path = path;
  return wait_for(which, unit, limit);
}

result<void> systemd_units::wait_for(job& which, std::string const& unit,
                                     std::chrono::seconds limit) {
  auto const is_over = [&which] { return which.removed.contains(which.path); };
  auto const ended = take_signals(unit, std::chrono::steady_clock::now() + limit, is_over);
  if (!ended) return ended.error();
  if (!*ended)
    return error{.code = errc::invalid,
                 .message = unit + ": the job did not end within " + std::to_string(limit.count()) +
                            " s" + lines_of(unit)};
  std::string const& outcome = which.removed[which.path];
  if (outcome == "done" || outcome == "skipped") return {};
  return error{.code = errc::invalid,
               .message = unit + ": the job ended with '" + outcome + "'" + lines_of(unit)};
}

result<bool> systemd_units::take_signals(std::string const& unit,
                                         std::chrono::steady_clock::time_point end,
                                         std::function<bool()> const& is_enough) {
  for (;;) {
    int const done = sd_bus_process(bus_.get(), nullptr);
    if (done < 0) {
      bus_.reset();
      return error{.code = errc::io,
                   .message = unit + ": " + std::generic_category().message(-done)};
    }
    if (is_enough()) return true;
    if (done > 0) continue;
    auto const left = end - std::chrono::steady_clock::now();
    if (left.count() <= 0) return false;
    sd_bus_wait(bus_.get(), static_cast<std::uint64_t>(
                                std::chrono::ceil<std::chrono::microseconds>(left).count()));
  }
}

result<void> systemd_units::kill(std::string const& unit, std::string const& signal) {
  failure_of_call why;
  int const done = sd_bus_call_method(bus_.get(), service, object, manager, "KillUnit", &why.what,
                                      nullptr, "ssi", unit.c_str(), "main", signal_number(signal));
  if (done < 0) return why.about(unit, done);
  return {};
}

result<std::string> systemd_units::settled_state(std::string const& unit,
                                                 std::chrono::seconds limit) {
  auto const end = std::chrono::steady_clock::now() + limit;
  auto const path = path_of(unit);
  if (!path) return path.error();
  // Before the state is read: what changes after that is a signal.
  bool changed = false;
  sd_bus_slot* slot = nullptr;
  int const failed =
      sd_bus_match_signal(bus_.get(), &slot, service, path->c_str(),
                          "org.freedesktop.DBus.Properties", "PropertiesChanged", mark, &changed);
  std::unique_ptr<sd_bus_slot, slot_unref> const match(slot);
  if (failed < 0)
    return error{.code = errc::io,
                 .message = unit + ": " + std::generic_category().message(-failed)};
  for (;;) {
    changed = false;
    auto state = property(unit, *path, "ActiveState");
    if (!state || !state->ends_with("activating")) return state; // nor "deactivating"
    auto details = property(unit, *path, "SubState");
    if (!details) return details;
    if (*details == "auto-restart") return std::string("failed");
    auto const more = take_signals(unit, end, [&changed] { return changed; });
    if (!more) return more.error();
    if (!*more)
      return error{.code = errc::invalid,
                   .message = unit + " is still " + *state + " after " +
                              std::to_string(limit.count()) + " s" + lines_of(unit)};
  }
}

result<void> systemd_units::check_active(std::string const& unit, std::chrono::seconds after,
                                         std::chrono::seconds limit) {
  if (auto const known = ran_.find(unit); known != ran_.end() && !known->second) return {};
  pause_for(after);
  auto const state = settled_state(unit, limit);
  if (!state) return state.error();
  if (*state == "active" || *state == "reloading") return {};
  return error{.code = errc::invalid,
               .message = unit + " is " + *state + " after " + std::to_string(after.count()) +
                          " s" + lines_of(unit)};
}

bool systemd_units::is_booting() {
  if (!connect()) return true;
  failure_of_call why;
  char* value = nullptr;
  if (sd_bus_get_property_string(bus_.get(), service, object, manager, "SystemState", &why.what,
                                 &value) < 0)
    return true;
  std::string const state(value);
  ::free(value); // NOLINT: sd-bus has allocated it
  return state == "initializing" || state == "starting";
}

} // namespace cfgd::apply
