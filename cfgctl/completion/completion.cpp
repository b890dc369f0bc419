/// The part that needs no service: where in the declarations of the commands the last word stands.
///
/// What a value is follows from the name that the help gives it (KEY, REVISION, TARGET, ...), so
/// that a new option is completed without another declaration.

#include "cfgctl/completion/completion.hpp"

#include "cfgctl/commands/assignment.hpp"
#include "core/command_line/choices.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace cfgd::cfgctl {
namespace {

struct named_kind {
  std::string_view name;
  live_words kind;
};

constexpr std::array<named_kind, 16> kinds{{
    {"KEY", live_words::keys},
    {"PREFIX", live_words::keys},
    {"KEY=VALUE", live_words::assignments},
    {"ASSIGNMENT", live_words::assignments},
    {"CONDITION", live_words::assignments},
    {"NAMESPACE", live_words::namespaces},
    {"REVISION", live_words::revisions},
    {"WHAT", live_words::revisions},
    {"CHECK", live_words::checks},
    {"TARGET", live_words::targets},
    {"NAME", live_words::consumers},
    {"INTERFACE", live_words::interfaces},
    {"METHOD", live_words::methods},
    {"FILE", live_words::files},
    {"PATH", live_words::files},
    {"DIR", live_words::directories},
}};

/// The name of a value in the help.
std::string label_of(CLI::Option const& option) {
  if (!option.get_option_text().empty()) return option.get_option_text();
  return option.get_positional() ? option.get_name(true) : option.get_type_name();
}

live_words kind_of(CLI::App const& command, CLI::Option const& option) {
  auto const& name = command.get_name();
  auto const label = label_of(option);
  if (label == "KEY" && (name == "unset" || name == "promote")) return live_words::overrides;
  if (label == "REVISION" && (name == "confirm" || name == "extend")) return live_words::pending;
  if (label == "NAME" && name == "exec") return live_words::none; // a new name
  auto const* const found = std::ranges::find(kinds, label, &named_kind::name);
  return found == kinds.end() ? live_words::none : found->kind;
}

/// The option of this name in the command or above it; null if there is none.
CLI::Option* option_of(CLI::App* command, std::string const& name) {
  for (; command != nullptr; command = command->get_parent()) {
    if (auto* const found = command->get_option_no_throw(name)) return found;
  }
  return nullptr;
}

/// The command of this name below `command`; null if there is none.
CLI::App* command_below(CLI::App& command, std::string const& name) {
  auto const all = command.get_subcommands({});
  auto const found =
      std::ranges::find_if(all, [&](CLI::App const* one) { return one->check_name(name); });
  return found == all.end() ? nullptr : *found;
}

/// The argument behind `count` others; the last one may be repeated.
CLI::Option* argument_of(CLI::App& command, std::size_t count) {
  CLI::Option* last = nullptr;
  for (CLI::Option* const one : command.get_options()) {
    if (!one->get_positional()) continue;
    if (count == 0) return one;
    last = one->get_items_expected_max() > 1 ? one : nullptr;
    --count;
  }
  return last;
}

/// Reads the words before the last one.
class reader {
 public:
  reader(CLI::App& app, completion& out) : at_(&app), out_(out) {}

  void read(std::string const& word) {
    if (is_foreign_) return;
    if (waiting_ != nullptr) return take_value(word);
    if (!no_options_ && word == "--") {
      no_options_ = true;
      is_foreign_ = at_->get_name() == "exec";
      return;
    }
    if (!no_options_ && word.size() > 1 && word.starts_with('-')) return take_option(word);
    auto* const below = count_ == 0 ? command_below(*at_, word) : nullptr;
    if (below == nullptr) {
      ++count_;
      previous_ = word;
    } else if (below->get_name() == "help") {
      is_help_ = true;
    } else {
      at_ = below;
    }
  }

  void finish(std::string const& word) {
    if (is_foreign_) {
      out_.ask = live_words::files;
      out_.word = word;
    } else if (waiting_ != nullptr) {
      add_value(*waiting_, word);
    } else if (no_options_ || !word.starts_with('-')) {
      add_words(word);
    } else if (auto const end = word.find('='); end != word.npos) {
      out_.before = word.substr(0, end + 1);
      auto* const option = option_of(at_, word.substr(0, end));
      if (option != nullptr) add_value(*option, word.substr(end + 1));
    } else {
      add_options(word);
    }
  }

