#include "config.h"

#include "host/port_owner.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { INODES = 16 };

/* Collects the inodes of the sockets in one of the kernel's tables (proc(5), /proc/net/udp) that are bound to the
 * port. */
static size_t find_inodes(const char *table, uint16_t port, unsigned long *inodes, size_t count)
{
    char line[512];
    FILE *f = fopen(table, "re");
    if (!f)
        return count;
    while (count < INODES && fgets(line, sizeof line, f)) {
        unsigned bound;
        unsigned long inode;
        /* no finding (cert-err34-c): the kernel's numbers */
        if (sscanf(line, " %*d: %*[0-9A-Fa-f]:%x %*s %*s %*s %*s %*s %*s %*s %lu", &bound, &inode) == 2 &&
            bound == port)
            inodes[count++] = inode;
    }
    fclose(f);
    return count;
}

static bool holds(int fds, const char *fd, const unsigned long *inodes, size_t count)
{
    char link[64], wanted[64];
    ssize_t len = readlinkat(fds, fd, link, sizeof link - 1);
    if (len < 0)
        return false;
    link[len] = '\0';
    for (size_t i = 0; i < count; i++) {
        snprintf(wanted, sizeof wanted, "socket:[%lu]", inodes[i]);
        if (strcmp(link, wanted) == 0)
            return true;
    }
    return false;
}

static bool process_holds(const char *pid, const unsigned long *inodes, size_t count)
{
    char path[300];
    snprintf(path, sizeof path, "/proc/%s/fd", pid);
    DIR *fds = opendir(path);
    bool found = false;
    for (struct dirent *d; fds && !found && (d = readdir(fds));)
        found = isdigit((unsigned char)d->d_name[0]) && holds(dirfd(fds), d->d_name, inodes, count);
    if (fds)
        closedir(fds);
    return found;
}

static void read_name(struct port_owner *out)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/comm", (int)out->pid);
    out->name[0] = '\0';
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t len = fd < 0 ? -1 : read(fd, out->name, sizeof out->name - 1);
    if (fd >= 0)
        close(fd);
    out->name[len > 0 ? len - 1 : 0] = '\0';
}

int port_owner_find(uint16_t port, struct port_owner *out)
{
    unsigned long inodes[INODES];
    size_t count = find_inodes("/proc/net/udp", port, inodes, 0);
    count = find_inodes("/proc/net/udp6", port, inodes, count);
    DIR *processes = count ? opendir("/proc") : NULL;
    out->pid = 0;
    for (struct dirent *d; processes && !out->pid && (d = readdir(processes));)
        if (isdigit((unsigned char)d->d_name[0]) && process_holds(d->d_name, inodes, count))
            out->pid = (pid_t)atoi(d->d_name); /* no finding (cert-err34-c): the kernel's number */
    if (processes)
        closedir(processes);
    if (!out->pid) {
        errno = ENOENT;
        return -1;
    }
    read_name(out);
    return 0;
}
