/* A lesson: its file is taken whole or not at all; what it says of itself holds; its texts and claims can be asked of
 * any journal. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/lesson.h"
#include "core/safe_text.h"
#include "fuzz.h"

/* A datagram, a call's like and a notice, with the input's own bytes. */
static struct journal *make_journal(const uint8_t *data, size_t size)
{
    struct journal *j = journal_new(JOURNAL_BOUND_MIN, 0);
    fuzz_claim(j != NULL, "there is memory");
    for (int kind = ENTRY_DATAGRAM; kind <= ENTRY_NOTICE; kind++) {
        struct entry e = entry_make((enum entry_kind)kind, size % 2 ? ROLE_CLIENT : ROLE_SERVER);
        e.dir = size % 3 ? DIR_SENT : DIR_RECEIVED;
        e.event = EVENT_REFUSED;
        e.data = data;
        e.size = e.kept = size < 200 ? size : 200;
        fuzz_claim(journal_append(j, &e) != 0, "an entry is appended");
    }
    return j;
}

static void try_text(const char *text, const struct fact_ground *g)
{
    struct buffer out;
    char why[FACT_WHY];
    if (!text)
        return;
    fuzz_claim(utf8_valid_prefix((const unsigned char *)text, strlen(text)) == strlen(text), "a lesson's texts are UTF-8");
    fuzz_claim(fact_check_text(text, why) == 0, "a lesson's texts name facts that there are");
    buffer_init(&out);
    fuzz_claim(fact_fill(text, g, &out) == 0, "a text is filled in");
    buffer_done(&out);
}

static void try_item(const struct lesson_item *item, const struct fact_ground *g)
{
    struct buffer left, right;
    if (item->kind == LESSON_CLAIM) {
        buffer_init(&left);
        buffer_init(&right);
        bool holds = claim_holds(&item->claim, g, &left, &right);
        bool equal = left.len == right.len && (!left.len || memcmp(left.data, right.data, left.len) == 0);
        bool none = left.len == 4 && memcmp(left.data, "none", 4) == 0;
        if (item->claim.operator == FACT_EQUAL && equal && !none)
            fuzz_claim(holds, "what is equal is equal");
        if (equal && none && !item->claim.right.text)
            fuzz_claim(!holds, "of what is not there nothing holds");
        buffer_done(&left);
        buffer_done(&right);
    } else if (item->kind == LESSON_PREDICT) {
        fuzz_claim(item->answer_count >= 2 && item->right >= 0 && item->right < item->answer_count, "a question has its right answer");
        for (int i = 0; i < item->answer_count; i++)
            try_text(item->answers[i].en, g);
        try_text(item->hint.en, g);
        try_text(item->hint.zh, g);
    }
    if (item->kind == LESSON_TEXT || item->kind == LESSON_EXPLAIN || item->kind == LESSON_STEP || item->kind == LESSON_PREDICT) {
        try_text(item->text.en, g);
        try_text(item->text.zh, g);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = (char *)fuzz_copy(data, size), why[LESSON_WHY] = "";
    struct lesson *l = lesson_parse("x/fuzz.lesson", text, size, why);
    if (!l) {
        fuzz_claim_sentence(why, sizeof why);
        fuzz_claim(strncmp(why, "x/fuzz.lesson:", 14) == 0, "the sentence names the file");
        free(text);
        return 0;
    }
    memset(text, 'x', size); /* the lesson has a copy of its own */
    free(text);
    struct journal *j = make_journal(data, size);
    struct fact_ground g = {.journal = j};
    size_t steps = 0;
    fuzz_claim(strcmp(l->name, "fuzz") == 0 && l->title.en && l->goal.en, "a lesson has a name, a title and a goal");
    for (size_t i = 0; i < l->count; i++) {
        steps += l->items[i].kind == LESSON_STEP;
        try_item(&l->items[i], &g);
    }
    fuzz_claim(steps == l->steps && steps > 0, "a lesson's steps are counted");
    journal_free(j);
    lesson_free(l);
    return 0;
}
