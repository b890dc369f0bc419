#pragma once

#include "apply/applier.hpp"
#include "core/json.hpp"
#include "tests/support/temporary_directory.hpp"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace cfgd::test {

/// A service manager that notes what is asked of it.
struct noted_units : apply::unit_control {
  result<void> find(std::string const& unit) override {
    if (unit != "absent.service") return {};
    return error{.code = errc::not_found, .message = "there is no unit " + unit};
  }
  result<void> act(std::string const& unit, apply::action what, std::string const& /*signal*/,
                   std::chrono::seconds /*limit*/, starting how) override {
    acts.push_back(unit + ' ' + std::string(to_string(what)) +
                   (how == starting::again ? " again" : ""));
    if (!refuse || !refuse()) return {};
    return error{.code = errc::invalid, .message = "the job ended with 'failed'"};
  }
  result<void> check_active(std::string const& /*unit*/, std::chrono::seconds /*after*/,
                            std::chrono::seconds /*limit*/) override {
    return {};
  }
  bool is_booting() override { return false; }

  std::vector<std::string> acts;
  std::function<bool()> refuse; ///< whether an action fails
};

/// What ends an applier between two steps, as a kill does.
struct killed {};

/// Targets below a directory, and everything that they are applied with.
struct applying {
  applying() {
    for (auto const* const name : {"targets", "state", "out"})
      std::filesystem::create_directories(base / name);
  }

  /// Defines a target of files that have the texts of app.a, app.b ...
  void define(std::string const& name, std::string const& head,
              std::vector<std::string> const& files, std::string const& more = "") {
    std::string text = "keys = [\"app\"]\n" + head;
    for (auto const& file : files) {
      text.append("[[file]]\npath = \"").append(out(file).string()).append("\"\ntemplate = \"");
      text.append(file).append(".mustache\"\n").append(more);
      write_file(base / "targets" / (file + ".mustache"),
                 std::string("{{app.").append(file).append("}}\n"));
    }
    write_file(base / "targets" / (name + ".toml"), text);
  }
  std::filesystem::path out(std::string const& name) const { return base / "out" / name; }
  std::string content(std::string const& name) const {
    return std::filesystem::exists(out(name)) ? read_file(out(name)) : "-";
  }
  /// Every name in the directory of the files, sorted.
  std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (auto const& entry : std::filesystem::directory_iterator(base / "out"))
      found.push_back(entry.path().filename());
    std::ranges::sort(found);
    return found;
  }
  apply::target_map targets() const {
    return apply::read_targets({base / "targets"}, {::geteuid()}, {});
  }

  /// Everything of a process: its journal, and an applier on it.
  struct process {
    explicit process(applying& of)
        : record(apply::journal::open(of.base / "state").value()),
          work({.record = record,
                .units = of.units,
                .trusted = {::geteuid()},
                .bounds = {},
                .on_step = of.on_step,
                .should_stop = of.should_stop}) {}

    apply::journal record;
    apply::applier work;
  };

  /// Applies `values` (JSON of app) as the next revision in a new process; the outcome of `name`.
  apply::target_record apply(std::string const& name, std::string const& values,
                             std::set<std::string> const& forced = {}) {
    process one(*this);
    return apply_in(one, values, forced).at(name);
  }
  std::map<std::string, apply::target_record> apply_in(process& one, std::string const& values,
                                                       std::set<std::string> const& forced = {}) {
    apply::setting_values now{.revision = ++revision, .root = {}, .secret = secret};
    now.root["app"] = json::parse(values).value();
    auto const all = targets();
    one.work.recover(all, apply::unit_control::starting::allowed);
    one.work.apply(all, now, forced, apply::unit_control::starting::allowed);
    return one.work.outcomes();
  }

  temporary_directory directory;
  std::filesystem::path base = std::filesystem::canonical(directory.path());
  noted_units units;
  std::function<void(apply::step const&)> on_step;
  std::function<bool()> should_stop;
  std::set<cfgd::key> secret;
  std::uint64_t revision = 0;
};

} // namespace cfgd::test
