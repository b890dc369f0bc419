#include "core/document.hpp"
