#include "ipc/framing.hpp"
