/* The ladder as a text file: all of its rows, drawn as the view draws them. */
#include "config.h"

#include "app/app.h"
#include "ui/log_view.h"

enum { COLS = 100, LOOK = 100000 };

struct state {
    struct scene scene;
    struct cells cells;
    bool begun;
};

static void put_row(struct state *s, int row, struct buffer *out)
{
    cells_row_text(&s->cells, row, out);
    buffer_append_byte(out, '\n');
}

/* The head: who is there. */
static int begin(struct export_context *x, struct buffer *out)
{
    struct state *s = x->state;
    struct log_view v;
    int head = ladder_log.head_rows;
    s->scene.journal = x->journal;
    while (x->journal && ladder_look(&s->scene.ends, x->journal, LOOK))
        ;
    s->scene.server.local = s->scene.ends.server_at;
    cells_init(&s->cells);
    s->cells.ascii = x->ascii;
    if (cells_resize(&s->cells, head, COLS) < 0)
        return -1;
    log_view_init(&v, &ladder_log);
    ladder_log.draw_title(&v, &s->cells, (struct area){0, 0, head, COLS}, &s->scene, false);
    for (int row = 1; row < head; row++) /* the title names keys */
        put_row(s, row, out);
    return out->failed ? -1 : 0;
}

static int entry(struct export_context *x, struct buffer *out, const struct entry *e)
{
    struct state *s = x->state;
    if (e->kind == ENTRY_CALL || rows_ladder.of(x->journal, e) != e->n)
        return 0;
    cells_clear(&s->cells);
    ladder_log.draw_row(&s->cells, (struct area){0, 0, 1, COLS}, &s->scene, e);
    put_row(s, 0, out);
    return out->failed ? -1 : 0;
}

static void done(struct export_context *x)
{
    struct state *s = x->state;
    cells_done(&s->cells);
}

const struct export ladder_file = {.name = "the ladder as text",
                                   .ending = ".ladder",
                                   .help = "the ladder as text",
                                   .whole = true,
                                   .state_size = sizeof(struct state),
                                   .begin = begin,
                                   .entry = entry,
                                   .done = done};
