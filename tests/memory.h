/* memory: allocations that fail when a test says so.
 *
 * The program that uses it is linked with $(memory_flags) of Makefile.am: what the code under test allocates comes here
 * first, what libraries allocate inside does not. Check allocates too: make no assertion while something is set to
 * fail. */
#ifndef UDPTALK_TESTS_MEMORY_H
#define UDPTALK_TESTS_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/* The nth allocation from now fails (1: the next; 0: none), with `onward` all behind it too. */
void memory_fail(size_t nth, bool onward);

/* Whether one failed since. */
bool memory_failed(void);

#endif
