/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's harness without its limit of 30 s for a test. */
#ifndef HARNESS_H
#define HARNESS_H

#include "kselftest_harness.h"

/* That of the suite, in ../run, comes first. */
#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT	86400

#endif /* HARNESS_H */
