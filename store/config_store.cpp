#include "store/config_store.hpp"