 private:
  void take_option(std::string const& word) {
    auto const end = word.find('=');
    auto* const option = option_of(at_, word.substr(0, end));
    if (option == nullptr || option->get_items_expected_min() == 0) return;
    waiting_ = option;
    if (end != word.npos) return take_value(word.substr(end + 1));
    // Behind the program of 'watch --exec' are its own words.
    is_foreign_ = option->check_lname("exec");
  }

  void take_value(std::string const& word) {
    auto const* const option = std::exchange(waiting_, nullptr);
    if (option->check_lname("socket")) out_.socket = word;
    if (option->check_lname("root")) out_.root = word;
  }

  void add_value(CLI::Option& option, std::string const& word) {
    out_.word = word;
    for (std::string& one : choices_of(option))
      out_.fixed.push_back({.word = std::move(one)}); // NOLINT: few
    if (out_.fixed.empty()) out_.ask = kind_of(*at_, option);
  }

  void add_words(std::string const& word) {
    out_.word = word;
    if (count_ == 0) {
      for (CLI::App const* const one : at_->get_subcommands({}))
        if (!one->get_group().empty())
          out_.fixed.push_back({.word = one->get_name(), .description = one->get_description()});
    }
    auto* const argument = is_help_ ? nullptr : argument_of(*at_, count_);
    if (argument == nullptr) return;
    out_.ask = kind_of(*at_, *argument);
    if (out_.ask != live_words::assignments) return;
    if (auto const end = end_of_key(word); end != word.npos) {
      out_.key = word.substr(0, end);
      out_.before = word.substr(0, end + 1);
      out_.word = word.substr(end + 1);
      out_.ask = live_words::value;
    } else if (!previous_.empty() && end_of_key(previous_) == previous_.npos) {
      out_.key = previous_; // KEY VALUE
      out_.ask = live_words::value;
    }
  }

  void add_options(std::string const& word) {
    out_.word = word;
    for (auto const* command = at_; command != nullptr; command = command->get_parent()) {
      for (CLI::Option const* const one : command->get_options()) {
        for (std::string const& name : one->get_lnames())
          out_.fixed.push_back({.word = "--" + name, .description = one->get_description()});
      }
    }
  }

  CLI::App* at_; ///< the command that has been named
  completion& out_;
  CLI::Option* waiting_ = nullptr; ///< the next word is its value
  std::size_t count_ = 0;          ///< arguments
  std::string previous_;           ///< the last argument
  bool no_options_ = false;        ///< behind "--"
  bool is_foreign_ = false;        ///< behind the program that cfgctl runs
  bool is_help_ = false;
};

} // namespace

completion completion_of(CLI::App& app, std::vector<std::string> const& words) {
  completion out;
  if (words.empty()) return out;
  reader all(app, out);
  for (auto one = words.begin(); one + 1 != words.end(); ++one)
    all.read(*one);
  all.finish(words.back());
  std::erase_if(out.fixed, [&](suggestion const& one) { return !one.word.starts_with(out.word); });
  return out;
}

shell_words split_line(std::string_view line, std::string_view breaks) {
  shell_words out;
  out.words.emplace_back();
  char quote = 0;
  bool in_word = false;
  for (std::size_t at = 0; at < line.size(); ++at) {
    char const c = line[at];
    auto& word = out.words.back();
    if (quote == 0 && (c == ' ' || c == '\t' || c == '\n')) {
      if (!std::exchange(in_word, false)) continue;
      out.words.emplace_back();
      out.kept = 0;
      continue;
    }
    in_word = true;
    if (c == quote) {
      quote = 0;
    } else if (quote == 0 && (c == '"' || c == '\'')) {
      quote = c;
      out.kept = word.size();
    } else if (c == '\\' && quote != '\'' && at + 1 < line.size()) {
      word += line[++at];
    } else {
      word += c;
      if (quote == 0 && breaks.find(c) != breaks.npos) out.kept = word.size();
    }
  }
  out.is_quoted = quote != 0;
  out.words.erase(out.words.begin());
  return out;
}

} // namespace cfgd::cfgctl
