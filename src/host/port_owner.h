/* port_owner: which process holds a UDP port, where the system tells. */
#ifndef UDPTALK_HOST_PORT_OWNER_H
#define UDPTALK_HOST_PORT_OWNER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct port_owner {
    pid_t pid;
    char name[64]; /* the command's name as it calls itself: untrusted bytes, NUL-terminated */
};

/* Looks through /proc. Returns 0 with the first process found that holds a UDP socket bound to that port, or −1 with
 * errno (ENOENT: the system does not tell). */
int port_owner_find(uint16_t port, struct port_owner *out);

#endif
