#include "apply/report.hpp"

#include "apply/journal.hpp"
#include "core/durable_file.hpp"
#include "core/json.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include <csignal>
#include <fstream>
#include <sstream>
#include <utility>

namespace cfgd::apply {
namespace {

namespace bj = boost::json;

bj::object one_json(target_report const& what) {
  return {{"name", what.name},
          {"path", what.path},
          {"unit", what.unit},
          {"action", what.action},
          {"files", bj::array(what.files.begin(), what.files.end())},
          {"state", what.state},
          {"revision", what.revision},
          {"time", what.time},
          {"message", what.message}};
}

std::string text_at(bj::object const& from, std::string_view name) {
  auto const* const value = from.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::uint64_t revision_at(bj::object const& from) {
  auto const* const value = from.if_contains("revision");
  return value != nullptr && value->is_int64() ? static_cast<std::uint64_t>(value->get_int64()) : 0;
}

target_report read_one(bj::object const& from) {
  target_report out{.name = text_at(from, "name"),
                    .path = text_at(from, "path"),
                    .unit = text_at(from, "unit"),
                    .action = text_at(from, "action"),
                    .files = {},
                    .state = text_at(from, "state"),
                    .revision = revision_at(from),
                    .time = text_at(from, "time"),
                    .message = text_at(from, "message")};
  if (auto const* const files = from.if_contains("files"); files != nullptr && files->is_array())
    for (auto const& file : files->get_array())
      if (file.is_string()) out.files.emplace_back(file.get_string());
  return out;
}

} // namespace

report make_report(target_map const& targets, std::map<std::string, target_record> const& outcomes,
                   std::uint64_t revision) {
  report out{.revision = revision, .targets = {}};
  out.targets.reserve(targets.size());
  for (auto const& [name, one] : targets) {
    auto& made = out.targets.emplace_back();
    made.name = name;
    if (one) {
      made.path = one->path;
      made.unit = one->unit;
      made.action = to_string(one->act);
      for (auto const& file : one->files)
        made.files.push_back(file.path);
    }
    auto const found = outcomes.find(name);
    if (found == outcomes.end()) continue;
    made.state = to_string(found->second.state);
    made.revision = found->second.revision;
    made.time = found->second.time;
    made.message = found->second.message;
  }
  return out;
}

bj::object json_of(report const& what) {
  bj::array targets;
  targets.reserve(what.targets.size());
  for (auto const& one : what.targets)
    targets.push_back(one_json(one));
  return {{"revision", what.revision}, {"targets", std::move(targets)}};
}

result<void> write_report(std::filesystem::path const& path, report const& what) {
  return replace_file(path, json::pretty(json_of(what)) + '\n', 0644);
}

result<report> read_report(std::filesystem::path const& path) {
  std::ifstream in(path);
  if (!in)
    return error{.code = errc::not_found,
                 .message = "cfgd-apply has not written it; is it running?",
                 .subject = path.string()};
  std::ostringstream text;
  text << in.rdbuf();
  auto const value = json::parse(text.view());
  if (!value) return value.error();
  auto const* const object = value->if_object();
  auto const* const targets = object == nullptr ? nullptr : object->if_contains("targets");
  if (targets == nullptr || !targets->is_array())
    return error{.code = errc::parse, .message = "not a report", .subject = path.string()};
  report out{.revision = revision_at(*object), .targets = {}};
  for (auto const& one : targets->get_array())
    if (one.is_object()) out.targets.push_back(read_one(one.get_object()));
  return out;
}

result<void> request_force(std::filesystem::path const& state, std::string const& target) {
  // It becomes the name of a file.
  if (target.empty() || target.front() == '.' || target.find('/') != target.npos)
    return error{.code = errc::invalid, .message = "'" + target + "' is not the name of a target"};
  pid_t const running = journal_owner(state);
  if (running <= 0)
    return error{.code = errc::not_found,
                 .message = "cfgd-apply is not running, or this user may not ask it",
                 .subject = state.string()};
  auto const directory = state / "force";
  std::error_code failed;
  std::filesystem::create_directory(directory, failed);
  if (failed) return system_error("mkdir", failed.value(), directory);
  if (auto written = replace_file(directory / target, "", 0600); !written) return written;
  if (::kill(running, SIGHUP) != 0) return system_error("signal cfgd-apply", errno, state);
  return {};
}

bool is_requested(std::filesystem::path const& state, std::string const& target) {
  std::error_code ignored;
  return std::filesystem::exists(state / "force" / target, ignored);
}

} // namespace cfgd::apply
