/* The whole program under hostile bytes, judged from outside: what it writes to its terminal is held against what our
 * own screens are made of (sequences.h), and what then stands there, as libvterm has it, against what should. */
#include "config.h"

#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <wchar.h>

#include "core/base64.h"
#include "export/jsonl.h"
#include "export/pcap.h"
#include "made_up.h"
#include "raw.h"
#include "screen.h"
#include "sequences.h"
#include "unit.h"

#define BYTES(text) (const unsigned char *)(text), sizeof(text) - 1
#define REDRAW "\f"
#define MARK "\xcc\x81"
#define F(n) "\033" #n

/* --- payloads, and how they are shown --- */

struct payload {
    const unsigned char *bytes;
    size_t len;
    const char *shown;
    const char *quoted; /* in the arguments of a call, where that differs */
};

static const struct payload payloads[] = {
    /* C0 */
    {BYTES("a\0b"), "a\\0b", NULL},
    {BYTES("forged\n 15:31:10.123  line"), "forged\\n 15:31:10.123  line", NULL},
    {BYTES("\r\n\t\b\v\f\a"), "\\r\\n\\t\\x08\\x0b\\x0c\\x07", NULL},
    {BYTES("\001\002\005\016\017\021\023\030\032\034\037\177"),
     "\\x01\\x02\\x05\\x0e\\x0f\\x11\\x13\\x18\\x1a\\x1c\\x1f\\x7f", NULL},
    /* sequences: those of our own screens too */
    {BYTES("\033[2J\033[H"), "\\e[2J\\e[H", NULL},
    {BYTES("\033[31;5mred\033[8mhidden"), "\\e[31;5mred\\e[8mhidden", NULL},
    {BYTES("\033[6n\033[c\033[>c\033[21t"), "\\e[6n\\e[c\\e[>c\\e[21t", NULL},
    {BYTES("\033[?1049l\033[?2004l\033[?1003h"), "\\e[?1049l\\e[?2004l\\e[?1003h", NULL},
    {BYTES("\033(0lqqk\033(B\033c\033#8\033="), "\\e(0lqqk\\e(B\\ec\\e#8\\e=", NULL},
    {BYTES("\033]52;c;aG9zdGlsZQ==\a"), "\\e]52;c;aG9zdGlsZQ==\\x07", NULL},
    {BYTES("\033]0;a title\033\\\033]2;other\a"), "\\e]0;a title\\e\\\\\\e]2;other\\x07", NULL},
    {BYTES("\033]8;;http://x/\033\\link\033]8;;\a"), "\\e]8;;http://x/\\e\\link\\e]8;;\\x07",
     "\\e]8;;http://x/\\e\\\\link\\e]8;;\\x07"},
    {BYTES("\033P$qm\033\\ \033_G\033\\ \033^p\033\\ \033Xs\033\\!"), "\\eP$qm\\e\\ \\e_G\\e\\ \\e^p\\e\\ \\eXs\\e\\!",
     "\\eP$qm\\e\\\\ \\e_G\\e\\\\ \\e^p\\e\\\\ \\eXs\\e\\\\!"},
    {BYTES("cut \033["), "cut \\e[", NULL},
    {BYTES("cut \033"), "cut \\e", NULL},
    /* C1, as bytes and as characters */
    {BYTES("\x9b"
           "2J\x9d"
           "0;t\x9c\x90q\x9c\x84\x85\x8d\x8e\x8f"),
     "\\x9b2J\\x9d0;t\\x9c\\x90q\\x9c\\x84\\x85\\x8d\\x8e\\x8f", NULL},
    {BYTES("\x80\x81\x82\x83\x86\x87\x88\x89\x9e\x9f"), "\\x80\\x81\\x82\\x83\\x86\\x87\\x88\\x89\\x9e\\x9f", NULL},
    {BYTES("\xc2\x9b"
           "2J\xc2\x9d"
           "52;c;YQ==\xc2\x9c"),
     "\\u{9b}2J\\u{9d}52;c;YQ==\\u{9c}", NULL},
    {BYTES("\xc2\x80\xc2\x84\xc2\x85\xc2\x8d\xc2\x90\xc2\x98\xc2\x9e\xc2\x9f"),
     "\\u{80}\\u{84}\\u{85}\\u{8d}\\u{90}\\u{98}\\u{9e}\\u{9f}", NULL},
    /* invisible, or of another direction */
    {BYTES("a\xe2\x80\xae"
           "b\xe2\x80\xac"
           "c"),
     "a\\u{202e}b\\u{202c}c", NULL},
    {BYTES("\xe2\x80\xaa\xe2\x80\xab\xe2\x80\xad\xe2\x81\xa6\xe2\x81\xa7\xe2\x81\xa8\xe2\x81\xa9"),
     "\\u{202a}\\u{202b}\\u{202d}\\u{2066}\\u{2067}\\u{2068}\\u{2069}", NULL},
    {BYTES("\xe2\x80\x8e\xe2\x80\x8f\xd8\x9c"), "\\u{200e}\\u{200f}\\u{61c}", NULL},
    {BYTES("z\xe2\x80\x8bw\xe2\x80\x8cn\xe2\x80\x8dj\xe2\x81\xa0\xef\xbb\xbf"),
     "z\\u{200b}w\\u{200c}n\\u{200d}j\\u{2060}\\u{feff}", NULL},
    {BYTES("\xc2\xad\xe1\x85\x9f\xe3\x85\xa4\xef\xbe\xa0\xcd\x8f"), "\\u{ad}\\u{115f}\\u{3164}\\u{ffa0}\\u{34f}", NULL},
    {BYTES("\xe2\x80\xa8\xe2\x80\xa9"), "\\u{2028}\\u{2029}", NULL},
    {BYTES("\xf3\xa0\x81\x81\xf3\xa0\x81\xbf\xf3\xa0\x80\x81"), "\\u{e0041}\\u{e007f}\\u{e0001}", NULL},
    {BYTES("v\xef\xb8\x8f\xef\xb8\x80\xf3\xa0\x84\x80\xe1\xa0\x8b"), "v\\u{fe0f}\\u{fe00}\\u{e0100}\\u{180b}", NULL},
    {BYTES("\xef\xbf\xb9\xef\xbf\xbe\xef\xb7\x90\xf4\x8f\xbf\xbf\xcd\xb8"),
     "\\u{fff9}\\u{fffe}\\u{fdd0}\\u{10ffff}\\u{378}", NULL},
    /* marks */
    {BYTES(MARK "first"), "\\u{301}first", NULL},
    {BYTES("e" MARK "!"), "e" MARK "!", NULL},
    {BYTES("z" MARK MARK MARK MARK MARK MARK "!"), "z" MARK MARK MARK MARK "\\u{301}\\u{301}!", NULL},
    {BYTES("日" MARK "!"), "日\\u{301}!", NULL},
    {BYTES("\n" MARK "!"), "\\n\\u{301}!", NULL},
    /* wide */
    {BYTES("日本語テキスト"), "日本語テキスト", NULL},
    {BYTES("x日\033本\xff語"), "x日\\e本\\xff語", NULL},
    /* invalid and overlong */
    {BYTES("\xff\xfe\xc0\xc1\xf5"), "\\xff\\xfe\\xc0\\xc1\\xf5", NULL},
    {BYTES("\xc0\x9b"
           "2J\xc1\x9b\xe0\x80\x9b\xf0\x80\x80\x9b"),
     "\\xc0\\x9b2J\\xc1\\x9b\\xe0\\x80\\x9b\\xf0\\x80\\x80\\x9b", NULL},
    {BYTES("\xed\xa0\x80\xed\xb0\x80\xf4\x90\x80\x80"), "\\xed\\xa0\\x80\\xed\\xb0\\x80\\xf4\\x90\\x80\\x80", NULL},
    {BYTES("\xe6\x97\033[2J"), "\\xe6\\x97\\e[2J", NULL},
    {BYTES("\xf0\x9f\x98"), "\\xf0\\x9f\\x98", NULL},
    /* what looks like an escape, and is none */
    {BYTES("C:\\dir \\e \\\\ \\u{202e} \\x1b"), "C:\\dir \\\\e \\\\\\ \\\\u{202e} \\\\x1b",
     "C:\\\\dir \\\\e \\\\\\\\ \\\\u{202e} \\\\x1b"},
    {BYTES("\\\033\\\xff"), "\\\\\\e\\\\\\xff", NULL},
};

enum { PAYLOADS = sizeof payloads / sizeof *payloads };

/* How a payload stands between the quotes of a call. */
static const char *quoted(const struct payload *p)
{
    return p->quoted ? p->quoted : p->shown;
}

