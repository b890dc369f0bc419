#include "core/json.hpp"
#include "daemon/methods/batches.hpp"
#include "daemon/methods/handlers.hpp"
#include "daemon/methods/parameters.hpp"
#include "daemon/methods/reply.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

// The override layer with who set what, and which values of files that hides.

namespace cfgd::methods {
namespace {

/// io.cfgd.Config.Override
void append_override(std::string& out, engine::override_row const& one) {
  json::append_string(out += "{\"key\":", one.key);
  if (!one.value.empty()) append_value(out += ',', one.key, one.value);
  auto from = one.from;
  from.where = layer::overrides;
  append_origin(out += ",\"origin\":", from, one.time);
  if (one.is_soft) out += ",\"soft\":true";
  if (one.is_locked) out += ",\"locked\":true";
  if (one.hides.count != 0) append_hidden(out += ",\"hides\":", one.hides, config_interface);
  out.append(",\"hidden\":").append(std::to_string(one.hides.count)).append("}");
}

} // namespace

void list_overrides(method_context& with, authorized_call const& asked) {
  std::optional<key> prefix;
  if (auto const text = string_of(asked.parameters, "prefix")) {
    auto which = key::parse(*text);
    if (!which) return fail(asked.answer, config_interface, which.error());
    prefix = asked.by.visible().in_visible(*which);
  }
  list_call const to{asked.answer, config_interface, asked.more};
  with.writer.query(
      [prefix](store::config_store& store) { return store.overrides(prefix); },
      [&with, to, may_read = asked.by.visible()](result<std::vector<engine::override_row>> rows) {
        if (!to.answer.alive()) return;
        if (!rows) return fail(to.answer, to.interface, rows.error());
        std::erase_if(*rows, [&](auto const& one) { return !may_read.has_key(one.key); });
        send_list(
            to, with.bounds,
            std::make_unique<row_items<engine::override_row>>(*std::move(rows), append_override),
            [](std::string const& items) { return "{\"overrides\":[" + items + "]}"; });
      },
      asker_of(with, asked));
}

} // namespace cfgd::methods
