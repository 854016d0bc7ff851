#include "config.h"

#include "ui/stats_view.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/units.h"
#include "core/words.h"
#include "ui/scroll.h"
#include "ui/sheet.h"
#include "ui/title.h"
#include "ui/wrap.h"

/* The width from which counts stand beside round-trip times; the height from which the histogram is tall. */
enum { TWO_COLUMNS_FROM = 120, TALL_FROM = 28 };

enum { BARS_MOST = 120, BARS_LEAST = 10, BARS_ROWS = 3, BARS_ROWS_TALL = 6, EIGHTHS = 8 };

/* --- words --- */

static const char dot[] = " · "; /* between two counts of a line */

/* A line that grows by pieces; what does not fit is left out. */
struct words {
    char text[512];
    size_t len;
};

static void add(struct words *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(struct words *w, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    int len = vsnprintf(w->text + w->len, sizeof w->text - w->len, format, list);
    va_end(list);
    if (len > 0)
        w->len = w->len + (size_t)len < sizeof w->text ? w->len + (size_t)len : sizeof w->text - 1;
}

/* "%s sent" with its count, behind a dot where something stands before it. */
static void add_count(struct words *w, uint64_t count, const char *what)
{
    char text[UNITS_TEXT];
    add(w, "%s", w->len ? dot : "");
    add(w, what, units_format_count(count, text));
}

static void add_time(struct words *w, const char *what, int64_t ns)
{
    char text[UNITS_TEXT];
    add(w, "%s", w->len ? dot : "");
    add(w, what, units_format_rtt(ns, text));
}

/* As sheet_fact(), with look-alikes. */
static void put_own(struct sheet *w, const char *label, uint8_t style, const char *text)
{
    int cols = w->area.cols - SHEET_LABEL > 1 ? w->area.cols - SHEET_LABEL : 1;
    size_t len = strlen(text), next;
    sheet_put(w, w->line, 1, STYLE_DIM, label);
    do {
        struct words row = {.len = 0};
        add(&row, "%.*s", (int)wrap_row((const unsigned char *)text, len, cols, &next), text);
        sheet_put(w, w->line++, SHEET_LABEL, style, row.text);
        text += next;
        len -= next;
    } while (len);
}

/* A line ends between two counts, without the dot. */
static void put_words(struct sheet *w, const char *label, uint8_t style, const struct words *words)
{
    const struct cells plain = {.ascii = false};
    struct words line = {.len = 0};
    for (const char *at = words->text, *end; *at; at = *end ? end + sizeof dot - 1 : end) {
        struct words piece = {.len = 0};
        end = strstr(at, dot);
        end = end ? end : at + strlen(at);
        add(&piece, "%.*s", (int)(end - at), at);
        if (line.len &&
            SHEET_LABEL + cells_width(&plain, line.text) + 3 + cells_width(&plain, piece.text) > w->area.cols) {
            put_own(w, label, style, line.text);
            label = "";
            line.len = 0;
        }
        add(&line, "%s%s", line.len ? dot : "", piece.text);
    }
    put_own(w, label, style, line.text);
}

/* A count that ends before `end`, in at most `room` columns: "1,234", or "12.3M" where the whole has no room. */
static void put_count(const struct sheet *w, int line, int end, int room, uint8_t style, uint64_t count)
{
    static const char letters[] = "kMGTPE";
    char text[UNITS_TEXT];
    double value = (double)count;
    units_format_count(count, text);
    if ((int)strlen(text) > room) {
        int i = 0;
        for (value /= 1000; value >= 999.5; i++)
            value /= 1000;
        snprintf(text, sizeof text, "%.*f%c", value < 99.95, value, letters[i]);
    }
    sheet_put(w, line, end - (int)strlen(text), style, text);
}

static void put_right(const struct sheet *w, int line, int end, uint8_t style, const char *text)
{
    struct cells plain = {.ascii = false};
    sheet_put(w, line, end - cells_width(&plain, text), style, text);
}

/* --- bars --- */

/* Puts a block that is that many eighths high. Without any there stays what was there. */
static void put_block(const struct sheet *w, int line, int col, uint8_t style, int eighths)
{
    static const char *const blocks[EIGHTHS + 1] = {"", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    sheet_put(w, line, col, style, blocks[eighths < 0 ? 0 : eighths > EIGHTHS ? EIGHTHS : eighths]);
}

/* The mean of a second's round-trip times, or its datagrams. */
static uint64_t slot_value(struct spark_slot slot, bool mean)
{
    return mean && slot.count ? slot.sum / slot.count : slot.count;
}

/* The last `cols` seconds as a row of blocks, up to the one that is `back` ago. Returns the highest value. What was
 * answered at once still has a block; where nothing was answered there is none. */
static uint64_t put_spark(const struct sheet *w, int line, int col, int cols, uint8_t style, const struct spark *s,
                          int64_t now, int back, bool mean)
{
    uint64_t max = 0;
    for (int i = 0; i < cols; i++) {
        uint64_t value = slot_value(spark_slot(s, now, back + i), mean);
        max = value > max ? value : max;
    }
    for (int i = 0; i < cols && sheet_row(w, line) >= 0; i++) {
        struct spark_slot slot = spark_slot(s, now, back + i);
        int level = spark_level(slot_value(slot, mean), max, EIGHTHS);
        put_block(w, line, col + cols - 1 - i, style, level == 0 && slot.count ? 1 : level);
    }
    return max;
}

/* --- what came of it --- */

static uint64_t lost_here(const struct stats_shown *t, enum role role)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < t->fault_count; i++)
        sum += t->faults[i].role == role ? t->faults[i].lost : 0;
    return sum;
}

