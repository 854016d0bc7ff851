/* unit: what every Check program of ours has in common. */
#ifndef UDPTALK_TESTS_UNIT_H
#define UDPTALK_TESTS_UNIT_H

#include <check.h>
#include <stddef.h>

struct unit_test {
    const char *name;
    const TTest *test;
};

/* Runs the tests (each a START_TEST) under the locale C.UTF-8, TZ=UTC and an empty HOME. Returns the exit status for
 * main(): 0 when all passed, 77 when `count` is 0 (nothing can be tested here). */
int unit_run(const char *suite, const struct unit_test *tests, size_t count);

#define UNIT_COUNT(tests) (sizeof(tests) / sizeof((tests)[0]))

#endif
