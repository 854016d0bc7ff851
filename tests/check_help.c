#include "config.h"

#include "core/help.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/entry.h"
#include "core/error.h"
#include "core/fault.h"
#include "core/option.h"
#include "grid.h"
#include "ui/help_view.h"
#include "ui/manual_view.h"
#include "unit.h"

/* --- rows --- */

START_TEST(each_table_has_its_rows)
{
    size_t of[HELP_KINDS] = {0}, keys[SCOPE_COUNT] = {0}, options = 0, faults = 0, errors = 0;
    struct help_walk w = {0};
    struct help_row row;
    for (; help_next(&w, &row); of[row.kind]++)
        ck_assert_msg(*row.tag && strlen(row.tag) < HELP_TAG - 1 && *row.text && strlen(row.text) < HELP_TEXT - 1, "%s: %s",
                      row.tag, row.text);
    for (size_t i = 0; keymap_row(i); i++)
        keys[keymap_row(i)->scope] += *keymap_row(i)->keys != '\0';
    while (option_at(options))
        options++;
    while (fault_word_at(faults))
        faults++;
    while (error_at(errors))
        errors++;
    for (enum scope scope = SCOPE_ANY; scope < SCOPE_COUNT; scope++)
        ck_assert_uint_eq(of[scope], keys[scope]);
    ck_assert_uint_eq(of[HELP_COMMANDS], COMMAND_COUNT);
    ck_assert_uint_eq(of[HELP_OPTIONS], options);
    ck_assert_uint_eq(of[HELP_SETTINGS], SETTING_COUNT);
    ck_assert_uint_eq(of[HELP_TRANSFORMS], transform_count());
    ck_assert_uint_eq(of[HELP_FAULTS], faults);
    ck_assert_uint_eq(of[HELP_FLAGS], FLAG_COUNT);
    ck_assert_uint_eq(of[HELP_ERRORS], errors);
    ck_assert_uint_gt(of[HELP_TOPICS], 0);
}
END_TEST

START_TEST(words_find_their_rows)
{
    static const struct {
        const char *word, *tag;
    } cases[] = {
        {"fault", "/fault [client|server] [in|out] [SPEC]"}, {"/to", "/to HOST [PORT]"}, {"wait", "/wait TIME"},
        {"ECONNREFUSED", "ECONNREFUSED"}, {"econnrefused", "ECONNREFUSED"}, {"--json", "--json"}, {"json", "--json"},
        {"-w", "-w TIME"}, {"-h", "-h, --help"}, {"--help", "-h, --help"}, {"rcvbuf", "rcvbuf SIZE"}, {"upper", "upper"},
        {"F2", "F2, Esc 2"}, {"^K", "^U ^K ^W ^Y"}, {"Home", "g, Home"}, {"^E", "^A ^E Home End"}, {"Shift-Tab", "Tab, Shift-Tab"}, {"n", "n"}, {"N", "N"},
        {"loss", "loss P"}, {"wireshark", "wireshark, pcap"}, {"PCAP", "wireshark, pcap"}, {"UDP", "udp"}, {"late", "late"}, {"server", "server auto|left|right"}, {"-n", "-n"},
        {"nonsense", NULL}, {"", NULL}, {"TIME", NULL}, {"-", NULL}, {"/rcvbuf", NULL}, {",", NULL}, {"auto|left|right", NULL},
        {"Rcvbuf", NULL}, {"[PORT]", NULL},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct help_row row = {.tag = ""};
        int n = help_find(cases[i].word, strlen(cases[i].word));
        ck_assert_msg((n >= 0) == (cases[i].tag != NULL), "%s: row %d", cases[i].word, n);
        ck_assert(n < 0 || help_row((size_t)n, &row));
        ck_assert_str_eq(row.tag, cases[i].tag ? cases[i].tag : "");
    }
    ck_assert(!help_row(help_count(), &(struct help_row){.tag = ""}));
    ck_assert_int_eq(help_find("quit and more", 4), help_of(HELP_COMMANDS, COMMAND_QUIT));
}
END_TEST

/* Each name that a table has leads to a row of that name. */
START_TEST(each_row_is_found_by_its_name)
{
    struct help_walk w = {0};
    struct help_row row, found;
    while (help_next(&w, &row)) {
        size_t len = strcspn(row.tag, row.kind <= HELP_KEYS_STEP ? "," : ", ");
        int n = help_find(row.tag, len);
        ck_assert_msg(n >= 0 && help_row((size_t)n, &found), "%.*s", (int)len, row.tag);
        ck_assert_msg(strstr(found.tag, *row.tag == '/' ? row.tag + 1 : "") && memmem(found.tag, strlen(found.tag), row.tag, len), "%s: %s",
                      row.tag, found.tag);
    }
}
END_TEST

