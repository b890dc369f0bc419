/// limits: prints the limits of core/limits.inc and, if the service answers, who uses what.

#include "cfgctl/commands/limits_list.hpp"

#include "cfgctl/commands/declare.hpp"
#include "cfgctl/session.hpp"
#include "cfgctl/text/figures_text.hpp"
#include "cfgctl/text/table.hpp"
#include "cfgctl/text/usage_text.hpp"
#include "cfgctl/text/values.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <chrono>
#include <cstdint>
#include <string_view>

namespace cfgd::cfgctl {
namespace {

std::string_view unit_name(limit_unit unit) {
  switch (unit) {
  case limit_unit::bytes:
    return "bytes";
  case limit_unit::milliseconds:
    return "ms";
  case limit_unit::count:
    break;
  }
  return "";
}

std::string value_text(limit_description const& one, std::int64_t value) {
  if (one.unit == limit_unit::milliseconds) return whole_text(std::chrono::milliseconds(value));
  auto const number = static_cast<std::uint64_t>(value);
  return one.unit == limit_unit::bytes ? bytes_text(number) : grouped(number);
}

} // namespace

std::string limits_text(screen const& where, limits const& from) {
  table out({left("LIMIT"), right("VALUE"), cuttable("OF")});
  for (limit_description const& one : limits::described()) {
    out.add({{std::string(one.name), tint::name},
             value_text(one, one.value(from)),
             std::string(one.description)});
  }
  return out.str(where);
}

boost::json::value limits_json(limits const& from) {
  boost::json::array list;
  for (limit_description const& one : limits::described()) {
    boost::json::object row{{"name", one.name}, {"value", one.value(from)}};
    if (auto const unit = unit_name(one.unit); !unit.empty()) row["unit"] = unit;
    row["meaning"] = one.description;
    list.push_back(std::move(row));
  }
  return boost::json::object{{"limits", std::move(list)}};
}

void add_limits_command(declarations const& to) {
  declare(
      to, "limits", "Print every limit of the service, and who uses what",
      +[](context const& all, no_options const&) {
        limits const ours;
        auto json = limits_json(ours);
        auto text = limits_text(all.where, ours);
        // The limits are the same without a service, or with one that does not know the method.
        if (auto const use = call(all, [](client::connection& service) {
              return service.call("io.cfgd.Service.Usage");
            })) {
          json.as_object()["use"] = *use;
          text += '\n' + usage_text(all.where, *use);
        }
        show(all, json, text);
        return exit_code::ok;
      });
}

} // namespace cfgd::cfgctl
