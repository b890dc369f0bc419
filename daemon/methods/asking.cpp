#include "daemon/methods/handlers.hpp"

#include <stop_token>

namespace cfgd::methods {

asker asker_of(method_context& with, authorized_call const& asked) {
  std::stop_source gone;
  asked.answer.on_closed([&with, gone]() mutable {
    gone.request_stop();
    with.queries.drop_gone();
    with.writer.drop_gone();
  });
  auto const uid = asked.from.uid;
  return {.uid = uid,
          .is_privileged = is_privileged(uid),
          .gone = gone.get_token(),
          .connection = asked.answer.connection()};
}

} // namespace cfgd::methods