/* --- the program, and who looks at it --- */

struct stage {
    struct terminal *t;
    struct sequences judge;
    int peer, own;   /* a socket of the test's, its port */
    int port;        /* of the program's server */
    unsigned copies; /* that were asked for */
};

static void open_stage(struct stage *s, int rows, int cols, const char *const arguments[], const char *const env[])
{
    const char *argv[24] = {getenv("UDPTALK")};
    ck_assert_ptr_nonnull(argv[0]);
    for (size_t i = 0; arguments[i]; i++)
        argv[i + 1] = arguments[i];
    *s = (struct stage){.t = terminal_start(rows, cols, argv, env)};
    sequences_init(&s->judge, rows, cols);
    s->peer = screen_peer_open(&s->own);
}

/* All that was written since the last look. */
static void look(struct stage *s)
{
    struct buffer *raw = &s->t->raw;
    ck_assert_uint_lt(raw->len, TERMINAL_RAW_MAX);
    if (sequences_take(&s->judge, raw->data, raw->len) < 0) {
        terminal_screen(s->t);
        ck_abort_msg("%s", s->judge.why);
    }
    if (s->judge.copies != s->copies)
        ck_abort_msg("%u copies went to the clipboard, %u were asked for", s->judge.copies, s->copies);
    buffer_clear(raw);
}

static void wait_text(struct stage *s, const char *text)
{
    terminal_wait(s->t, text);
    look(s);
}

static void type(struct stage *s, const char *keys, const char *shown)
{
    terminal_type(s->t, keys);
    wait_text(s, shown);
}

enum { ANY_FAILURE = -1 };

static void close_stage(struct stage *s, int exit_status)
{
    int status;
    terminal_finish(s->t, &status);
    look(s);
    ck_assert_msg(sequences_whole(&s->judge), "what was written last is cut");
    bool as_told = WIFEXITED(status) &&
                   (exit_status == ANY_FAILURE ? WEXITSTATUS(status) > 0 : WEXITSTATUS(status) == exit_status);
    if (!as_told) {
        terminal_screen(s->t);
        ck_abort_msg("the program ended with status %x", (unsigned)status);
    }
    terminal_check_restored(s->t);
    terminal_free(s->t);
    sequences_done(&s->judge);
    close(s->peer);
}

static void end_stage(struct stage *s)
{
    terminal_signal(s->t, SIGTERM);
    close_stage(s, EXIT_SUCCESS);
}

static void give(struct stage *s, const void *bytes, size_t len)
{
    screen_peer_give(s->peer, s->port, bytes, len);
}

/* Sends all payloads to the program, and a line behind them. */
static void give_all(struct stage *s)
{
    for (size_t i = 0; i < PAYLOADS; i++)
        give(s, payloads[i].bytes, payloads[i].len);
    give(s, BYTES("the end"));
}

static int row_of(struct stage *s, const char *text)
{
    int row;
    if (!terminal_find(s->t, text, &row, NULL)) {
        terminal_screen(s->t);
        ck_abort_msg("\"%s\" stands nowhere", text);
    }
    return row;
}

/* Fails the test unless the row ends like this. */
static void check_row_ends(struct stage *s, int row, const char *text)
{
    const char *there = terminal_row(s->t, row);
    size_t len = strlen(there), want = strlen(text);
    if (len < want || strcmp(there + len - want, text) != 0) {
        terminal_screen(s->t);
        ck_abort_msg("row %d does not end with \"%s\"", row, text);
    }
}

/* All that was drawn is there, and nothing of it moved anything else. */
static void settle(struct stage *s)
{
    look(s);
    terminal_check_repaint(s->t, REDRAW);
    look(s);
}

/* --- the judge itself --- */

static int judged(const void *data, size_t len, bool in_pieces)
{
    struct sequences s;
    int result = 0;
    sequences_init(&s, 24, 80);
    for (size_t at = 0, piece = in_pieces ? 1 : len; at < len; at += piece)
        result = sequences_take(&s, (const unsigned char *)data + at, piece);
    result = result < 0 ? -1 : sequences_whole(&s) ? 0 : 1;
    ck_assert((result < 0) == (*s.why != '\0'));
    sequences_done(&s);
    return result;
}

START_TEST(judge_takes_what_is_ours)
{
    static const char *const ours[] = {
        "plain text\r\n",
        "straße 日本 e" MARK MARK MARK MARK "│→",
        "\033[H\033[2J",
        "\033[24;80H",
        "\033[1;24r",
        "\033[m",
        "\033(B\033[0;1;7m",
        "\033[35m\033[39;49m",
        "\033[?1049h\033[22;0;0t\033[?25l\033[?12l\033[?25h",
        "\033[6n",
        "\033]52;c;aGk=\a",
        "\033[3\030",
        "\b\t\a",
        "x\033[79b",
    };
    for (size_t i = 0; i < UNIT_COUNT(ours); i++) {
        ck_assert_msg(judged(ours[i], strlen(ours[i]), false) == 0, "row %zu was refused", i);
        ck_assert_msg(judged(ours[i], strlen(ours[i]), true) == 0, "row %zu was refused in pieces", i);
    }
    ck_assert_int_eq(judged("\033[2", 3, false), 1);
    ck_assert_int_eq(judged("\xe6\x97", 2, false), 1);
    ck_assert_int_eq(judged("\033]52;c;aGk", 10, false), 1);
}
END_TEST

START_TEST(judge_refuses_the_rest)
{
    static const struct {
        const unsigned char *bytes;
        size_t len;
    } others[] = {
        {BYTES("\0")},
        {BYTES("\001")},
        {BYTES("\005")},
        {BYTES("\v")},
        {BYTES("\016")},
        {BYTES("\177")},
        {BYTES("\x9b")},
        {BYTES("\xc2\x9b")},
        {BYTES("\xc2\x85")},
        {BYTES("\033[25;1H")},
        {BYTES("\033[1;81H")},
        {BYTES("\033[0;1H")},
        {BYTES("\033[01;1H")},
        {BYTES("\033[;1H")},
        {BYTES("\033[1;1;1H")},
        {BYTES("\033[100C")},
        {BYTES("\033[3J")},
        {BYTES("\033[5m")},
        {BYTES("\033[8m")},
        {BYTES("\033[0;8m")},
        {BYTES("\033[0;m")},
        {BYTES("\033[;1m")},
        {BYTES("\033[41m")},
        {BYTES("\033[38;5;1m")},
        {BYTES("\033[c")},
        {BYTES("\033[5n")},
        {BYTES("\033[?6n")},
        {BYTES("\033[21t")},
        {BYTES("\033[?1003h")},
        {BYTES("\033[?5h")},
        {BYTES("\033[!p")},
        {BYTES("\033c")},
        {BYTES("\033(0")},
        {BYTES("\033#8")},
        {BYTES("\033\033[H")},
        {BYTES("\033[\n")},
        {BYTES("\033]0;t\a")},
        {BYTES("\033]52;p;YQ==\a")},
        {BYTES("\033]52;c;?\a")},
        {BYTES("\033]52;c;YQ==\033\\")},
        {BYTES("\033Pq\033\\")},
        {BYTES("\033_G\033\\")},
        {BYTES("\033^p\033\\")},
        {BYTES("\033X")},
        {BYTES("\xe2\x80\xae")},
        {BYTES("\xe2\x80\x8b")},
        {BYTES("a\xef\xb8\x8f")},
        {BYTES("\xf3\xa0\x81\x81")},
        {BYTES("\xcd\xb8")},
        {BYTES("\xef\xbf\xbe")},
        {BYTES(MARK)},
        {BYTES("日" MARK)},
        {BYTES("e" MARK MARK MARK MARK MARK)},
        {BYTES("e\033[m" MARK)},
        {BYTES("e\n" MARK)},
        {BYTES("\xff")},
        {BYTES("\x80")},
        {BYTES("\xc0\x80")},
        {BYTES("\xe0\x80\x80")},
        {BYTES("\xf0\x80\x80\x80")},
        {BYTES("\xed\xa0\x80")},
        {BYTES("\xf4\x90\x80\x80")},
        {BYTES("\xe6\x97x")},
        {BYTES("\xe6\033[H")},
    };
    for (size_t i = 0; i < UNIT_COUNT(others); i++) {
        ck_assert_msg(judged(others[i].bytes, others[i].len, false) < 0, "row %zu was taken", i);
        ck_assert_msg(judged(others[i].bytes, others[i].len, true) < 0, "row %zu was taken in pieces", i);
    }
}
END_TEST

/* --- the panes --- */

