/* setting: what /set can set. One table feeds the parser, completion, the help, /status and the test of the manual.
 *
 * A value is a number; −1 means the system's own, where that makes sense. Pure: who applies a value is the app. */
#ifndef UDPTALK_CORE_SETTING_H
#define UDPTALK_CORE_SETTING_H

#include <stddef.h>
#include <stdint.h>

enum setting {
    SETTING_WAIT,
    SETTING_READ_SIZE,
    SETTING_RCVBUF,
    SETTING_SNDBUF,
    SETTING_BROADCAST,
    SETTING_TTL,
    SETTING_TOS,
    SETTING_GROUP_LOOP,
    SETTING_LOW_PORTS,
    SETTING_LOOP_GUARD,
    SETTING_REPLY_RATE,
    SETTING_OFFLOAD,
    SETTING_PLAIN,
    SETTING_MOUSE,
    SETTING_MATCH,
    SETTING_RETRY,
    SETTING_RELAY_IDLE,
    SETTING_SERVER_SIDE,
    SETTING_COUNT
};

enum setting_kind {
    SETTING_IS_TIME,     /* ns */
    SETTING_IS_SIZE,     /* bytes */
    SETTING_IS_NUMBER,
    SETTING_IS_SWITCH,   /* on, off */
    SETTING_IS_LIMIT,    /* a number, or off (0) */
    SETTING_IS_SIDE,     /* auto, left, right: enum setting_side */
    SETTING_IS_BYTES,    /* bytes A-B: A × 2^32 + B + 1, or content (0) */
};

/* Where the server stands; as each view has it by itself. */
enum setting_side { SIDE_AUTO, SIDE_LEFT, SIDE_RIGHT, SIDES };

struct setting_info {
    const char *name;
    enum setting_kind kind;
    int64_t low, high, initial;
    const char *help;
};

const struct setting_info *setting_info(enum setting setting);

/* The setting of that name, or −1. */
int setting_find(const char *name);

/* What stands behind its name: "TIME", "on|off". */
const char *setting_takes(enum setting setting);

enum { SETTING_TEXT = 96 };

/* Reads a value. Returns 0, or −1 and what it takes in `expected` (SETTING_TEXT bytes). */
int setting_parse(enum setting setting, const char *text, int64_t *value, char *expected);

/* "2 s", "on", "4,096", "the system's". */
char *setting_format(enum setting setting, int64_t value, char *text);

#endif
