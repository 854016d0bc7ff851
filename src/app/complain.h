/* complain: what went wrong, on standard error, where no screen is (any more). */
#ifndef UDPTALK_APP_COMPLAIN_H
#define UDPTALK_APP_COMPLAIN_H

/* Writes "udptalk: ", the sentence and a newline. Whatever it quotes (names of files, of hosts, of the environment) is
 * made safe for a terminal. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