static void open_server(struct stage *s, int rows, int cols)
{
    open_stage(s, rows, cols, (const char *[]){"-l", "0", "--transform", "echo", "-e", "set plain on", NULL}, NULL);
    s->port = screen_port(s->t);
    wait_text(s, "plain on:");
}

START_TEST(server_pane)
{
    struct stage s;
    char front[64], want[512];
    open_server(&s, PAYLOADS + 20, 200);
    snprintf(front, sizeof front, "  127.0.0.1:%d  ", s.own);
    give(&s, BYTES("the beginning"));
    give_all(&s);
    wait_text(&s, "the end → the end");
    settle(&s);
    int row = row_of(&s, "the beginning →");
    for (size_t i = 0; i < PAYLOADS; i++) {
        snprintf(want, sizeof want, "%s%s → %s", front, payloads[i].shown, payloads[i].shown);
        check_row_ends(&s, ++row, want);
    }
    check_row_ends(&s, row + 1, "the end → the end");
    type(&s, F(6), "═ Statistics ═"); /* who sent it: addresses alone */
    end_stage(&s);
}
END_TEST

enum { BEHIND_TEXT = 79 }; /* columns from the text's first to the reason's last, of 120 */

/* A row of the client's pane, from the arrow on: what stands behind the text stands where it always does. */
static void check_received(struct stage *s, int row, const struct payload *p, const char *how)
{
    char want[512];
    int cols = 0;
    wchar_t ch;
    const char *text = p->shown;
    for (int n; (n = mbtowc(&ch, text, MB_CUR_MAX)) > 0; text += n)
        cols += wcwidth(ch);
    snprintf(want, sizeof want, "← %s%*s%19zu B", p->shown, BEHIND_TEXT - cols, how, p->len);
    check_row_ends(s, row, want);
}

START_TEST(client_pane)
{
    struct stage s;
    char port[16], room[64];
    int from, other, stranger = screen_peer_open(&other), own, peer = screen_peer_open(&own);
    snprintf(port, sizeof port, "%d", own);
    open_stage(&s, 2 * PAYLOADS + 20, 120, (const char *[]){"127.0.0.1", port, "-e", "set plain on", NULL}, NULL);
    wait_text(&s, "plain on:");
    terminal_type(s.t, "ask\r");
    screen_peer_take(peer, room, sizeof room, &from);
    screen_peer_give(peer, from, BYTES("ASK"));
    for (size_t i = 0; i < PAYLOADS; i++) {
        screen_peer_give(peer, from, payloads[i].bytes, payloads[i].len);
        screen_peer_give(stranger, from, payloads[i].bytes, payloads[i].len);
    }
    screen_peer_give(stranger, from, BYTES("the end"));
    wait_text(&s, "the end");
    settle(&s);
    int row = row_of(&s, "← ASK ");
    for (size_t i = 0; i < PAYLOADS; i++) {
        check_received(&s, ++row, &payloads[i], "unasked");
        check_received(&s, ++row, &payloads[i], "a stranger's");
    }
    end_stage(&s);
    close(peer);
    close(stranger);
}
END_TEST

/* --- views over the server's log --- */

/* All payloads have come. */
static void open_full(struct stage *s, int rows, int cols)
{
    open_server(s, rows, cols);
    give_all(s);
    wait_text(s, "the end → the end");
}

START_TEST(ladder)
{
    struct stage s;
    char want[256];
    open_full(&s, 4 * PAYLOADS + 40, 200); /* a poll() for each of them too, on a busy machine */
    type(&s, F(2), "├─── the end ─");
    settle(&s);
    for (size_t i = 0; i < PAYLOADS; i++) {
        snprintf(want, sizeof want, "├─── %s ─", payloads[i].shown);
        row_of(&s, want);
        snprintf(want, sizeof want, "─ %s ───┊", payloads[i].shown);
        row_of(&s, want);
    }
    end_stage(&s);
}
END_TEST

START_TEST(calls)
{
    struct stage s;
    char want[256];
    open_full(&s, 4 * PAYLOADS + 40, 200); /* a poll() for each of them too, on a busy machine */
    type(&s, F(5), "\"the end\", 7, 0,");
    settle(&s);
    for (size_t i = 0; i < PAYLOADS; i++) {
        const struct payload *p = &payloads[i];
        snprintf(want, sizeof want, ", \"%s\", %zu, 0, 127.0.0.1:%d) = %zu", quoted(p), p->len, s.own, p->len);
        row_of(&s, want);
        snprintf(want, sizeof want, ", \"%s\", 65536, MSG_TRUNC|MSG_DONTWAIT, 127.0.0.1:%d) = %zu", quoted(p), s.own,
                 p->len);
        row_of(&s, want);
    }
    end_stage(&s);
}
END_TEST

static void hex_of(const struct payload *p, char *text)
{
    int at = sprintf(text, "0000 ");
    for (size_t i = 0; i < p->len && i < 16; i++)
        at += sprintf(text + at, "%s%02x", i == 8 ? "  " : " ", p->bytes[i]);
}

START_TEST(inspector)
{
    struct stage s;
    char want[256];
    open_full(&s, 90, 120);
    terminal_type(s.t, "G\r");
    for (size_t i = PAYLOADS; i-- > 0;) {
        snprintf(want, sizeof want, "═ exchange %zu ═", i + 1);
        type(&s, "qk\r", want);
        settle(&s);
        snprintf(want, sizeof want, "  %s", payloads[i].shown);
        check_row_ends(&s, row_of(&s, "   → "), want);
        hex_of(&payloads[i], want);
        row_of(&s, want);
    }
    end_stage(&s);
}
END_TEST

START_TEST(hex_in_the_log)
{
    struct stage s;
    char want[256];
    open_full(&s, 6 * PAYLOADS + 20, 120);
    type(&s, "x", "0000  74 68 65 20 65 6e 64");
    settle(&s);
    for (size_t i = 0; i < PAYLOADS; i++) {
        hex_of(&payloads[i], want);
        row_of(&s, want);
    }
    end_stage(&s);
}
END_TEST

enum { WRAPPED_FROM = 17 };

/* The rows below a line, from the column on where wrapped text stands: together they are the whole payload, and then
 * its reply. */
static void check_wrapped(struct stage *s, int *row, const char *whole)
{
    struct buffer text;
    buffer_init(&text);
    while (text.len < strlen(whole) && *row < s->t->rows) {
        const char *line = terminal_row(s->t, (*row)++);
        ck_assert_msg(strlen(line) > WRAPPED_FROM && strspn(line, " ") == WRAPPED_FROM, "row %d is \"%s\"", *row - 1,
                      line);
        buffer_append_text(&text, line + WRAPPED_FROM);
    }
    buffer_append_byte(&text, '\0');
    ck_assert_str_eq((char *)text.data, whole);
    buffer_done(&text);
}

START_TEST(wrapped)
{
    static const char piece[] = "0123日本語\033[2J\xe2\x80\xae"
                                "e" MARK "\xff",
                      shown[] = "0123日本語\\e[2J\\u{202e}e" MARK "\\xff";
    struct stage s;
    char payload[512] = "", whole[1024] = "";
    open_server(&s, 40, 100);
    for (int i = 0; i < 7; i++) {
        strcat(payload, piece);
        strcat(whole, shown);
    }
    give(&s, payload, strlen(payload));
    give(&s, BYTES("the end"));
    wait_text(&s, "the end → the end");
    type(&s, "w", "   0123日本語");
    settle(&s);
    int row = row_of(&s, "  0123日本語") + 1;
    check_wrapped(&s, &row, whole);
    check_wrapped(&s, &row, whole);
    check_row_ends(&s, row, "the end → the end");
    end_stage(&s);
}
END_TEST

/* The figure, turn by turn: each payload in the call that took it, where it is no longer than a box. */
START_TEST(figure)
{
    struct stage s;
    char want[256];
    open_server(&s, 30, 200);
    type(&s, F(3), "═ Figure ═");
    type(&s, ":speed full\r", "without a rest");
    for (size_t i = 0; i < PAYLOADS; i++) {
        give(&s, payloads[i].bytes, payloads[i].len);
        snprintf(want, sizeof want, ", \"%s\",", quoted(&payloads[i]));
        wait_text(&s, want);
    }
    settle(&s);
    end_stage(&s);
}
END_TEST

