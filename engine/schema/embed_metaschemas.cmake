# cmake -DOUTPUT=FILE -P embed_metaschemas.cmake: writes the definition that engine/schema/metaschemas.hpp
# declares: the text of each file of metaschemas/.
get_filename_component(here ${CMAKE_CURRENT_LIST_FILE} DIRECTORY)
file(GLOB_RECURSE texts ${here}/metaschemas/*.json)
list(SORT texts)
set(code "// Generated from engine/schema/metaschemas.\n#include \"engine/schema/metaschemas.hpp\"\n\nnamespace cfgd::schema {\n")
set(names "")
set(count 0)
foreach(text IN LISTS texts)
  # HEX, because file(READ) as text would drop what CMake takes for lists and line ends.
  file(READ ${text} bytes HEX)
  string(REGEX REPLACE "(..)" "'\\\\x\\1'," bytes "${bytes}")
  string(APPEND code "\nstatic constexpr char text_${count}[] = {${bytes}};\n")
  string(APPEND names "    std::string_view(text_${count}, sizeof text_${count}),\n")
  math(EXPR count "${count} + 1")
endforeach()
string(APPEND code "\nstatic constexpr std::string_view texts[] = {\n${names}};\n"
                   "std::span<std::string_view const> metaschema_texts() { return texts; }\n"
                   "\n} // namespace cfgd::schema\n")
file(WRITE ${OUTPUT} "${code}")
