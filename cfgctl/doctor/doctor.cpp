/// The findings of the doctor as text. Every line makes sense alone, because lines are copied into
/// bug reports.

#include "cfgctl/doctor/doctor.hpp"

#include "cfgctl/text/values.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace cfgd::cfgctl {
namespace {

struct verdict_row {
  std::string_view name;
  tint color;
};
/// By verdict.
constexpr std::array verdicts{verdict_row{"ok", tint::good}, verdict_row{"warn", tint::warning},
                              verdict_row{"fail", tint::bad}};

verdict_row const& row_of(verdict how) { return verdicts.at(static_cast<std::size_t>(how)); }

} // namespace

std::string_view to_string(verdict how) { return row_of(how).name; }

void diagnoses::begin(std::string_view check) {
  check_ = check;
  before_ = all_.size();
}

void diagnoses::add(verdict how, std::string message, std::string advice) {
  all_.push_back(
      {.check = check_, .how = how, .message = std::move(message), .advice = std::move(advice)});
}

void diagnoses::add_good(std::string message) {
  if (all_.size() == before_) add(verdict::ok, std::move(message));
}

verdict diagnoses::worst() const {
  auto const found = std::ranges::max_element(all_, {}, &diagnosis::how);
  return found != all_.end() ? found->how : verdict::ok;
}

diagnoses examine(installation const& what) {
  diagnoses out;
  for (auto const& rows : {service_examinations(), system_examinations()}) {
    for (examination const& row : rows) {
      out.begin(row.name);
      row.look(what, out);
    }
  }
  return out;
}

std::string diagnoses_text(screen const& where, diagnoses const& what) {
  constexpr std::size_t mark_columns = 7;
  std::string out;
  for (diagnosis const& one : what.all()) {
    std::string mark("[");
    mark.append(to_string(one.how)).append("]");
    out += paint(where, row_of(one.how).color, mark) + std::string(mark_columns - mark.size(), ' ');
    out += paint(where, tint::name, printable(one.check)) + ": " + printable(one.message) + '\n';
    if (!one.advice.empty()) {
      out += std::string(mark_columns, ' ') + "-> " + printable(one.advice) + '\n';
    }
  }
  return out;
}

boost::json::value diagnoses_json(diagnoses const& what) {
  boost::json::array list;
  for (diagnosis const& one : what.all()) {
    boost::json::object row{
        {"check", one.check}, {"verdict", to_string(one.how)}, {"message", one.message}};
    if (!one.advice.empty()) row["advice"] = one.advice;
    list.push_back(std::move(row));
  }
  return boost::json::object{{"verdict", to_string(what.worst())}, {"checks", std::move(list)}};
}

} // namespace cfgd::cfgctl
