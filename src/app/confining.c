/* What keeps this program from what it does not need (host/sandbox), entered once nothing is to be opened any more but
 * by the broker; and what of it holds. */
#include "config.h"

#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "app/app.h"
#include "app/paths.h"
#include "core/words.h"

/* Where the history is kept, and where a link in its place leads. What libedit's side writes is written by this
 * process. */
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

static void tell_sandbox(struct app *a, enum event event, bool lacks)
{
    char holds[2][SANDBOX_TEXT], text[2][2 * SANDBOX_TEXT];
    for (int i = 0; i < 2; i++) {
        locale_t own = i == 0 ? words_plain() : (locale_t)0;
        snprintf(text[i], sizeof text[i], lacks ? _("the sandbox is not whole: %s") : _("sandbox: %s"),
                 sandbox_describe(&a->sandbox, holds[i]));
        words_back(own);
    }
    app_notice_both(a, ROLE_CLIENT, event, NULL, text[0], text[1]);
}

static void helper_ended(void *context, short revents)
{
    struct app *a = context;
    (void)revents;
    loop_unwatch(a->loop, broker_fd(a->broker));
    a->helper_ended = true;
    app_notice(a, ROLE_CLIENT, EVENT_ERROR, NULL,
               N_("the helper process has ended: no file is opened and no name looked up any more, until you start anew"));
}

void app_confine(struct app *a, enum files_wanted files)
{
    char own[2][PATH_MAX];
    const char *const paths[] = {own[0], own[1]};
    if (!a->broker) { /* nobody would open what is asked for */
        app_notice(a, ROLE_CLIENT, EVENT_ERROR, NULL, N_("there is no sandbox: no helper process could be started"));
        return;
    }
    sandbox_enter(&a->sandbox, paths, files == FILES_HISTORY ? own_directories(a, own) : 0);
    if (files == FILES_NONE)
        broker_leave_files(a->broker);
    loop_watch(a->loop, broker_fd(a->broker), 0, LOOP_OTHER, helper_ended, a);
    if (a->sandbox.built && !sandbox_is_whole(&a->sandbox))
        tell_sandbox(a, EVENT_ERROR, true);
}

void app_tell_sandbox(struct app *a)
{
    if (!a->broker) {
        app_notice(a, ROLE_CLIENT, EVENT_SETTING, NULL, N_("sandbox: none: no helper process could be started"));
        return;
    }
    tell_sandbox(a, EVENT_SETTING, false);
    app_notice(a, ROLE_CLIENT, EVENT_SETTING, NULL,
               a->helper_ended ? N_("helper: it has ended; no file is opened, no name looked up, until you start anew") :
               a->server.exec ?
                   N_("helper: opens the files that are named, looks names up; another runs the commands of rules") :
                   N_("helper: opens the files that are named, looks names up; runs no commands"));
}
