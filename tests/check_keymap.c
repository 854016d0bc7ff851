#include "config.h"

#include "core/keymap.h"

#include <stdio.h>
#include <string.h>

#include "unit.h"

/* What a terminal sends for a key, taken apart as the program does it. */
static struct key key_of(const char *sent)
{
    struct key_decoder d;
    struct key key = {0};
    size_t used = 0;
    key_decoder_init(&d);
    if (!key_decode(&d, (const unsigned char *)sent, strlen(sent), &used, &key) && !key_timeout(&d, &key))
        ck_abort_msg("\"%s\" is no key", sent);
    key_decoder_done(&d);
    return key;
}

struct key_case {
    const char *name, *sent;
    enum action any, line, log;
};

#define SAME(ACTION) ACTION_##ACTION, ACTION_##ACTION, ACTION_##ACTION
#define LOG(ACTION) ACTION_NONE, ACTION_NONE, ACTION_##ACTION

START_TEST(knows_what_each_key_does_where)
{
    static const struct key_case cases[] = {
        {"Shift-Tab", "\033[Z", SAME(FOCUS_BACK)},
        {"F1 of xterm", "\033OP", SAME(HELP)},
        {"F1 of PuTTY", "\033[11~", SAME(HELP)},
        {"F1 of the Linux console", "\033[[A", SAME(HELP)},
        {"Alt-1", "\0331", SAME(HELP)},
        {"PgUp", "\033[5~", SAME(PAGE_UP)},
        {"PgDn", "\033[6~", SAME(PAGE_DOWN)},
        {"^C", "\x03", SAME(INTERRUPT)},
        {"^L", "\x0c", SAME(REDRAW)},
        {"^Z", "\x1a", SAME(SUSPEND)},

        {"Tab", "\t", LOG(FOCUS)},
        {"k", "k", LOG(UP)},
        {"Up", "\033[A", LOG(UP)},
        {"Up of application mode", "\033OA", LOG(UP)},
        {"j", "j", LOG(DOWN)},
        {"Down", "\033[B", LOG(DOWN)},
        {"^U", "\x15", LOG(HALF_UP)},
        {"^D", "\x04", LOG(HALF_DOWN)},
        {"g", "g", LOG(OLDEST)},
        {"Home", "\033[H", LOG(OLDEST)},
        {"Home of rxvt", "\033[7~", LOG(OLDEST)},
        {"G", "G", LOG(NEWEST)},
        {"End", "\033[F", LOG(NEWEST)},
        {"End of the Linux console", "\033[4~", LOG(NEWEST)},
        {"z", "z", LOG(ZOOM)},
        {":", ":", LOG(COMMAND)},
        {"?", "?", LOG(HELP)},
        {"q", "q", LOG(BACK)},
        {"Esc", "\033", LOG(BACK)},

        {"Enter", "\r", LOG(OPEN)},
        {"/", "/", LOG(SEARCH)},
        {"n", "n", LOG(NEXT)},
        {"N", "N", LOG(PREVIOUS)},
        {"&", "&", LOG(FILTER)},
        {"m", "m", LOG(MARK)},
        {"'", "'", LOG(GO)},
        {"p", "p", LOG(PAUSE)},
        {"t", "t", LOG(TIME)},
        {"w", "w", LOG(WRAP)},
        {"x", "x", LOG(HEX)},
        {"y", "y", LOG(COPY)},
        {"F2", "\033OQ", SAME(LADDER)},
        {"Alt-2", "\0332", SAME(LADDER)},
        {"F3", "\033OR", SAME(FIGURE)},
        {"Alt-3", "\0333", SAME(FIGURE)},
        {"F5", "\033[15~", SAME(CALLS)},
        {"Alt-5", "\0335", SAME(CALLS)},
        {"F6", "\033[17~", SAME(STATS)},
        {"Alt-6", "\0336", SAME(STATS)},
        {"s", "s", LOG(SORT)},
        {"S", "S", LOG(REVERSE)},
        {"F4", "\033OS", SAME(INSPECT)},
        {"Alt-4", "\0334", SAME(INSPECT)},
        {"Backspace", "\x7f", SAME(NONE)},
        {"Left", "\033[D", LOG(LEFT)},
        {"Right", "\033[C", LOG(RIGHT)},
        {"Alt-Left", "\033[1;3D", SAME(NONE)},
        {"a", "a", SAME(NONE)},
        {"K", "K", SAME(NONE)},
        {"Z", "Z", SAME(NONE)},
        {"1", "1", SAME(NONE)},
        {"é", "é", SAME(NONE)},
        {"^R", "\x12", SAME(NONE)},
        {"^W", "\x17", SAME(NONE)},
        {"F7", "\033[18~", SAME(NONE)},
        {"F11", "\033[23~", SAME(NONE)},
        {"Alt-k", "\033k", SAME(NONE)},
        {"Alt-C", "\033C", SAME(NONE)},
        {"Alt-B", "\033b", SAME(NONE)},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        const struct key_case *c = &cases[i];
        struct key key = key_of(c->sent);
        enum action any = keymap_find(SCOPE_ANY, &key), line = keymap_find(SCOPE_LINE, &key), log = keymap_find(SCOPE_LOG, &key);
        if (any != c->any || line != c->line || log != c->log)
            ck_abort_msg("%s does %d, in the line %d, in a log %d", c->name, any, line, log);
    }
}
END_TEST

START_TEST(knows_no_key_that_is_none)
{
    static const struct key none = {.code = KEYS_NONE};
    for (enum scope scope = SCOPE_ANY; scope < SCOPE_COUNT; scope++) {
        ck_assert_int_eq(keymap_find(scope, &none), ACTION_NONE);
        for (uint32_t ch = 0x80; ch < 0x3000; ch++) {
            struct key key = {.code = KEYS_CHAR, .ch = ch};
            if (keymap_find(scope, &key) != ACTION_NONE)
                ck_abort_msg("character %x does something", ch);
        }
    }
}
END_TEST

