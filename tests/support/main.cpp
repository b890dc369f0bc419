#define BOOST_TEST_MODULE cfgd
#include <boost/test/unit_test.hpp>
