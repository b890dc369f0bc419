#pragma once

#include <string_view>

/// The interface descriptions, byte for byte as they are installed. The definitions are generated
/// from ipc/interfaces/*.varlink by the build.
namespace cfgd::ipc::interfaces {

extern std::string_view const io_cfgd_config;
extern std::string_view const io_cfgd_history;
extern std::string_view const io_cfgd_service;
extern std::string_view const io_systemd_service;
extern std::string_view const org_varlink_service;

} // namespace cfgd::ipc::interfaces