/* Step mode lists what waits in the kernel's buffer, eight at most, before any call has taken it. */
START_TEST(figure_in_steps)
{
    enum { LISTED = 8 };
    struct stage s;
    char want[256];
    open_server(&s, 50, 200);
    type(&s, F(3), "═ Figure ═");
    for (size_t i = 0; i < PAYLOADS; i += LISTED) {
        size_t end = i + LISTED < PAYLOADS ? i + LISTED : PAYLOADS;
        type(&s, ":step on\r", "time stands still");
        for (size_t k = i; k < end; k++)
            give(&s, payloads[k].bytes, payloads[k].len);
        snprintf(want, sizeof want, "buffer: %zu datagrams", end - i);
        terminal_type(s.t, " ");
        settle(&s);
        row_of(&s, want);
        for (size_t k = i; k < end; k++) {
            snprintf(want, sizeof want, " \"%s\"  %zu B  from", payloads[k].shown, payloads[k].len);
            row_of(&s, want);
        }
        terminal_type(s.t, ":step off\r");
        terminal_wait_gone(s.t, "time stands still");
    }
    end_stage(&s);
}
END_TEST

/* What was sent, as a program. */
START_TEST(code)
{
    struct stage s;
    char keys[256], want[256], room[256], port[16];
    int from, own, peer = screen_peer_open(&own);
    snprintf(port, sizeof port, "%d", own);
    open_stage(&s, PAYLOADS + 60, 120, (const char *[]){"-w", "0", "127.0.0.1", port, "-e", "set plain on", NULL},
               NULL);
    wait_text(&s, "plain on:");
    for (size_t i = 0; i < PAYLOADS; i++) {
        int at = sprintf(keys, "/hex ");
        for (size_t k = 0; k < payloads[i].len; k++)
            at += sprintf(keys + at, "%02x", payloads[i].bytes[k]);
        terminal_type(s.t, strcat(keys, "\r"));
        ck_assert_uint_eq(screen_peer_take(peer, room, sizeof room, &from), payloads[i].len);
    }
    terminal_type(s.t, F(3) F(3));
    wait_text(&s, "═ Python ═");
    settle(&s);
    for (int language = 0; language < 2; language++) {
        for (size_t i = 0; i < PAYLOADS; i++) {
            int at = language ? sprintf(want, "{%zu, \"", payloads[i].len) : sprintf(want, "b\"");
            for (size_t k = 0; k < payloads[i].len; k++) {
                unsigned char byte = payloads[i].bytes[k];
                bool plain = byte >= ' ' && byte < 0x7f && byte != '"' && byte != '\\';
                at += sprintf(want + at, plain ? "%c" : "\\%03o", byte);
            }
            row_of(&s, strcat(want, "\""));
        }
        if (language == 0)
            type(&s, F(3), "═ C ═");
        settle(&s);
    }
    end_stage(&s);
    close(peer);
}
END_TEST

/* A lesson shows the lines that one sends meanwhile, and the calls that they made. */
START_TEST(lesson_view)
{
    struct stage s;
    open_stage(&s, 60, 160, (const char *[]){"--lesson", "first-datagram", "-p", "0", NULL}, NULL);
    wait_text(&s, "answer>");
    type(&s, "b\r", "Enter goes on");
    type(&s, "x\xe2\x80\xaey\xf3\xa0\x81\x81z" MARK MARK MARK MARK MARK "\r",
         "> x\\u{202e}y\\u{e0041}z" MARK MARK MARK MARK "\\u{301}");
    wait_text(&s, " sendto(");
    settle(&s);
    end_stage(&s);
}
END_TEST

/* --- what is typed --- */

static const struct {
    const unsigned char *typed;
    size_t len;
    const char *shown;
} lines[] = {
    {BYTES("a\0b\033[2Jc\t\x7f\x9b\xff\xc2\x9b"), "ab[2Jc\\t"},
    {BYTES("a\xe2\x80\xae"
           "b\xe2\x80\x8b\xf3\xa0\x81\x81"),
     "a\\u{202e}b\\u{200b}\\u{e0041}"},
    {BYTES("v\xef\xb8\x8f"
           "e" MARK MARK MARK MARK MARK),
     "v\\u{fe0f}e" MARK MARK MARK MARK "\\u{301}"},
    {BYTES(MARK "日" MARK "本"), "\\u{301}日\\u{301}本"},
    {BYTES("C:\\dir \\e \\"), "C:\\dir \\e \\"},
};

START_TEST(typed_lines)
{
    struct stage s;
    char port[16], want[128];
    int own, peer = screen_peer_open(&own);
    snprintf(port, sizeof port, "%d", own);
    open_stage(&s, 24, 80, (const char *[]){"127.0.0.1", port, NULL}, NULL);
    wait_text(&s, " F1 help");
    for (size_t i = 0; i < UNIT_COUNT(lines); i++) {
        screen_paste(s.t, lines[i].typed, lines[i].len);
        snprintf(want, sizeof want, "> %s", lines[i].shown);
        wait_text(&s, want);
        settle(&s);
        check_row_ends(&s, s.t->rows - 3, want);
        type(&s, "\025", "an empty datagram");
    }
    screen_paste(s.t, BYTES("two\033[2J\nlines\033]0;t\a"));
    type(&s, "", "Send 2 lines");
    settle(&s);
    type(&s, "n", "an empty datagram");
    end_stage(&s);
    close(peer);
}
END_TEST

#define TYPED                                                                                                          \
    "x\xe2\x80\xaey\xf3\xa0\x81\x81\xef\xb8\x8f"                                                                       \
    "e" MARK MARK MARK MARK MARK MARK "日z"
#define SHOWN "x\\u{202e}y\\u{e0041}\\u{fe0f}e" MARK MARK MARK MARK "\\u{301}\\u{301}日z"

static const struct {
    const char *typed, *said; /* what stands on the screen then */
} commands[] = {
    {"/" TYPED, "\"/" SHOWN "\" is no command"},
    {"/open " TYPED, "cannot open " SHOWN ": "},
    {"/open /nonexistent/" TYPED, "cannot open /nonexistent/" SHOWN ": "},
    {"/save /nonexistent/" TYPED, "cannot save to /nonexistent/" SHOWN ": "},
    {"/save /nonexistent/" TYPED ".svg", "cannot save to /nonexistent/" SHOWN ".svg: "},
    {"/file " TYPED, "cannot send " SHOWN ": "},
    {"/replay " TYPED, "cannot open " SHOWN ": "},
    {"/to " TYPED, "\"" SHOWN "\" is no address"},
    {"/to 127.0.0.1 " TYPED, "is not a port"},
    {"/listen " TYPED, "\"" SHOWN "\" is no address"},
    {"/bind " TYPED, "\"" SHOWN "\" is no numeric address"},
    {"/join " TYPED, "\"" SHOWN "\" is no multicast group"},
    {"/find " TYPED, "nothing of it is in"},
    {"/find (" TYPED, "missing closing parenthesis"},
    {"/filter from " TYPED, "\"" SHOWN "\" is not a numeric address"},
    {"/filter /" TYPED "/", " & 0 of "},
    {"/filter", "The server is ready"},
    {"/lesson " TYPED, "there is no lesson \"" SHOWN "\""},
    {"/use " TYPED, "not \"" SHOWN "\""},
    {"/name " TYPED " " TYPED, "not \"" SHOWN "\""},
    {"/name evil " TYPED, "evil: " SHOWN},
    {"/transform " TYPED, ", not " SHOWN},
    {"/fault " TYPED, "word 1, \"" SHOWN "\", is none of"},
    {"/fault loss " TYPED, "not \"" SHOWN "\""},
    {"/rule equals " TYPED " => reply " TYPED, "rule 1: equals " SHOWN " => reply"},
    {"/rule regex (" TYPED " => drop", "missing closing parenthesis"},
    {"/rule load " TYPED, "cannot read " SHOWN ": "},
    {"/rule save /nonexistent/" TYPED, "cannot save the rules to /nonexistent/" SHOWN ": "},
    {"/set " TYPED, "there is no setting \"" SHOWN "\""},
    {"/set wait " TYPED, "not \"" SHOWN "\""},
    {"/view " TYPED, "not \"" SHOWN "\""},
    {"/expect " TYPED " within 1ms", "expected /" SHOWN "/ within 1 ms"},
    {"/go " TYPED, "or a time"},
    {"/mark " TYPED, "needs a letter"},
    {"/send {{" TYPED "}}", "\"" SHOWN "\" is no field"},
    {"/send \\q" TYPED, "\"\\q\" is no escape"},
    {"/hex " TYPED, "is no hex digit"},
    {"/help " TYPED, "there is no help on \"" SHOWN "\""},
    {"/code " TYPED, "not \"" SHOWN "\""},
    {"/why " TYPED, "\"" SHOWN "\" is no exchange"},
    {"/ping " TYPED, "how many"},
    {"/repeat " TYPED, "not \"" SHOWN "\""},
    {"/speed " TYPED, "or full, not"},
    {"/step " TYPED, "not \"" SHOWN "\""},
    {"/wait " TYPED, "\"" SHOWN "\" is not a time"},
    {"\xef\xbc\x8fto " TYPED, "A full-width slash."},
    {"n//" TYPED, "→ /" SHOWN},
};

