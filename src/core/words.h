/* words: sentences for people, in their language.
 *
 * `_()` marks a sentence where it is made and gives it in the reader's language (gettext), ngettext() does so where it
 * counts something; N_() only marks what stands in a table, and whoever shows it says `_()`. po/ has the translations,
 * app/language chooses one. English is what the code says itself; where nothing was chosen, that is all.
 *
 * What other programs read stays English: files, JSON, the lines of a server's log. Whoever writes them does so between
 * words_plain() and words_back(). A notice is kept in English, with its translation behind it (words_pair()).
 *
 * C_() is `_()` of a word that alone says too little to its translator ("to"), or that is a name elsewhere ("close"):
 * its context goes along, unseen, and words_pair() takes it for no word of a notice. NC_() marks such a word in a
 * table, for words_within() to show. */
#ifndef UDPTALK_CORE_WORDS_H
#define UDPTALK_CORE_WORDS_H

#include <libintl.h>
#include <locale.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#define _(text) words_say(text)
#define N_(text) text
#define C_(context, text) words_within(NC_(context, text))
#define NC_(context, text) context "\004" text

/* What NC_() marked, in the reader's language, or in English without its context. */
const char *words_within(const char *marked) __attribute__((format_arg(1)));

/* gettext(), and "" for "", of which gettext would say who made the translations. */
static inline const char *words_say(const char *text) __attribute__((format_arg(1)));

static inline const char *words_say(const char *text)
{
    return *text ? gettext(text) : text;
}

/* Whether there is another language than English in use. */
bool words_translated(void);

/* Until words_back(), with what this returned, `_()` is English in this thread. Where memory fails the language
 * stays. */
locale_t words_plain(void);
void words_back(locale_t before);

/* Formats as vsnprintf() does: in English into `plain`, and in the reader's language into `said`, "" where that is no
 * other. A %s whose argument is a sentence or word of the program itself is translated too, but not one in quotes,
 * which is quoted. Of formats it knows %% and d, u, x, c and s, with flags, widths, precisions, the lengths l, ll and
 * z, and numbered arguments up to nine. Both are cut at `size` bytes. */
void words_pair(char *plain, char *said, size_t size, const char *format, va_list args);

#endif
