/// CLI11 says what it missed in its own terms ("KEY: At Most 1 required but received 2"). Here the
/// kind of its error and what it could not use give a sentence. Words that it could not use come
/// first, because a misspelled command or option makes it miss others.

#include "core/command_line/command_line.hpp"

#include "core/command_line/choices.hpp"
#include "core/command_line/failed_start.hpp"
#include "core/log.hpp"
#include "core/message_ids.hpp"
#include "core/near.hpp"

#include <CLI/CLI.hpp>

#include <sysexits.h>

#include <algorithm>
#include <iostream>
#include <sstream>
#include <utility>

namespace cfgd {
namespace {

/// The name of the validator that carries the words of a choice, which the library does not keep.
constexpr std::string_view choices_prefix = "choices:";

/// "cfgctl cache warm"
std::string path_of(CLI::App const& command) {
  auto const* const above = command.get_parent();
  return above == nullptr ? command.get_name() : path_of(*above) + ' ' + command.get_name();
}

/// "usage: cfgctl diff [OPTIONS] WHAT..."
std::string usage_of(CLI::App const& command) {
  std::string out = "usage: " + path_of(command) + " [OPTIONS]";
  for (CLI::Option const* const one : command.get_options()) {
    if (!one->get_positional()) continue;
    std::string name = one->get_name(true);
    if (one->get_items_expected_max() > 1) name += "...";
    out += one->get_required() ? ' ' + name : " [" + name + ']';
  }
  return out;
}

std::vector<std::string> commands_of(CLI::App const& app) {
  std::vector<std::string> out;
  for (CLI::App const* const one : app.get_subcommands({})) {
    if (one->get_group().empty()) continue; // not in the help
    out.push_back(one->get_name());
    for (std::string const& other : one->get_aliases())
      out.push_back(other);
  }
  return out;
}

std::vector<std::string> options_of(CLI::App const& command) {
  std::vector<std::string> out;
  for (auto const* at = &command; at != nullptr; at = at->get_parent()) {
    for (CLI::Option const* const one : at->get_options()) {
      for (std::string const& name : one->get_lnames())
        out.push_back("--" + name);
    }
  }
  return out;
}

/// "--limit" of "--limit: 1 required N missing".
std::string option_in(std::string_view text) {
  auto const begin = text.find("--") != text.npos ? text.find("--") : text.find('-');
  if (begin == text.npos) return "an option";
  return std::string(text.substr(begin, text.find_first_of(": =", begin) - begin));
}

/// The texts before and behind `between`.
std::pair<std::string, std::string> around(std::string const& text, std::string_view between) {
  auto const at = text.find(between);
  if (at == text.npos) return {text, ""};
  return {text.substr(0, at), text.substr(at + between.size())};
}

template <class Kind>
bool is(CLI::ParseError const& why) {
  return dynamic_cast<Kind const*>(&why) != nullptr;
}

/// What is missing, or too much.
std::string arguments_text(CLI::ParseError const& why) {
  std::string const text = why.what();
  if (is<CLI::RequiredError>(why)) return "missing " + around(text, " is required").first;
  if (is<CLI::ArgumentMismatch>(why)) {
    if (!text.starts_with('-')) return "wrong number of arguments";
    if (text.find("At Most") != text.npos) return option_in(text) + " is given more than once";
    bool const is_flag = text.find("disallowed") != text.npos;
    return option_in(text) + (is_flag ? " takes no value" : " needs a value");
  }
  if (is<CLI::ConversionError>(why)) return option_in(text) + " takes no value";
  if (is<CLI::ExcludesError>(why)) {
    auto const [one, other] = around(text, " excludes ");
    return one + " and " + other + " cannot be used together";
  }
  if (is<CLI::RequiresError>(why)) {
    auto const [one, other] = around(text, " requires ");
    return one + " needs " + other;
  }
  return "the arguments are not valid";
}

} // namespace

CLI::Option* add_choice(CLI::App* to, char const* name, std::string& into,
                        std::vector<std::string> words, char const* help) {
  std::string carried(choices_prefix);
  for (std::string const& word : words)
    carried.append(word).append(1, ' ');
  auto const read = [&into, name, words = std::move(words)](std::string const& text) {
    if (std::ranges::find(words, text) == words.end()) {
      throw wrong_words(first_name(name) + ": '" + text + "' is not one of " + listed(words) +
                        did_you_mean(text, words));
    }
    into = text;
  };
  return to->add_option_function<std::string>(name, read, help)
      ->check(CLI::Validator([](std::string&) { return std::string(); }, "", std::move(carried)));
}

std::vector<std::string> choices_of(CLI::Option& option) {
  std::vector<std::string> out;
  try {
    std::string_view rest = option.get_validator(0)->get_name();
    if (!rest.starts_with(choices_prefix)) return out;
    rest.remove_prefix(choices_prefix.size());
    for (auto end = rest.find(' '); end != rest.npos; end = rest.find(' ')) {
      out.emplace_back(rest.substr(0, end));
      rest.remove_prefix(end + 1);
    }
  } catch (CLI::OptionNotFound const&) {
    return out; // the option has no validator
  }
  return out;
}

CLI::App const& deepest_command(CLI::App const& app) {
  CLI::App const* out = &app;
  for (auto below = out->get_subcommands(); !below.empty(); below = out->get_subcommands())
    out = below.front();
  return *out;
}

std::string unknown_command(CLI::App const& app, std::string_view name) {
  std::string out = "unknown command '" + std::string(name) + '\'';
  auto const known = commands_of(app);
  if (app.get_parent() != nullptr) return out + " (" + listed(known) + ')';
  return out + did_you_mean(name, known);
}

CLI::App const* command_of(CLI::App const& app, std::string const& name) {
  for (CLI::App const* const one : app.get_subcommands({})) {
    if (one->check_name(name)) return one;
  }
  return nullptr;
}

std::string usage_text(CLI::App const& app, CLI::ParseError const& why) {
  CLI::App const& command = deepest_command(app);
  bool const wants_command = command.get_require_subcommand_min() > 0;
  std::string const name =
      &command == &app ? "" : path_of(command).substr(app.get_name().size() + 1) + ": ";
  auto unknown = app.remaining(true);
  auto const last = std::ranges::find(unknown, "--"); // behind it there are no options
  auto const option = std::find_if(unknown.begin(), last, [](std::string const& one) {
    return one.size() > 1 && one.starts_with('-');
  });
  if (option != last) {
    std::string const plain = option->substr(0, option->find('='));
    return name + "unknown option '" + plain + '\'' + did_you_mean(plain, options_of(command));
  }
  std::erase(unknown, "--");
  if (wants_command) {
    if (!unknown.empty()) return name + unknown_command(command, unknown.front());
    return name + "a command is missing" +
           (&command == &app ? "" : " (" + listed(commands_of(command)) + ')');
  }
  if (is<wrong_words>(why)) return name + why.what();
  std::string const what =
      unknown.empty() ? arguments_text(why) : "too many arguments: '" + unknown.front() + '\'';
  return name + what + '\n' + usage_of(command);
}

int report_end(CLI::App const& app, CLI::ParseError const& why) {
  std::ostringstream ignored;
  if (app.exit(why, std::cout, ignored) == 0) return EX_OK;
  std::cerr << app.get_name() + ": " + usage_text(app, why) + "\nSee '" + app.get_name() +
                   " --help'.\n";
  return EX_USAGE;
}

int report_failed_start(error const& why, int code) {
  log::write(log::level::error, to_string(why), {{"MESSAGE_ID", message_id::start_failed}});
  return code;
}

} // namespace cfgd
