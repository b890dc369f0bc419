#include "daemon/health/own_checks.hpp"

#include "core/key.hpp"
#include "engine/rules/engine.hpp"

#include <arpa/inet.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <set>
#include <string_view>

// A file of checks is accepted as a whole or rejected, and the first fault is reported with its
// place. A check may do little, on purpose: read values, connect to sockets of this machine, look
// at files. It runs no programs.

namespace cfgd::health {
namespace {

constexpr std::array<std::string_view, 10> members{
    "name",       "kind",  "severity", "message", "interval_ms",
    "timeout_ms", "check", "path",     "address", "younger_than_s"};
constexpr std::size_t most_text_bytes = 500;

/// Reads one [[check]]. Functions return false where a fault was noted.
class check_reader {
 public:
  check_reader(sourced_document const& document, std::string pointer, std::string const& path,
               limits const& bounds)
      : document_(document), pointer_(std::move(pointer)), path_(path), bounds_(bounds) {}

  result<own_check> read(boost::json::value const& from, pace const& general) {
    own_check made{.how = general};
    if (!from.is_object())
      complain("", "must be a table");
    else
      read_all(from.get_object(), made);
    if (fault_) return *fault_;
    return made;
  }

 private:
  using object = boost::json::object;

  bool complain(std::string_view member, std::string message) {
    auto at = pointer_;
    if (!member.empty()) append_pointer(at, member);
    if (!fault_)
      fault_ = error{.code = errc::invalid,
                     .message = (member.empty() ? "a check " : "'" + std::string(member) + "' ") +
                                std::move(message),
                     .subject = path_,
                     .where = find_place(document_, at)};
    return false;
  }

  bool read_all(object const& from, own_check& made) {
    for (auto const& member : from)
      if (std::find(members.begin(), members.end(), std::string_view(member.key())) ==
          members.end())
        return complain(member.key(), "is not a setting of a check");
    return read_name(from, made) && read_severity(from, made) &&
           read_text(from, "message", made.message) && read_pace(from, made.how) &&
           read_kind(from, made);
  }

  bool read_name(object const& from, own_check& made) {
    if (!read_text(from, "name", made.name)) return false;
    if (is_namespace_name(made.name)) return true;
    return complain(from.contains("name") ? "name" : "",
                    "must have a name of a-z, 0-9, _ and -, with a letter first");
  }

  bool read_severity(object const& from, own_check& made) {
    std::string text = "critical";
    if (!read_text(from, "severity", text)) return false;
    if (text == "warning") made.severity = state::warning;
    if (text == "warning" || text == "critical") return true;
    return complain("severity", R"(must be "warning" or "critical")");
  }

