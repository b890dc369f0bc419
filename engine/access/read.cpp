#include "engine/access/read.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <functional>
#include <optional>
#include <string_view>
#include <utility>

// Reads [[entry]] and [[lock]] tables. All faults are reported with their places, not only the
// first. A file with one fault says nothing at all: half of what somebody meant about rights may be
// the opposite of it.

namespace cfgd::engine {
namespace {

namespace bj = boost::json;

constexpr std::size_t most_reason_bytes = 500;
constexpr std::size_t most_tables = 1'000; ///< of one file
constexpr std::size_t most_names = 1'000;  ///< of one list

class reader {
 public:
  reader(sourced_document const& document, std::string const& path, limits const& bounds)
      : document_(document), path_(path), bounds_(bounds) {}

  result<access_file> read() {
    for (auto const& member : document_.root) {
      std::string_view const name(member.key());
      if (name == "entry")
        read_tables(name, member.value(), &reader::read_entry);
      else if (name == "lock")
        read_tables(name, member.value(), &reader::read_lock);
      else
        complain(below("", name), "unknown key '" + std::string(name) +
                                      "'; only [[entry]] and [[lock]] are allowed here");
    }
    if (count_ == 0) return std::move(read_);
    return error{.code = errc::invalid,
                 .message = "the access file is not valid",
                 .subject = path_,
                 .where = issues_.empty() ? place{} : issues_.front().where,
                 .used = count_,
                 .issues = std::move(issues_)};
  }

 private:
  using table_reader = void (reader::*)(bj::object const&, std::string const&);
  /// Takes one text of a list; returns what is wrong with it, empty: nothing.
  using taker = std::function<std::string(std::string_view)>;

  static std::string below(std::string pointer, std::string_view name) {
    append_pointer(pointer, name);
    return pointer;
  }

  void complain(std::string const& pointer, std::string message) {
    ++count_;
    if (issues_.size() >= bounds_.issues) return;
    issues_.push_back({.rule = "access",
                       .pointer = pointer,
                       .message = std::move(message),
                       .path = path_,
                       .where = find_place(document_, std::string_view(pointer))});
  }

  void read_tables(std::string_view name, bj::value const& tables, table_reader read_one) {
    auto const pointer = below("", name);
    auto const* const list = tables.if_array();
    if (list == nullptr)
      return complain(pointer, "must be [[" + std::string(name) + "]], a list of tables");
    if (list->size() > most_tables)
      return complain(pointer, "has more than " + std::to_string(most_tables) + " tables");
    std::size_t index = 0;
    for (auto const& element : *list) {
      auto const at = below(pointer, std::to_string(index++));
      if (element.is_object())
        (this->*read_one)(element.get_object(), at);
      else
        complain(at, "must be a table");
    }
  }

  void check_members(bj::object const& from, std::string const& pointer,
                     std::initializer_list<std::string_view> known) {
    for (auto const& member : from) {
      std::string_view const name(member.key());
      if (std::ranges::find(known, name) == known.end())
        complain(below(pointer, name), "unknown key '" + std::string(name) + "'");
    }
  }

  std::size_t line_of(std::string const& pointer) const {
    return find_place(document_, std::string_view(pointer)).line;
  }

  /// Takes the texts of a member: a list, or one text. Complains about a list without any.
  void read_list(bj::object const& from, std::string const& pointer, std::string_view name,
                 taker const& take) {
    auto const at = below(pointer, name);
    auto const& found = from.at(name);
    auto const take_one = [&](bj::value const& one, std::string const& where) {
      auto const* const text = one.if_string();
      auto why = text == nullptr ? std::string("must be a string") : take(*text);
      if (!why.empty()) complain(where, std::move(why));
    };
    auto const* const list = found.if_array();
    if (list == nullptr) return take_one(found, at);
    if (list->empty()) return complain(at, "must not be empty");
    if (list->size() > most_names)
      return complain(at, "has more than " + std::to_string(most_names) + " elements");
    std::size_t index = 0;
    for (auto const& one : *list)
      take_one(one, below(at, std::to_string(index++)));
  }

  /// Which of two members a table has; complains if it is not exactly one.
  std::optional<std::string_view> one_of(bj::object const& from, std::string const& pointer,
                                         std::string_view first, std::string_view second) {
    bool const has_first = from.contains(first);
    if (has_first != from.contains(second)) return has_first ? first : second;
    auto const both = "'" + std::string(first) + "' and '" + std::string(second) + "'";
    if (has_first)
      complain(below(pointer, second), both + " exclude each other");
    else
      complain(pointer, "one of " + both + " is missing");
    return std::nullopt;
  }

