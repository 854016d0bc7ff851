#include "config.h"

#include "core/keymap.h"

#include "core/words.h"

enum { SAME_KEYS = 3 };

static const struct {
    struct keymap_row row;
    enum action action;
    struct key keys[SAME_KEYS]; /* all that do it; KEYS_NONE ends them */
} table[] = {
    {{SCOPE_ANY, "Tab, Shift-Tab", N_("next, previous part of the screen")},
     ACTION_FOCUS_BACK, {{.code = KEYS_BACKTAB}}},
    {{SCOPE_ANY, "F1, Esc 1", N_("this help; again: back")},
     ACTION_HELP, {{.code = KEYS_F, .ch = 1}, {.code = KEYS_ALT, .ch = '1'}}},
    {{SCOPE_ANY, "F2, Esc 2", N_("the ladder: an arrow for each datagram; again: back")},
     ACTION_LADDER, {{.code = KEYS_F, .ch = 2}, {.code = KEYS_ALT, .ch = '2'}}},
    {{SCOPE_ANY, "F3, Esc 3", N_("both programs as flow charts; again: Python, C, back")},
     ACTION_FIGURE, {{.code = KEYS_F, .ch = 3}, {.code = KEYS_ALT, .ch = '3'}}},
    {{SCOPE_ANY, "F4, Esc 4", N_("inspect the line in focus; again: back")},
     ACTION_INSPECT, {{.code = KEYS_F, .ch = 4}, {.code = KEYS_ALT, .ch = '4'}}},
    {{SCOPE_ANY, "F5, Esc 5", N_("the socket calls; again: back")},
     ACTION_CALLS, {{.code = KEYS_F, .ch = 5}, {.code = KEYS_ALT, .ch = '5'}}},
    {{SCOPE_ANY, "F6, Esc 6", N_("statistics; again: back")},
     ACTION_STATS, {{.code = KEYS_F, .ch = 6}, {.code = KEYS_ALT, .ch = '6'}}},
    {{SCOPE_ANY, "PgUp, PgDn", N_("scroll")}, ACTION_PAGE_UP, {{.code = KEYS_PAGE_UP}}},
    {{SCOPE_ANY, "", ""}, ACTION_PAGE_DOWN, {{.code = KEYS_PAGE_DOWN}}},
    {{SCOPE_ANY, "^C", N_("stop long work, empty the line; twice: leave")},
     ACTION_INTERRUPT, {{.code = KEYS_CTRL, .ch = 'C'}}},
    {{SCOPE_ANY, "^L", N_("draw the screen anew")}, ACTION_REDRAW, {{.code = KEYS_CTRL, .ch = 'L'}}},
    {{SCOPE_ANY, "^Z", N_("suspend; fg comes back")}, ACTION_SUSPEND, {{.code = KEYS_CTRL, .ch = 'Z'}}},

    {{SCOPE_LINE, "Enter", N_("send the line as one datagram, or run the /command")}, ACTION_NONE, {{0}}},
    {{SCOPE_LINE, "Tab", N_("complete a /command, else the next part")}, ACTION_NONE, {{0}}},
    {{SCOPE_LINE, "^D", N_("on an empty line: leave")}, ACTION_NONE, {{0}}},
    {{SCOPE_LINE, "Up Down ^P ^N", N_("lines sent before")}, ACTION_NONE, {{0}}},
    {{SCOPE_LINE, "^R", N_("search in them; again: older; ^G gives up")}, ACTION_NONE, {{0}}},
    {{SCOPE_LINE, "^A ^E Home End", N_("to the line's begin and end")}, ACTION_NONE, {{0}}},
    {{SCOPE_LINE, "Alt-B Alt-F", N_("a word back, a word on")}, ACTION_NONE, {{0}}},
    {{SCOPE_LINE, "^U ^K ^W ^Y", N_("cut all, cut to the end, cut a word, paste")}, ACTION_NONE, {{0}}},
    {{SCOPE_LINE, "^V", N_("the next key as it is")}, ACTION_NONE, {{0}}},

    {{SCOPE_LOG, "k, Up", N_("a line up")}, ACTION_UP, {{.code = KEYS_CHAR, .ch = 'k'}, {.code = KEYS_UP}}},
    {{SCOPE_LOG, "j, Down", N_("a line down")}, ACTION_DOWN, {{.code = KEYS_CHAR, .ch = 'j'}, {.code = KEYS_DOWN}}},
    {{SCOPE_LOG, "^U", N_("half a page up")}, ACTION_HALF_UP, {{.code = KEYS_CTRL, .ch = 'U'}}},
    {{SCOPE_LOG, "^D", N_("half a page down")}, ACTION_HALF_DOWN, {{.code = KEYS_CTRL, .ch = 'D'}}},
    {{SCOPE_LOG, "g, Home", N_("the oldest")}, ACTION_OLDEST, {{.code = KEYS_CHAR, .ch = 'g'}, {.code = KEYS_HOME}}},
    {{SCOPE_LOG, "G, End", N_("the newest, and follow")}, ACTION_NEWEST, {{.code = KEYS_CHAR, .ch = 'G'}, {.code = KEYS_END}}},
    {{SCOPE_LOG, "Left, Right", N_("the end of long payloads")}, ACTION_LEFT, {{.code = KEYS_LEFT}}},
    {{SCOPE_LOG, "", ""}, ACTION_RIGHT, {{.code = KEYS_RIGHT}}},
    {{SCOPE_LOG, "/", N_("search by a regular expression")}, ACTION_SEARCH, {{.code = KEYS_CHAR, .ch = '/'}}},
    {{SCOPE_LOG, "n", N_("the next hit")}, ACTION_NEXT, {{.code = KEYS_CHAR, .ch = 'n'}}},
    {{SCOPE_LOG, "N", N_("the hit before")}, ACTION_PREVIOUS, {{.code = KEYS_CHAR, .ch = 'N'}}},
    {{SCOPE_LOG, "&", N_("filter: show only some lines")}, ACTION_FILTER, {{.code = KEYS_CHAR, .ch = '&'}}},
    {{SCOPE_LOG, "m a", N_("mark the line in focus as a (to z)")}, ACTION_MARK, {{.code = KEYS_CHAR, .ch = 'm'}}},
    {{SCOPE_LOG, "' a", N_("go to the line marked a")}, ACTION_GO, {{.code = KEYS_CHAR, .ch = '\''}}},
    {{SCOPE_LOG, "p", N_("stand still; again: follow")}, ACTION_PAUSE, {{.code = KEYS_CHAR, .ch = 'p'}}},
    {{SCOPE_LOG, "t", N_("time of day, since the start, since the last")}, ACTION_TIME, {{.code = KEYS_CHAR, .ch = 't'}}},
    {{SCOPE_LOG, "w", N_("long payloads whole, over several rows")}, ACTION_WRAP, {{.code = KEYS_CHAR, .ch = 'w'}}},
    {{SCOPE_LOG, "x", N_("bytes in hex below the text")}, ACTION_HEX, {{.code = KEYS_CHAR, .ch = 'x'}}},
    {{SCOPE_LOG, "y", N_("copy the line's bytes to the terminal's clipboard")}, ACTION_COPY, {{.code = KEYS_CHAR, .ch = 'y'}}},
    {{SCOPE_LOG, "Enter", N_("inspect the line in focus; in the help: the manual")}, ACTION_OPEN, {{.code = KEYS_ENTER}}},
    {{SCOPE_LOG, "s", N_("in statistics: sort clients by another column")}, ACTION_SORT, {{.code = KEYS_CHAR, .ch = 's'}}},
    {{SCOPE_LOG, "S", N_("in statistics: the other way round")}, ACTION_REVERSE, {{.code = KEYS_CHAR, .ch = 'S'}}},
    {{SCOPE_LOG, "z", N_("all the room for this pane, and back")}, ACTION_ZOOM, {{.code = KEYS_CHAR, .ch = 'z'}}},
    {{SCOPE_LOG, ":", N_("type a command")}, ACTION_COMMAND, {{.code = KEYS_CHAR, .ch = ':'}}},
    {{SCOPE_LOG, "?", N_("help")}, ACTION_HELP, {{.code = KEYS_CHAR, .ch = '?'}}},
    {{SCOPE_LOG, "Tab", N_("the next part")}, ACTION_FOCUS, {{.code = KEYS_TAB}}},
    {{SCOPE_LOG, "q, Esc", N_("back to the input line")}, ACTION_BACK, {{.code = KEYS_CHAR, .ch = 'q'}, {.code = KEYS_ESC}}},

    {{SCOPE_STEP, "Space", N_("the next call; from the input line where it is empty")}, ACTION_STEP, {{.code = KEYS_CHAR, .ch = ' '}}},
    {{SCOPE_STEP, "c", N_("in logs and views: run on, as /step off does")}, ACTION_RUN, {{.code = KEYS_CHAR, .ch = 'c'}}},
};

enum { ROWS = sizeof table / sizeof *table };

const struct keymap_row *keymap_row(size_t index)
{
    return index < ROWS ? &table[index].row : NULL;
}

const char *keymap_scope_name(enum scope scope)
{
    static const char *const names[SCOPE_COUNT] = {N_("everywhere"), N_("input line"), N_("logs and views"),
                                                   N_("step mode")};
    return names[scope];
}

static enum action find_in(enum scope scope, const struct key *key)
{
    for (size_t i = 0; i < ROWS; i++)
        for (size_t k = 0; table[i].row.scope == scope && k < SAME_KEYS && table[i].keys[k].code; k++)
            if (table[i].keys[k].code == key->code && table[i].keys[k].ch == key->ch)
                return table[i].action;
    return ACTION_NONE;
}

enum action keymap_find(enum scope scope, const struct key *key)
{
    enum action action = find_in(scope, key);
    return action || scope == SCOPE_ANY || scope == SCOPE_STEP ? action : find_in(SCOPE_ANY, key);
}
