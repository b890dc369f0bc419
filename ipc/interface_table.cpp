#include "ipc/interface_table.hpp"

#include "core/json.hpp"

#include <boost/json/object.hpp>

#include <algorithm>
#include <stdexcept>
#include <utility>

// The order of the checks is that of systemd's server, so that the same wrong call gets the same
// answer: is there such a method, may it be called so, is it implemented, are its parameters right.
// 'upgrade' is refused by name: a server that ignores the flag and answers makes the client believe
// that the connection is a raw stream from then on.

namespace cfgd::ipc {

void interface_table::add(std::string_view text) {
  auto description = idl::parse(text);
  if (!description)
    throw std::invalid_argument("no interface description: " + to_string(description.error()));
  if (find_interface(description->name) != nullptr)
    throw std::invalid_argument("interface " + description->name + " is there already");
  interfaces_.push_back({std::move(*description), text});
  auto const& added = interfaces_.back();
  for (auto const& each : added.description.methods)
    methods_[added.description.name + '.' + each.name] = {&added, &each, {}, {}};
}

interface_table::method& interface_table::declared(std::string_view qualified) {
  auto const found = methods_.find(qualified);
  if (found == methods_.end())
    throw std::invalid_argument("no interface declares " + std::string(qualified));
  return found->second;
}

void interface_table::bind(std::string_view qualified, handler serve) {
  declared(qualified).serve = std::move(serve);
}

void interface_table::bind_quick(std::string_view qualified, quick_handler serve) {
  auto& which = declared(qualified);
  if (which.description->requires_more)
    throw std::invalid_argument("no short cut for a series: " + std::string(qualified));
  if (!which.serve_quickly) prepared_.push_back({call_beginning(qualified), &which});
  which.serve_quickly = std::move(serve);
}

interface_table::prepared_call interface_table::find_prepared(std::string_view message) const {
  for (auto const& [text, which] : prepared_)
    if (message.starts_with(text) && message.ends_with('}') && which->serve)
      return {which, message.substr(text.size(), message.size() - text.size() - 1)};
  return {};
}

void interface_table::bind_overlap(std::string_view qualified, overlap_check may) {
  declared(qualified).may_overlap = std::move(may);
}

void interface_table::bind_reader(std::string_view qualified, request_reader read) {
  declared(qualified).read = std::move(read);
}

interface_table::method const* interface_table::find(call_envelope const& call,
                                                     refusal& refused) const {
  auto const found = methods_.find(call.method);
  if (found == methods_.end()) {
    refused = unknown(call.method);
    return nullptr;
  }
  auto const& which = found->second;
  if (!which.serve || call.kind == call_kind::upgrade) {
    refused = {"org.varlink.service.MethodNotImplemented", one_parameter("method", call.method)};
    return nullptr;
  }
  if (which.description->requires_more && call.kind != call_kind::more) {
    refused = {"org.varlink.service.ExpectedMore", {}};
    return nullptr;
  }
  return &which;
}

std::optional<interface_table::refusal> interface_table::check(method const& which,
                                                               boost::json::object& parameters) {
  auto const checked =
      idl::check_parameters(which.of->description, which.description->input, parameters);
  if (checked) return std::nullopt;
  return refusal{"org.varlink.service.InvalidParameter",
                 one_parameter("parameter", checked.error().subject)};
}

void interface_table::each_method(
    std::function<void(std::string_view, method_figures const&)> const& visit) const {
  for (auto const& of : interfaces_)
    for (auto const& each : of.description.methods) {
      auto const found = methods_.find(of.description.name + '.' + each.name);
      visit(found->first, found->second.figures);
    }
}

interface_table::served_interface const*
interface_table::find_interface(std::string_view name) const {
  auto const found =
      std::find_if(interfaces_.begin(), interfaces_.end(),
                   [&](served_interface const& each) { return each.description.name == name; });
  return found == interfaces_.end() ? nullptr : &*found;
}

std::string interface_table::internal_error_of(method const& which) {
  auto const& of = which.of->description;
  return of.errors.contains("InternalError") ? of.name + ".InternalError" : std::string();
}

std::string interface_table::limit_error_of(method const& which) {
  auto const& of = which.of->description;
  return of.errors.contains("LimitExceeded") ? of.name + ".LimitExceeded"
                                             : internal_error_of(which);
}

interface_table::refusal interface_table::unknown(std::string_view name) const {
  auto const dot = name.rfind('.');
  if (dot == std::string_view::npos || find_interface(name.substr(0, dot)) != nullptr)
    return {"org.varlink.service.MethodNotFound", one_parameter("method", name)};
  return {"org.varlink.service.InterfaceNotFound", one_parameter("interface", name.substr(0, dot))};
}

std::string one_parameter(std::string_view name, std::string_view value) {
  std::string text = "{";
  json::append_string(text, name);
  text += ':';
  json::append_string(text, value);
  text += '}';
  return text;
}

std::string limit_parameters(std::string_view limit, std::uint64_t used, std::uint64_t maximum) {
  std::string text = R"({"limit":)";
  json::append_string(text, limit);
  text += R"(,"used":)" + std::to_string(used) + R"(,"maximum":)" + std::to_string(maximum) + '}';
  return text;
}

} // namespace cfgd::ipc
