/* past: the lines that were typed before, kept in libedit's History and in a file.
 *
 * Invariant: at most `max` entries, each non-empty valid UTF-8 without NUL of at most PAST_ENTRY_MAX characters; none
 * equals the one before it. Entries are counted backwards: 1 is the newest, 0 is none. Texts handed out are good until
 * the next change. */
#ifndef UDPTALK_EDIT_PAST_H
#define UDPTALK_EDIT_PAST_H

#include <stddef.h>

enum { PAST_ENTRY_MAX = 65536 };

struct past;

/* Returns NULL with ENOMEM. */
struct past *past_new(size_t max);
void past_free(struct past *p);

/* Adds a newest entry, unless the text is empty, unfit or equal to the newest. */
void past_add(struct past *p, const unsigned char *text, size_t len);

size_t past_count(const struct past *p);

/* The entry `back`, NUL-terminated, or NULL. */
const char *past_get(const struct past *p, size_t back, size_t *len);

/* The first entry that holds `pattern`, from `back` on towards older ones (`step` 1) or newer ones (−1). Sets *at to
 * where. Returns 0 for none. */
size_t past_find(const struct past *p, size_t back, int step, const char *pattern, size_t *at);

/* Puts the entries of a file before those added here. A missing file holds none. Return 0, or −1 with errno. */
int past_load(struct past *p, const char *path);

/* Writes what the file holds by now and behind it what was added here, through a new file of mode 0600 that takes the
 * old one's place. Missing directories on the way are made, with mode 0700. */
int past_save(struct past *p, const char *path);

/* Writes what was added since behind what the file has, at once, so that nothing is lost when this program is: the file is
 * bounded again by the next past_save(). past_unsaved() says how many entries are in no file. Returns 0, or −1 with errno
 * (or where another program saves just now): they remain to be written. */
int past_append(struct past *p, const char *path);
size_t past_unsaved(const struct past *p);

#endif
