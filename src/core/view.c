#include "config.h"

#include "core/view.h"

#include <string.h>

static const struct view_info table[VIEW_COUNT] = {
    [VIEW_HELP] = {"help", 1, "help"},
    [VIEW_LADDER] = {"ladder", 2, "ladder"},
    [VIEW_FIGURE] = {"figure", 3, "figure"},
    [VIEW_CODE] = {NULL, 0, "code"},
    [VIEW_INSPECT] = {"inspect", 4, "inspect"},
    [VIEW_CALLS] = {"calls", 5, "calls"},
    [VIEW_STATS] = {"stats", 6, "stats"},
    [VIEW_LESSON] = {"lesson", 0, "lesson"},
    [VIEW_MANUAL] = {NULL, 0, "manual"},
};

const struct view_info *view_info(enum view view)
{
    return &table[view];
}

enum view view_find(const char *name)
{
    for (enum view view = VIEW_NONE + 1; view < VIEW_COUNT; view++)
        if (table[view].name && strcmp(table[view].name, name) == 0)
            return view;
    return VIEW_NONE;
}
