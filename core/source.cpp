#include "core/source.hpp"