static uint64_t doubled_here(const struct stats_shown *t, enum role role)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < t->fault_count; i++)
        sum += t->faults[i].role == role ? t->faults[i].duplicated : 0;
    return sum;
}

static void put_client(struct sheet *w, const struct scene *s, const struct stats_shown *t)
{
    struct words first = {.len = 0}, second = {.len = 0};
    add_count(&first, s->client.sent, _("%s sent"));
    add_count(&first, s->client.answered, _("%s answered"));
    add_count(&first, s->client.unanswered, _("%s not answered"));
    if (s->client.waiting)
        add_count(&first, s->client.waiting, _("%s waiting"));
    if (t->unsent)
        add_count(&first, t->unsent, _("%s refused by the system"));
    if (t->resent)
        add_count(&first, t->resent, _("%s sent again (/set retry)"));
    add_count(&second, lost_here(t, ROLE_CLIENT), _("%s dropped by your /fault"));
    if (doubled_here(t, ROLE_CLIENT))
        add_count(&second, doubled_here(t, ROLE_CLIENT), _("%s doubled by your /fault"));
    add_count(&second, t->stats->duplicates,
              ngettext("%s duplicate", "%s duplicates", (unsigned long)t->stats->duplicates));
    add_count(&second, t->stats->late, _("%s late"));
    add_count(&second, t->stats->out_of_order, _("%s out of order"));
    if (t->strangers)
        add_count(&second, t->strangers, _("%s from strangers"));
    put_words(w, C_("who", "client"), STYLE_PLAIN, &first);
    put_words(w, "", STYLE_PLAIN, &second);
}

static void put_server(struct sheet *w, const struct scene *s, const struct stats_shown *t)
{
    struct words words = {.len = 0};
    add_count(&words, s->server.in, _("%s in"));
    add_count(&words, s->server.out, _("%s out"));
    add_count(&words, s->server.held, _("%s not answered"));
    if (lost_here(t, ROLE_SERVER))
        add_count(&words, lost_here(t, ROLE_SERVER), _("%s dropped by your /fault"));
    if (doubled_here(t, ROLE_SERVER))
        add_count(&words, doubled_here(t, ROLE_SERVER), _("%s doubled by your /fault"));
    add_count(&words, t->peers->count, ngettext("%s client", "%s clients", (unsigned long)t->peers->count));
    if (t->peers->others)
        add_count(&words, t->peers->others, _("%s in from others: the table is full"));
    put_words(w, C_("who", "server"), STYLE_PLAIN, &words);
}

static void put_kernel(struct sheet *w, const struct scene *s, const struct stats_shown *t)
{
    struct words words = {.len = 0}, all = {.len = 0};
    if (s->server.dropped)
        add_count(&words, s->server.dropped, _("%s dropped at the server"));
    if (t->dropped_at_client)
        add_count(&words, t->dropped_at_client, _("%s dropped at the client"));
    if (words.len)
        add(&all, _("✗ %s: receive buffer full (/set rcvbuf)"), words.text);
    else
        add(&all, "%s", _("dropped nothing"));
    put_words(w, C_("label", "kernel"), words.len ? STYLE_ERROR : STYLE_PLAIN, &all);
}

