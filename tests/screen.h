/* screen: what the end-to-end tests of the program's screen share: starting and ending it, UDP sockets that play the
 * world around it, and a home directory that outlives a run.
 *
 * The environment names the program: UDPTALK. */
#ifndef UDPTALK_TESTS_SCREEN_H
#define UDPTALK_TESTS_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "terminal.h"

enum { SCREEN_ROWS = 24, SCREEN_COLS = 80, SCREEN_HOME = 128 };

/* Starts the program on 24 rows of 80 columns. `arguments` are those behind its name; they and `env` end with NULL. */
struct terminal *screen_start(const char *const arguments[], const char *const env[]);

/* Starts both panes, the server on a free port, and waits for the first screen. `more` are arguments, or NULL. */
struct terminal *screen_both(const char *const more[], const char *const env[]);

/* The port that the server got: from the line that says where it is ready. */
int screen_port(struct terminal *t);

/* Asks the program to end (SIGTERM), checks that it ends well and gives the terminal back, and frees. */
void screen_end(struct terminal *t);

/* Waits for the program's end and checks its exit status and that it gave the terminal back. */
void screen_ended(struct terminal *t, int exit_status);

/* Types a line into the input line once it is empty, and waits until it is taken. */
void screen_send(struct terminal *t, const char *line);

/* Waits until the row of the input line is "> " and the text. */
void screen_wait_line(struct terminal *t, const char *text);

/* Waits until the text has left the screen, and another stands there. */
void screen_wait_change(struct terminal *t, const char *gone, const char *there);

/* From now on the process may open no more than it has open, or as many as before again. */
void screen_descriptors_end(pid_t pid);
void screen_descriptors_again(pid_t pid);

/* Types a bracketed paste. */
void screen_paste(struct terminal *t, const void *text, size_t len);

/* A UDP socket on 127.0.0.1, its port, and what comes and goes. Taking waits for a datagram, which must fit. */
int screen_peer_open(int *port);
size_t screen_peer_take(int peer, void *room, size_t size, int *from);
void screen_peer_give(int peer, int port, const void *data, size_t len);

/* Takes a datagram and checks that it is this text. Returns the port that it came from. */
int screen_peer_expect(int peer, const char *text);

/* A home directory of the test's own, for `env`: home holds "HOME=/…". Files are named from there. */
void screen_home_make(char home[SCREEN_HOME]);
void screen_home_remove(const char *home);
void screen_home_write(const char *home, const char *name, const char *text);

/* The file's content as a string to be freed, or NULL. `directory` is one, or a home. */
char *screen_file_read(const char *directory, const char *name);

#endif