START_TEST(what_help_says)
{
    char text[HELP_TEXT], small[8];
    help_explain((size_t)help_find("plain", 5), text, sizeof text);
    ck_assert_str_eq(text, "plain on|off: one recvfrom and one sendto for each datagram, under load too; man udptalk, SETTINGS");
    help_explain((size_t)help_of(HELP_COMMANDS, COMMAND_QUIT), text, sizeof text);
    ck_assert_str_eq(text, "/quit: leave");
    help_explain((size_t)help_of(HELP_COMMANDS, COMMAND_QUIT), small, sizeof small);
    ck_assert_str_eq(small, "/quit: ");
    help_explain(help_count(), text, sizeof text);
    ck_assert_str_eq(text, "");
}
END_TEST

/* --- a manual of the test's own --- */

static const char *const lines[] = {
    "O\bON\bNE\bE\n",
    "     The first section. It says what _\bH_\bO_\bS_\bT is, and is long enough for two rows.\n",
    "\n",
    "T\bTW\bWO\bO\n",
    "     ^C      Stop what takes long, and then think about it for quite a while.\n",
    "     last\n",
};

struct made {
    char text[600];
    uint32_t starts[UNIT_COUNT(lines) + 1];
    struct manual manual;
};

static const struct manual *make(struct made *m)
{
    size_t at = 0;
    for (size_t i = 0; i < UNIT_COUNT(lines); i++) {
        m->starts[i] = (uint32_t)at;
        at += (size_t)snprintf(m->text + at, sizeof m->text - at, "%s", lines[i]);
    }
    m->starts[UNIT_COUNT(lines)] = (uint32_t)at;
    m->manual = (struct manual){"en", m->text, m->starts, UNIT_COUNT(lines)};
    return &m->manual;
}

/* --- the view --- */

struct stage {
    struct cells cells;
    struct help_view view;
    struct manual_view manual;
    struct made made;
    struct area area;
};

static void open_stage(struct stage *s, int rows, int cols)
{
    *s = (struct stage){.area = {0, 0, rows, cols}};
    cells_init(&s->cells);
    ck_assert_int_eq(cells_resize(&s->cells, rows, cols), 0);
}

static void close_stage(struct stage *s)
{
    cells_done(&s->cells);
}

/* The first and the last row of the cells that are drawn reversed, −1: none. */
static void selected(struct stage *s, int *first, int *last)
{
    *first = *last = -1;
    for (int row = 0; row < s->area.rows; row++)
        if (cells_at(&s->cells, row, 0)->style & STYLE_SELECTED) {
            *first = *first < 0 ? row : *first;
            *last = row;
        }
}

static bool row_has(struct stage *s, int row, const char *text)
{
    struct buffer b;
    buffer_init(&b);
    ck_assert_int_eq(cells_row_text(&s->cells, row, &b), 0);
    bool has = memmem(b.data, b.len, text, strlen(text)) != NULL;
    buffer_done(&b);
    return has;
}

static void check_focus(struct stage *s, const char *what)
{
    struct help_row row;
    int first, last;
    help_view_draw(&s->view, &s->cells, s->area, true);
    selected(s, &first, &last);
    ck_assert(help_row((size_t)s->view.at, &row));
    row.tag[s->area.cols > 8 ? 4 : 0] = '\0'; /* on narrow screens it is cut */
    ck_assert_msg(first >= 1 && row_has(s, first, row.tag), "%s, %dx%d: row %d (%s) is not in the window", what, s->area.cols, s->area.rows,
                  s->view.at, row.tag);
}

static const int sizes[][2] = {{23, 80}, {35, 120}, {7, 40}, {12, 60}, {4, 24}};