/* Every command with a hostile argument: whatever is said of it. */
START_TEST(typed_commands)
{
    struct stage s;
    open_stage(&s, 40, 200, (const char *[]){"-n", "--both", "0", NULL}, NULL);
    wait_text(&s, " F1 help");
    for (size_t i = 0; i < UNIT_COUNT(commands); i++) {
        const char *typed = commands[i].typed;
        if (*typed == 'n') { /* to the question of the row before */
            terminal_type(s.t, "n");
            typed++;
        }
        terminal_type(s.t, "\025");
        screen_paste(s.t, typed, strlen(typed));
        type(&s, "\r", commands[i].said);
        settle(&s);
        row_of(&s, commands[i].said);
    }
    end_stage(&s);
}
END_TEST

/* The pattern of a search stands beside its count, a hit stays where its text is. */
START_TEST(searches)
{
    struct stage s;
    open_full(&s, PAYLOADS + 20, 200);
    terminal_type(s.t, "/");
    screen_paste(s.t, BYTES("\xe2\x80\xae"));
    type(&s, "\r", "/\\u{202e}/: hit 1 of 1 ");
    settle(&s);
    row_of(&s, "  a\\u{202e}b\\u{202c}c → a\\u{202e}b\\u{202c}c");
    type(&s, "/\\x1b.*\r", "/\\x1b.*/: hit ");
    settle(&s);
    row_of(&s, "  \\e[2J\\e[H → \\e[2J\\e[H");
    terminal_type(s.t, "&");
    screen_paste(s.t, BYTES("/\xf3\xa0\x81\x81/"));
    type(&s, "\r", " & 1 of ");
    settle(&s);
    row_of(&s, "  \\u{e0041}\\u{e007f}\\u{e0001} → \\u{e0041}\\u{e007f}\\u{e0001}");
    end_stage(&s);
}
END_TEST

/* A copy is sent to the terminal when a key asks for it, whole, in base64; what was copied is harmless where it is
 * pasted. */
START_TEST(copies)
{
    static const struct {
        const char *keys, *copied;
    } forms[] = {
        {"yt", "\\e]52;c;aG9zdGlsZQ==\\x07"},
        {"yx", "1b5d35323b633b6147397a64476c735a513d3d07"},
        {"yp", "b'\\x1b]52;c;aG9zdGlsZQ==\\x07'"},
    };
    struct stage s;
    struct buffer decoded;
    open_server(&s, 24, 120);
    give(&s, BYTES("\033]52;c;aG9zdGlsZQ==\a"));
    wait_text(&s, "\\e]52;c;aG9zdGlsZQ==\\x07 → ");
    buffer_init(&decoded);
    terminal_type(s.t, "G");
    settle(&s);
    for (size_t i = 0; i < UNIT_COUNT(forms); i++) {
        s.copies++;
        type(&s, forms[i].keys, "bytes went to the terminal's clipboard");
        settle(&s);
        buffer_clear(&decoded);
        ck_assert_int_eq(base64_decode(&decoded, (const char *)s.judge.copy.data, s.judge.copy.len), 0);
        buffer_append_byte(&decoded, '\0');
        ck_assert_str_eq((char *)decoded.data, forms[i].copied);
        terminal_type(s.t, "G");
        settle(&s);
    }
    buffer_done(&decoded);
    end_stage(&s);
}
END_TEST

/* --- what fits --- */

static void trim(char *text)
{
    for (size_t len = strlen(text); len > 0 && text[len - 1] == ' ';)
        text[--len] = '\0';
}

/* What is seen of a text in that many columns: cut before the last, which then shows …; a wide character that has no
 * room there is a blank. */
static void cut_to(const char *text, int cols, char *out)
{
    int total = 0, col = 0;
    wchar_t ch;
    for (const char *at = text; *at; at += mbtowc(&ch, at, MB_CUR_MAX))
        total += mbtowc(&ch, at, MB_CUR_MAX) > 0 ? wcwidth(ch) : 0;
    while (total > cols && *text) {
        int bytes = mbtowc(&ch, text, MB_CUR_MAX), width = wcwidth(ch);
        if (col + width > cols - 1)
            break;
        memcpy(out, text, (size_t)bytes);
        out += bytes;
        text += bytes;
        col += width;
    }
    sprintf(out, total > cols ? "%*s…" : "%*s%s", total > cols ? cols - 1 - col : 0, "", text);
}

/* A wide character at each column up to the right edge and over it. */
START_TEST(wide_at_every_column)
{
    enum { COLS = 80, FROM = 32, WIDES = 30 }; /* behind the clock and "127.0.0.1:" with a port of five digits */
    struct stage s;
    char payload[256], want[512];
    open_stage(&s, COLS + 20, COLS, (const char *[]){"-l", "0", "--transform", "discard", "-e", "set plain on", NULL},
               NULL);
    s.port = screen_port(s.t);
    wait_text(&s, "plain on:");
    for (int i = 0; i <= COLS - FROM + 1; i++) {
        memset(payload, 'x', (size_t)i);
        payload[i] = '\0';
        for (int k = 0; k < WIDES; k++)
            strcat(payload, k % 7 == 3 ? "e" MARK : "本");
        give(&s, payload, strlen(payload));
    }
    give(&s, BYTES("the end"));
    wait_text(&s, "the end");
    settle(&s);
    int row = row_of(&s, "the end") - (COLS - FROM + 2);
    for (int i = 0; i <= COLS - FROM + 1; i++, row++) {
        char number[16], whole[256];
        memset(whole, 'x', (size_t)i);
        whole[i] = '\0';
        for (int k = 0; k < WIDES; k++)
            strcat(whole, k % 7 == 3 ? "e" MARK : "本");
        snprintf(number, sizeof number, ":%d", s.own);
        cut_to(whole, COLS - (FROM - 6) - (int)strlen(number), want);
        const char *there = strstr(terminal_row(s.t, row), number);
        ck_assert_ptr_nonnull(there);
        ck_assert_str_eq(there + strlen(number) + 2, want);
    }
    end_stage(&s);
}
END_TEST

/* Any view at any width: half a character, half an escape, no room at all. */
START_TEST(narrow_terminals)
{
    static const int widths[] = {61, 55, 40, 33, 26, 20, 17, 12, 9, 7, 5, 3, 2, 1};
    static const char *const views[] = {F(2), F(4), F(5), F(3)}; /* F6 changes by itself */
    struct stage s;
    open_full(&s, PAYLOADS + 20, 80);
    for (size_t i = 0; i < UNIT_COUNT(widths); i++) {
        terminal_resize(s.t, i % 2 ? PAYLOADS : 12, widths[i]);
        settle(&s); /* what was on its way was for another size: the judge allows the largest so far */
        s.judge.cols = widths[i];
        s.judge.rows = i % 2 ? PAYLOADS : 12;
        terminal_type(s.t, views[i % UNIT_COUNT(views)]);
        settle(&s);
        terminal_type(s.t, views[i % UNIT_COUNT(views)]);
        settle(&s);
        s.judge.rows = PAYLOADS;
    }
    end_stage(&s);
}
END_TEST

/* --- random payloads --- */

enum { BATCH = 150, BATCHES = 14, PIECES = 4, RANDOM_COLS = 240, RANDOM_PAYLOAD = 400, RANDOM_SHOWN = 1600 };

static uint64_t number_from(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text && *text ? strtoull(text, NULL, 10) : otherwise;
}

struct random_payload {
    unsigned char bytes[RANDOM_PAYLOAD];
    size_t len;
    char shown[RANDOM_SHOWN];
    size_t shown_len;
};

static void add(struct random_payload *p, const void *bytes, size_t len, const char *shown)
{
    memcpy(p->bytes + p->len, bytes, len);
    p->len += len;
    p->shown_len += (size_t)sprintf(p->shown + p->shown_len, "%s", shown);
}

