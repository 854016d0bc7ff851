#include "config.h"

#include "core/answer.h"

enum { NEAR = 2 }; /* entries of the server behind a request that can belong to it */

bool answer_gather(const struct journal *j, uint64_t n, struct answer *out)
{
    *out = (struct answer){0};
    if (!journal_get(j, n, &out->request) || out->request.kind != ENTRY_DATAGRAM || out->request.role != ROLE_SERVER ||
        out->request.dir != DIR_RECEIVED)
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
    bool of_reply = e->kind == ENTRY_NOTICE && journal_get(j, e->reply_to, &reply) && reply.kind == ENTRY_DATAGRAM && reply.dir == DIR_SENT && reply.reply_to;
    return of_reply ? reply.reply_to : e->reply_to;
}

bool answer_is_part(const struct journal *j, const struct entry *e)
{
    struct answer a;
    return answer_row(j, e) != e->n && answer_gather(j, answer_row(j, e), &a) &&
           ((a.has_reply && a.reply.n == e->n) || (a.has_reason && a.reason.n == e->n));
}
