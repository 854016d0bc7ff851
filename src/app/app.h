/* app: the only place where the parts meet. Events in (datagrams, lines, commands, time), state out (the journal and
 * what the views are told).
 *
 * The app knows nothing of screens: app/screen.c and app/headless.c drive it and look at its journal; exactly one of
 * them runs.
 *
 * Ownership: the app owns its journal, endpoints and buffers; the loop and the options belong to main. */
#ifndef UDPTALK_APP_APP_H
#define UDPTALK_APP_APP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/expecting.h"
#include "app/faults.h"
#include "app/lookup.h"
#include "app/names.h"
#include "app/relay.h"
#include "app/sending.h"
#include "app/stepping.h"
#include "core/buffer.h"
#include "core/call.h"
#include "core/command.h"
#include "core/entry.h"
#include "core/filter.h"
#include "core/guard.h"
#include "core/journal.h"
#include "core/match.h"
#include "core/option.h"
#include "core/peers.h"
#include "core/rules.h"
#include "core/setting.h"
#include "core/stats.h"
#include "export/export.h"
#include "export/jsonl_read.h"
#include "export/pcap_read.h"
#include "host/broker.h"
#include "host/exec.h"
#include "host/file_out.h"
#include "host/identity.h"
#include "host/sandbox.h"
#include "loop/loop.h"
#include "net/rx.h"
#include "net/tx.h"
#include "net/udp.h"

enum { APP_WHY = 512, APP_GROUPS = 16 };

/* The calls that open a socket and close it. */
enum { OPENING_SOCKET, OPENING_BIND, OPENING_CONNECT, OPENING_CLOSE, OPENING_CALLS };

/* The logs, each with a filter of its own: that of all, headless, those of the endpoints, the ladder and the calls. */
enum log_id { LOG_NONE = ROLE_NONE, LOG_CLIENT = ROLE_CLIENT, LOG_SERVER = ROLE_SERVER, LOG_LADDER, LOG_CALLS, LOG_COUNT };

/* Whose calls are journalled. */
struct call_source {
    struct app *app;
    enum role role;
    bool queued;          /* a queue was there to read, since it was looked last */
    bool trains;          /* of trains, perhaps: the kernel counts one that it drops as one datagram */
    struct opening_call { /* its newest socket, bind, connect and close, which the journal forgets first */
        struct entry entry;
        unsigned char room[CALL_ROOM];
    } opened[OPENING_CALLS];
};

struct membership {
    struct address group;
    unsigned interface;   /* index, 0: the system's choice */
};

struct client {
    struct udp udp;
    struct rx *rx;
    struct tx *tx;            /* lines that were posted */
    size_t posted;            /* how many of them are journalled; the rest waits in a full socket */
    struct address local;     /* as getsockname says; port 0 until the kernel picked one */
    struct address peer;
    struct match *match;
    struct address bound;     /* asked for by -s, -p or /bind; unset: whatever the kernel picks */
    struct call_source source;
    bool full;                /* the socket takes nothing just now; cleared when it does again */
    bool asleep;              /* a lesson has it read nothing */
    uint64_t sent, answered, unanswered, unsent, strangers;
    uint64_t resent;          /* resends (SETTING_RETRY), which are none of `sent` */
    uint64_t events;          /* entries journalled: lines of its log */
    struct loop_timer deadline;
    uint32_t drops;           /* of the kernel, as told last */
    struct loop_timer look;   /* for more of them */
};

/* A datagram that the server took and has not settled yet: its reply is sent, then both are journalled. */
struct pending {
    struct entry request;     /* its number is 0 until it is journalled */
    struct address from;      /* of ours, to answer from; unset: the socket's own */
    bool has_reply;
    size_t start, len;        /* the reply in tx_bytes() */
    const struct transform *made_by;
    int64_t after;            /* ns: its rule wants it later */
    size_t peer;              /* the client's row in the server's table, and 1; 0: it has none */
    const char *command;      /* its rule's, to be run once the request is journalled; good during the turn */
    bool linked;              /* it goes through the fault link, once it is journalled */
    const char *reason;       /* why it is held back, or NULL: then it stands at `place`, or is linked */
    enum event told;          /* of the notice that gives the reason where there is no reply */
    size_t place;
};

