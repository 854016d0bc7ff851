#include "config.h"

#include "core/view.h"

#include <string.h>

#include "core/words.h"

static const struct view_info table[VIEW_COUNT] = {
    [VIEW_HELP] = {"help", 1, NC_("key", "help")},
    [VIEW_LADDER] = {"ladder", 2, NC_("key", "ladder")},
    [VIEW_FIGURE] = {"figure", 3, NC_("key", "figure")},
    [VIEW_CODE] = {NULL, 0, NC_("key", "code")},
    [VIEW_INSPECT] = {"inspect", 4, NC_("key", "inspect")},
    [VIEW_CALLS] = {"calls", 5, NC_("key", "calls")},
    [VIEW_STATS] = {"stats", 6, NC_("key", "stats")},
    [VIEW_LESSON] = {"lesson", 0, NC_("key", "lesson")},
    [VIEW_MANUAL] = {NULL, 0, NC_("key", "manual")},
};

const struct view_info *view_info(enum view view)
{
    return &table[view];
}

const char *view_label(enum view view)
{
    return words_within(table[view].label);
}

enum view view_find(const char *name)
{
    for (enum view view = VIEW_NONE + 1; view < VIEW_COUNT; view++)
        if (table[view].name && strcmp(table[view].name, name) == 0)
            return view;
    return VIEW_NONE;
}
