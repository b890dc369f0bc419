#include "tests/support/random_document.hpp"

#include <array>

namespace cfgd::test {

std::size_t random_document::below(std::size_t end) {
  return std::uniform_int_distribution<std::size_t>(0, end - 1)(engine_);
}

std::string random_document::name() {
  static constexpr std::array names{"a", "b", "c", "aa", "a.b", "\"q\"", "\xc3\xa9", "a\n"};
  return names.at(below(names.size()));
}

boost::json::value random_document::value(std::size_t depth, nulls with) {
  switch (below(depth == 0 ? 5 : 8)) {
  case 0:
    return static_cast<std::int64_t>(below(3));
  case 1:
    return below(2) == 0 ? 0.5 : 1e300;
  case 2:
    return below(2) == 0;
  case 3:
    return with == nulls::yes ? boost::json::value() : boost::json::value("null");
  case 4:
    return boost::json::value(name());
  case 5: {
    boost::json::array list;
    for (auto left = below(3); left > 0; --left)
      list.push_back(value(depth - 1, nulls::no));
    return list;
  }
  default:
    return object(depth - 1, with);
  }
}

boost::json::object random_document::object(std::size_t depth, nulls with) {
  boost::json::object made;
  for (auto left = below(4); left > 0; --left)
    made.insert_or_assign(name(), value(depth, with));
  return made;
}

} // namespace cfgd::test