/* A character of a kind whose looks are known. */
static void add_character(struct random_payload *p, uint64_t *state)
{
    static const struct {
        uint32_t first, last;
        bool hidden;
    } ranges[] = {
        {0x80, 0x9f, true},     {0x200b, 0x200f, true},   {0x2028, 0x202e, true},   {0x2066, 0x2069, true},
        {0xfe00, 0xfe0f, true}, {0xe0001, 0xe0001, true}, {0xe0020, 0xe007f, true}, {0xe0100, 0xe01ef, true},
        {0xfdd0, 0xfdef, true}, {0x4e00, 0x9fa5, false},  {0xac00, 0xd7a3, false},  {0xc0, 0x17f, false},
        {0x391, 0x3a1, false},  {0x410, 0x44f, false},    {0x3041, 0x3096, false},
    };
    size_t range = raw_choose(state, UNIT_COUNT(ranges));
    uint32_t ch = ranges[range].first + (uint32_t)raw_choose(state, ranges[range].last - ranges[range].first + 1);
    unsigned char bytes[4];
    char shown[16];
    size_t len = ch < 0x800 ? 2 : ch < 0x10000 ? 3 : 4;
    for (size_t i = len; i-- > 1;)
        bytes[i] = (unsigned char)(0x80 | (ch >> (6 * (len - 1 - i)) & 0x3f));
    bytes[0] = (unsigned char)((len == 2 ? 0xc0 : len == 3 ? 0xe0 : 0xf0) | ch >> (6 * (len - 1)));
    if (ranges[range].hidden)
        snprintf(shown, sizeof shown, "\\u{%x}", ch);
    else
        snprintf(shown, sizeof shown, "%.*s", (int)len, (char *)bytes);
    add(p, bytes, len, shown);
}

/* Pieces whose looks are known, each behind a control, so that none changes what its neighbour is. */
static void make_random(struct random_payload *p, uint64_t *state)
{
    *p = (struct random_payload){.len = 0};
    size_t pieces = 1 + raw_choose(state, PIECES);
    for (size_t i = 0; i < pieces; i++) {
        unsigned char byte = (unsigned char)(1 + raw_choose(state, 8)), other;
        char shown[8];
        snprintf(shown, sizeof shown, "\\x%02x", byte);
        add(p, &byte, 1, shown);
        const struct payload *known = &payloads[raw_choose(state, PAYLOADS)];
        switch (raw_choose(state, 4)) {
        case 0: add(p, known->bytes, known->len, known->shown); break;
        case 1:
            other = (unsigned char)(0x80 + raw_choose(state, 0x80));
            snprintf(shown, sizeof shown, "\\x%02x", other);
            add(p, &other, 1, shown);
            break;
        default:
            for (size_t k = 1 + raw_choose(state, 12); k > 0; k--)
                add_character(p, state);
        }
    }
}

struct batch {
    const struct random_payload *payloads;
    const char *front, *end;
};

static bool stands_there(struct terminal *t, void *arg)
{
    struct batch *b = arg;
    char want[RANDOM_SHOWN];
    int last;
    if (!terminal_find(t, b->end, &last, NULL))
        return false;
    bool same = true;
    for (int i = 0; i < BATCH && same; i++) {
        const char *there = strstr(terminal_row(t, last - BATCH + i), b->front);
        cut_to(b->payloads[i].shown, RANDOM_COLS - (int)strlen(b->front) - 15, want);
        trim(want);
        same = there && strcmp(there + strlen(b->front), want) == 0;
    }
    return same;
}

START_TEST(random_payloads)
{
    static const char *const keys[] = {F(2), F(3), F(4), F(5), "x", "w"}; /* F6 changes by itself */
    static struct random_payload some[BATCH];
    struct stage s;
    char front[64], end[64];
    uint64_t state = number_from("UDPTALK_TEST_SEED", 20261122) * 2 + 1;
    uint64_t batches = number_from("UDPTALK_TEST_ROUNDS", BATCHES);
    open_stage(&s, BATCH + 20, RANDOM_COLS,
               (const char *[]){"-l", "0", "--transform", "discard", "-e", "set plain on", NULL}, NULL);
    s.port = screen_port(s.t);
    wait_text(&s, "plain on:");
    snprintf(front, sizeof front, "127.0.0.1:%d  ", s.own);
    for (uint64_t i = 0; i < batches; i++) {
        for (size_t k = 0; k < BATCH; k++) {
            make_random(&some[k], &state);
            give(&s, some[k].bytes, some[k].len);
        }
        snprintf(end, sizeof end, "end of batch %llu", (unsigned long long)i);
        give(&s, end, strlen(end));
        struct batch b = {some, front, end};
        terminal_wait_until(s.t, stands_there, &b, "all that was sent, as it should be shown");
        look(&s);
        const char *key = keys[raw_choose(&state, UNIT_COUNT(keys))];
        terminal_type(s.t, key);
        settle(&s);
        terminal_type(s.t, strcmp(key, F(3)) == 0 ? F(3) F(3) F(3) : key);
        terminal_type(s.t, "G");
        settle(&s);
    }
    end_stage(&s);
}
END_TEST

/* Bytes of no plan at all. */
START_TEST(random_bytes)
{
    struct stage s;
    unsigned char bytes[200];
    char end[64];
    uint64_t state = number_from("UDPTALK_TEST_SEED", 20261122) * 2 + 7;
    uint64_t batches = number_from("UDPTALK_TEST_ROUNDS", BATCHES);
    open_server(&s, 60, 100);
    for (uint64_t i = 0; i < batches; i++) {
        for (size_t k = 0; k < BATCH; k++) {
            size_t len = 1 + raw_choose(&state, sizeof bytes - 1);
            for (size_t at = 0; at < len; at++)
                bytes[at] = (unsigned char)(raw_choose(&state, 8) ? raw_choose(&state, 256) : 0x1b);
            if (k % 2)
                raw_fill(&state, false, bytes, len);
            give(&s, bytes, len);
        }
        snprintf(end, sizeof end, "end of batch %llu", (unsigned long long)i);
        give(&s, end, strlen(end));
        wait_text(&s, end);
        settle(&s);
    }
    end_stage(&s);
}
END_TEST

/* --- files --- */

#define NAME                                                                                                           \
    "n\033]0;t\a\n\xe2\x80\xae\xff"                                                                                    \
    "日"
#define NAME_SHOWN "n\\e]0;t\\x07\\n\\u{202e}\\xff日"

/* Entries with hostile bytes wherever a file has room for some. */
static void fill(struct journal *j)
{
    for (size_t i = 0; i < PAYLOADS; i++) {
        const struct payload *p = &payloads[i];
        struct entry e =
            made_up_datagram(0, ROLE_CLIENT, DIR_SENT, "0.0.0.0:40000", "127.0.0.1:12000", p->bytes, p->len);
        uint64_t n = journal_append(j, &e);
        e.dir = DIR_RECEIVED;
        e.reply_to = n;
        e.match = MATCH_ORDER;
        journal_append(j, &e);
        e = made_up_datagram(0, ROLE_SERVER, DIR_RECEIVED, "127.0.0.1:12000", "127.0.0.1:9", p->bytes, p->len);
        n = journal_append(j, &e);
        e = (struct entry){0};
        e = entry_make(ENTRY_NOTICE, ROLE_SERVER);
        e.event = i % 2 ? EVENT_SUPPRESSED : EVENT_ERROR;
        e.reply_to = i % 2 ? n : 0;
        e.data = p->bytes;
        e.kept = e.size = p->len;
        journal_append(j, &e);
        e.role = ROLE_CLIENT;
        e.event = EVENT_NO_ANSWER;
        journal_append(j, &e);
    }
}

static void write_file(const char *home, const char *name, const struct export *format)
{
    static const char more[] =
        "{\"n\":900,\"time\":\"2026-11-22T15:31:10.123456789Z\",\"kind\":\"call\",\"endpoint\":\"client\",\"call\":\"sendto\",\"args\":"
        "[\"5\\u001b[2J\",\"\\u009b2J\\u202e\",\"\\n\\u0000\"],\"result\":-1,\"errno\":\"ECONNREFUSED\"}\n"
        "{\"n\":901,\"time\":\"\\u001b[2J\",\"kind\":\"\\u009b\"}\n"
        "{\"n\":902,\"time\":\"2026-11-22T15:31:10.123456789Z\",\"kind\":\"\\u001b[2J\\u202e\"}\n"
        "\033]0;t\a\x9b{\xff\n";
    struct journal *j = journal_new(16 << 20, 0);
    struct export_context *x = export_new(format);
    struct buffer out;
    struct entry e;
    char path[2 * SCREEN_HOME];
    buffer_init(&out);
    fill(j);
    export_begin(x, &out);
    for (uint64_t n = 0; (n = journal_after(j, n, ROLE_NONE, JOURNAL_ALL));)
        ck_assert(journal_get(j, n, &e) && export_entry(x, &out, &e) == 0);
    export_end(x, &out);
    if (format == &jsonl_export)
        buffer_append_text(&out, more);
    snprintf(path, sizeof path, "%s/%s", home + strlen("HOME="), name);
    FILE *f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fwrite(out.data, 1, out.len, f), out.len);
    ck_assert_int_eq(fclose(f), 0);
    export_free(x);
    buffer_done(&out);
    journal_free(j);
}

