#include "watchers/read_source.hpp"
