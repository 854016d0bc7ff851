#include "config.h"

#include "app/runner.h"

void runner_init(struct runner *r, struct app *app, const struct script *script)
{
    *r = (struct runner){.app = app, .script = script};
}

bool runner_step(struct runner *r)
{
    while (!r->failed && !r->pause.set && !app_is_working(r->app)) {
        if (r->app->lookup_failed) {
            r->failed = true;
            break;
        }
        if (r->next == r->script->count)
            return true;
        if (app_run(r->app, &r->script->commands[r->next++]) < 0)
            r->failed = true;
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
