/* fuzz: what all fuzz targets have in common.
 *
 * A target is a file with one function, LLVMFuzzerTestOneInput(). It hands bytes that may be anything to a module, as
 * the module's header allows, and claims what that header promises. It keeps nothing from one call to the next, so that
 * an input does the same alone and among others, and frees all that it takes. libFuzzer calls it, or fuzz/replay.c.
 *
 * Inputs are read as what the module reads, a file or a line as it is, so that samples can be made by hand. Only where
 * there is no such form (a schedule, an address with a size) are they taken apart with struct fuzz_input. */
#ifndef UDPTALK_FUZZ_FUZZ_H
#define UDPTALK_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buffer.h"

/* The target. Returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Once, before the first input: the locale C.UTF-8, UTC, no home. Returns 0. */
int LLVMFuzzerInitialize(int *argc, char ***argv);

/* Ends the program with `what`, the promise that was broken, unless it `holds`. */
void fuzz_claim(bool holds, const char *what);

/* The same for two runs of bytes that have to be equal; both are shown where they part. */
void fuzz_claim_equal(const struct buffer *one, const struct buffer *other, const char *what);

/* A copy of the bytes of just that length, so that a sanitizer sees the first step too far; for fuzz_text() with a NUL
 * behind them, up to the first NUL in them. The caller frees it. */
unsigned char *fuzz_copy(const void *data, size_t size);
char *fuzz_text(const void *data, size_t size);

/* An input that is taken apart from its front. */
struct fuzz_input {
    const uint8_t *data;
    size_t size;
};

/* The next number of so many bytes, 1 to 8, the lowest first; bytes behind the end are 0. */
uint64_t fuzz_number(struct fuzz_input *in, size_t bytes);

/* Claims that a sentence of ours of at most `room` bytes is there, and ends. */
void fuzz_claim_sentence(const char *why, size_t room);

#endif
