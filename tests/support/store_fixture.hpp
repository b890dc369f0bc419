#pragma once

#include "store/config_store.hpp"
#include "tests/support/store_requests.hpp"
#include "tests/support/temporary_directory.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cfgd::test {

/// A store in a temporary directory. For programs that link cfgd_store.
struct store_fixture {
  temporary_directory directory;
  limits bounds;
  std::unique_ptr<store::config_store> store = open();

  std::unique_ptr<store::config_store> open() {
    return store::config_store::open(directory / "state", bounds).value();
  }
  void reopen() {
    store.reset();
    store = open();
  }

  engine::decision commit(engine::request const& one) {
    return std::move(store->commit({&one, 1}, at()).at(0));
  }
  engine::committed_change must(engine::request const& one) { return commit(one).value(); }
  error refusal(engine::request const& one) { return commit(one).error(); }

  std::string text(std::string_view name) {
    auto const found = store->read(name).text;
    return found ? *found : "(none)";
  }
};

/// "1: site.a=->1 site.b=2->; 2: ..."
inline std::string show(std::vector<std::shared_ptr<change const>> const& changes) {
  std::string out;
  for (auto const& one : changes) {
    if (!out.empty()) out += ' ';
    out += std::to_string(one->revision) + ':';
    for (auto const& leaf : one->keys)
      out += ' ' + leaf.key + '=' + leaf.before + "->" + leaf.after;
    out += ';';
  }
  return out;
}

/// "override 1; admin (removed); "
inline std::string show(engine::explanation const& why) {
  std::string out = why.value.value_or("(none)") + ": ";
  for (auto const& one : why.layer_values)
    out += std::string(to_string(one.from.where)) + ' ' + one.value.value_or("(removed)") + "; ";
  return out;
}

} // namespace cfgd::test
