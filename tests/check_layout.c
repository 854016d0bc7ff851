#include "config.h"

#include "ui/layout.h"

#include <string.h>

#include "unit.h"

enum { ROWS_MOST = 200, COLS_MOST = 500 };

/* What a screen is asked for; all that there are. */
static size_t all_wishes(struct layout_wish *wishes)
{
    static const enum part zooms[] = {PART_LINE, PART_CLIENT, PART_SERVER};
    size_t count = 0;
    for (int panes = 1; panes < 4; panes++)
        for (int view = 0; view < 2; view++)
            for (size_t zoom = 0; zoom < UNIT_COUNT(zooms); zoom++)
                for (int side = 0; side < 2; side++)
                    for (int beneath = 0; beneath < 2; beneath++)
                        wishes[count++] = (struct layout_wish){panes & 1, panes & 2, view, side, zooms[zoom], beneath};
    return count;
}

enum { WISHES = 72 };

static const char *const names[] = {"line", "client", "server", "view", "divider", "rule", "hint", "keys"};
enum { THINGS = sizeof names / sizeof *names };

/* Everything that is shown, as rectangles. Rows 0: not shown. */
static void things_of(const struct layout *l, int cols, struct area *things)
{
    const int rows[] = {l->rule, l->hint, l->keys};
    memcpy(things, l->part, sizeof l->part);
    things[PART_COUNT] = (struct area){0};
    if (l->divider >= 0)
        things[PART_COUNT] = (struct area){l->part[PART_CLIENT].row, l->divider, l->part[PART_CLIENT].rows, 1};
    for (int i = 0; i < 3; i++)
        things[PART_COUNT + 1 + i] = rows[i] < 0 ? (struct area){0} : (struct area){rows[i], 0, 1, cols};
}

static void check_size(int rows, int cols, const struct layout_wish *wish)
{
    struct layout l;
    struct area things[THINGS];
    memset(&l, 0x55, sizeof l);
    layout_make(&l, rows, cols, wish);
    if (l.tiny != (rows < LAYOUT_ROWS_MIN || cols < LAYOUT_COLS_MIN))
        ck_abort_msg("%dx%d is %s tiny", cols, rows, l.tiny ? "called" : "not called");
    things_of(&l, cols, things);
    long covered = 0;
    for (int i = 0; i < THINGS; i++) {
        struct area a = things[i];
        if (a.rows == 0)
            continue;
        if (l.tiny || a.row < 0 || a.col < 0 || a.rows < 0 || a.cols < 1 || a.row + a.rows > rows || a.col + a.cols > cols)
            ck_abort_msg("%dx%d: the %s is at %d,%d and %dx%d large", cols, rows, names[i], a.row, a.col, a.cols, a.rows);
        covered += (long)a.rows * a.cols;
        for (int k = 0; k < i; k++) {
            struct area b = things[k];
            if (b.rows && a.row < b.row + b.rows && b.row < a.row + a.rows && a.col < b.col + b.cols && b.col < a.col + a.cols)
                ck_abort_msg("%dx%d: the %s lies on the %s", cols, rows, names[i], names[k]);
        }
    }
    if (covered != (l.tiny ? 0 : (long)rows * cols))
        ck_abort_msg("%dx%d: %ld cells are used", cols, rows, covered);
}

START_TEST(fills_every_screen_without_overlap)
{
    struct layout_wish wishes[WISHES];
    ck_assert_uint_eq(all_wishes(wishes), WISHES);
    for (int rows = 1; rows <= ROWS_MOST; rows++)
        for (int cols = 1; cols <= COLS_MOST; cols += cols < 130 ? 1 : 37)
            for (size_t w = 0; w < WISHES; w++)
                check_size(rows, cols, &wishes[w]);
    for (size_t w = 0; w < WISHES; w++) {
        check_size(ROWS_MOST, COLS_MOST, &wishes[w]);
        check_size(0, 0, &wishes[w]);
        check_size(10000, 10000, &wishes[w]);
    }
}
END_TEST

