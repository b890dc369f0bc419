#include "watchers/source_watcher.hpp"