  bool read_pace(object const& from, pace& how) {
    std::int64_t interval = how.interval.count();
    std::int64_t limit = how.limit.count();
    if (!read_number(from, "interval_ms", {1'000, 86'400'000}, interval)) return false;
    if (!read_number(from, "timeout_ms", {50, 3'600'000}, limit)) return false;
    how = {std::chrono::milliseconds(interval), std::chrono::milliseconds(limit)};
    return true;
  }

  bool read_kind(object const& from, own_check& made) {
    std::string kind;
    if (!read_text(from, "kind", kind)) return false;
    if (kind == "rule")
      return refuse(from, {"path", "address", "younger_than_s"}, kind) && read_rule(from, made);
    if (kind == "socket")
      return refuse(from, {"check", "younger_than_s"}, kind) && read_socket(from, made);
    if (kind == "file") return refuse(from, {"check", "address"}, kind) && read_file(from, made);
    return complain(from.contains("kind") ? "kind" : "",
                    R"(must have a kind: "rule", "socket" or "file")");
  }

  bool read_rule(object const& from, own_check& made) {
    std::string text;
    if (!read_text(from, "check", text)) return false;
    if (text.empty()) return complain("", "of kind rule must have a 'check', a Lua expression");
    if (auto const wrong = rules::find_syntax_fault(text, bounds_))
      return complain("check", "is not a valid Lua expression: " + *wrong);
    made.what =
        own_check::rule{{.name = made.name, .check = text, .message = made.message, .path = path_}};
    return true;
  }

  bool read_socket(object const& from, own_check& made) {
    std::string address;
    own_check::socket which;
    if (!read_path(from, which.path) || !read_text(from, "address", address)) return false;
    if (which.path.empty() == address.empty())
      return complain("", "of kind socket must have either a 'path' or an 'address'");
    if (which.path.size() >= sizeof(sockaddr_un::sun_path))
      return complain("path", "is too long for a socket");
    if (!address.empty() && !parse_address(address, which))
      return complain("address", R"(must be one of this machine, as "127.0.0.1:80" or "[::1]:80")");
    made.what = std::move(which);
    return true;
  }

  static bool parse_address(std::string_view text, own_check::socket& into) {
    auto const colon = text.rfind(':');
    if (colon == text.npos) return false;
    auto host = text.substr(0, colon);
    auto const digits = text.substr(colon + 1);
    auto const [end, code] =
        std::from_chars(digits.data(), digits.data() + digits.size(), into.port);
    if (code != std::errc() || end != digits.data() + digits.size() || into.port == 0) return false;
    bool const bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (bracketed) host = host.substr(1, host.size() - 2);
    into.address = host;
    in_addr four{};
    if (!bracketed && ::inet_pton(AF_INET, into.address.c_str(), &four) == 1)
      return (ntohl(four.s_addr) >> 24) == 127;
    return bracketed && into.address == "::1";
  }

  bool read_file(object const& from, own_check& made) {
    own_check::file which;
    std::int64_t seconds = 0;
    if (!read_path(from, which.path)) return false;
    if (which.path.empty()) return complain("", "of kind file must have a 'path'");
    if (!read_number(from, "younger_than_s", {1, 1'000'000'000}, seconds)) return false;
    if (seconds != 0) which.younger_than = std::chrono::seconds(seconds);
    made.what = std::move(which);
    return true;
  }

  bool read_path(object const& from, std::string& into) {
    if (!read_text(from, "path", into)) return false;
    if (into.empty() ? !from.contains("path") : into.front() == '/') return true;
    return complain("path", "must be absolute");
  }

  bool read_text(object const& from, std::string_view member, std::string& into) {
    auto const* const value = from.if_contains(member);
    if (value == nullptr) return true;
    if (!value->is_string()) return complain(member, "must be a string");
    if (value->get_string().size() > most_text_bytes && member != "check")
      return complain(member, "is longer than " + std::to_string(most_text_bytes) + " bytes");
    into = value->get_string();
    return true;
  }

  bool read_number(object const& from, std::string_view member,
                   std::pair<std::int64_t, std::int64_t> range, std::int64_t& into) {
    auto const* const value = from.if_contains(member);
    if (value == nullptr) return true;
    auto const* const number = value->if_int64();
    auto const given = number == nullptr ? std::nullopt : std::optional(*number);
    if (auto wrong = find_range_fault(given, range.first, range.second))
      return complain(member, *std::move(wrong));
    into = *number;
    return true;
  }

  /// What belongs to another kind.
  bool refuse(object const& from, std::vector<std::string_view> const& others,
              std::string const& kind) {
    for (auto const other : others)
      if (from.contains(other))
        return complain(other, "is nothing that a check of kind " + kind + " has");
    return true;
  }

  sourced_document const& document_;
  std::string pointer_;
  std::string const& path_;
  limits const& bounds_;
  std::optional<error> fault_;
};

error taken_name(std::string const& path, std::string const& name) {
  return {.code = errc::invalid,
          .message = "there is another check named '" + name + "'",
          .subject = path};
}

} // namespace

result<std::vector<own_check>> read_checks(sourced_document const& document,
                                           std::string const& path, pace const& general,
                                           limits const& bounds) {
  auto const fault = [&](std::string const& pointer, std::string message) {
    return error{.code = errc::invalid,
                 .message = std::move(message),
                 .subject = path,
                 .where = find_place(document, std::string_view(pointer))};
  };
  std::vector<own_check> all;
  for (auto const& member : document.root) {
    std::string pointer;
    append_pointer(pointer, member.key());
    if (member.key() != "check" || !member.value().is_array())
      return fault(pointer, "there is nothing but [[check]] in a file of checks");
    std::size_t index = 0;
    for (auto const& element : member.value().get_array()) {
      auto const at = pointer + "/" + std::to_string(index++);
      auto made = check_reader(document, at, path, bounds).read(element, general);
      if (!made) return made.error();
      bool const taken = std::any_of(all.begin(), all.end(),
                                     [&](auto const& one) { return one.name == made->name; });
      if (taken) return fault(at + "/name", "there is another check named '" + made->name + "'");
      all.push_back(std::move(*made));
    }
  }
  return all;
}

own_checks::is_effective own_checks::take(check_files const& found) {
  is_effective out;
  std::set<std::string, std::less<>> names(built_in_names.begin(), built_in_names.end());
  std::map<std::string, std::vector<own_check>> good;
  for (auto const& [file, one] : found) {
    std::optional<error> fault;
    auto checks = std::move(good_[file]);
    if (one.checks)
      checks = *one.checks;
    else
      fault = one.checks.error();
    for (auto const& check : checks) {
      if (out.checks.size() >= most) {
        fault = error{.code = errc::limit,
                      .message = "there are more than " + std::to_string(most) + " checks",
                      .subject = one.path};
        break;
      }
      if (!names.insert(check.name).second) {
        fault = taken_name(one.path, check.name);
        continue;
      }
      out.checks.push_back(check);
    }
    if (fault) out.faults.emplace("checks/" + file, *fault);
    good[file] = std::move(checks);
  }
  good_ = std::move(good);
  return out;
}

} // namespace cfgd::health
