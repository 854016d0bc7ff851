/* helper: the process that looks names up, which may block, so that the loop never does.
 *
 * Started on the first request, by the broker where there is one (host/broker), else forked here; talks over a
 * SEQPACKET socket pair; can be given up on at any time (it is killed and a new one is forked when needed). It dies
 * with its parent (PR_SET_PDEATHSIG, and end of file on its socket). Whoever forked it reaps it, by its own id only.
 *
 * Invariant: at most one request is under way. Whoever owns the helper owns its answers. */
#ifndef UDPTALK_HOST_HELPER_H
#define UDPTALK_HOST_HELPER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/address.h"

enum { HELPER_ADDRESSES = 16 };

struct helper_answer {
    int error;          /* 0, or a getaddrinfo(3) EAI_ code */
    int system_error;   /* errno when error is EAI_SYSTEM */
    size_t count;
    struct address addresses[HELPER_ADDRESSES]; /* in the order to try, without doubles */
};

struct broker;

struct helper {
    int fd;      /* −1 while there is no process */
    pid_t pid;
    bool busy;
    struct broker *broker; /* starts it, or NULL: this process does */

    /* What the process runs for each request: getaddrinfo(3) unless a test puts something else here before the first
     * one. `out` is all zeros. */
    void (*resolve)(const char *host, int family, uint16_t port, struct helper_answer *out);
};

void helper_init(struct helper *h, struct broker *b);

/* Forks the process: returns our end of what it talks over, −1 with errno, and its id. `h`: whose `resolve` it runs;
 * NULL: the usual one. For the broker, and for this module. */
int helper_start(const struct helper *h, pid_t *pid);

/* Asks for the addresses of `host` (family AF_UNSPEC, AF_INET or AF_INET6) with that port. Returns 0, or −1 with errno
 * (EBUSY while one is under way). */
int helper_lookup(struct helper *h, const char *host, int family, uint16_t port);

/* The descriptor to poll for POLLIN while busy, else −1. */
int helper_fd(const struct helper *h);

/* Takes the answer. Returns 1 with it, 0 when it is not there yet, −1 when the helper died (errno; it is cleared
 * away). */
int helper_answer(struct helper *h, struct helper_answer *out);

/* Gives up what is under way. */
void helper_cancel(struct helper *h);

/* Ends the process and frees. */
void helper_done(struct helper *h);

/* A sentence for a failed answer, and where it helps what to do: "no such host: check the spelling, ...". It does not
 * name the host, which the answer does not hold. Valid until the next call. */
const char *helper_error(const struct helper_answer *a);

#endif
