/* units: how people write times, sizes and counts, read and written.
 *
 * Pure. Readers take the whole text or nothing: they return −1 with EINVAL for anything that is not exactly one
 * value. */
#ifndef UDPTALK_CORE_UNITS_H
#define UDPTALK_CORE_UNITS_H

#include <stddef.h>
#include <stdint.h>

#define UNITS_SECOND INT64_C(1000000000) /* ns */

/* A TIME: "500ms", "2s", "1.5", "20us", "3m"; a bare number is seconds. At most 10^9 s. Returns ns. */
int64_t units_parse_time(const char *text);

/* A SIZE in bytes: "4096", "64K", "64M", "1G" (powers of 1,024; a trailing B is fine). Returns bytes, at most 2^53. */
int64_t units_parse_size(const char *text);

/* A count from `low` to `high`, decimal digits only. */
int64_t units_parse_count(const char *text, int64_t low, int64_t high);

enum { UNITS_TEXT = 32 }; /* room for any of the texts below */

/* "0.081 ms", "12.3 ms", "2.500 s": to the microsecond below 10 ms, then to a tenth of a millisecond, then to the
 * millisecond. */
char *units_format_rtt(int64_t ns, char *text);

/* A time as one would say it: "2 s", "500 ms", "1.5 s", "35 ns". */
char *units_format_time(int64_t ns, char *text);

/* "1,234,567". */
char *units_format_count(uint64_t count, char *text);

/* "15:31:10.123" of a wall time in ns, in the local time zone; or with `digits` 0–9 after the point. `cache` remembers
 * the second (start with a zeroed one). */
struct units_clock {
    int64_t second;
    char text[16];
};
char *units_format_clock(int64_t wall, int digits, struct units_clock *cache, char *text);

/* A time of the day: "15:31", "15:31:10", "15:31:10.5". Returns ns since midnight. */
int64_t units_parse_clock(const char *text);

/* The wall time that shows that time of the day, the newest one not behind `wall`, in the local time zone; `wall`
 * itself where that is before the first time that 64 bits hold. */
int64_t units_last_clock(int64_t clock, int64_t wall);

/* How much later `to` is than `from`, ns; the most or least that 64 bits hold where it is beyond: a file may have any
 * times. */
int64_t units_between(int64_t from, int64_t to);

/* "2026-11-22T15:31:10.123456789Z". */
char *units_format_utc(int64_t wall, char *text);

/* Reads that back, with none to nine digits behind the point. Sets *wall, any time that it can hold (1677 to 2262).
 * Returns 0, or −1 with EINVAL. */
int units_parse_utc(const char *text, int64_t *wall);

#endif
