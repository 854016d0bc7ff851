/* The mouse: the wheel scrolls what it is over, a click sets the focus and picks a line of a log. */
#include "config.h"

#include "app/screen_state.h"

enum { WHEEL_LINES = 3 };

static bool is_in(const struct area *a, int row, int col)
{
    return row >= a->row && row < a->row + a->rows && col >= a->col && col < a->col + a->cols;
}

static enum part part_at(const struct screen *s, int row, int col)
{
    for (enum part part = PART_CLIENT; part < PART_COUNT; part++)
        if (is_in(&s->layout.part[part], row, col))
            return part;
    return PART_LINE;
}

static bool is_log(const struct screen *s, enum part part)
{
    return part == PART_CLIENT || part == PART_SERVER ||
           (part == PART_VIEW && screen_view_ops(s->view)->log != LOG_NONE);
}

static struct log_view *log_in(struct screen *s, enum part part)
{
    return part == PART_VIEW ? screen_log(s) : &s->logs[part == PART_SERVER ? LOG_SERVER : LOG_CLIENT];
}

/* The window scrolls, not the line in focus. */
static void turn_wheel(struct screen *s, enum part part, enum action action)
{
    if (is_log(s, part))
        log_in(s, part)->at = 0;
    for (int i = 0; i < WHEEL_LINES; i++)
        screen_scroll(s, part, action);
}

void screen_mouse(struct screen *s, const struct key *key)
{
    int row = key->row - 1, col = key->col - 1;
    if (s->layout.tiny || s->question || !s->app->settings[SETTING_MOUSE])
        return;
    enum part part = part_at(s, row, col);
    if (key->ch != MOUSE_LEFT) {
        turn_wheel(s, part, key->ch == MOUSE_WHEEL_UP ? ACTION_UP : ACTION_DOWN);
        return;
    }
    s->message[0] = '\0';
    screen_focus(s, part);
    if (part == PART_VIEW && s->view == VIEW_HELP)
        help_view_pick(&s->help, row - s->layout.part[part].row - 1);
    else if (is_log(s, part))
        log_view_pick(log_in(s, part), row - s->layout.part[part].row - log_in(s, part)->ops->head_rows, &s->scene);
}
