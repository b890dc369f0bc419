/// complete: prints suggestions in the form that the scripts of the shells take.

#include "cfgctl/completion/command.hpp"

#include "cfgctl/commands/declare.hpp"
#include "cfgctl/completion/completion.hpp"
#include "cfgctl/output.hpp"
#include "core/text.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>

namespace cfgd::cfgctl {
namespace {

/// The command line as a shell has it, instead of its words.
struct line_options {
  std::optional<std::string> breaks; ///< --line
};

/// How a word is inserted by a shell that inserts it as it is.
struct insertion {
  std::size_t kept = 0; ///< bytes at the beginning that are not inserted
  bool is_escaped = false;
  bool is_described = true;
};

std::string escaped(std::string_view word) {
  std::string out;
  for (char const c : word) {
    bool const is_plain = std::isalnum(static_cast<unsigned char>(c)) != 0 ||
                          (static_cast<unsigned char>(c) & 0x80U) != 0 ||
                          std::string_view("_-+.,:/=@%").find(c) != std::string_view::npos;
    if (!is_plain) out += '\\';
    out += c;
  }
  return out;
}

std::string line_of(completion const& what, suggestion const& one, insertion const& how) {
  auto word = what.before + one.word;
  // What cannot be one line of a shell is not offered.
  if (std::ranges::any_of(word,
                          [](char c) { return std::iscntrl(static_cast<unsigned char>(c)) != 0; }))
    return {};
  word.erase(0, how.kept);
  if (how.is_escaped) word = escaped(word);
  if (how.is_described && !one.description.empty()) word.append(1, '\t').append(one.description);
  return word + '\n';
}

/// `what.fixed` has all suggestions.
std::string lines_of(completion const& what, insertion const& how) {
  if (what.ask == live_words::files && what.fixed.empty()) return ":files\n";
  if (what.ask == live_words::directories) return ":directories\n";
  std::string out;
  for (auto const& one : what.fixed)
    out += line_of(what, one, how);
  return out;
}

} // namespace

void add_complete_command(declarations const& to, std::vector<std::string> const& words) {
  auto const options = std::make_shared<line_options>();
  auto* const command = to.app.add_subcommand("complete", "Print what the last word may become");
  command->group("");
  add_option(command, "--line", options->breaks, "CHARACTERS",
             "The words are one line of a shell, which begins words at these");
  // The declarations are gone when the command runs.
  command->final_callback([to, &words, options] {
    insertion how;
    auto wanted = words;
    if (options->breaks) {
      auto line = split_line(words.empty() ? std::string() : words.front(), *options->breaks);
      how = {.kept = line.kept, .is_escaped = !line.is_quoted, .is_described = false};
      wanted = std::move(line.words);
    }
    to.chosen = [what = completion_of(to.app, wanted), how](context const& all) {
      context asked = all;
      if (!what.socket.empty()) asked.socket = what.socket;
      if (!what.root.empty()) asked.root = what.root;
      if (asked.socket.empty() && !asked.root.empty())
        asked.socket = (std::filesystem::path(asked.root) / "run" / "io.cfgd").string();
      auto found = what;
      for (auto& one : live_suggestions(asked, what))
        found.fixed.push_back(std::move(one)); // NOLINT: few
      print(lines_of(found, how));
      return exit_code::ok;
    };
  });
}

} // namespace cfgd::cfgctl
