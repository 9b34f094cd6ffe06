/* test/unit/unit.h - what every unit test includes. */
#ifndef TEST_UNIT_UNIT_H
#define TEST_UNIT_UNIT_H

#include "test/support/unit.h"

#endif