  static std::string take_key(std::string_view text, std::vector<key>& into) {
    auto parsed = key::parse(text);
    if (!parsed) return "is not a valid key: " + parsed.error().message;
    into.push_back(std::move(*parsed));
    return {};
  }

  void read_keys(bj::object const& from, std::string const& pointer, std::vector<key>& into) {
    read_list(from, pointer, "keys", [&](std::string_view text) { return take_key(text, into); });
  }

  void read_entry(bj::object const& from, std::string const& pointer) {
    check_members(from, pointer, {"allow", "deny", "to", "namespaces", "keys"});
    access_entry made{.path = path_, .line = line_of(pointer)};
    auto const effect = one_of(from, pointer, "allow", "deny");
    if (effect) {
      made.allow = *effect == "allow";
      read_list(from, pointer, *effect, [&](std::string_view text) {
        auto const found = parse_operation(text);
        if (!found) return "is not an operation: read, write, rollback, secret or admin";
        made.operations.push_back(*found);
        return "";
      });
    }
    read_subjects(from, pointer, made);
    auto const place = one_of(from, pointer, "namespaces", "keys");
    if (place && *place == "keys") {
      read_keys(from, pointer, made.keys);
      check_operations_of_keys(made, below(pointer, effect ? *effect : *place));
    } else if (place) {
      read_list(from, pointer, "namespaces", [&](std::string_view text) {
        made.namespaces.emplace_back(text);
        return glob_fault(text);
      });
    }
    read_.entries.push_back(std::move(made));
  }

  void read_subjects(bj::object const& from, std::string const& pointer, access_entry& made) {
    if (!from.contains("to")) return complain(pointer, "'to' is missing");
    read_list(from, pointer, "to", [&](std::string_view text) -> std::string {
      auto parsed = parse_subject(text);
      if (!parsed) return parsed.error().message;
      made.subjects.push_back(std::move(*parsed));
      return {};
    });
  }

  /// What is read is filtered by namespaces only, except for units, which get single values.
  void check_operations_of_keys(access_entry const& made, std::string const& at) {
    bool const only_units = std::ranges::all_of(
        made.subjects, [](subject const& one) { return one.what == subject::kind::unit; });
    for (auto const one : made.operations) {
      bool const works = one == operation::write || one == operation::rollback ||
                         (only_units && one != operation::admin);
      if (works) continue;
      auto message = "'" + std::string(to_string(one)) + "' is about whole namespaces";
      if (one != operation::admin) message += ", except for units";
      complain(at, std::move(message) + ": name them with 'namespaces'");
    }
  }

  void read_lock(bj::object const& from, std::string const& pointer) {
    check_members(from, pointer, {"keys", "above", "reason"});
    lock made{.path = path_, .line = line_of(pointer)};
    if (from.contains("keys"))
      read_keys(from, pointer, made.keys);
    else
      complain(pointer, "'keys' is missing");
    if (from.contains("above"))
      read_above(from, pointer, made);
    else
      complain(pointer, "'above' is missing");
    if (auto const* const found = from.if_contains("reason")) {
      auto const* const text = found->if_string();
      if (text == nullptr)
        complain(below(pointer, "reason"), "must be a string");
      else if (text->size() > most_reason_bytes)
        complain(below(pointer, "reason"),
                 "is longer than " + std::to_string(most_reason_bytes) + " bytes");
      else
        made.reason = std::string(*text);
    }
    read_.locks.push_back(std::move(made));
  }

  // A lock of everything above the fleet's layer leaves the same as one above the vendor's as long
  // as no file belongs to a fleet.
  void read_above(bj::object const& from, std::string const& pointer, lock& made) {
    auto const* const text = from.at("above").if_string();
    std::string_view const name = text == nullptr ? std::string_view() : std::string_view(*text);
    if (name == "admin")
      made.above = layer::admin;
    else if (name != "vendor" && name != "fleet")
      complain(below(pointer, "above"), "must be \"vendor\", \"fleet\" or \"admin\"");
  }

  sourced_document const& document_;
  std::string const& path_;
  limits const& bounds_;
  access_file read_;
  std::vector<issue> issues_;
  std::size_t count_ = 0;
};

} // namespace

result<access_file> read_access(sourced_document const& document, std::string const& path,
                                limits const& bounds) {
  return reader(document, path, bounds).read();
}

} // namespace cfgd::engine
