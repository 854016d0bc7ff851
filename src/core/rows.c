#include "config.h"

#include "core/rows.h"

#include "core/answer.h"

static uint64_t each(const struct journal *j, const struct entry *e)
{
    (void)j;
    return e->n;
}

static uint64_t with_answer(const struct journal *j, const struct entry *e)
{
    return answer_is_part(j, e) ? answer_row(j, e) : e->n;
}

const struct rows rows_client = {ROLE_CLIENT, JOURNAL_TALK, each};
const struct rows rows_server = {ROLE_SERVER, JOURNAL_TALK, with_answer};
const struct rows rows_calls = {ROLE_NONE, JOURNAL_CALLS, each};
