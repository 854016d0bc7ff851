/* call: a socket call as it happened: which, with which arguments, with which result.
 *
 * Calls are journalled in binary, packed into an entry's bytes, and put into words only when somebody looks: writing
 * one down costs a copy. Of the bytes that went through a call a sample is kept: the datagram itself has an entry of
 * its own.
 *
 * A call that was read from a file has its words only: they are packed as they are, and come out again unchanged. In
 * both forms the words are harmless on a terminal. */
#ifndef UDPTALK_CORE_CALL_H
#define UDPTALK_CORE_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/address.h"
#include "core/buffer.h"
#include "core/entry.h"

enum call_id {
    CALL_SOCKET,
    CALL_BIND,
    CALL_CONNECT,
    CALL_GETSOCKNAME,
    CALL_SENDTO,
    CALL_SEND,
    CALL_SENDMSG,
    CALL_RECVFROM,
    CALL_RECVMSG,
    CALL_SENDMMSG,
    CALL_RECVMMSG,
    CALL_SETSOCKOPT,
    CALL_CLOSE,
    CALL_POLL,
    CALL_COUNT
};

enum { CALL_SAMPLE = 32, CALL_POLLED = 8 };

/* One descriptor of a poll(2): events and revents are poll's own bits. */
struct call_polled {
    int32_t fd;
    int16_t events, revents;
};

struct call {
    enum call_id id;
    int fd;
    int numbers[3];             /* socket: family, type, protocol; setsockopt: level, option, value; send and receive: length, flags (sendmsg also: the size of a train's segments, 0: no train); sendmmsg, recvmmsg: messages, flags; poll: timeout in ms */
    int64_t result;
    int error;                  /* errno, 0 when it succeeded */
    struct address address;     /* bind, connect, sendto, and what recvfrom and getsockname told */
    const unsigned char *data;  /* what was sent or received */
    size_t len;
    struct call_polled polled[CALL_POLLED];
    size_t polled_count;
};

enum { CALL_ROOM = 160 };

/* Makes the journal's entry of a call; its bytes are packed into `room`. Times and role are left to the caller. */
void call_entry(const struct call *c, struct entry *e, unsigned char room[CALL_ROOM]);

struct call_word {
    const char *text;   /* `len` bytes, nothing terminates them */
    size_t len;
};

/* The same of a call in words, `count` > 0 of them: the name, then the arguments. What could harm a terminal is made
 * visible; call_words()'s own words stay as they are. The bytes go into `room`, which is emptied first; `e->data` is
 * `room`'s. Result and error are left to the caller too. Returns 0, or −1 with ENOMEM, or EMSGSIZE when that is more
 * than an entry holds. */
int call_entry_words(struct entry *e, struct buffer *room, const struct call_word *words, size_t count);

/* Puts an entry's call into words: the name (static, or the entry's), and each argument, NUL-terminated, appended to
 * `arguments`. Returns the name; "?" when the entry is not a call. Out of memory `arguments` are as they were, and
 * failed. */
const char *call_words(const struct entry *e, struct buffer *arguments);

/* "sendto" and the like. */
const char *call_name(enum call_id id);

/* What a call does, in a few sentences, and where to read on ("socket(2)"). */
struct call_about {
    const char *text, *page;
};

/* Of the call of that name; NULL where there is none. */
const struct call_about *call_about(const char *name);

/* Which call it is, CALL_COUNT where that is not known; whether a poll found the descriptor ready. */
enum call_id call_id_of(const struct entry *e);
bool call_found_ready(const struct entry *e, int fd);

/* Whether it reads the error queue (MSG_ERRQUEUE): its success is that an error came back. */
bool call_reads_errors(const struct entry *e);

/* Appends the call in short, as a figure has it: of flags the first alone, of a poll what it found. Returns 0, or −1
 * with ENOMEM. */
int call_brief(const struct entry *e, struct buffer *out);

/* Appends the call as one would write it: sendto(5, "hello", 5, 0, 127.0.0.1:12000) = 5. Returns 0, or −1 with
 * ENOMEM. */
int call_format(const struct entry *e, struct buffer *out);

#endif