START_TEST(the_focus_stays_in_the_window)
{
    for (size_t i = 0; i < UNIT_COUNT(sizes); i++) {
        struct stage s;
        open_stage(&s, sizes[i][0], sizes[i][1]);
        help_view_show(&s.view, -1);
        check_focus(&s, "at first");
        ck_assert(s.view.top == 0 || sizes[i][0] < 7); /* where there is room for what is above the first row */
        for (size_t n = 1; n < help_count(); n++) {
            ck_assert(help_view_act(&s.view, ACTION_DOWN));
            ck_assert_int_eq(s.view.at, (int)n);
            check_focus(&s, "j");
        }
        int top = s.view.top;
        help_view_act(&s.view, ACTION_DOWN);
        check_focus(&s, "j at the end");
        ck_assert_int_eq(s.view.top, top);
        for (size_t n = help_count() - 1; n-- > 0;) {
            help_view_act(&s.view, ACTION_UP);
            ck_assert_int_eq(s.view.at, (int)n);
            check_focus(&s, "k");
        }
        ck_assert(s.view.top == 0 || sizes[i][0] < 7);
        help_view_act(&s.view, ACTION_UP);
        ck_assert_int_eq(s.view.at, 0);
        close_stage(&s);
    }
}
END_TEST

START_TEST(pages_lead_to_the_end_and_back)
{
    static const enum action there[] = {ACTION_PAGE_DOWN, ACTION_HALF_DOWN, ACTION_NEWEST},
                             back[] = {ACTION_PAGE_UP, ACTION_HALF_UP, ACTION_OLDEST};
    for (size_t i = 0; i < UNIT_COUNT(sizes) * UNIT_COUNT(there); i++) {
        struct stage s;
        open_stage(&s, sizes[i / 3][0], sizes[i / 3][1]);
        help_view_show(&s.view, -1);
        check_focus(&s, "at first");
        int turns = 0;
        for (int last = (int)help_count() - 1; s.view.at < last && turns < 2000; turns++) {
            int at = s.view.at;
            help_view_act(&s.view, there[i % 3]);
            check_focus(&s, "down");
            ck_assert_msg(s.view.at > at, "%zu: it does not move on from row %d", i, at);
        }
        ck_assert_int_lt(turns, 2000);
        for (; s.view.at > 0; turns++) {
            int at = s.view.at;
            help_view_act(&s.view, back[i % 3]);
            check_focus(&s, "up");
            ck_assert_msg(s.view.at < at, "%zu: it does not move back from row %d", i, at);
        }
        ck_assert(s.view.top == 0 || sizes[i / 3][0] < 7);
        ck_assert(!help_view_act(&s.view, ACTION_TIME));
        close_stage(&s);
    }
}
END_TEST

START_TEST(a_row_that_was_asked_for_is_shown)
{
    for (size_t i = 0; i < UNIT_COUNT(sizes); i++)
        for (int n = 0; n < (int)help_count(); n++) {
            struct stage s;
            open_stage(&s, sizes[i][0], sizes[i][1]);
            help_view_show(&s.view, n);
            check_focus(&s, "asked for");
            ck_assert_int_eq(s.view.at, n);
            close_stage(&s);
        }
}
END_TEST

START_TEST(a_click_picks_what_it_is_on)
{
    struct stage s;
    open_stage(&s, 23, 80);
    help_view_show(&s.view, -1);
    check_focus(&s, "at first");
    ck_assert(!help_view_pick(&s.view, 0)); /* the greeting */
    ck_assert(!help_view_pick(&s.view, 2)); /* a title */
    ck_assert(help_view_pick(&s.view, 5));
    ck_assert_int_eq(s.view.at, 2);
    ck_assert(!help_view_pick(&s.view, 10000));
    close_stage(&s);
}
END_TEST

static void check_hit(struct stage *s, const char *text)
{
    int first, last, hits = 0;
    help_view_draw(&s->view, &s->cells, s->area, true);
    selected(s, &first, &last);
    for (int row = first; row <= last; row++)
        for (int col = 0; col < s->area.cols; col++)
            hits += (cells_at(&s->cells, row, col)->style & ~STYLE_SELECTED) == STYLE_HIT;
    ck_assert_int_eq(hits, (int)strlen(text));
}

START_TEST(rows_are_searched)
{
    static const char word[] = "ECONNREFUSED";
    struct stage s;
    size_t where;
    open_stage(&s, 23, 80);
    help_view_show(&s.view, -1);
    check_focus(&s, "at first");
    s.view.search = regex_new(word, strlen(word), NULL, 0, &where);
    ck_assert_ptr_nonnull(s.view.search);
    struct hits h = {.search = s.view.search};
    help_view_find(&s.view, &h, true);
    ck_assert(h.count == 1 && h.rank == 1);
    ck_assert_int_eq(s.view.at, help_find(word, strlen(word)));
    check_hit(&s, word);
    h = (struct hits){.search = s.view.search};
    help_view_find(&s.view, &h, false);
    ck_assert(h.count == 1 && h.rank == 0);
    h = (struct hits){.search = s.view.search};
    help_view_find(&s.view, &h, true);
    ck_assert_uint_eq(h.rank, 1);
    regex_free(s.view.search);
    close_stage(&s);
}
END_TEST

