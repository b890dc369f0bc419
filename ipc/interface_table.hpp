#pragma once

#include "ipc/call.hpp"
#include "ipc/idl.hpp"
#include "ipc/message.hpp"
#include "ipc/method_figures.hpp"

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace cfgd::ipc {

/// What a server can be asked: interfaces, their methods, and who serves them. Decides what a call
/// is answered that no handler gets to see. No I/O.
class interface_table {
 public:
  struct served_interface {
    idl::interface description;
    std::string_view text;
  };
  struct method {
    served_interface const* of = nullptr;
    idl::method const* description = nullptr;
    handler serve;
    quick_handler serve_quickly;    ///< may be empty
    overlap_check may_overlap = {}; ///< empty: never
    request_reader read = {};       ///< may be empty
    /// Counted by who serves; of no weight for what is decided here.
    mutable method_figures figures = {};
  };
  /// An error of org.varlink.service.
  struct refusal {
    std::string_view name;
    std::string parameters; ///< the text of an object, or empty
  };

  /// Throws std::invalid_argument if `text` is not a description, or one of an interface that is
  /// there.
  void add(std::string_view text);
  /// Throws std::invalid_argument if no interface declares `qualified`.
  void bind(std::string_view qualified, handler serve);
  /// Throws it also for a method that requires 'more'.
  void bind_quick(std::string_view qualified, quick_handler serve);
  void bind_overlap(std::string_view qualified, overlap_check may);
  void bind_reader(std::string_view qualified, request_reader read);

  /// The method that a call is for, if its name, flags and the state of this table allow to go on.
  /// Sets `refused` and returns null otherwise.
  method const* find(call_envelope const& call, refusal& refused) const;
  /// The short cut for a call that begins as clients write most of them, compared as bytes; null
  /// otherwise, or if the method has none. The rest of the text may be anything: `parameters` is
  /// all of it but the last byte, which is '}'. A plain call if `parameters` is a JSON object.
  struct prepared_call {
    method const* which = nullptr;
    std::string_view parameters = {};
  };
  prepared_call find_prepared(std::string_view message) const;
  /// Takes the nulls out of `parameters`; the refusal if they do not fit.
  static std::optional<refusal> check(method const& which, boost::json::object& parameters);

  /// By qualified name, as the interfaces declare them.
  void each_method(std::function<void(std::string_view, method_figures const&)> const& visit) const;

  served_interface const* find_interface(std::string_view name) const;
  std::list<served_interface> const& interfaces() const { return interfaces_; }
  /// "io.cfgd.Config.InternalError" if the method's interface has it, else empty.
  static std::string internal_error_of(method const& which);
  /// "io.cfgd.Config.LimitExceeded" if the method's interface has it, else internal_error_of().
  static std::string limit_error_of(method const& which);

 private:
  struct text_hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };

  method& declared(std::string_view qualified);
  refusal unknown(std::string_view name) const;

  struct prepared_beginning {
    std::string text;
    method const* which = nullptr;
  };

  std::vector<prepared_beginning> prepared_; ///< of the methods with a short cut
  std::list<served_interface> interfaces_;   ///< in the order they were added; addresses are kept
  std::unordered_map<std::string, method, text_hash, std::equal_to<>> methods_;
};

/// {"NAME":"VALUE"}
std::string one_parameter(std::string_view name, std::string_view value);

/// The parameters of LimitExceeded, for a limit whose scope is the connection or the call.
std::string limit_parameters(std::string_view limit, std::uint64_t used, std::uint64_t maximum);
inline constexpr std::string_view limit_exceeded = "io.cfgd.Config.LimitExceeded";

} // namespace cfgd::ipc
