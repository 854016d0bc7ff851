/* faults: the app in this very process, with socket calls that fail when the test says so.
 *
 * The program that uses it is linked with -Wl,--wrap for each call of enum fault_call: the calls of the code under test
 * come here first. A fault that was set answers for the kernel, with an errno, as often as it was told to; all else
 * goes through. As with the kernel, a batch of which some messages pass returns how many did, and says nothing of the
 * error; what is set for trains is met by the first train of a batch.
 *
 * A stage is the app on a loop, started as the command line says. Nothing sleeps: stage_wait() turns the loop until the
 * journal has what is wanted; its deadline is ten seconds, times the number in UDPTALK_TEST_PATIENCE. */
#ifndef UDPTALK_TESTS_FAULTS_H
#define UDPTALK_TESTS_FAULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/app.h"

enum fault_call {
    FAULT_SOCKET, FAULT_BIND, FAULT_CONNECT, FAULT_SENDTO, FAULT_SEND, FAULT_SENDMSG, FAULT_SENDMMSG, FAULT_RECV, FAULT_RECVFROM, FAULT_RECVMSG,
    FAULT_RECVMMSG, FAULT_SETSOCKOPT, FAULT_GETSOCKNAME, FAULT_POLL,
    FAULT_CALLS
};

struct fault {
    enum fault_call call;
    int error;
    int times;     /* how often it still fails */
    int fd;        /* only on this descriptor, 0: on any */
    int detail;    /* only with this: setsockopt's option, a flag of recvmsg, UDP_SEGMENT: a train; 0: with any */
};

/* Sets what fails from now on (NULL: nothing), and counts calls anew. */
void fault_set(const struct fault *f);

/* Of the fault set, on sendmmsg or recvmmsg: so many messages of the next one pass first, and the one behind it
 * fails. */
void fault_pass(unsigned messages);

/* How often the call of the fault last set was made since, on its descriptor and with its detail, failed or not. */
int fault_made(void);

/* How often it can still fail. */
int fault_left(void);

/* From now on each call fails with this chance in a thousand, with an errno that suits it; 0: none. Every other batch
 * fails behind some of its messages only. Counts what failed. */
void fault_random(uint64_t seed, unsigned per_thousand);

/* Narrows that to some calls (1 << enum fault_call, or-ed; 0: all) and to one descriptor (0: any). */
void fault_random_only(unsigned calls, int fd);
uint64_t fault_random_count(void);

struct stage {
    struct options options;
    struct loop *loop;
    struct app app;
    bool late;
    struct loop_timer deadline;
    bool (*until)(struct stage *s, const void *context);
    const void *context;
};

/* Starts the app. `args` is what follows the program's name, ending with NULL. Returns what app_start() returned. */
int stage_open(struct stage *s, const char *const args[]);
void stage_close(struct stage *s);

/* Turns the loop until `until` says true. Fails the test when it does not in time: `what` was wanted. */
void stage_wait(struct stage *s, const char *what, bool (*until)(struct stage *s, const void *context), const void *context);

/* One turn of the loop, which does not sleep. */
void stage_turn(struct stage *s);

/* What to look for in the journal; what is 0 or NULL is not looked at. `flags` are all set, `without` all clear. */
struct wanted {
    enum entry_kind kind;
    enum role role;
    enum direction dir;
    enum event event;
    int error;
    unsigned flags, without;
    uint64_t reply_to, after;  /* `after`: only entries of a higher number */
    const char *text;          /* in its bytes */
    const char *call;          /* calls: its name */
};

/* The first such entry, its bytes good until the next append. stage_count() counts them. stage_expect() fails the test
 * when there is none; stage_wait_for() turns the loop until there is. */
bool stage_find(struct stage *s, const struct wanted *w, struct entry *out);
size_t stage_count(struct stage *s, const struct wanted *w);
struct entry stage_expect(struct stage *s, const struct wanted *w);
struct entry stage_wait_for(struct stage *s, const struct wanted *w);

/* The newest entry's number. */
uint64_t stage_now(struct stage *s);

/* Runs a command; returns what app_run() returned. */
int stage_command(struct stage *s, const char *text);

/* Sends a text from the client and waits until it is answered in upper case; nothing may fail. */
void stage_talk(struct stage *s, const char *text);

/* Prints what the journal has to standard error. */
void stage_show(struct stage *s);

/* How many descriptors this process has open. */
int stage_descriptors(void);

#endif
