#include "config.h"

#include "unit.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int unit_run(const char *suite, const struct unit_test *tests, size_t count)
{
    if (count == 0)
        return 77;
    setenv("LC_ALL", "C.UTF-8", 1);
    setenv("TZ", "UTC", 1);
    setenv("HOME", "/nonexistent", 1);
    unsetenv("XDG_CONFIG_HOME");
    unsetenv("XDG_STATE_HOME");
    if (!setlocale(LC_ALL, "")) {
        fprintf(stderr, "the locale C.UTF-8 is missing\n");
        return 99;
    }
    tzset();
    Suite *s = suite_create(suite);
    for (size_t i = 0; i < count; i++) {
        TCase *one = tcase_create(tests[i].name);
        tcase_set_timeout(one, 60);
        tcase_add_test(one, tests[i].test);
        suite_add_tcase(s, one);
    }
    SRunner *runner = srunner_create(s);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
