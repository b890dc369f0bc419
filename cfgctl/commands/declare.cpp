/// What is parsed here and not by CLI11, whose messages are for programmers.

#include "cfgctl/commands/declare.hpp"

#include <array>
#include <cstdio>

namespace cfgd::cfgctl {
namespace {

std::string short_text(double number) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.10g", number); // NOLINT
  return text.data();
}

} // namespace

client::revision_number parse_revision(std::string const& text) {
  client::revision_number out = 0;
  auto const* const end = text.data() + text.size();
  auto const [at, failed] = std::from_chars(text.data(), end, out);
  if (text.empty() || failed != std::errc() || at != end || out > INT64_MAX) {
    throw wrong_words('\'' + text + "' is not a revision; see 'cfgctl log'");
  }
  return out;
}

CLI::Option* add_seconds(CLI::App* to, char const* name, double& into, char const* help,
                         std::pair<double, double> bounds) {
  auto const read = [&into, name, bounds](std::string const& text) {
    double number = 0;
    auto const* const end = text.data() + text.size();
    auto const [at, failed] = std::from_chars(text.data(), end, number);
    if (failed != std::errc() || at != end || !(number >= bounds.first) ||
        !(number <= bounds.second)) {
      throw wrong_words(std::string(name) + " wants a number of seconds from " +
                        short_text(bounds.first) + " to " + short_text(bounds.second) + ", not '" +
                        text + '\'');
    }
    into = number;
  };
  return to->add_option_function<std::string>(name, read, help)->type_name("SECONDS");
}

} // namespace cfgd::cfgctl