/* Onwards and back the same hits are met. */
START_TEST(hits_are_gone_through_both_ways)
{
    struct stage s;
    size_t where, count = 0;
    open_stage(&s, 10, 80);
    help_view_show(&s.view, -1);
    check_focus(&s, "at first");
    struct regex *r = regex_new("socket", 6, NULL, 0, &where);
    struct hits h = {.search = r};
    for (help_view_find(&s.view, &h, true); h.rank; count++) {
        ck_assert_uint_eq(h.rank, count + 1);
        h = (struct hits){.search = r};
        help_view_find(&s.view, &h, false);
    }
    ck_assert_uint_gt(count, 5);
    for (h = (struct hits){.search = r, .backwards = true}, help_view_find(&s.view, &h, false); h.rank; count--) {
        ck_assert_uint_eq(h.rank, count - 1);
        h = (struct hits){.search = r, .backwards = true};
        help_view_find(&s.view, &h, false);
    }
    ck_assert_uint_eq(count, 1);
    regex_free(r);
    close_stage(&s);
}
END_TEST

/* --- the manual's view --- */

static void show(struct stage *s, size_t line)
{
    manual_view_show(&s->manual, make(&s->made), line);
    manual_view_draw(&s->manual, &s->cells, s->area, true);
}

START_TEST(paragraphs_wrap)
{
    struct stage s;
    open_stage(&s, 9, 62);
    show(&s, 0);
    GRID_CHECK(&s.cells, 0, "═ man udptalk ═ ONE ═════════════════════════════════════ 0% ═", "ONE",
               "     The first section. It says what HOST is, and is long", "     enough for two rows.", "", "TWO",
               "     ^C      Stop what takes long, and then think about it", "             for quite a while.", "     last");
    ck_assert_int_eq(cells_at(&s.cells, 1, 0)->style, STYLE_BOLD);
    ck_assert_int_eq(cells_at(&s.cells, 2, 37)->style, STYLE_UNDERLINED);
    ck_assert_int_eq(cells_at(&s.cells, 2, 41)->style, STYLE_PLAIN);
    close_stage(&s);
    open_stage(&s, 9, 30);
    show(&s, 3);
    GRID_CHECK(&s.cells, 0, "═ man udptalk ═ ONE ═════ 5% ═", " enough for two rows.", "", "TWO", " ^C      Stop what takes",
               "    long, and then think", "    about it for quite a", "    while.", " last");
    close_stage(&s);
}
END_TEST

/* Row by row, and back. */
START_TEST(each_row_can_be_scrolled_to)
{
    struct stage s;
    open_stage(&s, 4, 40);
    show(&s, 0);
    int rows = 0;
    size_t top;
    int skip;
    do {
        top = s.manual.top;
        skip = s.manual.skip;
        ck_assert(manual_view_act(&s.manual, ACTION_DOWN));
        manual_view_draw(&s.manual, &s.cells, s.area, true);
    } while ((s.manual.top != top || s.manual.skip != skip) && ++rows < 50);
    ck_assert_int_eq(rows, 5); /* eight, in a window of three */
    ck_assert(row_has(&s, 3, " last"));
    manual_view_act(&s.manual, ACTION_OLDEST);
    manual_view_act(&s.manual, ACTION_NEWEST);
    ck_assert(s.manual.top == top && s.manual.skip == skip);
    for (; rows > 0; rows--)
        manual_view_act(&s.manual, ACTION_UP);
    ck_assert(s.manual.top == 0 && s.manual.skip == 0);
    manual_view_act(&s.manual, ACTION_PAGE_DOWN);
    manual_view_act(&s.manual, ACTION_HALF_UP);
    manual_view_act(&s.manual, ACTION_PAGE_UP);
    ck_assert(s.manual.top == 0 && s.manual.skip == 0);
    ck_assert(!manual_view_act(&s.manual, ACTION_TIME));
    close_stage(&s);
}
END_TEST

