/* What keeps this program from what it does not need (host/sandbox), entered once nothing is to be opened any more but by the broker; and what of it holds. */
#include "config.h"

#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "app/app.h"
#include "app/paths.h"

/* Where the history is kept, and where a link in its place leads. What libedit's side writes is written by this process. */
static size_t own_directories(struct app *a, char own[2][PATH_MAX])
{
    char path[PATH_MAX], real[PATH_MAX];
    size_t count = 0;
    if (!paths_history(path, sizeof path) || paths_make_directory(a->broker, path) < 0)
        return 0;
    if (realpath(path, real))
        snprintf(own[count++], PATH_MAX, "%s", dirname(real));
    snprintf(own[count++], PATH_MAX, "%s", dirname(path));
    return count;
}

void app_confine(struct app *a, enum files_wanted files)
{
    char own[2][PATH_MAX], text[SANDBOX_TEXT];
    const char *const paths[] = {own[0], own[1]};
    if (!a->broker) { /* nobody would open what is asked for */
        app_notice(a, ROLE_CLIENT, EVENT_ERROR, NULL, "there is no sandbox: no helper process could be started");
        return;
    }
    sandbox_enter(&a->sandbox, paths, files == FILES_HISTORY ? own_directories(a, own) : 0);
    if (files == FILES_NONE)
        broker_leave_files(a->broker);
    if (a->sandbox.built && !sandbox_is_whole(&a->sandbox))
        app_notice(a, ROLE_CLIENT, EVENT_ERROR, NULL, "the sandbox is not whole: %s", sandbox_describe(&a->sandbox, text));
}

void app_tell_sandbox(struct app *a)
{
    char text[SANDBOX_TEXT];
    app_notice(a, ROLE_CLIENT, EVENT_SETTING, NULL, "sandbox: %s",
               a->broker ? sandbox_describe(&a->sandbox, text) : "none: no helper process could be started");
    if (a->broker)
        app_notice(a, ROLE_CLIENT, EVENT_SETTING, NULL, "helper: opens the files that are named, looks names up%s",
                   a->server.exec ? "; another runs the commands of rules" : "; runs no commands");
}