/* On which way of whom it is, a format for its words. */
static const char *fault_place(const struct stats_fault *f)
{
    if (f->role == ROLE_CLIENT)
        return f->dir == DIR_SENT ? _("⟳ client out: %s") : _("⟳ client in: %s");
    return f->dir == DIR_SENT ? _("⟳ server out: %s") : _("⟳ server in: %s");
}

static void put_faults(struct sheet *w, const struct stats_shown *t)
{
    for (size_t i = 0; i < t->fault_count; i++) {
        const struct stats_fault *f = &t->faults[i];
        struct words words = {.len = 0}, did = {.len = 0};
        char spec[FAULT_TEXT], count[UNITS_TEXT];
        const struct {
            uint64_t count;
            const char *what;
        } all[] = {{f->lost, _("%s dropped")},
                   {f->delayed, _("%s delayed")},
                   {f->duplicated, _("%s doubled")},
                   {f->reordered, _("%s overtaken")},
                   {f->corrupted, _("%s corrupted")}};
        for (size_t k = 0; k < sizeof all / sizeof *all; k++)
            if (all[k].count) {
                add(&did, "%s", did.len ? ", " : "");
                add(&did, all[k].what, units_format_count(all[k].count, count));
            }
        add(&words, fault_place(f), fault_words(f->spec, spec));
        add(&words, "%s", dot);
        units_format_count(f->submitted, count);
        if (did.len)
            /* To translators: "2 dropped, 1 delayed of 12" datagrams */
            add(&words, C_("faults", "%s of %s"), did.text, count);
        else
            add(&words, C_("faults", "nothing of %s"), count);
        put_words(w, i ? "" : C_("label", "faults"), STYLE_OURS, &words);
    }
}

/* --- round-trip times --- */

static void put_trip_facts(struct sheet *w, const struct rtt *r)
{
    struct words first = {.len = 0}, second = {.len = 0};
    add_time(&first, _("min %s"), r->min);
    add_time(&first, _("median %s"), rtt_quantile(r, 0.5));
    add_time(&first, _("p99 %s"), rtt_quantile(r, 0.99));
    add_time(&first, _("max %s"), r->max);
    add_time(&second, _("mean %s"), (int64_t)(rtt_mean(r) + 0.5));
    add_time(&second, _("deviation %s"), (int64_t)(rtt_deviation(r) + 0.5));
    add_time(&second, _("jitter %s"), (int64_t)(r->jitter + 0.5));
    put_words(w, C_("label", "trips"), STYLE_PLAIN, &first);
    put_words(w, "", STYLE_PLAIN, &second);
}

/* The times that bars stand for, below them. */
static void put_scale(const struct sheet *w, int line, int bars, double low, double factor)
{
    int parts = bars >= 64 ? 4 : bars >= 36 ? 2 : 1;
    char text[UNITS_TEXT];
    for (int i = 0; i <= (bars < 24 ? 0 : parts); i++) {
        int at = SHEET_LABEL + bars * i / parts;
        units_format_rtt((int64_t)(low * pow(factor, (double)bars * i / parts) + 0.5), text);
        int len = (int)strlen(text);
        sheet_put(w, line, i == 0 ? at : i == parts ? at - len : at - len / 2, STYLE_DIM, text);
    }
}

/* How many columns bars may have behind a label. */
static int bars_room(const struct sheet *w)
{
    int room = w->area.cols - SHEET_LABEL - 1;
    return room < BARS_MOST ? room : BARS_MOST;
}

/* Bars over a logarithmic scale; on the left how many the highest one counts. */
static void put_histogram(struct sheet *w, const struct rtt *r, int rows)
{
    uint64_t bars[BARS_MOST], max = 0;
    double low, factor;
    int n = bars_room(w), first = w->line, seen_from, seen_to;
    sheet_seen(w, rows + 1, &seen_from, &seen_to);
    w->line += rows + 1;
    if (n < BARS_LEAST || seen_from == seen_to)
        return;
    rtt_bars(r, bars, (size_t)n, &low, &factor);
    for (int i = 0; i < n; i++)
        max = bars[i] > max ? bars[i] : max;
    for (int i = 0; i < n; i++)
        for (int row = 0; row < rows; row++)
            put_block(w, first + row, SHEET_LABEL + i, STYLE_RECEIVED,
                      spark_level(bars[i], max, rows * EIGHTHS) - (rows - 1 - row) * EIGHTHS);
    put_count(w, first, SHEET_LABEL - 1, SHEET_LABEL - 2, STYLE_DIM, max);
    put_scale(w, first + rows, n, low, factor);
}