/* A request whose command runs. */
struct running {
    uint64_t id;              /* 0: unused */
    struct entry request;     /* without its bytes */
    struct address from;
    int64_t after;
    size_t peer;
};

struct server {
    struct udp udp;
    struct rx *rx;
    struct tx *tx;
    struct pending pending[TX_MOST];
    size_t pending_count;
    bool full;                /* the socket takes no reply just now, so no request is read; cleared when it does again */
    struct address local;
    const struct transform *transform;
    struct rules rules;       /* they come before the transform */
    struct exec *exec;        /* runs the commands of rules; NULL without --allow-exec */
    int exec_fd;              /* what of it is watched, −1: nothing */
    struct running running[EXEC_AT_ONCE + EXEC_QUEUE];
    uint64_t commands;        /* that were started: ids */
    bool gave_up;             /* a regex of theirs reached its limit, and that was told */
    uint64_t work;            /* of their regexes, this turn */
    bool sated;               /* -c wants no more, while what came is still held or answered: nothing is read */
    bool closing;             /* no rule answers any more */
    bool asleep;              /* a lesson has it read nothing */
    bool again;               /* what was read is not all taken: the turn was long enough */
    struct peers peers;
    struct peers hosts;       /* without their ports: the buckets of SETTING_REPLY_RATE */
    struct call_source source;
    size_t usual;             /* bytes of a message (a datagram or a train) in the last read */
    uint32_t drops;           /* of the kernel, as told last */
    struct loop_timer look;   /* for more of them */
    uint64_t in, out, held;   /* held: replies not sent, and those that could not be */
    uint64_t events;          /* datagrams and notices: lines of its log */
};

/* A file that the journal is written to. Invariant: `x` is NULL when none is. */
struct saving {
    struct export_context *x;
    struct file_out file;
    struct buffer out;
    char name[256];           /* as the user wrote it */
    char path[PATH_MAX];
    uint64_t seen, last;      /* entries behind `seen`, up to `last`, are still to be written */
    uint64_t entries;
    uint64_t forgotten;       /* by the journal, when it began */
    bool begins_late;         /* the first of two marks was forgotten by then */
    struct filter *filter;    /* what lets pass, or NULL */
    bool owns_filter;         /* the log has another one meanwhile */
};

/* A file that is looked at. Invariant: `journal` is NULL when none is; one of `lines` and `packets` while it is
 * read. */
struct opening {
    struct journal *journal;
    struct jsonl_read *lines;
    struct pcap_read *packets;
    int fd;
    bool is_file;              /* else it is a pipe or the like: more may come of it */
    char name[256];
    bool of_client, of_server; /* it has entries of theirs */
    bool failed;               /* not all of it could be read */
    struct stats *stats;       /* of what is in it */
    uint64_t counts[ROLE_COUNT][2]; /* datagrams received, sent */
    uint64_t held;             /* not sent */
    uint64_t unanswered;       /* requests, as notices say */
    uint64_t calls;
    uint64_t rows[ROLE_COUNT]; /* lines of the logs */
};

/* A datagram that was sent again: what it was in the file, what it is now. */
struct replayed {
    uint64_t then, now;       /* entries, `now` of the present journal */
    uint64_t was, is;         /* their first answers, 0: none */
};

/* A file whose client's datagrams are sent again. Invariant: `file.journal` is NULL when there is none; `sent` is in
 * the order of `then` and of `now`. */
struct replay {
    struct opening file;
    double speed;
    int64_t first, began;     /* wall time of the first one then, monotonic time now, and the gaps since (SENDING_GAP); `began` 0: not yet */
    int64_t expected;         /* when it is to go on */
    uint64_t next;            /* the entry that is sent next, 0: none is left */
    uint64_t count;           /* how many there are */
    struct replayed *sent;    /* count of them have room */
    size_t sent_count;
    uint64_t cut;             /* of them: not all of their bytes are in the file */
    uint64_t unsent;          /* longer than any datagram to this peer */
    uint64_t looked_then, looked_now; /* answers up to there were looked at, in the file and now */
    size_t compared;          /* of those that were sent */
    uint64_t different, forgotten; /* answers that differ; that the journal has forgotten */
    struct loop_timer timer;
};

