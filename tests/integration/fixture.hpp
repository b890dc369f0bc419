#pragma once

#include "core/json.hpp"
#include "tests/integration/daemon_process.hpp"
#include "tests/integration/stream.hpp"
#include "tests/support/temporary_directory.hpp"

#include <boost/json/value.hpp>

#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

// The suites of these tests are in a namespace of their own, "cases": suites are namespaces, and in
// the global one are functions of their names.

namespace cfgd::test {

/// A root directory and the daemon on it, not yet started.
struct running {
  explicit running(daemon_options how = {})
      : root(directory / "root"), daemon(root, std::move(how)) {
    std::filesystem::create_directories(root / "etc" / "namespaces");
  }

  /// Writes a file of the admin layer, by rename.
  void save(std::string_view name, std::string_view text) {
    std::filesystem::create_directories(daemon.admin(name).parent_path());
    replace_file(daemon.admin(name), text);
  }
  /// The same for a schema and for a file of rules.
  void save_schema(std::string_view name, std::string_view text) {
    save_below("schemas", name, text);
  }
  void save_rules(std::string_view name, std::string_view text) { save_below("rules", name, text); }
  /// Writes cfgd.toml.
  void save_settings(std::string_view text) { write_file(root / "etc" / "cfgd.toml", text); }

  /// The whole reply to a call: `method` without "io.cfgd.", parameters as JSON text.
  boost::json::object call(std::string_view method, std::string_view parameters = "{}") {
    return stream(daemon.socket()).ask(call_text(method, parameters));
  }
  /// Its parameters as canonical text; before it the name of an error, without the interface.
  std::string answer(std::string_view method, std::string_view parameters = "{}") {
    auto const reply = call(method, parameters);
    std::string text;
    if (auto const* const name = reply.if_contains("error")) {
      text = name->as_string();
      text = text.substr(text.rfind('.') + 1) + ' ';
    }
    auto const* const parameters_of_reply = reply.if_contains("parameters");
    return text + (parameters_of_reply == nullptr ? "{}" : json::canonical(*parameters_of_reply));
  }
  /// What is at a JSON pointer in the parameters of the reply, as canonical text.
  std::string answer_at(std::string_view pointer, std::string_view method,
                        std::string_view parameters = "{}") {
    auto const reply = call(method, parameters);
    return json::canonical(reply.at("parameters").at_pointer(pointer));
  }
  static std::string call_text(std::string_view method, std::string_view parameters) {
    return R"({"method":"io.cfgd.)" + std::string(method) + R"(","parameters":)" +
           std::string(parameters) + '}';
  }
  static std::string call_more(std::string_view method, std::string_view parameters = "{}") {
    return R"({"method":"io.cfgd.)" + std::string(method) + R"(","more":true,"parameters":)" +
           std::string(parameters) + '}';
  }

  /// The effective value as canonical text; "-" if there is none.
  std::string value(std::string_view key) {
    auto connected = daemon.connect();
    auto const found = connected.get_value(key).value();
    return found ? json::canonical(*found) : "-";
  }
  /// The revision once all edits are effective.
  client::revision_number sync() { return daemon.connect().sync().value(); }
  client::service_status status() { return daemon.connect().status().value(); }
  client::revision_number revision() { return status().revision; }
  /// The one source whose path ends with `name`. Throws if it is not listed.
  client::source_file source(std::string_view name) {
    for (auto const& one : daemon.connect().sources().value())
      if (one.path.ends_with(name)) return one;
    throw std::runtime_error("no source " + std::string(name));
  }

  void save_below(char const* folder, std::string_view name, std::string_view text) {
    auto const path = root / "etc" / folder / name;
    std::filesystem::create_directories(path.parent_path());
    replace_file(path, text);
  }

  temporary_directory directory;
  std::filesystem::path root;
  daemon_process daemon;
};

/// For tests that make too many changes to log each of them.
struct running_quietly : running {
  running_quietly() : running({.arguments = {"--log-level", "warning"}, .environment = {}}) {}
};

inline std::string text_of(boost::json::value const& what) { return json::canonical(what); }

} // namespace cfgd::test