/* Second by second, the last one under way. */
static void put_trend(struct sheet *w, const struct stats_shown *t)
{
    enum { WORDS = 30 };
    int n = bars_room(w) - WORDS;
    char max[UNITS_TEXT], text[UNITS_TEXT + 48];
    if (n < BARS_LEAST)
        return;
    sheet_put(w, w->line, 1, STYLE_DIM, C_("label", "means"));
    units_format_rtt((int64_t)put_spark(w, w->line, SHEET_LABEL, n, STYLE_RECEIVED, &t->stats->trips, t->now, 0, true),
                     max);
    snprintf(text, sizeof text, _("last %d s, up to %s"), n, max);
    sheet_put(w, w->line++, SHEET_LABEL + n + 2, STYLE_DIM, text);
}

static void put_trips(struct sheet *w, const struct stats_shown *t, int rows)
{
    const struct rtt *r = &t->stats->rtt;
    if (r->count == 0) {
        put_own(w, C_("label", "trips"), STYLE_DIM, _("no answer has come yet, so there are no round-trip times"));
        return;
    }
    put_trip_facts(w, r);
    put_histogram(w, r, rows);
    put_trend(w, t);
}

/* --- rates --- */

enum { RATE_NAME = 9, RATE_COUNT = 11, RATE_BYTES = 15 };

/* A row of the rates, or their heading (r NULL): name, datagrams now, at most, bytes now, seconds. */
static void put_rate(struct sheet *w, const char *name, uint8_t style, const struct rates *r, int64_t now)
{
    int col = SHEET_LABEL + RATE_NAME, cols = w->area.cols,
        ends[3] = {col + RATE_COUNT, col + 2 * RATE_COUNT, col + 2 * RATE_COUNT + RATE_BYTES};
    int from = ends[2] + 2, n = cols - 1 - from;
    static const char *const heads[] = {NC_("rate", "datagrams"), NC_("rate", "at most"), NC_("rate", "bytes")};
    n = n < SPARK_SLOTS ? n : SPARK_SLOTS - 1;
    sheet_put(w, w->line, SHEET_LABEL, style, name);
    for (int i = 0; i < 3 && ends[i] < cols; i++) {
        struct rate is = {0, 0};
        if (r)
            is = i == 1 ? rates_peak(r, now) : rates_now(r, now);
        if (r)
            put_count(w, w->line, ends[i], (i < 2 ? RATE_COUNT : RATE_BYTES) - 1, STYLE_PLAIN,
                      i < 2 ? is.datagrams : is.bytes);
        else
            put_right(w, w->line, ends[i], style, words_within(heads[i]));
    }
    char text[48];
    snprintf(text, sizeof text, _("the last %d s"), n);
    if (r && n >= BARS_LEAST)
        put_spark(w, w->line, from, n, style, &r->seconds, now, 1, false);
    else if (!r && n > (int)strlen(text))
        sheet_put(w, w->line, from, style, text);
    w->line++;
}

static void put_rates(struct sheet *w, const struct stats_shown *t, bool client, bool server)
{
    const struct rates (*r)[DIR_RECEIVED + 1] = t->stats->rates;
    sheet_put(w, w->line, 1, STYLE_DIM, C_("label", "rates"));
    put_rate(w, C_("rate", "a second"), STYLE_DIM, NULL, t->now);
    if (client) {
        put_rate(w, _("client →"), STYLE_SENT, &r[ROLE_CLIENT][DIR_SENT], t->now);
        put_rate(w, _("client ←"), STYLE_RECEIVED, &r[ROLE_CLIENT][DIR_RECEIVED], t->now);
    }
    if (server) {
        put_rate(w, _("server ←"), STYLE_RECEIVED, &r[ROLE_SERVER][DIR_RECEIVED], t->now);
        put_rate(w, _("server →"), STYLE_SENT, &r[ROLE_SERVER][DIR_SENT], t->now);
    }
}

/* --- the server's clients --- */

enum { ADDRESS_LEAST = 22 };

/* Columns as they stand, and which of them go first where there is no room for all. */
static const struct {
    enum clients_column column;
    int cols, rank;
} fields[] = {
    {CLIENTS_IN, 10, 1},        {CLIENTS_OUT, 10, 4},   {CLIENTS_BYTES_IN, 13, 3},
    {CLIENTS_BYTES_OUT, 13, 5}, {CLIENTS_FIRST, 11, 6}, {CLIENTS_LAST, 11, 2},
};

