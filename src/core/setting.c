#include "config.h"

#include "core/setting.h"

#include <stdio.h>
#include <string.h>

#include "core/units.h"
#include "core/words.h"

static const struct setting_info table[SETTING_COUNT] = {
    [SETTING_WAIT] = {"wait", SETTING_IS_TIME, 0, 86400 * UNITS_SECOND, 2 * UNITS_SECOND, N_("how long an answer is waited for; 0: none is expected")},
    [SETTING_READ_SIZE] = {"read-size", SETTING_IS_SIZE, 1, 65536, 65536, N_("recvfrom's length: what is longer is cut, as with the textbook's 2048")},
    [SETTING_RCVBUF] = {"rcvbuf", SETTING_IS_SIZE, 256, 1 << 30, 4 << 20, N_("the kernel's receive buffer that is asked for")},
    [SETTING_SNDBUF] = {"sndbuf", SETTING_IS_SIZE, 256, 1 << 30, -1, N_("the kernel's send buffer that is asked for")},
    [SETTING_BROADCAST] = {"broadcast", SETTING_IS_SWITCH, 0, 1, 0, N_("allow sending to broadcast addresses")},
    [SETTING_TTL] = {"ttl", SETTING_IS_NUMBER, 1, 255, -1, N_("how many routers a datagram may pass (multicast too)")},
    [SETTING_TOS] = {"tos", SETTING_IS_NUMBER, 0, 255, -1, N_("type of service: the priority that routers may look at")},
    [SETTING_GROUP_LOOP] = {"group-loop", SETTING_IS_SWITCH, 0, 1, 1, N_("what goes to a multicast group comes back to members on this machine")},
    [SETTING_LOW_PORTS] = {"low-ports", SETTING_IS_SWITCH, 0, 1, 0, N_("the server answers ports below 1024 too")},
    [SETTING_LOOP_GUARD] = {"loop-guard", SETTING_IS_LIMIT, 0, 1000000, 256, N_("repeats in a row from one source after which a reply is left out")},
    [SETTING_REPLY_RATE] = {"reply-rate", SETTING_IS_LIMIT, 0, 100000000, 10000, N_("replies a second to one source beyond this machine")},
    [SETTING_OFFLOAD] = {"offload", SETTING_IS_SWITCH, 0, 1, 1, N_("under load, datagrams pass the kernel in trains (UDP_SEGMENT, UDP_GRO); what is seen never differs")},
    [SETTING_PLAIN] = {"plain", SETTING_IS_SWITCH, 0, 1, 0, N_("one recvfrom and one sendto for each datagram, under load too")},
    [SETTING_MATCH] = {"match", SETTING_IS_BYTES, 0, INT64_MAX, 0, N_("what an answer shares with its request: its content, or those bytes, from 0")},
    [SETTING_RETRY] = {"retry", SETTING_IS_NUMBER, 0, 100, 0, N_("how often what is not answered in time is sent again")},
    [SETTING_RELAY_IDLE] = {"relay-idle", SETTING_IS_TIME, 0, 86400 * UNITS_SECOND, 60 * UNITS_SECOND, N_("a relay lets a client go that was silent for that long; 0: never")},
    [SETTING_SERVER_SIDE] = {"server", SETTING_IS_SIDE, 0, SIDE_RIGHT, SIDE_AUTO, N_("where the server stands in figure, ladder and panes side by side: auto, left, right")},
    [SETTING_MOUSE] = {"mouse", SETTING_IS_SWITCH, 0, 1, 0, N_("the wheel scrolls, a click sets the focus; Shift then selects text")},
};

const struct setting_info *setting_info(enum setting setting)
{
    return &table[setting];
}

const char *setting_takes(enum setting setting)
{
    static const char *const takes[] = {
        [SETTING_IS_TIME] = "TIME",           [SETTING_IS_SIZE] = "SIZE",
        [SETTING_IS_NUMBER] = "NUMBER",       [SETTING_IS_SWITCH] = "on|off",
        [SETTING_IS_LIMIT] = "NUMBER|off",    [SETTING_IS_SIDE] = "auto|left|right",
        [SETTING_IS_BYTES] = "content|bytes A-B",
    };
    return takes[table[setting].kind];
}

