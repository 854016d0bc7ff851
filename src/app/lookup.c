#include "config.h"

#include "app/lookup.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>

#include "core/words.h"

void lookup_init(struct lookup *l, struct loop *loop, struct broker *b)
{
    *l = (struct lookup){.loop = loop};
    helper_init(&l->helper, b);
}

void lookup_free(struct lookup *l)
{
    lookup_cancel(l);
    helper_done(&l->helper);
}

static void take_answer(void *context, short revents)
{
    (void)revents;
    struct lookup *l = context;
    struct helper_answer answer;
    int fd = helper_fd(&l->helper);
    int got = helper_answer(&l->helper, &answer);
    if (got == 0)
        return;
    loop_unwatch(l->loop, fd);
    l->done(l->context, got > 0 ? &answer : NULL);
}

int lookup_start(struct lookup *l, const char *host, int family, uint16_t port, lookup_done *done, void *context)
{
    lookup_cancel(l);
    if (helper_lookup(&l->helper, host, family, port) < 0)
        return -1;
    l->done = done;
    l->context = context;
    return loop_watch(l->loop, helper_fd(&l->helper), POLLIN, LOOP_OTHER, take_answer, l);
}

int lookup_numeric(const struct place *place, uint16_t port, int family, bool only, struct address *out, char *why,
                   size_t why_size)
{
    if (address_parse_host(out, place->host, port) < 0) {
        if (errno != ENODEV && !only)
            return 0;
        snprintf(why, why_size,
                 only ? _("\"%.100s\" is no address, and -n forbids looking it up as a name") :
                        _("\"%.100s\" is no address: there is no such interface"),
                 place->host);
        return -1;
    }
    if (!family || out->family == family)
        return 1;
    snprintf(why, why_size, _("%.100s is not an IPv%c address, as -%c asks for"), place->host,
             family == AF_INET6 ? '6' : '4', family == AF_INET6 ? '6' : '4');
    return -1;
}

bool lookup_is_busy(const struct lookup *l)
{
    return helper_fd(&l->helper) >= 0;
}

void lookup_cancel(struct lookup *l)
{
    if (!lookup_is_busy(l))
        return;
    loop_unwatch(l->loop, helper_fd(&l->helper));
    helper_cancel(&l->helper);
}
