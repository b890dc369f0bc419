#include "core/error.hpp"

#include <boost/throw_exception.hpp>

#include <ostream>
#include <stdexcept>

namespace cfgd {

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

std::string to_string(error const& failure) {
  std::string out = failure.subject;
  if (failure.where.line != 0) {
    if (!out.empty()) out += ':';
    out += std::to_string(failure.where.line);
    if (failure.where.column != 0) out += ':' + std::to_string(failure.where.column);
  }
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
