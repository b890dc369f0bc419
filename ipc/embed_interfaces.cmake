# cmake -DOUTPUT=FILE -P embed_interfaces.cmake: writes the definitions that ipc/interfaces.hpp declares,
# one array of bytes for each file of interfaces/.
get_filename_component(here ${CMAKE_CURRENT_LIST_FILE} DIRECTORY)
file(GLOB texts ${here}/interfaces/*.varlink)
set(code "// Generated from ipc/interfaces/*.varlink.\n#include \"ipc/interfaces.hpp\"\n\nnamespace cfgd::ipc::interfaces {\n")
foreach(text IN LISTS texts)
  get_filename_component(name ${text} NAME)
  string(REGEX REPLACE "\\.varlink$" "" name ${name})
  string(MAKE_C_IDENTIFIER ${name} name)
  string(TOLOWER ${name} name)
  # HEX, because file(READ) as text would drop what CMake takes for lists and line ends.
  file(READ ${text} bytes HEX)
  string(REGEX REPLACE "(..)" "'\\\\x\\1'," bytes "${bytes}")
  string(APPEND code "\nstatic constexpr char ${name}_bytes[] = {${bytes}};\n"
                     "std::string_view const ${name}(${name}_bytes, sizeof ${name}_bytes);\n")
endforeach()
string(APPEND code "\n} // namespace cfgd::ipc::interfaces\n")
file(WRITE ${OUTPUT} "${code}")