static const char *in(const char *home, const char *name)
{
    static char path[2 * SCREEN_HOME];
    snprintf(path, sizeof path, "%s/%s", home + strlen("HOME="), name);
    return path;
}

static void look_at_file(const char *name, const struct export *format, const char *shown)
{
    char home[SCREEN_HOME];
    struct stage s;
    screen_home_make(home);
    write_file(home, name, format);
    open_stage(&s, 120, 300, (const char *[]){"--open", in(home, name), NULL}, (const char *[]){home, NULL});
    wait_text(&s, NAME_SHOWN);
    settle(&s);
    row_of(&s, shown);
    static const char *const keys[] = {"\t", "x",  "x",  "w",  F(2), F(2),     F(5), "G\r",  "q", F(5),    F(4), F(4),
                                       F(3), F(3), F(3), F(3), "\t", "gkkk\r", "q",  "jj\r", "q", "jjj\r", "q"};
    for (size_t i = 0; i < UNIT_COUNT(keys); i++) {
        terminal_type(s.t, keys[i]);
        settle(&s);
    }
    end_stage(&s);
    screen_home_remove(home);
}

START_TEST(opened_json_lines)
{
    look_at_file(NAME ".jsonl", &jsonl_export, " ✗ not answered: \\xff\\xfe\\xc0\\xc1\\xf5 (");
}
END_TEST

START_TEST(opened_capture)
{
    look_at_file(NAME ".pcap", &pcap_export, " ← \\xff\\xfe\\xc0\\xc1\\xf5");
}
END_TEST

/* --- a terminal without a screen --- */

static void check_begins(struct stage *s, int row, const char *text)
{
    ck_assert_msg(strncmp(terminal_row(s->t, row), text, strlen(text)) == 0, "row %d does not begin with \"%s\"", row,
                  text);
}

/* Text alone: lines, and nothing else. */
static void open_plain(struct stage *s, int rows, int cols, const char *const arguments[], const char *const env[])
{
    open_stage(s, rows, cols, arguments, env);
    s->judge.plain = true;
}

START_TEST(log_lines)
{
    struct stage s;
    char want[512];
    open_plain(&s, PAYLOADS + 20, 200,
               (const char *[]){"-l", "0", "--batch", "--transform", "echo", "-e", "set plain on", NULL}, NULL);
    s.port = screen_port(s.t);
    give_all(&s);
    wait_text(&s, "the end → the end");
    int row = row_of(&s, "the end →") - PAYLOADS;
    for (size_t i = 0; i < PAYLOADS; i++) {
        snprintf(want, sizeof want, "  127.0.0.1:%d  %s → %s", s.own, payloads[i].shown, payloads[i].shown);
        check_row_ends(&s, row + (int)i, want);
    }
    end_stage(&s);
}
END_TEST

/* What a client receives, from its peer and from others. */
START_TEST(replies)
{
    struct stage s;
    char port[16], room[64], want[512];
    int from, own, peer = screen_peer_open(&own);
    snprintf(port, sizeof port, "%d", own);
    open_plain(&s, 2 * PAYLOADS + 20, 200, (const char *[]){"--batch", "127.0.0.1", port, NULL}, NULL);
    terminal_type(s.t, "ask\n");
    screen_peer_take(peer, room, sizeof room, &from);
    screen_peer_give(peer, from, BYTES("ASK"));
    s.port = from;
    for (size_t i = 0; i < PAYLOADS; i++) {
        screen_peer_give(peer, from, payloads[i].bytes, payloads[i].len);
        give(&s, payloads[i].bytes, payloads[i].len);
    }
    give(&s, BYTES("the end"));
    wait_text(&s, ": the end");
    for (size_t i = 0; i < PAYLOADS; i++) {
        row_of(&s, payloads[i].shown);
        snprintf(want, sizeof want, "udptalk: from a stranger, 127.0.0.1:%d: %s", s.own, payloads[i].shown);
        row_of(&s, want);
    }
    terminal_type(s.t, "\x04");
    close_stage(&s, EXIT_SUCCESS);
    close(peer);
}
END_TEST

/* Answers whatever comes with the next payload, as long as the program runs. */
static void answer_all(struct stage *s, int peer, size_t next)
{
    enum { TURN_MS = 20, TURNS = 1000 };
    struct sockaddr_in source;
    socklen_t len = sizeof source;
    char room[65536];
    for (int turns = 0; !s->t->ended && turns < TURNS; turns++) {
        struct pollfd ready[] = {{.fd = peer, .events = POLLIN}, {.fd = s->t->fd, .events = POLLIN}};
        poll(ready, 2, TURN_MS);
        while (recvfrom(peer, room, sizeof room, MSG_DONTWAIT, (struct sockaddr *)&source, &len) >= 0) {
            const struct payload *p = &payloads[next++ % PAYLOADS];
            sendto(peer, p->bytes, p->len, 0, (struct sockaddr *)&source, len);
        }
        terminal_wait(s->t, ""); /* reads what is there */
    }
}

/* Runs to its end against such a peer, from `next` on; the last argument is the peer's port. */
static void run_against(const char *const arguments[], size_t next, const char *said, int exit_status)
{
    struct stage s;
    const char *argv[16] = {NULL};
    char port[16];
    int own, peer = screen_peer_open(&own);
    snprintf(port, sizeof port, "%d", own);
    size_t n = 0;
    for (; arguments[n]; n++)
        argv[n] = arguments[n];
    argv[n] = port;
    open_plain(&s, 120, 200, argv, NULL);
    answer_all(&s, peer, next);
    row_of(&s, said);
    close_stage(&s, exit_status);
    close(peer);
}

START_TEST(checks_and_expectations)
{
    static const size_t some[] = {4, 9, 17, 19, 26, 31, 36};
    char want[256];
    for (size_t i = 0; i < UNIT_COUNT(some); i++) {
        snprintf(want, sizeof want, "\"%s\"", payloads[some[i]].shown);
        run_against((const char *[]){"--batch", "-e", "send x", "-e", "expect never within 50ms", "127.0.0.1", NULL},
                    some[i], want, EXIT_FAILURE);
    }
    run_against((const char *[]){"-w", "50ms", "--check", "127.0.0.1", NULL}, 4, "\\e[", EXIT_FAILURE);
}
END_TEST

START_TEST(relay)
{
    struct stage s;
    char target[32], want[256];
    int own, peer = screen_peer_open(&own);
    snprintf(target, sizeof target, "127.0.0.1:%d", own);
    open_plain(&s, 2 * PAYLOADS + 20, 200, (const char *[]){"--batch", "--relay", "0", target, NULL}, NULL);
    s.port = screen_port(s.t);
    give_all(&s);
    snprintf(want, sizeof want, "→ %s  7 B  the end", target);
    wait_text(&s, want);
    for (size_t i = 0; i < PAYLOADS; i++) {
        snprintf(want, sizeof want, "← 127.0.0.1:%d  %zu B  %s", s.own, payloads[i].len, payloads[i].shown);
        row_of(&s, want);
        snprintf(want, sizeof want, "→ %s  %zu B  %s", target, payloads[i].len, payloads[i].shown);
        row_of(&s, want);
    }
    end_stage(&s);
    close(peer);
}
END_TEST

static void print_file(const char *name, const struct export *format)
{
    struct stage s;
    char home[SCREEN_HOME];
    screen_home_make(home);
    write_file(home, name, format);
    open_plain(&s, 400, 300, (const char *[]){"--batch", "--open", in(home, name), NULL}, (const char *[]){home, NULL});
    close_stage(&s, format == &jsonl_export ? EXIT_FAILURE : EXIT_SUCCESS); /* it has lines that are none */
    screen_home_remove(home);
}

START_TEST(printed_files)
{
    print_file(NAME ".pcap", &pcap_export);
    print_file(NAME ".jsonl", &jsonl_export);
}
END_TEST

/* JSON is for programs: text may stand there as it is, but nothing that a terminal obeys or that turns a line around.
 */