START_TEST(the_manual_is_searched)
{
    static const struct {
        const char *pattern;
        bool backwards;
        size_t count, rank;
        const char *row; /* the window's row that has it */
        int cells;
    } steps[] = {
        {"long", false, 2, 1, "enough", 4},  {"long", false, 2, 2, "^C", 4}, {"long", false, 2, 0, NULL, 0},
        {"long", true, 2, 1, "long", 4},     {"is, and", false, 1, 0, NULL, 0}, {"x*", false, 0, 0, NULL, 0},
        {"while", false, 1, 1, "while", 5},  {"la?st", false, 1, 1, " last", 4},
    };
    struct stage s;
    for (size_t k = 0; k < 2 * UNIT_COUNT(steps); k++) {
        size_t where, i = k % UNIT_COUNT(steps);
        if (i == 0) { /* in three rows, then in a single one */
            if (k)
                close_stage(&s);
            open_stage(&s, k ? 2 : 4, 44);
            show(&s, 0);
        }
        struct regex *r = regex_new(steps[i].pattern, strlen(steps[i].pattern), NULL, 0, &where);
        struct hits h = {.search = r, .backwards = steps[i].backwards};
        manual_view_find(&s.manual, &h);
        ck_assert_msg(h.count == steps[i].count && h.rank == steps[i].rank, "step %zu: %zu of %zu", i, h.rank, h.count);
        s.manual.search = r;
        manual_view_draw(&s.manual, &s.cells, s.area, true);
        int cells = 0, in_row = 0;
        for (int row = 1; row < s.area.rows; row++)
            for (int col = 0; col < s.area.cols; col++) {
                bool hit = cells_at(&s.cells, row, col)->style == STYLE_HIT;
                cells += hit;
                in_row += hit && steps[i].row && row_has(&s, row, steps[i].row);
            }
        ck_assert_msg(!steps[i].row || (cells >= steps[i].cells && in_row == steps[i].cells), "step %zu: %d, %d", i, cells, in_row);
        s.manual.search = NULL;
        regex_free(r);
    }
    close_stage(&s);
}
END_TEST

/* At any size, at any place: nothing outside of the area, and nothing that never ends. */
static void try_size(struct stage *s, const struct manual *manual, struct regex *search)
{
    static const enum action actions[] = {ACTION_NONE,        ACTION_UP,      ACTION_DOWN,      ACTION_HALF_DOWN, ACTION_HALF_UP, ACTION_PAGE_UP,
                                          ACTION_PAGE_DOWN, ACTION_NEWEST, ACTION_PAGE_DOWN, ACTION_OPEN,      ACTION_OLDEST,  ACTION_UP};
    struct hits h = {.search = search};
    s->view.search = s->manual.search = search;
    help_view_show(&s->view, 100);
    manual_view_show(&s->manual, manual, manual->lines / 2);
    for (size_t i = 0; i < UNIT_COUNT(actions); i++) {
        help_view_draw(&s->view, &s->cells, s->area, true);
        help_view_act(&s->view, actions[i]);
        manual_view_draw(&s->manual, &s->cells, s->area, true);
        manual_view_act(&s->manual, actions[i]);
    }
    manual_view_find(&s->manual, &h);
    manual_view_draw(&s->manual, &s->cells, s->area, true);
}

START_TEST(any_size_will_do)
{
    static const int heights[] = {0, 1, 2, 3, 9}, widths[] = {0, 1, 2, 3, 5, 8, 12, 34, 78, 100};
    struct made made;
    const struct manual *manual = manual_in("en") ? manual_in("en") : make(&made);
    size_t where;
    struct regex *r = regex_new("e", 1, NULL, 0, &where);
    for (size_t i = 0; i < UNIT_COUNT(heights) * UNIT_COUNT(widths); i++) {
        struct stage s;
        open_stage(&s, heights[i % UNIT_COUNT(heights)], widths[i / UNIT_COUNT(heights)]);
        try_size(&s, manual, r);
        close_stage(&s);
    }
    regex_free(r);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"each table has its rows", each_table_has_its_rows},
        {"words find their rows", words_find_their_rows},
        {"each row is found by its name", each_row_is_found_by_its_name},
        {"what /help says", what_help_says},
        {"the focus stays in the window", the_focus_stays_in_the_window},
        {"pages lead to the end and back", pages_lead_to_the_end_and_back},
        {"a row that was asked for is shown", a_row_that_was_asked_for_is_shown},
        {"a click picks what it is on", a_click_picks_what_it_is_on},
        {"rows are searched", rows_are_searched},
        {"hits are gone through both ways", hits_are_gone_through_both_ways},
        {"paragraphs wrap", paragraphs_wrap},
        {"each row can be scrolled to", each_row_can_be_scrolled_to},
        {"the manual is searched", the_manual_is_searched},
        {"any size will do", any_size_will_do},
    };
    return unit_run("help", tests, UNIT_COUNT(tests));
}
