#pragma once

#include <string>
#include <string_view>

namespace cfgd::test {

/// A call that names a namespace or keys of it: "%" in its parameters stands for the namespace.
struct naming_call {
  std::string_view method; ///< without "io.cfgd."
  std::string_view parameters;
};

/// `text` with `to` wherever `from` is.
inline std::string replaced(std::string_view text, std::string_view from, std::string_view to) {
  std::string out(text);
  for (auto at = out.find(from); at != out.npos; at = out.find(from, at + to.size()))
    out.replace(at, from.size(), to);
  return out;
}

/// For each method with such a parameter what a user without rights can ask: a hidden namespace
/// must be answered as one that does not exist. Watch and Access have tests of their own.
inline constexpr naming_call naming_calls[]{
    {"Config.Get", R"({"keys":["%.word"]})"},
    {"Config.Get", R"({"keys":["%.list[7]","%","site.title"]})"},
    {"Config.List", R"({"prefix":"%"})"},
    {"Config.List", R"({"prefix":"%.list[0]"})"},
    {"Config.Explain", R"({"key":"%.word"})"},
    {"Config.Explain", R"({"key":"%"})"},
    {"Config.Validate", R"({"namespace":"%"})"},
    {"Config.Validate", R"({"namespace":"%","document":{"word":1}})"},
    {"Config.ListOverrides", R"({"prefix":"%"})"},
    {"Config.Set", R"({"values":{"%.word":"x"}})"},
    {"Config.Set", R"({"values":{"%.word":"x","site.title":"y"},"dryRun":true})"},
    {"Config.Set", R"({"unset":["%.color"]})"},
    {"History.Log", R"({"prefix":"%"})"},
    {"History.Log", R"({"prefix":"%.color","values":true,"limit":5})"},
    {"History.Diff", R"({"from":1,"prefix":"%"})"},
    {"History.GetAt", R"({"revision":1,"keys":["%.word"]})"},
    {"History.GetAt", R"({"revision":3,"keys":["%.word","%.list[7]"]})"},
    {"History.Blame", R"({"namespace":"%"})"},
    {"History.Rollback", R"({"revision":1,"namespace":"%"})"},
    {"History.Restore", R"({"overrides":{"%":{"word":"x"}}})"},
    {"Service.Invalidate", R"({"namespace":"%"})"},
    {"Service.Warm", R"({"namespace":"%"})"},
};

} // namespace cfgd::test
