/* Each error that a socket call can give, made to happen: the program goes on where it can, names and explains it, and loses nothing. */
#include "config.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/error.h"
#include "faults.h"
#include "unit.h"

#define ARGS(...) ((const char *const[]){"--batch", __VA_ARGS__, NULL})
#define BOTH ARGS("--both", "127.0.0.1", "0", "-w", "60")
#define WILDCARD ARGS("--both", "0.0.0.0", "0", "-w", "60")

static struct stage stage_of(const char *const args[])
{
    struct stage s;
    ck_assert_msg(stage_open(&s, args) == 0, "%s", s.app.why);
    return s;
}

/* A stage is not moved once it is open: the loop holds its address. */
static void open_stage(struct stage *s, const char *const args[])
{
    ck_assert_msg(stage_open(s, args) == 0, "%s", s->app.why);
}

/* The sentence for the user names what the errno means. */
static void check_explained(const struct stage *s, const char *what, int error)
{
    ck_assert_msg(strstr(s->app.why, error_meaning(error)), "%s, %s: \"%s\" does not say: %s", what, strerrorname_np(error), s->app.why,
                  error_meaning(error));
}

static void check_notice(struct stage *s, struct wanted w, const char *what, int error)
{
    struct entry e;
    w.kind = ENTRY_NOTICE;
    w.text = error_meaning(error);
    if (!stage_find(s, &w, &e)) {
        stage_show(s);
        ck_abort_msg("%s, %s: no notice says: %s", what, strerrorname_np(error), w.text);
    }
}

/* An address of 127.0.0.1 where nobody listens. */
static struct address dead_address(void)
{
    struct address a;
    struct udp u;
    udp_init(&u);
    address_loopback(&a, AF_INET, 0);
    ck_assert_int_eq(udp_open(&u, AF_INET, false), 0);
    ck_assert_int_eq(udp_bind(&u, &a), 0);
    ck_assert_int_eq(udp_local(&u, &a), 0);
    udp_close(&u);
    return a;
}