enum { FIELDS = sizeof fields / sizeof *fields };

/* Which fields there is room for, the one that is sorted by before all others. Returns the columns that they leave. */
static int choose_fields(const struct stats_view *v, int cols, bool *shown)
{
    int left = cols - 1;
    for (int i = 0; i < FIELDS; i++) {
        shown[i] = fields[i].column == v->column && left - fields[i].cols >= ADDRESS_LEAST;
        left -= shown[i] ? fields[i].cols : 0;
    }
    for (int rank = 1; rank <= FIELDS; rank++)
        for (int i = 0; i < FIELDS; i++)
            if (fields[i].rank == rank && !shown[i] && left - fields[i].cols >= ADDRESS_LEAST) {
                shown[i] = true;
                left -= fields[i].cols;
            }
    return left;
}

static void put_heading(const struct sheet *w, int line, const struct stats_view *v)
{
    bool shown[FIELDS];
    char text[48];
    int row = sheet_row(w, line), end = choose_fields(v, w->area.cols, shown);
    const char *mark = v->falling ? "▼" : "▲";
    if (row < 0)
        return;
    cells_fill(w->cells, row, w->area.col, sheet_end(w), STYLE_DIM, " ");
    snprintf(text, sizeof text, "%s%s", v->column == CLIENTS_ADDRESS ? mark : "",
             _(clients_column_name(CLIENTS_ADDRESS)));
    sheet_put(w, line, 1, STYLE_DIM, text);
    for (int i = 0; i < FIELDS; i++) {
        end += shown[i] ? fields[i].cols : 0;
        snprintf(text, sizeof text, "%s%s", v->column == fields[i].column ? mark : "",
                 _(clients_column_name(fields[i].column)));
        if (shown[i])
            put_right(w, line, end, STYLE_DIM, text);
    }
}

static void put_clock(const struct sheet *w, int line, int end, struct scene *s, int64_t wall)
{
    char text[UNITS_TEXT];
    put_right(w, line, end, STYLE_DIM, units_format_clock(wall, 0, &s->clock, text));
}

static void put_client_row(const struct sheet *w, int line, const struct stats_view *v, struct scene *s,
                           const struct peer *p)
{
    bool shown[FIELDS];
    char text[ADDRESS_TEXT];
    int row = sheet_row(w, line), end = choose_fields(v, w->area.cols, shown);
    address_format(&p->address, text);
    cells_put_safe(w->cells, row, w->area.col + 1, end < w->area.cols ? w->area.col + end : sheet_end(w), STYLE_PLAIN,
                   (unsigned char *)text, strlen(text));
    for (int i = 0; i < FIELDS; i++) {
        if (!shown[i])
            continue;
        end += fields[i].cols;
        switch (fields[i].column) {
        case CLIENTS_IN: put_count(w, line, end, fields[i].cols - 1, STYLE_PLAIN, p->datagrams); break;
        case CLIENTS_OUT: put_count(w, line, end, fields[i].cols - 1, STYLE_PLAIN, p->replies); break;
        case CLIENTS_BYTES_IN: put_count(w, line, end, fields[i].cols - 1, STYLE_PLAIN, p->bytes); break;
        case CLIENTS_BYTES_OUT: put_count(w, line, end, fields[i].cols - 1, STYLE_PLAIN, p->reply_bytes); break;
        case CLIENTS_FIRST: put_clock(w, line, end, s, p->first_seen); break;
        case CLIENTS_LAST: put_clock(w, line, end, s, p->last_seen); break;
        case CLIENTS_ADDRESS:
        case CLIENTS_COLUMNS: break;
        }
    }
}

/* Finds the rows of a window of the table, unless they are known well enough. */
static void sort(struct stats_view *v, const struct stats_shown *t, size_t from, size_t to)
{
    const struct clients *c = &v->clients;
    bool known = v->sorted && from >= c->from && to <= c->end && t->peers->count >= c->count;
    if (known && t->now >= v->sorted_at && t->now - v->sorted_at < UNITS_SECOND)
        return;
    v->sorted = clients_sort(&v->clients, t->peers, v->column, v->falling, from, to - from) == 0;
    v->sorted_at = t->now;
}

