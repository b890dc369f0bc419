#include "core/document.hpp"
#include "core/key.hpp"
#include "engine/rules/engine.hpp"
#include "engine/rules/rules.hpp"

#include <boost/json/value.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <utility>

// Reads a file of rules: [[rule]] tables. All errors are reported with their places, not only the
// first. A file with one invalid rule has no rules, so that a typing error does not silently remove
// a rule.

namespace cfgd::rules {
namespace {

constexpr std::size_t most_check_bytes = 16 * 1024;
constexpr std::size_t most_message_bytes = 500;
constexpr std::array<std::string_view, 5> members{"name", "severity", "check", "key", "message"};

bool is_rule_name(std::string_view text) {
  auto const letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return !text.empty() && text.size() <= 64 && letter(text.front()) &&
         std::all_of(text.begin(), text.end(),
                     [&](char c) { return letter(c) || c == '-' || c == '_'; });
}

class reader {
 public:
  reader(sourced_document const& document, std::string const& path, limits const& bounds)
      : document_(document), path_(path), bounds_(bounds) {}

  result<std::vector<rule>> read() {
    for (auto const& member : document_.root)
      if (member.key() != "rule") {
        std::string pointer;
        append_pointer(pointer, member.key());
        complain(pointer, fmt::format("unknown key '{}'; only [[rule]] is allowed here",
                                      std::string_view(member.key())));
      }
    if (auto const* const rules = document_.root.if_contains("rule")) read_rules(*rules);
    if (count_ == 0) return std::move(rules_);
    std::string message = "the rules are not valid";
    return error{.code = errc::invalid,
                 .message = std::move(message),
                 .subject = path_,
                 .where = issues_.empty() ? place{} : issues_.front().where,
                 .used = count_,
                 .issues = std::move(issues_)};
  }

 private:
  void complain(std::string const& pointer, std::string message) {
    ++count_;
    if (issues_.size() >= bounds_.issues) return;
    issues_.push_back({.rule = name_,
                       .pointer = pointer,
                       .message = std::move(message),
                       .path = path_,
                       .where = find_place(document_, pointer)});
  }

  void read_rules(boost::json::value const& rules) {
    if (!rules.is_array()) return complain("/rule", "must be [[rule]], a list of tables");
    std::size_t index = 0;
    for (auto const& element : rules.get_array()) {
      auto const pointer = fmt::format("/rule/{}", index++);
      name_.clear();
      if (element.is_object())
        read_rule(element.get_object(), pointer);
      else
        complain(pointer, "must be a table");
    }
  }

  void read_rule(boost::json::object const& from, std::string const& pointer) {
    rule made;
    made.path = path_;
    read_name(from, pointer, made);
    for (auto const& member : from) {
      std::string_view const name(member.key());
      if (std::find(members.begin(), members.end(), name) != members.end()) continue;
      std::string at = pointer;
      append_pointer(at, name);
      complain(at, fmt::format("unknown key '{}' in a rule", name));
    }
    read_severity(from, pointer, made);
    read_check(from, pointer, made);
    read_key(from, pointer, made);
    if (auto const* const text = read_text(from, pointer, "message", presence::required)) {
      if (text->size() > most_message_bytes)
        complain(pointer + "/message", fmt::format("is longer than {} bytes", most_message_bytes));
      made.message = *text;
    }
    rules_.push_back(std::move(made));
  }

  enum class presence : std::uint8_t { optional, required };

  /// The text of a member; null: it is missing or not valid. Reports an issue if that is an error.
  boost::json::string const* read_text(boost::json::object const& from, std::string const& pointer,
                                       std::string_view name, presence how) {
    auto const* const found = from.if_contains(name);
    if (found == nullptr) {
      if (how == presence::required) complain(pointer, fmt::format("'{}' is missing", name));
      return nullptr;
    }
    auto const at = fmt::format("{}/{}", pointer, name);
    auto const* const text = found->if_string();
    if (text == nullptr) {
      complain(at, "must be a string");
    } else if (text->empty() && how == presence::required) {
      complain(at, "must not be empty");
      return nullptr;
    }
    return text;
  }

  void read_name(boost::json::object const& from, std::string const& pointer, rule& made) {
    auto const* const text = read_text(from, pointer, "name", presence::required);
    if (text == nullptr) return;
    auto const at = pointer + "/name";
    if (!is_rule_name(*text))
      return complain(
          at, "must begin with a-z or 0-9, then a-z, 0-9, '_' or '-', at most 64 characters");
    made.name = name_ = std::string(*text);
    if (!names_.insert(made.name).second)
      complain(at, fmt::format("duplicate rule name '{}'", made.name));
  }

  void read_severity(boost::json::object const& from, std::string const& pointer, rule& made) {
    auto const* const text = read_text(from, pointer, "severity", presence::optional);
    if (text == nullptr) return;
    if (*text == to_string(severity::warning))
      made.how = severity::warning;
    else if (*text != to_string(severity::error))
      complain(pointer + "/severity", "must be \"error\" or \"warning\"");
  }

  void read_key(boost::json::object const& from, std::string const& pointer, rule& made) {
    auto const* const text = read_text(from, pointer, "key", presence::optional);
    if (text == nullptr) return;
    auto const parsed = key::parse(*text);
    if (parsed)
      made.key = parsed->str();
    else
      complain(pointer + "/key", "is not a valid key: " + parsed.error().message);
  }

  void read_check(boost::json::object const& from, std::string const& pointer, rule& made) {
    auto const* const text = read_text(from, pointer, "check", presence::required);
    if (text == nullptr) return;
    auto const at = pointer + "/check";
    made.where = find_place(document_, at);
    if (text->size() > most_check_bytes)
      return complain(at, fmt::format("is longer than {} bytes", most_check_bytes));
    if (auto const fault = find_syntax_fault(*text, bounds_))
      return complain(at, "is not a valid Lua expression: " + *fault);
    made.check = std::string(*text);
  }

  sourced_document const& document_;
  std::string const& path_;
  limits const& bounds_;
  std::vector<rule> rules_;
  std::vector<issue> issues_;
  std::size_t count_ = 0;
  std::set<std::string> names_;
  std::string name_; ///< of the current rule, for issues
};

} // namespace

result<std::vector<rule>> read(sourced_document const& document, std::string const& path,
                               limits const& bounds) {
  return reader(document, path, bounds).read();
}

} // namespace cfgd::rules
