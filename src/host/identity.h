/* identity: whom the process runs as. Started as root it can become somebody with fewer rights, for good: user, groups,
 * and no way back by set-user-id programs.
 *
 * The name is looked up at the start, while files may still be read; it takes effect once the sockets are bound. */
#ifndef UDPTALK_HOST_IDENTITY_H
#define UDPTALK_HOST_IDENTITY_H

#include <stddef.h>
#include <sys/types.h>

enum { IDENTITY_NAME = 64, IDENTITY_GROUPS = 64 };

struct identity {
    char name[IDENTITY_NAME]; /* "": nobody else */
    uid_t user;
    gid_t group, groups[IDENTITY_GROUPS];
    int group_count;
};

/* Finds a user by name. Returns 0, or −1 and a sentence in `why`: there is none, it is root, or this process is not
 * root. */
int identity_find(struct identity *who, const char *name, char *why, size_t why_size);

/* Becomes it, with no_new_privs (prctl(2)). Returns 0, or −1 with errno: then the process must not go on. */
int identity_become(const struct identity *who);

#endif
