/* broker: a process beside ours that does what the sandbox (host/sandbox) keeps this one from: it opens the files that
 * the user names, puts whole files in their place, starts what looks names up, and finds out who has a port. It never
 * reads what comes from the network, and runs no commands.
 *
 * It is forked before there is anything to hide, ends with this process, and takes one request at a time over a pair of
 * sockets; descriptors come back over it. Signals of the terminal and of whoever ends a service do not end it: what
 * this process still wants to save then needs it.
 *
 * A request waits for its answer, as the system call in its place would. Where `b` is NULL this process does it itself.
 *
 * Invariant: one request, one answer. Functions return 0 or a descriptor, or −1 with errno: ESRCH when the broker is
 * gone. */
#ifndef UDPTALK_HOST_BROKER_H
#define UDPTALK_HOST_BROKER_H

#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "host/file_place.h"
#include "host/identity.h"
#include "host/port_owner.h"

struct broker;

/* Forks. What is forked becomes `who` at once, where that is not NULL. Returns NULL with errno. */
struct broker *broker_new(const struct identity *who);
void broker_free(struct broker *b);

/* Hangs up (poll(2): POLLHUP) when the broker is gone; nothing else is to be done with it. */
int broker_fd(const struct broker *b);

/* Opens to read, without waiting for what is none yet (a pipe's writer, a device). The descriptor is the caller's. */
int broker_open(struct broker *b, const char *path);

int broker_stat(struct broker *b, const char *path, struct stat *is);

/* Makes a directory for the user alone. */
int broker_make_directory(struct broker *b, const char *path);

/* As those of host/file_place. */
int broker_begin(struct broker *b, const char *path, mode_t mode, struct file_place *p, int *fd);
int broker_append(struct broker *b, const char *path, mode_t mode, struct file_place *p, int *fd);
int broker_settle(struct broker *b, const char *beside, const char *path);
void broker_drop(struct broker *b, const char *beside);

/* No file is wanted any more: from now on the broker refuses whatever is about one, with EACCES. */
void broker_leave_files(struct broker *b);

int broker_port_owner(struct broker *b, uint16_t port, struct port_owner *out);

/* Starts a process that looks names up, as host/helper wants it: returns our end, and its id. broker_end_helper() kills
 * it. `b` is not NULL for these. */
int broker_start_helper(struct broker *b, pid_t *pid);
void broker_end_helper(struct broker *b, pid_t pid);

#endif
