#include "core/change.hpp"
