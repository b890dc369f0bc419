#include "ipc/idl.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <algorithm>

// The two uses of a description: to hold a call's parameters against it, and to hold it against
// what other implementations can read.
//
// Parameters: `?T` that is absent and one that is null are the same thing (UAPI.20), so nulls are
// taken out here, once, and no handler has to know of them. Inside of `object` nothing is looked
// at: its content has no description.
//
// Portability: the constructs below are in the grammar, and each makes at least one of varlinkctl,
// libvarlink, python-varlink, the Go and the Rust implementation refuse the whole interface.

namespace cfgd::ipc::idl {

namespace {

namespace bj = boost::json;

bool check_fields(interface const& context, std::vector<field> const& fields, bj::object& members,
                  std::string& offender);

bool fits(interface const& context, type const& wanted, bj::value& value) {
  auto const each_fits = [&](bj::value& element) {
    return (element.is_null() && wanted.element.front().optional) ||
           fits(context, wanted.element.front(), element);
  };
  switch (wanted.what) {
  case type::shape::boolean:
    return value.is_bool();
  case type::shape::integer:
    return value.is_int64();
  case type::shape::real:
    if (value.is_int64()) value = static_cast<double>(value.get_int64());
    return value.is_double();
  case type::shape::string:
    return value.is_string();
  case type::shape::object:
    return value.is_object();
  case type::shape::any:
    return !value.is_null();
  case type::shape::array:
    return value.is_array() &&
           std::all_of(value.get_array().begin(), value.get_array().end(), each_fits);
  case type::shape::map:
    return value.is_object() &&
           std::all_of(value.get_object().begin(), value.get_object().end(),
                       [&](bj::key_value_pair& member) { return each_fits(member.value()); });
  case type::shape::structure: {
    std::string ignored;
    return value.is_object() && check_fields(context, wanted.fields, value.get_object(), ignored);
  }
  case type::shape::enumeration:
    return value.is_string() &&
           std::find(wanted.names.begin(), wanted.names.end(),
                     std::string_view(value.get_string())) != wanted.names.end();
  case type::shape::named:
    return fits(context, context.types.find(wanted.names.front())->second, value);
  }
  return false;
}

bool check_fields(interface const& context, std::vector<field> const& fields, bj::object& members,
                  std::string& offender) {
  std::size_t found = 0;
  for (auto const& wanted : fields) {
    auto* const member = members.find(wanted.name);
    bool const absent = member == members.end() || member->value().is_null();
    if (absent ? !wanted.what.optional : !fits(context, wanted.what, member->value())) {
      offender = wanted.name;
      return false;
    }
    if (!absent)
      ++found;
    else if (member != members.end())
      members.erase(member);
  }
  if (found == members.size()) return true;
  for (auto const& member : members)
    if (std::none_of(fields.begin(), fields.end(),
                     [&](field const& known) { return known.name == member.key(); })) {
      offender.assign(member.key().data(), member.key().size());
      break;
    }
  return false;
}

class portability {
 public:
  portability(interface const& what, std::string_view text) : interface_(what) {
    check_lines(text);
    if (interface_.name.find('-') != std::string::npos) add("'-' in the interface's name");
    if (interface_.methods.empty()) add("an interface without methods");
    for (auto const& name : interface_.early)
      add("type " + name + " is declared after its use");
    for (auto const& [name, declared] : interface_.types) {
      if (declared.what == type::shape::structure && declared.fields.empty())
        add("type " + name + " is empty");
      check(name, declared);
    }
    for (auto const& [name, carried] : interface_.errors)
      check(name, carried);
    for (auto const& each : interface_.methods) {
      check(each.name, each.input);
      check(each.name, each.output);
    }
  }

  std::vector<std::string> take() { return std::move(problems_); }

 private:
  void check(std::string const& member, type const& what) {
    if (what.what == type::shape::any) add(member + ": any");
    for (auto const& inner : what.element) {
      if (!inner.element.empty()) add(member + ": a container in a container");
      if (inner.optional) add(member + ": optional elements");
      if (inner.what == type::shape::structure && inner.fields.empty()) add(member + ": a set");
      check(member, inner);
    }
    for (auto const& part : what.fields) {
      if (part.name.front() >= 'A' && part.name.front() <= 'Z')
        add(member + ": field " + part.name + " begins with a capital");
      check(member, part.what);
    }
  }

  void check_lines(std::string_view text) {
    bool comment_last = false;
    for (std::size_t begin = 0; begin < text.size();) {
      auto const end = std::min(text.find('\n', begin), text.size());
      auto const line = text.substr(begin, end - begin);
      auto const first = line.find_first_not_of(" \t\r");
      if (first != std::string_view::npos) {
        comment_last = line[first] == '#';
        if (!comment_last && line.find('#') != std::string_view::npos)
          add("a comment behind code: " + std::string(line));
      }
      begin = end + 1;
    }
    if (comment_last) add("a comment behind the last member");
  }

  void add(std::string problem) { problems_.push_back(std::move(problem)); }

  interface const& interface_;
  std::vector<std::string> problems_;
};

} // namespace

result<void> check_parameters(interface const& context, type const& input, bj::object& parameters) {
  error failure;
  if (check_fields(context, input.fields, parameters, failure.subject)) return {};
  failure.code = errc::invalid;
  failure.message = "missing, unknown or of another type";
  return failure;
}

std::vector<std::string> portability_problems(std::string_view text) {
  auto const read = parse(text);
  if (!read) return {to_string(read.error())};
  return portability(*read, text).take();
}

} // namespace cfgd::ipc::idl
