/* udptalk: options, wiring, exit status. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "app/app.h"
#include "app/complain.h"
#include "app/headless.h"
#include "app/judge.h"
#include "app/language.h"
#include "app/lessons_batch.h"
#include "app/paths.h"
#include "app/screen.h"
#include "core/command.h"
#include "core/error.h"
#include "core/option.h"
#include "core/script.h"
#include "core/words.h"

enum { EXIT_USAGE = 2 };

/* A descriptor below 3 that is closed would be taken by a socket, and written to as standard error. Now who writes to it
 * learns that nobody reads it. */
static void keep_standard_descriptors(void)
{
    int fd;
    do
        fd = open("/dev/null", O_RDONLY);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
}

static int print_and_leave(const struct options *o)
{
    struct buffer out;
    buffer_init(&out);
    if (o->version)
        buffer_printf(&out, "udptalk %s\n", PACKAGE_VERSION);
    else
        options_help(&out);
    bool whole = fwrite(out.data, 1, out.len, stdout) == out.len && fflush(stdout) == 0;
    buffer_done(&out);
    if (!whole)
        complain(_("cannot write to standard output: %s%s"), strerror(errno), _(error_file_advice(errno)));
    return whole ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* Parses what -e and -f gave: all syntax errors are found before any socket opens. */
static int parse_scripts(const struct options *o, struct script *script, char *why, size_t why_size)
{
    int failed = 0;
    for (size_t i = 0; i < o->script_count && !failed; i++) {
        const struct script_source *s = &o->scripts[i];
        struct buffer text;
        buffer_init(&text);
        if (s->file && paths_read_file(s->text, &text) < 0) {
            snprintf(why, why_size, _("cannot read %.200s: %s%s"), s->text, strerror(errno),
                     _(error_file_advice(errno)));
            failed = -1;
        } else if (s->file) {
            failed = script_parse(script, s->text, (char *)text.data, text.len, why, why_size);
        } else {
            failed = script_parse(script, "-e", s->text, strlen(s->text), why, why_size);
        }
        buffer_done(&text);
    }
    return failed;
}

/* Whom --user names; nobody else where it is not given. */
static int find_user(const struct options *o, struct identity *who)
{
    char why[COMMAND_WHY];
    *who = (struct identity){.name = ""};
    if (!o->user || identity_find(who, o->user, why, sizeof why) == 0)
        return 0;
    complain("%s", why);
    return -1;
}

static int run(const struct options *o, const struct script *script)
{
    uint64_t seed = 0;
    struct app app;
    struct identity who;
    if (find_user(o, &who) < 0)
        return EXIT_FAILURE;
    struct exec *exec = o->allow_exec ? exec_new(o->user ? &who : NULL) : NULL; /* before there is anything to hide from commands */
    struct broker *broker = broker_new(o->user ? &who : NULL);
    struct loop *loop = loop_new();
    if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) < 0)
        seed = (uint64_t)loop_read_clocks().wall;
    if ((o->allow_exec && !exec) || !loop || app_init(&app, o, loop, broker, exec, seed) < 0) {
        complain(_("cannot start: %s%s"), strerror(errno), _(error_file_advice(errno)));
        exec_free(exec);
        broker_free(broker);
        loop_free(loop);
        return EXIT_FAILURE;
    }
    app.identity = who;
    int status = EXIT_FAILURE;
    bool screen = !o->batch && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
    if (o->lesson && !screen)
        status = lessons_batch(&app); /* it opens its own sockets */
    else if (app_start(&app) < 0)
        complain("%s", app.why);
    else
        status = screen ? screen_run(&app, script) : headless_run(&app, script);
    if (app.unsafe)
        status = EXIT_FAILURE;
    app_done(&app);
    exec_free(exec);
    broker_free(broker);
    loop_free(loop);
    return status;
}

/* Nothing is kept and nothing drawn: there is no app. */
static int check(const struct options *o)
{
    struct identity who;
    if (find_user(o, &who) < 0)
        return EXIT_FAILURE;
    struct broker *broker = broker_new(o->user ? &who : NULL);
    struct loop *loop = loop_new();
    if (!loop) {
        complain(_("cannot start: %s%s"), strerror(errno), _(error_file_advice(errno)));
        broker_free(broker);
        return EXIT_FAILURE;
    }
    locale_t own = o->json ? words_plain() : (locale_t)0; /* JSON is never translated */
    int status = judge_run(o, loop, broker, o->user ? &who : NULL);
    words_back(own);
    broker_free(broker);
    loop_free(loop);
    return status;
}

int main(int argc, char **argv)
{
    struct options options;
    struct script script;
    char why[COMMAND_WHY + OPTION_WHY];
    keep_standard_descriptors();
    if (language_start(options_language(argc, argv), why, sizeof why) < 0) {
        complain("%s", why);
        return EXIT_USAGE;
    }
    if (options_parse(&options, argc, argv, why) < 0) {
        complain("%s", why);
        return EXIT_USAGE;
    }
    if (options.ascii) /* no other language can be written so; English always can be had */
        language_start("en", why, sizeof why);
    if (options.help || options.version)
        return print_and_leave(&options);
    if (options.check)
        return check(&options);
    if (options.lesson && strcmp(options.lesson, "list") == 0)
        return lessons_batch_list() == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
    if (options.lesson && !lessons_batch_know(options.lesson, why, sizeof why)) {
        complain("%s", why);
        return EXIT_USAGE;
    }
    script_init(&script);
    if (parse_scripts(&options, &script, why, sizeof why) < 0) {
        complain("%s", why);
        script_done(&script);
        return EXIT_USAGE;
    }
    int status = run(&options, &script);
    script_done(&script);
    return status;
}