/* Letters belong to the text in the input line. */
START_TEST(leaves_every_character_to_the_input_line)
{
    for (uint32_t ch = ' '; ch < 0x7f; ch++) {
        struct key key = {.code = KEYS_CHAR, .ch = ch};
        if (keymap_find(SCOPE_LINE, &key) != ACTION_NONE || keymap_find(SCOPE_ANY, &key) != ACTION_NONE)
            ck_abort_msg("%c is taken from the line", (int)ch);
    }
}
END_TEST

START_TEST(shows_rows_that_fit_in_order_of_their_scopes)
{
    const struct keymap_row *row, *before = NULL;
    size_t rows = 0;
    for (; (row = keymap_row(rows)); rows++) {
        ck_assert_msg(row->keys && row->help && !*row->keys == !*row->help, "row %zu", rows);
        ck_assert_msg(strlen(row->keys) < 26 && strlen(row->help) <= 52, "row %zu: %s: %s", rows, row->keys, row->help);
        ck_assert_msg(!before || before->scope <= row->scope, "row %zu is out of order", rows);
        for (size_t i = 0; *row->keys && i < rows; i++)
            ck_assert_msg(keymap_row(i)->scope != row->scope || strcmp(keymap_row(i)->keys, row->keys) != 0, "%s stands twice",
                          row->keys);
        before = row;
    }
    ck_assert_uint_gt(rows, 20);
    ck_assert_ptr_null(keymap_row(rows + 1000));
    ck_assert_str_eq(keymap_scope_name(SCOPE_ANY), "everywhere");
    ck_assert_str_eq(keymap_scope_name(SCOPE_LINE), "input line");
    ck_assert_str_eq(keymap_scope_name(SCOPE_LOG), "logs and views");
}
END_TEST

/* A key's name, as rows write it; false for what they name otherwise. */
static bool read_name(const char *name, struct key *key)
{
    static const struct {
        const char *name;
        struct key key;
    } names[] = {
        {"Tab", {.code = KEYS_TAB}},          {"Shift-Tab", {.code = KEYS_BACKTAB}}, {"PgUp", {.code = KEYS_PAGE_UP}},
        {"PgDn", {.code = KEYS_PAGE_DOWN}},   {"Up", {.code = KEYS_UP}},             {"Down", {.code = KEYS_DOWN}},
        {"Left", {.code = KEYS_LEFT}},        {"Right", {.code = KEYS_RIGHT}},
        {"Home", {.code = KEYS_HOME}},        {"End", {.code = KEYS_END}},           {"Esc", {.code = KEYS_ESC}},
        {"F1", {.code = KEYS_F, .ch = 1}},    {"Esc 1", {.code = KEYS_ALT, .ch = '1'}},
        {"F2", {.code = KEYS_F, .ch = 2}},    {"Esc 2", {.code = KEYS_ALT, .ch = '2'}},
        {"F3", {.code = KEYS_F, .ch = 3}},    {"Esc 3", {.code = KEYS_ALT, .ch = '3'}},
        {"Space", {.code = KEYS_CHAR, .ch = ' '}},
        {"F5", {.code = KEYS_F, .ch = 5}},    {"Esc 5", {.code = KEYS_ALT, .ch = '5'}},
        {"F6", {.code = KEYS_F, .ch = 6}},    {"Esc 6", {.code = KEYS_ALT, .ch = '6'}},
        {"F4", {.code = KEYS_F, .ch = 4}},    {"Esc 4", {.code = KEYS_ALT, .ch = '4'}}, {"Enter", {.code = KEYS_ENTER}},
    };
    for (size_t i = 0; i < UNIT_COUNT(names); i++)
        if (strcmp(names[i].name, name) == 0) {
            *key = names[i].key;
            return true;
        }
    if (strlen(name) == 1 || strcmp(name + 1, " a") == 0) /* a mark's letter follows */
        *key = (struct key){.code = KEYS_CHAR, .ch = (unsigned char)name[0]};
    else if (strlen(name) == 2 && name[0] == '^')
        *key = (struct key){.code = KEYS_CTRL, .ch = (unsigned char)name[1]};
    else
        return false;
    return true;
}

/* What is shown is what is done: each key that a row names does something where the row says, Tab in the line apart. */
START_TEST(does_what_its_rows_name)
{
    const struct keymap_row *row;
    int named = 0;
    for (size_t i = 0; (row = keymap_row(i)); i++) {
        char copy[64], *rest = copy;
        snprintf(copy, sizeof copy, "%s", row->keys);
        while (row->scope != SCOPE_LINE && rest && *rest) {
            char *name = rest, *comma = strstr(rest, ", ");
            rest = comma ? comma + 2 : NULL;
            if (comma)
                *comma = '\0';
            struct key key;
            ck_assert_msg(read_name(name, &key), "row %zu names an unknown key: %s", i, name);
            if (row->scope == SCOPE_ANY && key.code == KEYS_TAB)
                continue;
            ck_assert_msg(keymap_find(row->scope, &key) != ACTION_NONE, "%s does nothing", name);
            named++;
        }
    }
    ck_assert_int_gt(named, 20);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"knows what each key does where", knows_what_each_key_does_where},
        {"knows no key that is none", knows_no_key_that_is_none},
        {"leaves every character to the input line", leaves_every_character_to_the_input_line},
        {"shows rows that fit, in order of their scopes", shows_rows_that_fit_in_order_of_their_scopes},
        {"does what its rows name", does_what_its_rows_name},
    };
    return unit_run("keymap", tests, UNIT_COUNT(tests));
}
