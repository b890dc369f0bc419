# cmake -DOUTPUT=FILE -P embed_starter.cmake: writes the definition that offline/starter.hpp declares: each
# file of starter/ with its path, and docs/cfgd.toml, byte for byte.
get_filename_component(here ${CMAKE_CURRENT_LIST_FILE} DIRECTORY)
get_filename_component(project ${here}/../.. ABSOLUTE)
file(GLOB_RECURSE texts RELATIVE ${here}/starter ${here}/starter/*)
list(SORT texts)
set(code "// Generated from cfgctl/offline/starter and docs/cfgd.toml.\n#include \"cfgctl/offline/starter.hpp\"\n\nnamespace cfgd::cfgctl::offline {\n")
set(rows "")
set(count 0)
foreach(text IN ITEMS ${texts} etc/cfgd.toml)
  set(from ${here}/starter/${text})
  if(text STREQUAL etc/cfgd.toml)
    set(from ${project}/docs/cfgd.toml)
  endif()
  # HEX, because file(READ) as text would drop what CMake takes for lists and line ends.
  file(READ ${from} bytes HEX)
  string(REGEX REPLACE "(..)" "'\\\\x\\1'," bytes "${bytes}")
  string(APPEND code "\nstatic constexpr char text_${count}[] = {${bytes}};\n")
  string(APPEND rows "    {\"${text}\", std::string_view(text_${count}, sizeof text_${count})},\n")
  math(EXPR count "${count} + 1")
endforeach()
string(APPEND code "\nstatic constexpr starter_file files[] = {\n${rows}};\n"
                   "std::span<starter_file const> starter_files() { return files; }\n"
                   "\n} // namespace cfgd::cfgctl::offline\n")
file(WRITE ${OUTPUT} "${code}")
