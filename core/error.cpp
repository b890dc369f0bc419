#include "core/error.hpp"

#include <boost/throw_exception.hpp>

#include <ostream>
#include <stdexcept>

namespace cfgd {
namespace {

/// "subject:line:column", as far as they are known.
std::string placed(std::string const& subject, place where) {
  std::string out = subject;
  if (where.line == 0) return out;
  if (!out.empty()) out += ':';
  out += std::to_string(where.line);
  if (where.column != 0) out += ':' + std::to_string(where.column);
  return out;
}

} // namespace

char const* to_string(errc code) {
  switch (code) {
  case errc::bad_key:
    return "bad_key";
  case errc::bad_value:
    return "bad_value";
  case errc::parse:
    return "parse";
  case errc::limit:
    return "limit";
  case errc::not_found:
    return "not_found";
  case errc::conflict:
    return "conflict";
  case errc::invalid:
    return "invalid";
  case errc::denied:
    return "denied";
  case errc::read_only:
    return "read_only";
  case errc::untrusted:
    return "untrusted";
  case errc::io:
    return "io";
  case errc::store_failed:
    return "store_failed";
  case errc::protocol:
    return "protocol";
  case errc::closed:
    return "closed";
  }
  return "unknown";
}

char const* to_string(severity how) { return how == severity::error ? "error" : "warning"; }

std::string to_string(issue const& what) {
  std::string out = placed(what.path, what.where);
  if (!out.empty()) out += ": ";
  out.append(to_string(what.how)).append(": ");
  if (!what.key.empty()) out.append(what.key).append(": ");
  out += what.message;
  return out.append(" [").append(what.rule).append("]");
}

std::ostream& operator<<(std::ostream& out, issue const& what) { return out << to_string(what); }

std::string to_string(error const& failure) {
  std::string out = placed(failure.subject, failure.where);
  if (!out.empty()) out += ": ";
  out += failure.message;
  if (failure.code == errc::limit && failure.maximum != 0)
    out += " (" + std::to_string(failure.used) + " of " + std::to_string(failure.maximum) + ")";
  return out;
}

std::ostream& operator<<(std::ostream& out, error const& failure) {
  return out << to_string(failure.code) << ": " << to_string(failure);
}

void throw_exception_from_error(error const& failure, boost::source_location const& where) {
  boost::throw_exception(std::runtime_error(to_string(failure)), where);
}

} // namespace cfgd