int setting_find(const char *name)
{
    for (int i = 0; i < SETTING_COUNT; i++)
        if (strcmp(table[i].name, name) == 0)
            return i;
    return -1;
}

static const char *const sides[SIDES] = {"auto", "left", "right"};

static int64_t parse_side(const char *text)
{
    int side = 0;
    while (side < SIDES && strcmp(sides[side], text) != 0)
        side++;
    return side < SIDES ? side : -1;
}

static void say_expected(const struct setting_info *s, char *expected)
{
    char low[UNITS_TEXT], high[UNITS_TEXT];
    units_format_count((uint64_t)s->low, low);
    units_format_count((uint64_t)s->high, high);
    switch (s->kind) {
    case SETTING_IS_TIME: snprintf(expected, SETTING_TEXT, _("a time: 500ms, 2s or seconds")); break;
    case SETTING_IS_SIZE: snprintf(expected, SETTING_TEXT, _("a size from %s to %s"), low, high); break;
    case SETTING_IS_NUMBER: snprintf(expected, SETTING_TEXT, _("a number from %s to %s"), low, high); break;
    case SETTING_IS_SIDE: snprintf(expected, SETTING_TEXT, _("auto, left or right")); break;
    case SETTING_IS_SWITCH: snprintf(expected, SETTING_TEXT, _("on or off")); break;
    case SETTING_IS_BYTES: snprintf(expected, SETTING_TEXT, _("content, or bytes A-B: bytes 0-1")); break;
    case SETTING_IS_LIMIT: snprintf(expected, SETTING_TEXT, _("a number up to %s, or off"), high); break;
    }
}

/* "bytes 0-1", "content". */
static int64_t parse_bytes(const char *text)
{
    char first[8], last[8];
    if (strcmp(text, "content") == 0)
        return 0;
    if (sscanf(text, "bytes %7[0-9]-%7[0-9]", first, last) != 2 ||
        strlen(text) != strlen("bytes -") + strlen(first) + strlen(last))
        return -1;
    int64_t from = units_parse_count(first, 0, 65526), to = units_parse_count(last, 0, 65526);
    return from >= 0 && to >= from ? from << 32 | (to + 1) : -1;
}

int setting_parse(enum setting setting, const char *text, int64_t *value, char *expected)
{
    const struct setting_info *s = &table[setting];
    int64_t parsed = -1;
    switch (s->kind) {
    case SETTING_IS_TIME: parsed = units_parse_time(text); break;
    case SETTING_IS_SIZE: parsed = units_parse_size(text); break;
    case SETTING_IS_SWITCH: parsed = strcmp(text, "on") == 0 ? 1 : strcmp(text, "off") == 0 ? 0 : -1; break;
    case SETTING_IS_SIDE: parsed = parse_side(text); break;
    case SETTING_IS_BYTES: parsed = parse_bytes(text); break;
    case SETTING_IS_LIMIT: parsed = strcmp(text, "off") == 0 ? 0 : units_parse_count(text, 1, s->high); break;
    case SETTING_IS_NUMBER: parsed = units_parse_count(text, s->low, s->high); break;
    }
    if (parsed < s->low || parsed > s->high) {
        say_expected(s, expected);
        return -1;
    }
    *value = parsed;
    return 0;
}

char *setting_format(enum setting setting, int64_t value, char *text)
{
    const struct setting_info *s = &table[setting];
    if (value < 0)
        snprintf(text, SETTING_TEXT, N_("the system's"));
    else if (s->kind == SETTING_IS_TIME)
        units_format_time(value, text);
    else if (s->kind == SETTING_IS_BYTES && value)
        snprintf(text, SETTING_TEXT, "bytes %lld-%lld", (long long)(value >> 32), (long long)(value & 0xffffffff) - 1);
    else if (s->kind == SETTING_IS_BYTES)
        snprintf(text, SETTING_TEXT, "content");
    else if (s->kind == SETTING_IS_SIDE)
        snprintf(text, SETTING_TEXT, "%s", sides[value]);
    else if (s->kind == SETTING_IS_SWITCH)
        snprintf(text, SETTING_TEXT, value ? "on" : "off");
    else if (s->kind == SETTING_IS_LIMIT && value == 0)
        snprintf(text, SETTING_TEXT, "off");
    else
        units_format_count((uint64_t)value, text);
    return text;
}
