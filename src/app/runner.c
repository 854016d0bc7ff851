#include "config.h"

#include "app/runner.h"

#include <stdio.h>
#include <string.h>

void runner_init(struct runner *r, struct app *app, const struct script *script)
{
    *r = (struct runner){.app = app, .script = script};
}

/* What came of a file's command is told with its line; what was typed has none. */
static void fail(struct runner *r)
{
    const struct script_line *at = r->at;
    r->failed = true;
    if (!at || strcmp(at->name, "-e") == 0)
        return;
    app_why_at(r->app, at->name, at->line);
}

/* /why explains what has come to its end, be it an answer, an error or the time to wait. */
static bool is_too_early(const struct runner *r)
{
    const struct app *a = r->app;
    return r->next < r->script->count && r->script->commands[r->next].id == COMMAND_EXPLAIN &&
           a->settings[SETTING_WAIT] && match_waiting(a->client.match) > 0;
}

bool runner_step(struct runner *r)
{
    while (!r->failed && !r->pause.set && !app_is_working(r->app)) {
        if (expecting_has_failed(r->app)) {
            fail(r);
            expecting_tell(r->app);
            break;
        }
        if (r->app->lookup_failed) {
            fail(r);
            break;
        }
        r->at = NULL;
        if (r->next == r->script->count)
            return true;
        if (is_too_early(r))
            return false;
        r->at = &r->script->lines[r->next];
        r->app->scripted = true;
        if (app_run(r->app, &r->script->commands[r->next++]) < 0)
            fail(r);
        r->app->scripted = false;
    }
    return r->failed;
}

/* The end of the turn steps on; nothing else is to do. */
static void pause_over(void *context)
{
    (void)context;
}

void runner_pause(struct runner *r, int64_t time)
{
    loop_timer_set(r->app->loop, &r->pause, loop_read_clocks().mono + time, pause_over, r);
}