static void check_json(const struct buffer *raw)
{
    static const struct {
        uint32_t first, last;
    } never[] = {{0, 9},           {0xb, 0xc},       {0xe, 0x1f},      {0x7f, 0x9f},
                 {0xad, 0xad},     {0x61c, 0x61c},   {0x200b, 0x200f}, {0x2028, 0x202e},
                 {0x2060, 0x206f}, {0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0xe0001, 0xe007f}};
    wchar_t ch;
    int used;
    for (size_t at = 0; at < raw->len; at += (size_t)used) {
        used = raw->data[at] ? mbtowc(&ch, (const char *)raw->data + at, raw->len - at) : -1;
        ck_assert_int_gt(used, 0);
        for (size_t i = 0; i < UNIT_COUNT(never); i++)
            if ((uint32_t)ch >= never[i].first && (uint32_t)ch <= never[i].last)
                ck_abort_msg("U+%04X at byte %zu", (unsigned)ch, at);
    }
}

START_TEST(json_on_a_terminal)
{
    struct stage s;
    open_plain(&s, PAYLOADS + 20, 200, (const char *[]){"-l", "0", "--json", "-v", "--transform", "echo", NULL}, NULL);
    s.port = screen_port(s.t);
    give_all(&s);
    terminal_wait(s.t, "\"the end\"");
    terminal_signal(s.t, SIGTERM);
    int status;
    terminal_finish(s.t, &status);
    ck_assert_int_eq(status, 0);
    check_json(&s.t->raw);
    terminal_free(s.t);
    sequences_done(&s.judge);
    close(s.peer);
}
END_TEST

/* A lesson of somebody else's making. Control characters are no text there, so that it is not begun. */
#define BIDI "\xe2\x80\xae"
#define TAG "\xf3\xa0\x81\x81"

static const char lesson[] =
    "title: T" BIDI "\ngoal: G" TAG "\nterm: socket" BIDI " = 套" TAG "\nread: R" BIDI "\n\nstep: S" BIDI
    "\ntext: X" TAG "\npredict: P" BIDI "\na: A" BIDI "\nb: B" TAG "\nright: b\nhint: H" BIDI "\nrun: send x" BIDI
    "y\nwhy: W" TAG " {{text server sent}}\nclaim: text server sent = \"X" BIDI "Y\"\n";

START_TEST(lessons_of_others)
{
    char home[SCREEN_HOME];
    struct stage s;
    screen_home_make(home);
    screen_home_write(home, "evil.lesson", lesson);
    screen_home_write(home, "broken.lesson", "title: T\033]0;t\a\n");
    const char *const env[] = {home, NULL};
    open_plain(&s, 60, 160, (const char *[]){"--batch", "--lesson", in(home, "evil.lesson"), NULL}, env);
    wait_text(&s, "evil: T\\u{202e}");
    wait_text(&s, "Terms: socket\\u{202e} 套\\u{e0041}");
    wait_text(&s, "> send x\\u{202e}y");
    wait_text(&s, "claims, all hold");
    close_stage(&s, EXIT_SUCCESS);
    open_plain(&s, 24, 160, (const char *[]){"--batch", "--lesson", in(home, "broken.lesson"), NULL}, env);
    wait_text(&s, "U+001B is a control character");
    close_stage(&s, EXIT_FAILURE);
    open_stage(&s, 60, 160, (const char *[]){"-p", "0", "--lesson", in(home, "evil.lesson"), NULL}, env);
    wait_text(&s, "answer>");
    type(&s, "?\r", "H\\u{202e}");
    type(&s, "b\r", "Read on: R\\u{202e}");
    settle(&s);
    row_of(&s, "> send x\\u{202e}y");
    end_stage(&s);
    screen_home_remove(home);
}
END_TEST

/* What is wrong with arguments and the environment. */
START_TEST(complaints)
{
    const struct {
        const char *arguments[6], *env;
        const char *said; /* behind "udptalk: " */
    } cases[] = {
        {{"--" NAME}, NULL, "there is no option --" NAME_SHOWN},
        {{"-l", NAME}, NULL, "\"n?]0;t?????????\" is not a host"},
        {{"--open", NAME}, NULL, "cannot open " NAME_SHOWN ": "},
        {{"-f", NAME}, NULL, "cannot read " NAME_SHOWN ": "},
        {{"-e", NAME}, NULL, "-e:1: \"/n\\e]0;t\\x07\" is no command"},
        {{"-e", "\xe2\x80\xae\xff"}, NULL, "-e:1: \"/\\u{202e}\\xff\" is no command"},
        {{"--batch", "-e", "open n\033[2J", "-l", "0"}, NULL, "cannot open n\\e[2J: "},
        {{"--transform", NAME}, NULL, "--transform: \"" NAME_SHOWN "\" is wrong"},
        {{"--fault", "n\033]0;t\a"}, NULL, "--fault: word 1, \"n\\e]0;t\\x07\", is none of"},
        {{"--save", "/nonexistent/" NAME}, NULL, "cannot save to /nonexistent/" NAME_SHOWN ": "},
        {{"--user", NAME}, NULL,
         geteuid() == 0 ? "--user: there is no user \"" NAME_SHOWN "\"" : "--user " NAME_SHOWN ": only root can"},
        {{"--lesson", NAME}, NULL, "--lesson: there is no lesson \"" NAME_SHOWN "\""},
        {{"--join", NAME}, NULL, "--join: \"" NAME_SHOWN "\" is no multicast group"},
        {{"-n", NAME}, NULL, "\"n?]0;t?????????\" is not a host"},
        {{"--check", "-n", NAME}, NULL, "\"n?]0;t?????????\" is not a host"},
        {{"-l", "0"}, "TERM=" NAME, "TERM=n?]0;t????????? is not a terminal known here"},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct stage s;
        open_plain(&s, 24, 200, cases[i].arguments, cases[i].env ? (const char *[]){cases[i].env, NULL} : NULL);
        wait_text(&s, cases[i].said);
        check_begins(&s, row_of(&s, cases[i].said), "udptalk: ");
        close_stage(&s, ANY_FAILURE);
    }
}
END_TEST

/* --- behind the screen: on the terminal that was given back --- */

START_TEST(last_words)
{
    char home[SCREEN_HOME], evil[2 * SCREEN_HOME];
    struct stage s;
    screen_home_make(home);
    screen_home_write(home, NAME "/.local/state/udptalk/history/", "");
    snprintf(evil, sizeof evil, "%s/" NAME, home);
    open_stage(&s, 24, 200, (const char *[]){"--both", "0", NULL}, (const char *[]){evil, NULL});
    wait_text(&s, " F1 help");
    terminal_type(s.t, "lost\r\x04");
    int status;
    terminal_finish(s.t, &status);
    terminal_wait(s.t, "udptalk: the history was not saved in ");
    row_of(&s, NAME_SHOWN "/.local/state/udptalk/history: ");
    look(&s);
    terminal_free(s.t);
    sequences_done(&s.judge);
    close(s.peer);
    screen_home_remove(home);
}
END_TEST

/* A start-up file of another's making. */
START_TEST(start_up_file)
{
    char home[SCREEN_HOME];
    struct stage s;
    screen_home_make(home);
    screen_home_write(home, ".config/udptalk/config", "transform " NAME "\n");
    open_stage(&s, 24, 160, (const char *[]){"--both", "0", NULL}, (const char *[]){home, NULL});
    wait_text(&s, "nothing of it was run");
    settle(&s);
    end_stage(&s);
    screen_home_remove(home);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"the judge takes what is ours", judge_takes_what_is_ours},
        {"the judge refuses the rest", judge_refuses_the_rest},
        {"the server's pane", server_pane},
        {"the client's pane", client_pane},
        {"the ladder", ladder},
        {"the calls", calls},
        {"the inspector", inspector},
        {"hex in the log", hex_in_the_log},
        {"wrapped", wrapped},
        {"the figure", figure},
        {"the figure in steps", figure_in_steps},
        {"the session as a program", code},
        {"a lesson", lesson_view},
        {"lines that are typed", typed_lines},
        {"commands that are typed", typed_commands},
        {"searches and filters", searches},
        {"copies", copies},
        {"a wide character at every column", wide_at_every_column},
        {"narrow terminals", narrow_terminals},
        {"random payloads", random_payloads},
        {"random bytes", random_bytes},
        {"a file of JSON lines", opened_json_lines},
        {"a capture", opened_capture},
        {"log lines", log_lines},
        {"replies", replies},
        {"a check, and what was expected", checks_and_expectations},
        {"a relay", relay},
        {"files that are printed", printed_files},
        {"JSON on a terminal", json_on_a_terminal},
        {"lessons of others", lessons_of_others},
        {"complaints", complaints},
        {"last words", last_words},
        {"the start-up file", start_up_file},
    };
    return unit_run("hostile", tests, UNIT_COUNT(tests));
}
