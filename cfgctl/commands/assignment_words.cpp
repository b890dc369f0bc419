/// Values from elsewhere than the command line, which every user can read in /proc.

#include "cfgctl/commands/assignment_words.hpp"

#include "cfgctl/commands/assignment.hpp"
#include "cfgctl/commands/documents.hpp"
#include "cfgctl/output.hpp"
#include "cfgctl/text/screen.hpp"
#include "core/value_path.hpp"

#include <termios.h>
#include <unistd.h>

#include <utility>

namespace cfgd::cfgctl {
namespace {

/// Whether a word is a whole assignment: `set a.b c.d=1` lacks a value, `set a.b x=1` does not.
bool is_assignment(std::string const& word) {
  auto const at = end_of_key(word);
  if (at == word.npos) return false;
  auto const which = parse_value_path(word.substr(0, at));
  return which && !which->base.path().empty();
}

/// Turns the terminal's echo off while it exists.
class quiet_terminal {
 public:
  quiet_terminal() {
    is_set_ = ::tcgetattr(STDIN_FILENO, &before_) == 0;
    if (!is_set_) return;
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    is_set_ = ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet) == 0;
  }
  ~quiet_terminal() {
    if (is_set_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }
  quiet_terminal(quiet_terminal const&) = delete;
  quiet_terminal& operator=(quiet_terminal const&) = delete;

  bool is_set() const { return is_set_; }

 private:
  termios before_{};
  bool is_set_ = false;
};

} // namespace

result<std::vector<std::string>> whole_assignments(std::vector<std::string> words) {
  bool const is_pair =
      words.size() == 2 && end_of_key(words[0]) == std::string::npos && !is_assignment(words[1]);
  if (is_pair) words = {words[0] + '=' + words[1]};
  for (std::string& word : words) {
    auto const at = end_of_key(word);
    if (at == word.npos) continue; // parse_assignment() reports it
    std::string const value = word.substr(at + 1);
    if (value != "-" && !(value.size() > 1 && value.front() == '@')) continue;
    auto text = read_text(value == "-" ? value : value.substr(1));
    if (!text) return text.error();
    if (text->ends_with('\n')) text->pop_back();
    word.resize(at + 1);
    word += *text;
  }
  return words;
}

result<std::string> read_secret(std::string const& key) {
  quiet_terminal const quiet;
  if (!quiet.is_set()) {
    return error{.code = errc::bad_value,
                 .message = "--prompt needs a terminal; KEY=- reads standard input",
                 .subject = key};
  }
  complain(printable("value of " + key + ": "));
  std::string out;
  char one = 0;
  while (::read(STDIN_FILENO, &one, 1) == 1 && one != '\n')
    out += one;
  complain("\n");
  if (out.empty()) {
    return error{.code = errc::bad_value, .message = "no value was entered", .subject = key};
  }
  return out;
}

} // namespace cfgd::cfgctl
