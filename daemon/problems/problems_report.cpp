#include "daemon/problems/problems_report.hpp"

#include "core/message_ids.hpp"

#include <boost/assert.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

// What a line says is taken from its fields: MESSAGE_ID and CFGD_KIND give the row of the table,
// CFGD_PATH or the peer what it happened to. Its message is that of the line, without the recovery
// behind it, which is a member of its own.

namespace cfgd {
namespace {

constexpr char const* check_source = "check ";

std::string_view field_of(log::record const& line, std::string_view name) {
  auto const found = std::ranges::find(line.fields, name, &log::field::name);
  return found == line.fields.end() ? std::string_view() : std::string_view(found->value);
}

/// "namespace" for CFGD_NAMESPACE; empty: another member has it.
std::string context_name(std::string_view field) {
  constexpr std::array<std::string_view, 6> shown_elsewhere{
      "MESSAGE_ID", "CFGD_KIND", "CFGD_PATH", "CFGD_RECOVERY", "CFGD_PEER_UID", "CFGD_PROBLEM"};
  if (std::ranges::find(shown_elsewhere, field) != shown_elsewhere.end()) return {};
  if (field.starts_with("CFGD_")) field.remove_prefix(5);
  std::string name;
  for (char const one : field)
    name += static_cast<char>(std::tolower(static_cast<unsigned char>(one)));
  return name;
}

std::string without_recovery(std::string_view message, std::string_view recovery) {
  if (!message.ends_with(recovery)) return std::string(message);
  auto const rest = message.substr(0, message.size() - recovery.size());
  for (std::string_view const joint : {"; ", ", ", ": "})
    if (rest.ends_with(joint)) return std::string(rest.substr(0, rest.size() - joint.size()));
  return std::string(message);
}

/// What a line is about; empty: the service.
std::string source_of(log::record const& line) {
  constexpr std::array<std::pair<std::string_view, char const*>, 4> kinds{
      {{"CFGD_PATH", ""},
       {"CFGD_PEER_UID", "uid "},
       {"CFGD_CHECK", check_source},
       {"CFGD_CONSUMER", "consumer "}}};
  for (auto const& [field, what] : kinds)
    if (auto const name = field_of(line, field); !name.empty()) return what + std::string(name);
  return {};
}

occurrence occurrence_of(log::record const& line, situation const& row) {
  auto const own = field_of(line, "CFGD_RECOVERY");
  occurrence out{.what = row,
                 .message = without_recovery(line.message, own.empty() ? row.recovery : own),
                 .source = source_of(line),
                 .kind = parse_problem_kind(field_of(line, "CFGD_KIND")),
                 .recovery = std::string(own)};
  for (auto const& one : line.fields)
    if (auto name = context_name(one.name); !name.empty() && !one.value.empty())
      out.context.emplace_back(std::move(name), one.value);
  return out;
}

} // namespace

void report(std::string_view situation_name, std::string const& message,
            std::vector<log::field> fields, boost::source_location const& where) {
  auto const* const row = find_situation(situation_name);
  BOOST_ASSERT(row != nullptr);
  fields.push_back({"MESSAGE_ID", row->message_id});
  fields.push_back({"CFGD_KIND", std::string(to_string(row->kind))});
  log::write(row->severity, message + "; " + std::string(row->recovery), fields, where);
}

void report_over(std::string_view situation_name, std::string const& message,
                 std::string const& path, boost::source_location const& where) {
  BOOST_ASSERT(find_situation(situation_name) != nullptr);
  std::vector<log::field> fields{{"MESSAGE_ID", message_id::works_again},
                                 {"CFGD_PROBLEM", std::string(situation_name)}};
  if (!path.empty()) fields.push_back({"CFGD_PATH", path});
  log::write(log::level::notice, message, fields, where);
}

void report_write(std::filesystem::path const& path, result<void> const& outcome,
                  bool& is_failing) {
  bool const was_failing = std::exchange(is_failing, !outcome);
  auto const name = path.string();
  if (!outcome && !was_failing)
    report("file_unwritten", "'" + name + "': " + outcome.error().message, {{"CFGD_PATH", name}});
  else if (outcome && was_failing)
    report_over("file_unwritten", "'" + name + "' can be written again", name);
}

meaning interpret(log::record const& line) {
  auto const id = field_of(line, "MESSAGE_ID");
  if (id.empty() || id == message_id::changed) return {}; // most lines are of changes
  if (id == message_id::source_active || id == message_id::source_gone)
    return ending{.situations = {}, .source = std::string(field_of(line, "CFGD_PATH"))};
  if (id == message_id::works_again)
    return ending{.situations = {std::string(field_of(line, "CFGD_PROBLEM"))},
                  .source = source_of(line)};
  if (id == message_id::check_recovered)
    return ending{.situations = {"check_critical", "check_warning"},
                  .source = check_source + std::string(field_of(line, "CFGD_CHECK"))};
  auto const* const row = find_situation(id, field_of(line, "CFGD_KIND"));
  if (row == nullptr) return {};
  return occurrence_of(line, *row);
}

} // namespace cfgd
