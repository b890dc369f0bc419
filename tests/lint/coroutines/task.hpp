#pragma once

#include <coroutine>
#include <functional>
#include <memory>
#include <optional>
#include <string>

/// The smallest coroutine type that can be awaited, for the samples beside this file. They are
/// parsed, never compiled into a program and never run.
template <class T>
struct task {
  struct promise_type {
    task get_return_object();
    std::suspend_always initial_suspend();
    std::suspend_always final_suspend() noexcept;
    void return_value(T);
    void unhandled_exception();
  };
  bool await_ready();
  void await_suspend(std::coroutine_handle<>);
  T await_resume();
};

/// An aggregate: made with braces, no constructor.
struct options {
  std::string name;
  int count = 0;
};

options make_options();
task<int> by_value(options how);
task<int> by_reference(options const& how);
task<int> with_default(options how = {});
task<int> maybe(std::optional<options> how);
task<int> with_text(std::string text);
task<int> with_pointer(std::unique_ptr<int> owned);
task<int> with_callback(std::function<int()> call);
