#include "watchers/store_watch.hpp"
