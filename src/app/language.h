/* language: in which language the program speaks.
 *
 * --lang's, or else what the environment asks for by gettext's rules: LANGUAGE, LC_ALL, LC_MESSAGES, LANG. The
 * translations are looked for where they were installed, or in TEXTDOMAINDIR. In a locale that is not UTF-8 the program
 * speaks English. core/words.h tells what is translated and what never is. */
#ifndef UDPTALK_APP_LANGUAGE_H
#define UDPTALK_APP_LANGUAGE_H

#include <stddef.h>

/* Before anything else, and before the program gives up opening files: takes the environment's locale, and `wanted`, a
 * language as in "zh_CN", or NULL. Returns 0, or −1 and a sentence where the wanted one is not to be had; then it is
 * the environment's. */
int language_start(const char *wanted, char *why, size_t why_size);

#endif