/* The heading stays when the table is scrolled. */
static void put_clients(struct sheet *w, struct stats_view *v, struct scene *s, const struct stats_shown *t)
{
    int heading = w->line++, from, to;
    if (t->peers->count == 0) {
        sheet_put(w, heading, 1, STYLE_DIM, _("nobody has sent the server anything yet"));
        return;
    }
    sheet_seen(w, (int)t->peers->count, &from, &to);
    if (from < to)
        sort(v, t, (size_t)from, (size_t)to);
    for (int i = from; i < to && (size_t)i < v->clients.end; i++)
        put_client_row(w, w->line + i, v, s, &t->peers->rows[clients_row(&v->clients, (size_t)i)]);
    put_heading(w, heading > w->top ? heading : w->top, v);
    w->line += (int)t->peers->count;
}

/* --- all of it --- */

static bool has_client(const struct scene *s)
{
    return s->client.open || s->client.sent || s->client.looking_up;
}

/* What was counted, on the left of the round-trip times where there is room for both. */
static void put_upper(struct sheet *w, const struct stats_view *v, struct scene *s, const struct stats_shown *t)
{
    struct sheet left = *w, right = *w;
    bool client = has_client(s), two = client && w->area.cols >= TWO_COLUMNS_FROM;
    if (two) {
        left.area.cols /= 2;
        right.area.col += left.area.cols;
        right.area.cols -= left.area.cols;
    }
    if (client)
        put_client(&left, s, t);
    if (t->peers)
        put_server(&left, s, t);
    put_kernel(&left, s, t);
    put_faults(&left, t);
    if (!two)
        right.line = left.line + client;
    if (client)
        put_trips(&right, t, v->page >= TALL_FROM ? BARS_ROWS_TALL : BARS_ROWS);
    w->line = left.line > right.line ? left.line : right.line;
}

static int walk_all(struct sheet *w, struct stats_view *v, struct scene *s, const struct stats_shown *t)
{
    if (!has_client(s) && !t->peers) {
        put_own(w, "", STYLE_DIM, _("nothing is open: /to HOST, /listen"));
        return w->line;
    }
    put_upper(w, v, s, t);
    w->line++;
    put_rates(w, t, has_client(s), t->peers != NULL);
    if (t->peers) {
        w->line++;
        put_clients(w, v, s, t);
    }
    return w->line;
}

static int count_lines(struct stats_view *v, struct scene *s, const struct stats_shown *t)
{
    struct sheet w = {.area = {0, 0, 0, v->cols}};
    return walk_all(&w, v, s, t);
}

/* Returns the number of lines. */
static int clamp(struct stats_view *v, struct scene *s, const struct stats_shown *t)
{
    int lines = count_lines(v, s, t);
    v->top = scroll_clamp(v->top, v->page, lines);
    return lines;
}

void stats_view_init(struct stats_view *v)
{
    *v = (struct stats_view){.column = CLIENTS_IN, .falling = clients_column_falls(CLIENTS_IN)};
    clients_init(&v->clients);
}

void stats_view_done(struct stats_view *v)
{
    clients_done(&v->clients);
}

void stats_view_draw(struct stats_view *v, struct cells *c, struct area a, struct scene *s, const struct stats_shown *t,
                     bool focus)
{
    char right[64] = "";
    if (a.rows < 1)
        return;
    v->page = a.rows - 1;
    v->cols = a.cols;
    int lines = clamp(v, s, t), last = v->top + v->page < lines ? v->top + v->page : lines;
    cells_blank(c, a, STYLE_PLAIN);
    struct sheet w = {c, {a.row + 1, a.col, a.rows - 1, a.cols}, v->top, 0};
    walk_all(&w, v, s, t);
    if (lines > v->page)
        snprintf(right, sizeof right, _("%d-%d of %d"), v->top + 1, last, lines);
    const char *of = !has_client(s) ? t->peers ? _("of the server") : ""
                     : t->peers     ? _("of client and server")
                                    : _("of the client");
    title_draw(c, a, focus, _("Statistics"), of, right, "");
}

bool stats_view_act(struct stats_view *v, enum action action, struct scene *s, const struct stats_shown *t)
{
    return scroll_act(&v->top, action, v->page, count_lines(v, s, t));
}

void stats_view_sort(struct stats_view *v)
{
    v->column = (v->column + 1) % CLIENTS_COLUMNS;
    v->falling = clients_column_falls(v->column);
    v->sorted = false;
}

void stats_view_reverse(struct stats_view *v)
{
    v->falling = !v->falling;
    v->sorted = false;
}
