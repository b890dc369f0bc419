#include "ipc/server.hpp"