/* Whoever drives the app: it runs the commands that need it, and says what took its time. `run` returns 0, or −1 and a
 * sentence in app->why. */
struct front {
    int (*run)(void *context, const struct command *c);
    void (*say)(void *context, bool bad, const char *sentence);
    void *context;
};

struct app {
    const struct options *options;
    struct loop *loop;
    struct broker *broker;    /* the caller's, or NULL */
    struct sandbox sandbox;
    struct journal *journal;
    struct stats *stats;
    struct client client;
    struct server server;
    struct lookup lookup;
    struct moment called;     /* when the last call on an endpoint's socket returned */
    unsigned char *room;      /* UDP_ROOM bytes for what comes back with errors */
    size_t turn_most;         /* bytes that an endpoint takes in one turn at most, so that the journal outlives the turn */
    int64_t settings[SETTING_COUNT];
    struct membership groups[APP_GROUPS];
    size_t group_count;
    uint64_t seed;            /* of hashes */
    uint64_t receive_most;    /* the server reads no more than that many (-c), 0: no end */
    uint64_t cleared;         /* entries forgotten by /clear */
    uint64_t exchanges;       /* the newest exchange's number */
    struct saving saving;     /* /save */
    struct saving keeping;    /* --save */
    bool keeping_failed;      /* not all is there */
    struct opening opening;
    struct replay replay;
    struct sending sending;
    struct faults faults;
    struct relay relay;
    struct expecting expecting;
    struct stepping stepping;
    struct names names;
    struct lessons *lessons;  /* the lesson that goes on, or NULL */
    struct random random;
    struct filter *filters[LOG_COUNT]; /* of the logs, or NULL */
    uint64_t calls;           /* that were journalled */
    bool calls_seen;          /* somebody looks at them: they are those of the textbook */
    uint64_t marks[COMMAND_MARKS];  /* entries, 0: none */
    struct command after_lookup;
    struct identity identity; /* whom the process becomes once all that the start opens is open; no name: nobody, or it has */
    bool helper_ended;        /* the broker is gone */
    bool unsafe;              /* it could not: the program ends, and failed */
    bool starting;            /* the lookup under way is the start's own */
    bool lookup_failed;       /* a name was not found; a->why says it */
    struct front front;
    bool scripted;            /* the command that runs is a script's: nobody typed it */
    char why[APP_WHY];        /* the last sentence for the user; it may quote hostile bytes: make it safe before it is shown */
    char why_said[APP_WHY];   /* what app_why() put there last, */
    char why_english[APP_WHY]; /* and the same in English */
};

/* `broker` opens files for us, NULL: nobody does; `exec` runs commands, NULL: none may be run; both are the caller's.
 * `seed` makes hashes unpredictable. Returns 0, or −1 with errno. */
int app_init(struct app *a, const struct options *options, struct loop *loop, struct broker *broker, struct exec *exec,
             uint64_t seed);

/* Gives up for good what only the broker is to do from now on; with the history's directory kept, or without files at
 * all: then the broker opens none either. Where the kernel lacks what it needs, that is said. app_tell_sandbox() is a
 * part of /status. */
enum files_wanted { FILES_NONE, FILES_NAMED, FILES_HISTORY };
void app_confine(struct app *a, enum files_wanted files);
void app_tell_sandbox(struct app *a);
void app_done(struct app *a);

/* Opens what the command line asks for; a name is looked up meanwhile (app_is_busy). Returns 0, or −1 and a sentence in
 * a->why. */
int app_start(struct app *a);

/* True while a name is looked up. */
bool app_is_busy(const struct app *a);

/* True while what a command began goes on: a look-up, a file that is saved or read. */
bool app_is_working(const struct app *a);

/* The lesson's time, ns: the monotonic clock but for where step mode had it stand still; of a reading of that clock. */
int64_t app_time(const struct app *a);
int64_t app_time_at(const struct app *a, int64_t mono);

/* Sets a timer by that time; while it stands still the timer is stopped, and whoever owns it sets it again later. */
void app_timer_set(struct app *a, struct loop_timer *t, int64_t due, loop_fire *fire, void *context);

/* Each turn, before its end: files are read and written on. keeping_step() comes at the very end. */
void app_turn(struct app *a);

/* Ends what a command began and what still goes on: a sending, a replay, a file that is saved or read; a->why says
 * what. Returns false when nothing did. */
