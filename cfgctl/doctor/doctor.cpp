/// The findings of the doctor as text. Every line makes sense alone, because lines are copied into
/// bug reports.

#include "cfgctl/doctor/doctor.hpp"

#include "cfgctl/text/values.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <utility>

namespace cfgd::cfgctl {
namespace {

tint color_of(verdict how) {
  switch (how) {
  case verdict::ok:
    return tint::good;
  case verdict::warn:
    return tint::warning;
  case verdict::fail:
    return tint::bad;
  }
  return tint::plain;
}

} // namespace

std::string_view to_string(verdict how) {
  switch (how) {
  case verdict::ok:
    return "ok";
  case verdict::warn:
    return "warn";
  case verdict::fail:
    return "fail";
  }
  return "fail";
}

void diagnoses::add(verdict how, std::string message, std::string advice) {
  all_.push_back(
      {.check = check_, .how = how, .message = std::move(message), .advice = std::move(advice)});
}

verdict diagnoses::worst() const {
  verdict out = verdict::ok;
  for (auto const& one : all_)
    out = std::max(out, one.how);
  return out;
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
    out += paint(where, color_of(one.how), mark) + std::string(mark_columns - mark.size(), ' ');
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
