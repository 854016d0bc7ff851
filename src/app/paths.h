/* paths: where the files of the user are, by the XDG base directory specification. */
#ifndef UDPTALK_APP_PATHS_H
#define UDPTALK_APP_PATHS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/buffer.h"
#include "core/script.h"
#include "host/broker.h"

/* The start-up file, the history, the named messages, where one was in the lessons. Return false when there is neither
 * the variable nor a HOME, or no room. */
bool paths_config(char *path, size_t room);
bool paths_history(char *path, size_t room);
bool paths_names(char *path, size_t room);
bool paths_lessons(char *path, size_t room);

/* Makes the directories that a path goes through, for the user alone. Returns 0, or −1 with errno. */
int paths_make_directory(struct broker *b, const char *path);

/* A path as a shell takes it: ~/ is the user's own directory. */
void paths_expand(char *to, size_t room, const char *path);

/* Reads a file of commands and parses it whole. Returns 0 (also when there is no such file), or −1 and a sentence in
 * `why`. */
int paths_read_script(const char *path, struct script *script, char *why, size_t why_size);

enum { PATHS_LONGEST = 64 << 20 }; /* as much as one reads while the loop stands */

/* Reads a regular file of at most `most` bytes; a path as of paths_expand(). What is none may never end, or never begin
 * (a pipe without a writer), and the loop stands meanwhile: EINVAL. Returns 0, or −1 with errno: EISDIR, EFBIG. */
int paths_read_regular(struct broker *b, const char *path, size_t most, struct buffer *out);

/* For the start, before the loop runs: reads a whole file of any kind, of at most a megabyte. Returns 0, or −1 with
 * errno. */
int paths_read_file(const char *path, struct buffer *out);

#endif
