/* manual: the text of man udptalk, inside the program.
 *
 * man/udptalk.txt is what mandoc(1) makes of man/udptalk.1 for a terminal, with lines so long that each paragraph is
 * one: whoever shows it wraps them. man/embed.awk makes C of it. A program that was built without mandoc and without
 * that file has no manual inside. A text is constant data, each line found by where it begins, so that nothing is made
 * of it at the start.
 *
 * Lines count from 0. A section's heading begins in column 0, a subsection's in column 3; all else stands further
 * right. An entry of a list is a line that begins with its tag; what is said of it stands behind a gap, or below. */
#ifndef UDPTALK_CORE_MANUAL_H
#define UDPTALK_CORE_MANUAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MANUAL_LINE = 4096 };

struct manual {
    const char *language;   /* "en", or the folder of man/ that it is from, such as "zh_CN" */
    const char *text;       /* as mandoc prints it: bold letters twice, with a backspace between, underlined ones behind a _ and a backspace */
    const uint32_t *starts; /* where each line begins; one more for the end */
    size_t lines;
};

enum manual_look { MANUAL_PLAIN, MANUAL_BOLD, MANUAL_UNDERLINED };

/* A line as it is read. */
struct manual_line {
    unsigned char text[MANUAL_LINE];
    unsigned char look[MANUAL_LINE]; /* of each byte, enum manual_look */
    size_t len;
    int indent;             /* blanks before the text */
    int hang;               /* the column in which what is said begins, where it stands behind a tag; else as `indent` */
};

/* The manuals that were built in (made by man/embed.awk); NULL past the end. */
const struct manual *manual_at(size_t index);

/* The one in that language, else the English one, else NULL. */
const struct manual *manual_in(const char *language);

/* Reads line n; an empty one past the end. What is longer than MANUAL_LINE is cut. */
void manual_read(const struct manual *m, size_t n, struct manual_line *line);

/* The headings that line n is under, "INTERACTIVE: Keys everywhere"; "" before the first one. */
void manual_section(const struct manual *m, size_t n, char *text, size_t room);

/* Finds what explains something: the line of the entry with that tag, alone or as one of several ("delay TIME" in
 * "delay TIME, jitter TIME"), below the heading; where it is not there, in the whole manual. An empty `entry` asks for
 * the heading. Of several entries it is the one furthest left, and of these the first. Returns true and the line in *n;
 * or false, and in *n the heading, or 0 where there is none either. */
bool manual_find(const struct manual *m, const char *heading, const char *entry, size_t *n);

#endif