bool app_stop(struct app *a);

/* The journal that is looked at: a file's, or the present one. */
const struct journal *app_viewed(const struct app *a);

/* Whether what is sent to `to` comes to the one that listens at `local`. */
bool app_is_itself(const struct address *local, const struct address *to);

/* ladder_file.c. The format of .ladder, which needs the views. */
extern const struct export ladder_file;

/* saving.c. Runs /save: what range and marks of it mean, `filter` that of the log in question (or NULL).
 * app_save_range() only says what they mean. Both return 0, or −1 and a sentence in a->why. */
int app_save(struct app *a, const struct command *c, struct filter *filter);
int app_save_range(struct app *a, const struct command *c, const struct filter *filter, uint64_t *first,
                   uint64_t *last);

/* Gives a log (LOG_NONE: whatever is saved headless) another filter, or none when `text` is empty. What is being saved
 * goes on with the one that it began with. Returns 0, or −1 and a sentence in a->why. */
int app_filter(struct app *a, enum log_id log, const char *text);

/* Writes a file as a whole, at once. Returns 0, or −1 with errno and a sentence in a->why. */
int saving_bytes(struct app *a, const char *path, const struct buffer *bytes);

/* Frees a filter, or leaves that to what is being saved with it. */
void saving_drop_filter(struct app *a, struct filter *filter);

/* Begins to save what is looked at: entries `first` to `last` (0 and UINT64_MAX: all) that the filter, if any, lets
 * pass. saving_step() goes on, and returns true while there is more. What comes of it is said by the front.
 * saving_start() returns 0, or −1 and a sentence in a->why. */
int saving_start(struct app *a, const char *path, uint64_t first, uint64_t last, struct filter *filter);
bool saving_step(struct app *a);
bool saving_cancel(struct app *a);

/* The same of --save, which goes on for ever: a step writes all that is new, however much, since the journal may forget
 * it. What fails gets a notice, and nothing more is saved. keeping_end() writes what is left. */
int keeping_start(struct app *a, const char *path);

/* Whether a path is where --save appends to, with a sentence in a->why: a file put in its place would take all that
 * comes later along. */
bool keeping_refuses(struct app *a, const char *path, const char *name);

/* growing.c. Whether --save can go on in a file that is there: it was saved in that format, and is whole, or can be
 * made so. Returns 0, or −1 and a sentence in a->why. */
int growing_check(struct app *a, struct saving *s);
void keeping_step(struct app *a);
void keeping_end(struct app *a);

/* opening.c. Begins to read a file in place of the one that is open there. Returns 0, or −1 and a sentence in a->why:
 * what was open before stands. opening_step() goes on, and returns true while there may be more. */
int opening_start(struct app *a, struct opening *o, const char *path);
bool opening_step(struct app *a, struct opening *o);
bool opening_is_reading(const struct opening *o);

/* Reads no further; what was read stays. Returns true when something was being read. */
bool opening_stop(struct app *a, struct opening *o);
void opening_close(struct app *a, struct opening *o);

/* replay.c. Reads a file and sends its client's datagrams to the present peer again, `speed` times as fast as then;
 * then says what of the answers differs. Returns 0, or −1 and a sentence in a->why. replay_is_on() while that goes on;
 * replay_stop() ends it, and returns true when there was something to end. */
int replay_start(struct app *a, const char *path, double speed);
void replay_step(struct app *a);
bool replay_is_on(const struct app *a);
bool replay_stop(struct app *a);

/* Goes to a place (COMMAND_TO) or listens there (COMMAND_LISTEN): at once when it is numeric, else after a look-up.
 * Returns 0, or −1 and a sentence in a->why. */
int app_go(struct app *a, const struct command *c, bool starting);

/* Runs a command. Returns 0, or −1 and a sentence in a->why. */
int app_run(struct app *a, const struct command *c);

/* Opens or moves the server; when the port is taken, a->why says by whom and errno is EADDRINUSE. */
int app_listen(struct app *a, const struct address *local);

/* Makes the client talk to `peer`. */
int app_to(struct app *a, const struct address *peer);

/* A call of an endpoint failed with errno, for a reason that concerns no datagram in particular: says so. */
void app_call_failed(struct app *a, enum role role, const char *call);

