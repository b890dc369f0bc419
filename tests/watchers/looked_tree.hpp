#pragma once

#include "core/error.hpp"
#include "core/source.hpp"
#include "tests/support/temporary_directory.hpp"
#include "watchers/look.hpp"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <variant>
#include <vector>

namespace cfgd::test {

/// A directory of admin sources and what a looker of it needs.
class looked_tree {
 public:
  looked_tree() {
    how_.roots = {{.where = layer::admin, .directory = top_ / "admin"}};
    how_.trusted_uid = ::geteuid();
    std::filesystem::create_directory(top_ / "admin");
  }

  std::filesystem::path file(std::string const& name) const { return top_ / "admin" / name; }
  watchers::looker make_looker() const { return {how_, {}, &kernel_}; }
  watchers::source_watcher::options& how() { return how_; }

 private:
  temporary_directory top_;
  watchers::inotify kernel_;
  watchers::source_watcher::options how_;
};

inline watchers::look_request everything() {
  watchers::look_request request;
  request.whole = true;
  return request;
}
/// "a.json=bytes b.json!untrusted c.json- d.json?", sorted.
inline std::string described(watchers::look_result const& result) {
  std::vector<std::string> words;
  for (auto const& one : result.findings) {
    auto const& name = one.id.relative;
    if (auto const* file = std::get_if<watchers::whole_file>(&one.what))
      words.push_back(name + '=' + file->bytes);
    if (auto const* why = std::get_if<error>(&one.what))
      words.push_back(name + '!' + to_string(why->code));
    if (std::holds_alternative<watchers::finding::absent>(one.what)) words.push_back(name + '-');
    if (std::holds_alternative<watchers::finding::unstable>(one.what)) words.push_back(name + '?');
  }
  std::sort(words.begin(), words.end());
  std::string text;
  for (auto const& word : words)
    text += (text.empty() ? "" : " ") + word;
  return text;
}

} // namespace cfgd::test