/* The input line and what was asked for are always there; nothing is there that was not asked for. */
START_TEST(shows_what_was_asked_for)
{
    struct layout_wish wishes[WISHES];
    size_t count = all_wishes(wishes);
    for (int rows = LAYOUT_ROWS_MIN; rows < 40; rows++)
        for (int cols = LAYOUT_COLS_MIN; cols < 200; cols += 7)
            for (size_t i = 0; i < count; i++) {
                const struct layout_wish *w = &wishes[i];
                struct layout l;
                layout_make(&l, rows, cols, w);
                bool alone = w->client != w->server;
                bool client = !w->view && w->client && (alone || w->zoomed != PART_SERVER);
                bool beneath = w->view && w->beneath && w->server && rows >= 24;
                bool server = beneath || (!w->view && w->server && (alone || w->zoomed != PART_CLIENT));
                if (alone && ((w->client && w->zoomed == PART_SERVER) || (w->server && w->zoomed == PART_CLIENT)))
                    continue; /* nobody can ask for that */
                if (l.part[PART_LINE].rows != 1 || (l.part[PART_VIEW].rows > 0) != w->view ||
                    (l.part[PART_CLIENT].rows > 0) != client || (l.part[PART_SERVER].rows > 0) != server)
                    ck_abort_msg("%dx%d, wish %zu: line %d, view %d, client %d, server %d rows", cols, rows, i,
                                 l.part[PART_LINE].rows, l.part[PART_VIEW].rows, l.part[PART_CLIENT].rows,
                                 l.part[PART_SERVER].rows);
                if ((l.divider >= 0) != (client && server && cols >= LAYOUT_WIDE))
                    ck_abort_msg("%dx%d, wish %zu: divider at %d", cols, rows, i, l.divider);
            }
}
END_TEST

struct exact_case {
    int cols, rows;
    struct layout_wish wish;
    struct layout want;
};

static void check_exact(const struct exact_case *c, size_t number)
{
    struct layout l;
    layout_make(&l, c->rows, c->cols, &c->wish);
    for (int part = 0; part < PART_COUNT; part++) {
        struct area got = l.part[part], want = c->want.part[part];
        if (got.row != want.row || got.col != want.col || got.rows != want.rows || got.cols != want.cols)
            ck_abort_msg("case %zu: the %s is at %d,%d and %dx%d large", number, names[part], got.row, got.col, got.cols, got.rows);
    }
    if (l.tiny != c->want.tiny || l.divider != c->want.divider || l.rule != c->want.rule || l.hint != c->want.hint ||
        l.keys != c->want.keys)
        ck_abort_msg("case %zu: tiny %d, divider %d, rule %d, hint %d, keys %d", number, l.tiny, l.divider, l.rule, l.hint, l.keys);
}

#define BOTH {.client = true, .server = true}

