// Forms that g++ 12.2 compiles wrongly. coroutines.py has to find each line that is marked.
#include "tests/lint/coroutines/task.hpp"

task<int> an_aggregate_by_value() {
  co_return co_await by_value(options{"name", 1}); // found
}

task<int> a_designated_aggregate() {
  co_return co_await by_value({.name = "name"}); // found
}

task<int> an_aggregate_by_reference() {
  co_return co_await by_reference({.name = "name", .count = 2}); // found
}

task<int> a_defaulted_aggregate() {
  co_return co_await with_default(); // found
}

task<int> an_aggregate_in_an_optional() {
  co_return co_await maybe(options{"name", 1}); // found
}

task<int> a_lambda_that_captures(std::string text) {
  co_return co_await with_callback([text] { return static_cast<int>(text.size()); }); // found
}

task<int> a_lambda_that_is_a_coroutine(std::string text) {
  co_return co_await [text]() -> task<int> { co_return static_cast<int>(text.size()); }(); // found
}

task<int> a_choice(bool first) {
  co_return co_await (first ? by_value(make_options()) : with_default(make_options())); // found
}

task<int> an_argument_of_an_argument() {
  int const sum = 1 + co_await by_value({.name = "name", .count = co_await maybe({})}); // found
  co_return sum;
}
