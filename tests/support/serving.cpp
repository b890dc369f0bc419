#include "tests/support/serving.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <stdexcept>

namespace cfgd::test {

std::string_view const try_interface = R"(# For tests.
interface org.example.try

type Pair (first: int, second: ?string)

# Answers with its text.
method Echo(text: string) -> (text: string)
# Answers with so many bytes.
method Produce(bytes: int) -> (text: string)
# Notes its text.
method Note(text: ?string) -> ()
# Answered by the test, if at all.
method Hold() -> (text: ?string)
# The same; calls overlap.
method Queue(text: ?string) -> (text: ?string)
# Answered by the test, several times.
# [Requires 'more' flag]
method Stream() -> (number: ?int)
# One of each type.
method Types(
  flag: ?bool, number: ?int, real: ?float, text: ?string, any: ?object,
  list: ?[]string, table: ?[string]int, pair: ?Pair, choice: ?(one, two)
) -> (seen: int)
method Throw() -> ()
method Unbound() -> ()

error InternalError (message: string)
)";

std::string try_call(std::string_view name, std::string_view parameters, std::string_view more) {
  return R"({"method":"org.example.try.)" + std::string(name) + R"(","parameters":)" +
         std::string(parameters) + std::string(more) + '}';
}

void serving::start() {
  server.emplace(loop.get_executor(), bounds,
                 ipc::server::identity{"Vendor", "Product", "1", "https://example.org"});
  server->add_interface(try_interface);
  server->bind("org.example.try.Echo", [](ipc::call const& made) {
    std::string text(made.parameters.at("text").get_string());
    made.answer.reply(R"({"text":")" + text + R"("})");
  });
  server->bind("org.example.try.Produce", [](ipc::call const& made) {
    auto const bytes = static_cast<std::size_t>(made.parameters.at("bytes").get_int64());
    made.answer.reply(R"({"text":")" + std::string(bytes, 'x') + R"("})");
  });
  server->bind("org.example.try.Note", [this](ipc::call const& made) {
    auto const* text = made.parameters.if_contains("text");
    noted.emplace_back(text == nullptr ? "" : text->get_string().c_str());
    made.answer.reply();
  });
  auto const hold = [this](ipc::call const& made) {
    held.push_back(made.answer);
    made.answer.on_closed([this] { ++closed; });
    made.answer.on_drained([this] { ++drained; });
  };
  server->bind("org.example.try.Hold", hold);
  server->bind("org.example.try.Stream", hold);
  server->bind("org.example.try.Queue", [this, hold](ipc::call const& made) {
    auto const* text = made.parameters.if_contains("text");
    if (text != nullptr && text->get_string() == "wrong")
      return made.answer.fail("org.example.try.InternalError", R"({"message":"wrong"})");
    hold(made);
  });
  server->bind_overlap("org.example.try.Queue", [this](ipc::peer const&) { return has_room; });
  server->bind("org.example.try.Types", [](ipc::call const& made) {
    made.answer.reply(R"({"seen":)" + std::to_string(made.parameters.size()) + '}');
  });
  server->bind("org.example.try.Throw",
               [](ipc::call const&) { throw std::runtime_error("the secret reason"); });
  if (auto const listening = server->listen(path()); !listening)
    throw std::runtime_error(to_string(listening.error()));
}

void serving::stop(std::chrono::milliseconds drain) {
  bool done = false;
  server->stop(drain, [&] { done = true; });
  if (!until([&] { return done; })) throw std::runtime_error("the server does not stop");
  server.reset();
}

serving::~serving() {
  if (server) stop();
}

} // namespace cfgd::test
