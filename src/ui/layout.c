#include "config.h"

#include "ui/layout.h"

/* Takes a row from the bottom when at least `need` rows are there. */
static int take_row(int rows, int need, int *bottom)
{
    return rows >= need ? --*bottom : -1;
}

static void place_panes(struct layout *l, int rows, int cols, const struct layout_wish *wish)
{
    bool client = wish->client && wish->zoomed != PART_SERVER;
    bool server = wish->server && wish->zoomed != PART_CLIENT;
    struct area whole = {0, 0, rows, cols};
    if (wish->view) {
        int beneath = wish->beneath && wish->server && rows >= LAYOUT_BENEATH_FROM ? rows / 5 : 0;
        l->part[PART_VIEW] = (struct area){0, 0, rows - beneath, cols};
        if (beneath)
            l->part[PART_SERVER] = (struct area){rows - beneath, 0, beneath, cols};
    } else if (!client || !server) {
        l->part[server ? PART_SERVER : PART_CLIENT] = whole;
    } else if (cols >= LAYOUT_WIDE) {
        l->divider = (cols - 1) / 2;
        struct area left = {0, 0, rows, l->divider}, right = {0, l->divider + 1, rows, cols - l->divider - 1};
        l->part[PART_CLIENT] = wish->server_left ? right : left;
        l->part[PART_SERVER] = wish->server_left ? left : right;
    } else {
        int upper = (rows + 1) / 2;
        l->part[PART_CLIENT] = (struct area){0, 0, upper, cols};
        l->part[PART_SERVER] = (struct area){upper, 0, rows - upper, cols};
    }
}

void layout_panes(struct layout *l, int rows, int cols, const struct layout_wish *wish)
{
    *l = (struct layout){.divider = -1, .rule = -1, .hint = -1, .keys = -1};
    place_panes(l, rows, cols, wish);
}

void layout_make(struct layout *l, int rows, int cols, const struct layout_wish *wish)
{
    *l = (struct layout){.divider = -1, .rule = -1, .hint = -1, .keys = -1};
    l->tiny = rows < LAYOUT_ROWS_MIN || cols < LAYOUT_COLS_MIN;
    if (l->tiny)
        return;
    int bottom = rows;
    l->keys = take_row(rows, 14, &bottom);
    l->hint = take_row(rows, 8, &bottom);
    l->part[PART_LINE] = (struct area){--bottom, 0, 1, cols};
    l->rule = take_row(rows, 6, &bottom);
    place_panes(l, bottom, cols, wish);
}
