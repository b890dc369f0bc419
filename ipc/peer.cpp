#include "ipc/peer.hpp"
