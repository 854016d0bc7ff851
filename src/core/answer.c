#include "config.h"

#include "core/answer.h"

enum { NEAR = 2 }; /* entries of the server behind a request that can belong to it */

static bool is_request(const struct entry *e)
{
    return e->kind == ENTRY_DATAGRAM && e->role == ROLE_SERVER && e->dir == DIR_RECEIVED;
}

bool answer_gather(const struct journal *j, uint64_t n, struct answer *out)
{
    *out = (struct answer){0};
    if (!journal_get(j, n, &out->request) || !is_request(&out->request))
        return false;
    uint64_t next = n;
    for (int i = 0; i < NEAR; i++) {
        struct entry e;
        next = journal_after(j, next, ROLE_SERVER, JOURNAL_TALK);
        if (!next || !journal_get(j, next, &e) || (e.reply_to != n && !(out->has_reply && e.reply_to == out->reply.n)))
            break;
        if (e.kind == ENTRY_DATAGRAM && !out->has_reply) {
            out->reply = e;
            out->has_reply = true;
        } else if (e.kind == ENTRY_NOTICE && !out->has_reason) {
            out->reason = e;
            out->has_reason = true;
        }
    }
    return true;
}

uint64_t answer_row(const struct journal *j, const struct entry *e)
{
    struct entry reply;
    if (e->role != ROLE_SERVER || !e->reply_to)
        return e->n;
    bool of_reply = e->kind == ENTRY_NOTICE && journal_get(j, e->reply_to, &reply) && reply.kind == ENTRY_DATAGRAM &&
                    reply.dir == DIR_SENT && reply.reply_to;
    return of_reply ? reply.reply_to : e->reply_to;
}

bool answer_is_part(const struct journal *j, const struct entry *e)
{
    struct answer a;
    struct entry request;
    if (e->role != ROLE_SERVER || e->kind == ENTRY_CALL || !e->reply_to)
        return false;
    if (journal_before(j, e->n, ROLE_SERVER, JOURNAL_TALK) == e->reply_to && journal_get(j, e->reply_to, &request) &&
        is_request(&request))
        return true; /* most stand right behind it, and then no more is to be read */
    return answer_gather(j, answer_row(j, e), &a) &&
           ((a.has_reply && a.reply.n == e->n) || (a.has_reason && a.reason.n == e->n));
}
