#include "config.h"

#include "host/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* The parent blocks signals for its signalfd and ignores others. Inherited, that would leave the child deaf to all but
 * SIGKILL. */
void child_reset_signals(void)
{
    sigset_t none;
    for (int number = 1; number < NSIG; number++)
        signal(number, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

int child_keep_only(int fd)
{
    if (fd != CHILD_FD && dup3(fd, CHILD_FD, O_CLOEXEC) < 0)
        return -1;
    int null = open("/dev/null", O_RDWR);
    if (null < 0)
        return -1;
    for (int i = 0; i < CHILD_FD; i++) {
        if (dup2(null, i) < 0)
            return -1;
    }
    closefrom(CHILD_FD + 1);
    return 0;
}

int child_start(child_run *run, const void *context, pid_t *pid)
{
    int ends[2];
    pid_t parent = getpid();
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
        return -1;
    *pid = fcntl(ends[0], F_SETFL, O_NONBLOCK) < 0 ? -1 : fork();
    if (*pid == 0) {
        child_reset_signals();
        if (child_keep_only(ends[1]) == 0)
            run(context, parent);
        _exit(0); /* the parent's exit handlers and unwritten output are not ours */
    }
    int error = errno;
    close(ends[1]);
    if (*pid > 0)
        return ends[0];
    close(ends[0]);
    errno = error;
    return -1;
}

void child_wait(pid_t pid)
{
    int error = errno;
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
    errno = error;
}
