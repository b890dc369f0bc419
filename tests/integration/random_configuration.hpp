#pragma once

#include "core/key.hpp"
#include "core/source.hpp"
#include "tests/integration/service_model.hpp"
#include "tests/support/random_document.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace cfgd::test {

/// Makes what a service_model understands: documents, schemas and changes of three namespaces with
/// few keys, so that they often meet, and of a kind that schemas refuse now and then.
class random_configuration {
 public:
  explicit random_configuration(std::uint32_t seed) : random_(seed) {}

  /// 0 to below `end`.
  std::size_t below(std::size_t end) { return random_.below(end); }
  bool one_in(std::size_t many) { return below(many) == 0; }
  std::string pick(std::vector<std::string> const& from) { return from.at(below(from.size())); }

  std::string name_space() { return pick({"one", "two", "three"}); }
  source_id file();
  /// Every file that file() may give for a namespace.
  static std::vector<source_id> files_of(std::string const& name_space);
  /// With nulls, as a file has them.
  boost::json::object document() { return object({"p", "q", "sub", "a", "b"}, 8); }
  /// Without nulls.
  boost::json::object plain_document() { return object({"p", "q", "sub", "a", "b"}, 0); }
  boost::json::object schema();
  service_model::set_step set();

 private:
  boost::json::value scalar();
  boost::json::value value_of(std::string const& name);
  boost::json::object object(std::vector<std::string> const& names, std::size_t nulls);
  key key_in(std::string const& name_space);

  random_document random_;
};

} // namespace cfgd::test