/* Writes a notice into the journal: `len` bytes in English and behind them `said` in the reader's language, 0 where
 * that is English; or as printf, with a format that N_() marks, see words_pair(). `about` (may be NULL) is the entry
 * that it belongs to; its errno goes along. */
void app_tell(struct app *a, enum role role, enum event event, const struct entry *about, const unsigned char *text,
              size_t len, size_t said);
void app_notice(struct app *a, enum role role, enum event event, const struct entry *about, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* Makes a->why, as printf and words_pair() do. */
void app_why(struct app *a, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Makes a->why of a sentence that was made in both: in English, and in the reader's language. */
void app_why_both(struct app *a, const char *english, const char *said);

/* Puts where it happened, "NAME:LINE: ", before a->why. */
void app_why_at(struct app *a, const char *name, int line);

/* A notice of a->why, within `format`, which has one %s. */
void app_notice_why(struct app *a, enum role role, enum event event, const struct entry *about, const char *format);

/* A notice of what `put` appends, which is asked in English and again in the reader's language, where that is
 * another. */
typedef void app_put(const void *context, struct buffer *out);
void app_notice_put(struct app *a, enum role role, enum event event, const struct entry *about, app_put *put,
                    const void *context);

/* The same of a sentence that was made in both: in English and, where there is another, in the reader's language. */
void app_notice_both(struct app *a, enum role role, enum event event, const struct entry *about, const char *english,
                     const char *said);

/* The entry of a datagram that an endpoint received just now. Its time is the kernel's receive stamp, put on both
 * clocks by how long ago it was, so that a step of the wall clock does not show in round-trip times. */
void app_arrival(const struct app *a, enum role role, const struct udp_arrival *arrival, struct entry *e);

/* Journals a datagram of an endpoint, and counts it. Returns its number. */
uint64_t app_journal(struct app *a, const struct entry *e);

/* There is no client, so nothing can be sent: a->why says what to do, errno is ENOTCONN. Returns −1. */
int client_missing(struct app *a);

/* Sends one datagram from the client and journals it. Returns 0, or −1 with errno and a sentence in a->why. Nothing is
 * journalled of what can be mended or tried again: EAGAIN (the socket is full just now), EMSGSIZE (too long for any
 * datagram), ENOTCONN (there is no client). */
int client_send(struct app *a, const void *data, size_t len);

/* The same for a line of text: with the end that -C asks for. */
int client_send_line(struct app *a, const void *line, size_t len);

/* Sends one that a fault link held, to whom it was for: the socket may be connected to another by now. Returns 0, or −1
 * with errno. */
int client_send_held(struct app *a, const struct link_item *item);

/* Takes a datagram that came, with flags for its entry. A server's is settled by server_settle_taken(). */
void client_take(struct app *a, const struct udp_arrival *arrival, unsigned flags);
void server_take(struct app *a, const struct udp_arrival *arrival, unsigned flags);
void server_settle_taken(struct app *a);

/* Whether the server may take another in this turn: its socket takes replies, and the rules have not taken their
 * time. */
bool server_may_take(const struct app *a);

/* Learns and tells the port that the kernel picked when `about` was sent, if it did just now. */
void client_learn_port(struct app *a, const struct entry *about);

/* Posts a datagram: it is sent together with its neighbours by client_flush() at the latest, and journalled then; what
 * fails then has its notice. While one waits in a full socket it counts as sent. What cannot be posted is sent at once:
 * returns what client_send_line() does. */
int client_post(struct app *a, const void *data, size_t len);
int client_post_line(struct app *a, const void *line, size_t len);
void client_flush(struct app *a);

/* Nothing more will be sent: what was posted and still waits in a full socket is journalled as unsent. */
void client_settle(struct app *a);

/* Opens the client's socket towards a peer; the old one is closed when the new one is there. Returns 0, or −1 with
 * errno and a sentence in a->why. */
int client_open(struct app *a, const struct address *peer);
void client_close(struct app *a);

/* Gives up what waits for an answer, and says so: the program ends. A bounded piece of it; returns true while more is
 * left. */
bool client_give_up(struct app *a);

/* Sets how long an answer is waited for (SETTING_WAIT), for what waits now too; 0: none is expected. */
void client_set_wait(struct app *a, int64_t wait);

/* From now on it reads nothing, as if it were busy with something else; or reads again what came meanwhile. A socket
 * that is opened is awake. */
void client_sleep(struct app *a, bool asleep);
void server_sleep(struct app *a, bool asleep);

/* Connects the client's socket to its peer, or dissolves that. Returns 0, or −1 with errno and a sentence in a->why. */
int client_connect(struct app *a, bool connect);


/* refusal.c: why the server does not answer a datagram, or NULL. `guard`: its source's. */
const char *refusal(struct app *a, const struct entry *request, struct guard *guard);

/* server_rules.c. Lets a rule answer: true when one matched. Then the reply's bytes stand behind tx_bytes() and
 * p->has_reply is set, or p->reason says why there is none. */
bool rules_answer(struct app *a, struct pending *p);

/* Runs the command of a datagram that is journalled by now; takes what commands that ended have said. */
void rules_execute(struct app *a, const struct pending *p);
void rules_take_results(struct app *a);

/* Whether replies are still to come: commands run, or links hold datagrams. */
bool app_holds(const struct app *a);

/* Runs /rule. Returns 0, or −1 and a sentence in a->why. */
int rules_run(struct app *a, const struct command *c);

/* Goes on with what the last turn left. */
void server_step(struct app *a);

/* For app/stepping.c. Whether a socket is read one by one, with nothing left of what was read: asks for it too. Which
 * events it is polled for. Watches it, or no more while step mode is on. One call each: reads a datagram; makes the
 * reply to it (no call); sends it, and journals it all. */
bool server_is_plain(struct app *a);
short server_events(const struct app *a);
int server_watch(struct app *a);
void server_step_read(struct app *a);
void server_step_answer(struct app *a);
void server_step_reply(struct app *a);

/* The same of the client. client_step_complaint() returns false when the error queue is empty; client_step_writable():
 * its socket takes datagrams again. */
bool client_is_plain(struct app *a);
short client_events(const struct app *a);
int client_watch(struct app *a);
void client_step_read(struct app *a);
bool client_step_complaint(struct app *a);
void client_step_writable(struct app *a);

/* sockets.c: how the sockets behave. Whether one call for each datagram is wanted; how they are read in this turn. */
bool sockets_are_plain(const struct app *a);
struct rx_wish sockets_wish(const struct app *a);

/* Puts all settings and memberships on a socket just opened. */
void sockets_apply(struct app *a, struct udp *u);

/* Changes a setting, on the open sockets too. Returns 0, or −1 with errno and a sentence in a->why. */
int sockets_set(struct app *a, enum setting setting, int64_t value);

/* Joins or leaves a group on the server's socket, or the client's where there is no server, and on those opened
 * later. */
int sockets_group(struct app *a, const struct address *group, const char *interface, bool join);

/* Tells of what the kernel dropped at an endpoint's socket since it was told last. */
void sockets_tell_drops(struct app *a, enum role role);

/* After a read: where batches are read the loop is patient, until no queue has been there for a moment. */
void sockets_be_patient(struct app *a, const struct rx *rx);

/* A queue was there to read: it may have overflown, and its drops are told soon. */
void sockets_queued(struct app *a, enum role role);

/* Journals the calls of a socket from now on. */
void sockets_trace(struct app *a, struct udp *u, struct call_source *source, enum role role);
void sockets_trace_poll(struct app *a);

/* Journals a poll of step mode, whatever it told. */
struct pollfd;
void sockets_tell_poll(struct app *a, const struct pollfd *fds, int count, int timeout, int result);

/* Lists settings and what the kernel made of them, as notices. `only` −1: all. */
void sockets_status(struct app *a, int only);

/* Opens the server's socket; the old one, if any, is closed when the new one is bound. Returns 0, or −1 with errno. */
int server_open(struct app *a, const struct address *local);
void server_close(struct app *a);

/* Nothing more will be answered: what was read and waits in a full socket is journalled, its replies as unsent. */
void server_settle(struct app *a);

/* The exchange of a datagram that came to the server, when the program's own client sent it; else 0. */
uint64_t client_exchange_of(struct app *a, const struct address *from, const struct address *to,
                            const unsigned char *data, size_t len);

#endif
