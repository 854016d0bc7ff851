#include "config.h"

#include "ui/scroll.h"

int scroll_clamp(int top, int page, int lines)
{
    top = top > lines - page ? lines - page : top;
    return top < 0 ? 0 : top;
}

bool scroll_act(int *top, enum action action, int page, int lines)
{
    int most = page > 1 ? page - 1 : 1, to = *top; /* a page has a line of the one before */
    switch (action) {
    case ACTION_UP: to--; break;
    case ACTION_DOWN: to++; break;
    case ACTION_HALF_UP: to -= page / 2; break;
    case ACTION_HALF_DOWN: to += page / 2; break;
    case ACTION_PAGE_UP: to -= most; break;
    case ACTION_PAGE_DOWN: to += most; break;
    case ACTION_OLDEST: to = 0; break;
    case ACTION_NEWEST: to = lines; break;
    default: return false;
    }
    *top = scroll_clamp(to, page, lines);
    return true;
}
