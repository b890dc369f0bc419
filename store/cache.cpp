#include "store/cache.hpp"
