/* sandbox: this process gives up what it does not need, for good: what reads the network then cannot start programs,
 * open files, or talk anything but UDP, whatever it is made to do.
 *
 * Three walls, each as far as the kernel has it: no_new_privs (prctl(2)); Landlock (landlock(7)): no file is opened but
 * to read the system's libraries and texts, and in the directories that are named; a filter of system calls
 * (seccomp(2), libseccomp): no fork, no exec, no other sockets, no signals that end others, no changed modes and
 * owners, no typing into the terminal (TIOCSTI). A call that is not let through fails with EPERM. host/broker does what
 * is missing then. */
#ifndef UDPTALK_HOST_SANDBOX_H
#define UDPTALK_HOST_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>

enum { SANDBOX_TEXT = 200 };

/* What holds. */
struct sandbox {
    bool no_new_privs;
    int landlock;         /* the version of its interface, 0: not */
    int landlock_error;   /* why not */
    bool filter;
    bool built;           /* this program was built with it (configure --disable-sandbox) */
};

/* Gives up. Files in the directories `own` (and below; those that are not there are left out) may still be read and
 * written. What the kernel lacks is left out: it never fails. */
void sandbox_enter(struct sandbox *s, const char *const *own, size_t count);

bool sandbox_is_whole(const struct sandbox *s);

/* What holds and what does not, in a few words. `text` has SANDBOX_TEXT bytes. Returns `text`. */
char *sandbox_describe(const struct sandbox *s, char *text);

#endif
