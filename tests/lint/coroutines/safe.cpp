// Forms that g++ 12.2 compiles rightly. coroutines.py has to find nothing here.
#include "tests/lint/coroutines/task.hpp"

#include <utility>

task<int> a_named_aggregate() {
  options how{.name = "name", .count = 1};
  co_return co_await by_value(std::move(how));
}

task<int> a_named_aggregate_by_reference() {
  options const how{.name = "name", .count = 2};
  co_return co_await by_reference(how);
}

task<int> a_function_that_makes_it() { co_return co_await by_value(make_options()); }

task<int> a_class_with_a_constructor(std::string text) {
  co_return co_await with_text(std::move(text));
}

task<int> a_pointer() { co_return co_await with_pointer(std::make_unique<int>(1)); }

task<int> a_named_callback(std::string text) {
  std::function<int()> call = [text] { return static_cast<int>(text.size()); };
  co_return co_await with_callback(std::move(call));
}

task<int> an_awaitable_made_before() {
  auto made = by_value(options{"name", 1});
  co_return co_await std::move(made);
}

task<int> a_choice_by_statement(bool first) {
  if (first) co_return co_await by_value(make_options());
  co_return co_await maybe(make_options());
}
