/* made_up: entries for the tests of what is written and read: a small journal that looks like one, and random ones with
 * everything in them. */
#ifndef UDPTALK_TESTS_MADE_UP_H
#define UDPTALK_TESTS_MADE_UP_H

#include <stddef.h>
#include <stdint.h>

#include "core/entry.h"
#include "core/journal.h"

/* 2026-11-22 15:31:10.123456789 UTC */
#define MADE_UP_WALL INT64_C(1795361470123456789)

uint32_t made_up_random(uint64_t *state);

/* "127.0.0.1:12000", "[::1]:9"; NULL for none. */
struct address made_up_address(const char *text);

/* A datagram of that text, at MADE_UP_WALL. */
struct entry made_up_datagram(uint64_t n, enum role role, enum direction dir, const char *local, const char *peer, const void *data, size_t len);

/* Appends a session of both endpoints to the journal: an answered line, one that is not, one that the system did not
 * take, a reply that was held back, hostile bytes, a cut datagram, a call, notices. Its last number is returned. */
uint64_t made_up_session(struct journal *j);

/* Appends one random entry of any kind: every flag, event and errno, addresses of all sorts, payloads of all sorts and
 * sizes. */
void made_up_append(struct journal *j, uint64_t *state);

#endif
