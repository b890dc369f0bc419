#include "ipc/task_group.hpp"
