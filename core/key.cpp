#include "core/key.hpp"