START_TEST(knows_the_usual_screens)
{
    static const struct exact_case cases[] = {
        {80, 24, BOTH, {.part = {{21, 0, 1, 80}, {0, 0, 10, 80}, {10, 0, 10, 80}}, .divider = -1, .rule = 20, .hint = 22, .keys = 23}},
        {120, 36, BOTH, {.part = {{33, 0, 1, 120}, {0, 0, 32, 59}, {0, 60, 32, 60}}, .divider = 59, .rule = 32, .hint = 34, .keys = 35}},
        {119, 36, BOTH, {.part = {{33, 0, 1, 119}, {0, 0, 16, 119}, {16, 0, 16, 119}}, .divider = -1, .rule = 32, .hint = 34, .keys = 35}},
        {40, 10, BOTH, {.part = {{8, 0, 1, 40}, {0, 0, 4, 40}, {4, 0, 3, 40}}, .divider = -1, .rule = 7, .hint = 9, .keys = -1}},
        {20, 4, BOTH, {.part = {{3, 0, 1, 20}, {0, 0, 2, 20}, {2, 0, 1, 20}}, .divider = -1, .rule = -1, .hint = -1, .keys = -1}},
        {19, 24, BOTH, {.tiny = true, .divider = -1, .rule = -1, .hint = -1, .keys = -1}},
        {80, 3, BOTH, {.tiny = true, .divider = -1, .rule = -1, .hint = -1, .keys = -1}},
        {80, 24, {.client = true}, {.part = {{21, 0, 1, 80}, {0, 0, 20, 80}}, .divider = -1, .rule = 20, .hint = 22, .keys = 23}},
        {120, 36, {.server = true}, {.part = {{33, 0, 1, 120}, {0}, {0, 0, 32, 120}}, .divider = -1, .rule = 32, .hint = 34, .keys = 35}},
        {120, 36, {.client = true, .server = true, .zoomed = PART_SERVER},
         {.part = {{33, 0, 1, 120}, {0}, {0, 0, 32, 120}}, .divider = -1, .rule = 32, .hint = 34, .keys = 35}},
        {80, 24, {.client = true, .server = true, .zoomed = PART_CLIENT},
         {.part = {{21, 0, 1, 80}, {0, 0, 20, 80}}, .divider = -1, .rule = 20, .hint = 22, .keys = 23}},
        {80, 24, {.client = true, .server = true, .view = true},
         {.part = {{21, 0, 1, 80}, {0}, {0}, {0, 0, 20, 80}}, .divider = -1, .rule = 20, .hint = 22, .keys = 23}},
        {80, 24, {.client = true, .server = true, .view = true, .zoomed = PART_CLIENT, .beneath = true},
         {.part = {{21, 0, 1, 80}, {0}, {16, 0, 4, 80}, {0, 0, 16, 80}}, .divider = -1, .rule = 20, .hint = 22, .keys = 23}},
        {120, 36, {.client = true, .server = true, .view = true, .beneath = true},
         {.part = {{33, 0, 1, 120}, {0}, {26, 0, 6, 120}, {0, 0, 26, 120}}, .divider = -1, .rule = 32, .hint = 34, .keys = 35}},
        {80, 23, {.client = true, .server = true, .view = true, .beneath = true},
         {.part = {{20, 0, 1, 80}, {0}, {0}, {0, 0, 19, 80}}, .divider = -1, .rule = 19, .hint = 21, .keys = 22}},
        {80, 24, {.client = true, .view = true, .beneath = true},
         {.part = {{21, 0, 1, 80}, {0}, {0}, {0, 0, 20, 80}}, .divider = -1, .rule = 20, .hint = 22, .keys = 23}},
        {80, 24, {.client = true, .server = true, .beneath = true},
         {.part = {{21, 0, 1, 80}, {0, 0, 10, 80}, {10, 0, 10, 80}}, .divider = -1, .rule = 20, .hint = 22, .keys = 23}},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++)
        check_exact(&cases[i], i);
}
END_TEST

/* The fewer rows there are, the fewer lower rows; the keys go first, then the hint, then the rule. */
START_TEST(small_screens_give_the_lower_rows_up)
{
    static const struct layout_wish wish = BOTH;
    int keys_from = 0, hint_from = 0, rule_from = 0;
    for (int rows = 100; rows >= LAYOUT_ROWS_MIN; rows--) {
        struct layout l;
        layout_make(&l, rows, 80, &wish);
        keys_from = l.keys >= 0 ? rows : keys_from;
        hint_from = l.hint >= 0 ? rows : hint_from;
        rule_from = l.rule >= 0 ? rows : rule_from;
        ck_assert_msg(l.keys < 0 || (l.keys == rows - 1 && l.hint == rows - 2), "%d rows: keys in %d", rows, l.keys);
        ck_assert_msg(l.hint < 0 || l.hint == l.part[PART_LINE].row + 1, "%d rows: hint in %d", rows, l.hint);
        ck_assert_msg(l.rule < 0 || l.rule == l.part[PART_LINE].row - 1, "%d rows: rule in %d", rows, l.rule);
        ck_assert_int_le(l.part[PART_CLIENT].rows - l.part[PART_SERVER].rows, 1);
        ck_assert_int_ge(l.part[PART_CLIENT].rows, l.part[PART_SERVER].rows);
    }
    ck_assert(keys_from > hint_from && hint_from > rule_from && rule_from > LAYOUT_ROWS_MIN);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"fills every screen without overlap", fills_every_screen_without_overlap},
        {"shows what was asked for", shows_what_was_asked_for},
        {"knows the usual screens", knows_the_usual_screens},
        {"small screens give the lower rows up", small_screens_give_the_lower_rows_up},
    };
    return unit_run("layout", tests, UNIT_COUNT(tests));
}
