/* error: what the errors of the socket calls mean here, and what to do. One table, shown on screens, by /why and in the
 * manual. */
#ifndef UDPTALK_CORE_ERROR_H
#define UDPTALK_CORE_ERROR_H

#include <stddef.h>

struct error_info {
    int error;             /* errno */
    const char *meaning;   /* what happened, in plain words */
    const char *advice;    /* what to do about it */
};

/* The row of an errno, or NULL when the table has none. */
const struct error_info *error_find(int error);

/* The rows in order; NULL past the end. */
const struct error_info *error_at(size_t index);

/* The system's own words, in English: strerror() has them in the user's language. Never NULL. */
const char *error_words(int error);

/* The meaning, or the system's own words where there is no row; never NULL. The advice, or "". */
const char *error_meaning(int error);
const char *error_advice(int error);

/* What to do when a file could not be had or written, to be put behind the system's own words: "; make room there, or
 * name another place". "" where these say enough. */
const char *error_file_advice(int error);

#endif
