#include "tests/integration/one_save.hpp"

#include "client/connection.hpp"
#include "core/json.hpp"
#include "tests/integration/stream.hpp"
#include "tests/support/temporary_directory.hpp"

#include <boost/json/array.hpp>

// The marker is saved when the new value was announced: what the save brings besides comes before
// the marker's own change, and is seen. It is in a directory of its own, as some ways to save take
// away the other one with all that is in it.

namespace cfgd::test {
namespace {

std::string text_of(boost::json::object const& change, std::uint64_t before) {
  auto const revision = change.at("revision").to_number<std::uint64_t>();
  std::string text = "+" + std::to_string(revision - before);
  if (change.at("values").as_object().contains("marker.n")) return text + " marker";
  text += ' ' + json::canonical(change.at("values"));
  if (auto const* const removed = change.if_contains("removed");
      removed != nullptr && !removed->as_array().empty())
    text += " -" + json::canonical(*removed);
  return text;
}

} // namespace

std::string_view const save_trial::settings = "[watch]\nquiet_ms = 60\nlate_ms = 3000\n"
                                              "grace_ms = 3000\nsweep_ms = 600000\n";

std::vector<std::string> save_trial::one_change() {
  return {R"(+1 {"site.value":"fresh and longer"})", "+2 marker"};
}

std::vector<std::string> save_trial::announced_by(save_method const& how) {
  auto const& folder = where_.admin;
  saving const what{.target = folder / "site.yaml",
                    .beside = folder.parent_path() / "beside",
                    .text = "value: fresh and longer\n"};
  replace_file(what.target, "value: old and longer\n");
  write_file(what.beside, what.text);
  auto connected = client::connection::connect(where_.socket.string()).value();
  auto const before = connected.sync().value();
  auto watching = watch(where_.socket);
  std::vector<std::string> announced;
  auto const wait_for = [&](std::string_view text) {
    do
      announced.push_back(text_of(watching.parameters(), before));
    while (announced.back().find(text) == std::string::npos);
  };

  how.save(what);
  wait_for("fresh and longer");
  replace_file(where_.runtime / "marker.json", "{\"n\":" + std::to_string(++count_) + "}");
  wait_for("marker");

  for (char const* const other : {".old", ".new"})
    std::filesystem::remove_all(folder.string() + other);
  std::filesystem::remove(what.beside);
  return announced;
}

} // namespace cfgd::test
