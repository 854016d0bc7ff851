/* child: what our helper processes have in common: how one is forked off clean, and ended.
 *
 * A child talks over one socket pair. It begins with every signal at its default and none blocked, with /dev/null as
 * its standard descriptors, and with its end of the pair, CHILD_FD, as the only other one: a socket or a terminal that
 * it kept would outlive the parent's own close. Both ends are closed by exec. */
#ifndef UDPTALK_HOST_CHILD_H
#define UDPTALK_HOST_CHILD_H

#include <sys/types.h>

enum { CHILD_FD = 3 };

/* What the child does; it ends when this returns. `parent` is the process that forked it. */
typedef void child_run(const void *context, pid_t parent);

/* Forks a child. Returns the parent's end of a SOCK_SEQPACKET pair, non-blocking, and the child's id in *pid; or −1
 * with errno. The caller owns both, until child_wait(). */
int child_start(child_run *run, const void *context, pid_t *pid);

/* Waits for a child that ends by itself or was killed. It has not been waited for before, so its id can be nobody
 * else's. errno is kept. */
void child_wait(pid_t pid);

/* For a process that is forked by other means: all signals at their default, none blocked. */
void child_reset_signals(void);

/* Likewise: `fd` becomes CHILD_FD, everything else is closed. Returns 0, or −1 with errno. */
int child_keep_only(int fd);

#endif
