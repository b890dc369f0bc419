#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstddef>
#include <random>

namespace cfgd::test {

/// Makes small documents over few names, so that two of them often meet.
class random_document {
 public:
  explicit random_document(std::uint32_t seed) : engine_(seed) {}

  enum class nulls : std::uint8_t { no, yes };
  boost::json::object object(std::size_t depth, nulls with);
  boost::json::value value(std::size_t depth, nulls with);
  std::string name();
  /// 0 to below `end`.
  std::size_t below(std::size_t end);

 private:
  std::mt19937 engine_;
};

} // namespace cfgd::test
