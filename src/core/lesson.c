#include "config.h"

#include "core/lesson.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/buffer.h"
#include "core/safe_text.h"
#include "core/words.h"

/* From WIDE on characters are mostly wide, and stand without blanks between them. */
enum { WIDE = 0x2e80, KEY = 24, QUOTED = 60 };

/* The text that is parsed, and where that is. `key` and `value` are the present entry's. */
struct parser {
    struct lesson *lesson;
    const char *name;
    const char *at;
    size_t left;
    int line, entry_line; /* the next line, and the one where the entry began */
    char key[KEY];
    const char *value;
    struct lesson_text *twin; /* what a .zh may belong to, and of which key; NULL: none */
    char twin_key[KEY];
    struct lesson_item *predict; /* whose answers are read, or NULL */
    bool ran;                    /* the step has sent something */
    char *why;
};

static int wrong(const struct parser *p, const char *format, ...) __attribute__((format(printf, 2, 3)));

static int wrong(const struct parser *p, const char *format, ...)
{
    char sentence[LESSON_WHY];
    va_list args;
    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    snprintf(p->why, LESSON_WHY, "%.100s:%d: %.580s", p->name, p->entry_line, sentence);
    return -1;
}

void lesson_free(struct lesson *l)
{
    if (!l)
        return;
    for (size_t i = 0; i < l->text_count; i++)
        free(l->texts[i]);
    free(l->texts);
    free(l->terms);
    free(l->items);
    free(l);
}

/* A copy that lives as long as the lesson, NUL-terminated, or NULL. */
static const char *keep(struct lesson *l, const char *text, size_t len)
{
    char *copy = malloc(len + 1), **texts = copy ? realloc(l->texts, (l->text_count + 1) * sizeof *texts) : NULL;
    if (!texts) {
        free(copy);
        return NULL;
    }
    l->texts = texts;
    if (len)
        memcpy(copy, text, len);
    copy[len] = '\0';
    return l->texts[l->text_count++] = copy;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* --- lines and entries --- */

/* Takes the next line, without its end. Returns false at the end of the text. */
static bool take_line(struct parser *p, const char **line, size_t *len)
{
    if (!p->left)
        return false;
    const char *end = memchr(p->at, '\n', p->left);
    size_t used = end ? (size_t)(end - p->at) : p->left;
    *line = p->at;
    *len = used;
    p->at += end ? used + 1 : used;
    p->left -= end ? used + 1 : used;
    p->line++;
    while (*len && (is_blank((*line)[*len - 1]) || (*line)[*len - 1] == '\r'))
        --*len;
    return true;
}

/* The whole is text: valid UTF-8, without control characters but newlines and tabs. */
static int check_bytes(struct parser *p, const char *text, size_t len)
{
    const unsigned char *bytes = (const unsigned char *)text;
    uint32_t ch;
    p->entry_line = 1;
    for (size_t at = 0, used; at < len; at += used) {
        used = utf8_decode(bytes + at, len - at, &ch);
        if (!used)
            return wrong(p, _("the byte 0x%02x is no UTF-8"), bytes[at]);
        if (ch == '\n')
            p->entry_line++;
        else if ((ch < ' ' && ch != '\t' && ch != '\r') || (ch >= 0x7f && ch < 0xa0))
            return wrong(p, _("U+%04X is a control character, and no text"), (unsigned)ch);
    }
    return 0;
}

/* The last character in front of `end`. */
static uint32_t last_character(const unsigned char *data, size_t end)
{
    size_t start = end;
    uint32_t ch = 0;
    while (start > 0 && (data[--start] & 0xc0) == 0x80)
        ;
    utf8_decode(data + start, end - start, &ch);
    return ch;
}

/* Joins what goes on in the next line: by a blank, but not where Chinese does. */
static void join(struct buffer *value, const char *line, size_t len)
{
    uint32_t next = 0;
    utf8_decode((const unsigned char *)line, len, &next);
    if (value->len && !(next >= WIDE && last_character(value->data, value->len) >= WIDE))
        buffer_append_byte(value, ' ');
    buffer_append(value, line, len);
}

/* Takes the lines that go on with the value. */
static void take_rest(struct parser *p, struct buffer *value)
{
    while (p->left && is_blank(*p->at)) {
        const char *line;
        size_t len;
        take_line(p, &line, &len);
        while (len && is_blank(*line))
            line++, len--;
        if (!len)
            return;
        join(value, line, len);
    }
}

/* Takes the next entry into p->key and p->value. Returns 1, 0 at the end, or −1. */
static int take_entry(struct parser *p)
{
    const char *line;
    size_t len;
    do {
        if (!take_line(p, &line, &len))
            return 0;
    } while (!len || *line == '#');
    p->entry_line = p->line;
    const char *colon = memchr(line, ':', len);
    size_t key = colon ? (size_t)(colon - line) : len;
    if (is_blank(*line))
        return wrong(p, _("a line that begins with a blank goes on with the one above, and there is none"));
    if (!colon || key >= KEY)
        return wrong(p, _("\"%.*s\" is no KEY: VALUE; prose needs \"text:\" in front, and a blank where it goes on"),
                     (int)(key < QUOTED ? key : QUOTED), line);
    memcpy(p->key, line, key);
    p->key[key] = '\0';
    line += key + 1;
    len -= key + 1;
    while (len && is_blank(*line))
        line++, len--;
    struct buffer value;
    buffer_init(&value);
    buffer_append(&value, line, len);
    take_rest(p, &value);
    p->value = value.failed ? NULL : keep(p->lesson, (char *)value.data, value.len);
    buffer_done(&value);
    if (!p->value) {
        wrong(p, _("out of memory"));
        return -1;
    }
    return 1;
}

/* --- items --- */

static struct lesson_item *add_item(struct parser *p, enum lesson_kind kind)
{
    struct lesson *l = p->lesson;
    if (l->count == LESSON_ITEMS) {
        wrong(p, _("a lesson has at most %d items"), LESSON_ITEMS);
        return NULL;
    }
    struct lesson_item *items = realloc(l->items, (l->count + 1) * sizeof *items);
    if (!items) {
        wrong(p, _("out of memory"));
        return NULL;
    }
    l->items = items;
    struct lesson_item *item = &items[l->count++];
    memset(item, 0, sizeof *item);
    item->kind = kind;
    item->line = p->entry_line;
    item->text.en = p->value;
    item->right = -1;
    return item;
}

/* What was said in English can be said in Chinese next. */
static int expect_twin(struct parser *p, struct lesson_text *t)
{
    char why[FACT_WHY];
    p->twin = t;
    memcpy(p->twin_key, p->key, sizeof p->twin_key);
    t->en = p->value;
    if (!*p->value && strcmp(p->key, "step") != 0)
        return wrong(p, _("%s: says nothing"), p->key);
    return fact_check_text(p->value, why) < 0 ? wrong(p, "%s", why) : 0;
}

static int take_twin(struct parser *p)
{
    size_t len = strlen(p->key) - 3;
    char why[FACT_WHY];
    if (!p->twin || strlen(p->twin_key) != len || strncmp(p->twin_key, p->key, len) != 0)
        return wrong(p, _("%s: has to stand right behind its \"%.*s:\""), p->key, (int)len, p->key);
    p->twin->zh = p->value;
    p->twin = NULL;
    return fact_check_text(p->value, why) < 0 ? wrong(p, "%s", why) : 0;
}

/* One that stands in the head, once. */
static int take_head(struct parser *p, struct lesson_text *t)
{
    if (t->en)
        return wrong(p, _("%s: stands here a second time"), p->key);
    if (p->lesson->count)
        return wrong(p, _("%s: has to stand before the first run and step"), p->key);
    return expect_twin(p, t);
}

static int take_term(struct parser *p)
{
    struct lesson *l = p->lesson;
    const char *equals = strstr(p->value, " = ");
    if (!equals || equals == p->value || !equals[3])
        return wrong(p, _("term: takes ENGLISH = 中文, not \"%.60s\""), p->value);
    const char *en = keep(l, p->value, (size_t)(equals - p->value));
    struct lesson_text *terms = en ? realloc(l->terms, (l->term_count + 1) * sizeof *terms) : NULL;
    if (!terms)
        return wrong(p, _("out of memory"));
    l->terms = terms;
    terms[l->term_count++] = (struct lesson_text){en, equals + 3};
    return 0;
}

/* A question is whole once something else follows it. */
static int end_predict(struct parser *p)
{
    struct lesson_item *item = p->predict;
    p->predict = NULL;
    if (!item)
        return 0;
    p->entry_line = item->line;
    if (item->answer_count < 2)
        return wrong(p, _("a predict: needs two answers at least, a: and b:"));
    if (item->right < 0)
        return wrong(p, _("a predict: needs \"right:\" and the letter of the right answer"));
    return item->right < item->answer_count ? 0 : wrong(p, _("the right answer, %c, is not there"), 'a' + item->right);
}

static int take_answer(struct parser *p)
{
    int index = p->key[0] - 'a';
    if (!p->predict)
        return wrong(p, _("%s: is an answer, and has no predict: above it"), p->key);
    if (index != p->predict->answer_count)
        return wrong(p, _("answers stand in their order: %c: comes next, not %s:"), 'a' + p->predict->answer_count,
                     p->key);
    p->predict->answer_count++;
    return expect_twin(p, &p->predict->answers[index]);
}

static int take_right(struct parser *p)
{
    if (!p->predict)
        return wrong(p, _("right: has no predict: above it"));
    if (strlen(p->value) != 1 || *p->value < 'a' || *p->value >= 'a' + LESSON_ANSWERS)
        return wrong(p, _("right: takes a letter from a to d, not \"%.60s\""), p->value);
    p->predict->right = *p->value - 'a';
    return 0;
}

static int take_hint(struct parser *p)
{
    return p->predict ? expect_twin(p, &p->predict->hint) : wrong(p, _("hint: has no predict: above it"));
}

static int take_predict(struct parser *p)
{
    if (p->ran)
        return wrong(p, _("a predict: stands before what is sent in its step, not behind it"));
    p->predict = add_item(p, LESSON_PREDICT);
    return p->predict ? expect_twin(p, &p->predict->text) : -1;
}

static int take_prose(struct parser *p, enum lesson_kind kind)
{
    struct lesson_item *item = add_item(p, kind);
    if (kind == LESSON_STEP) {
        p->lesson->steps++;
        p->ran = false;
    }
    return item ? expect_twin(p, &item->text) : -1;
}

static int take_claim(struct parser *p)
{
    char why[FACT_WHY];
    struct lesson_item *item = add_item(p, LESSON_CLAIM);
    if (!item)
        return -1;
    return claim_parse(&item->claim, p->value, strlen(p->value), why) < 0 ? wrong(p, "%s", why) : 0;
}

/* --- commands and acts --- */

/* A place that a lesson may name: this machine, in numbers. */
static bool is_near(const struct place *place, bool any)
{
    struct address a;
    if (!place->host[0])
        return true;
    return address_parse_host(&a, place->host, 0) == 0 && (address_is_loopback(&a) || (any && address_is_any(&a)));
}

/* Whether a lesson may run a command. */
static bool is_fit(const struct command *c)
{
    switch (c->id) {
    case COMMAND_TO:
    case COMMAND_BIND: return is_near(&c->place, false);
    case COMMAND_LISTEN: return is_near(&c->place, true);
    case COMMAND_CONNECT:
    case COMMAND_DISCONNECT:
    case COMMAND_CLOSE:
    case COMMAND_SEND:
    case COMMAND_HEX:
    case COMMAND_REPEAT:
    case COMMAND_BURST:
    case COMMAND_PING:
    case COMMAND_STOP:
    case COMMAND_TRANSFORM:
    case COMMAND_FAULT:
    case COMMAND_EXPECT:
    case COMMAND_WAIT:
    case COMMAND_SET: return true;
    default: return false;
    }
}

static int take_command(struct parser *p, enum lesson_kind kind)
{
    char why[COMMAND_WHY];
    struct lesson_item *item = add_item(p, kind);
    if (!item)
        return -1;
    p->ran = true;
    if (command_is_blank(p->value, strlen(p->value)))
        return wrong(p, _("%s: needs a command"), p->key);
    if (command_parse(&item->command, p->value, strlen(p->value), why) < 0)
        return wrong(p, "%s", why);
    if (!is_fit(&item->command))
        return wrong(p,
                     _("\"%.60s\" is not for lessons: they stay on this machine's own addresses, and touch no files"),
                     p->value);
    return 0;
}

/* What a word means in an act. */
static const struct act_row {
    const char *who, *name;
    enum lesson_act_id id;
    enum role role;
    enum { TAKES_NOTHING, TAKES_TEXT, TAKES_ADDRESS } takes;
} acts[] = {
    {"other", "send", ACT_SEND, ROLE_NONE, TAKES_TEXT},
    {"other", "tell", ACT_TELL, ROLE_NONE, TAKES_TEXT},
    {"other", "read", ACT_READ, ROLE_NONE, TAKES_NOTHING},
    {"other", "serve", ACT_SERVE, ROLE_NONE, TAKES_NOTHING},
    {"other", "bind", ACT_BIND, ROLE_NONE, TAKES_ADDRESS},
    {"server", "sleep", ACT_SLEEP, ROLE_SERVER, TAKES_NOTHING},
    {"server", "wake", ACT_WAKE, ROLE_SERVER, TAKES_NOTHING},
    {"server", "restart", ACT_RESTART, ROLE_SERVER, TAKES_NOTHING},
    {"server", "move", ACT_MOVE, ROLE_SERVER, TAKES_ADDRESS},
    {"client", "sleep", ACT_SLEEP, ROLE_CLIENT, TAKES_NOTHING},
    {"client", "wake", ACT_WAKE, ROLE_CLIENT, TAKES_NOTHING},
    {"client", "to", ACT_TO, ROLE_CLIENT, TAKES_ADDRESS},
};

enum { ACTS = sizeof acts / sizeof *acts };

/* Takes the word at the front off a text, and the blanks behind it. */
static size_t take_word(const char **text, const char **word)
{
    size_t len = strcspn(*text, " \t");
    *word = *text;
    *text += len;
    *text += strspn(*text, " \t");
    return len;
}

static bool is_word(const char *word, size_t len, const char *name)
{
    return strlen(name) == len && memcmp(word, name, len) == 0;
}

static int take_act_argument(struct parser *p, struct lesson_act *act, const struct act_row *row, const char *rest)
{
    struct address *a = &act->address;
    if (row->takes == TAKES_TEXT) {
        act->text = rest;
        act->len = strlen(rest);
        return 0;
    }
    if (row->takes == TAKES_NOTHING)
        return *rest ? wrong(p, _("\"%.60s\" stands behind \"%s\", which takes nothing"), rest, row->name) : 0;
    bool near =
        address_parse_host(a, rest, 0) == 0 && (address_is_loopback(a) || (row->id == ACT_MOVE && address_is_any(a)));
    return near ? 0 :
                  wrong(p, _("\"%s\" takes an address of this machine's own, such as 127.0.0.2, not \"%.60s\""),
                        row->name, rest);
}

static int take_act(struct parser *p)
{
    const char *rest = p->value, *who, *which = "", *name;
    struct lesson_item *item = add_item(p, LESSON_ACT);
    if (!item)
        return -1;
    p->ran = true;
    size_t who_len = take_word(&rest, &who), name_len;
    bool other = is_word(who, who_len, "other");
    if (other) {
        size_t len = take_word(&rest, &which);
        if (len != 1 || *which < 'A' || *which >= 'A' + LESSON_OTHERS)
            return wrong(p, _("\"%.*s\" is none of the lesson's sockets, A to D"), (int)(len < 60 ? len : 60), which);
        item->act.other = (size_t)(*which - 'A');
    }
    name_len = take_word(&rest, &name);
    for (int i = 0; i < ACTS; i++)
        if (is_word(who, who_len, acts[i].who) && is_word(name, name_len, acts[i].name)) {
            item->act.id = acts[i].id;
            item->act.role = acts[i].role;
            return take_act_argument(p, &item->act, &acts[i], rest);
        }
    return wrong(p, _("there is no act \"%.60s\""), p->value);
}

const char *lesson_act_words(size_t index, char room[LESSON_NAME])
{
    static const char *const arguments[] = {[TAKES_NOTHING] = "", [TAKES_TEXT] = " TEXT", [TAKES_ADDRESS] = " ADDRESS"};
    if (index >= ACTS)
        return NULL;
    const struct act_row *row = &acts[index];
    snprintf(room, LESSON_NAME, "%s%s %s%s", row->who, row->role == ROLE_NONE ? " X" : "", row->name,
             arguments[row->takes]);
    return room;
}

/* --- the whole --- */

/* All that can stand in front of a colon; some with .zh behind it too. */
static const char *const keys[] = {
    "title", "goal", "term", "read",  "step", "text", "predict", "a",   "b",   "c",
    "d",     "right", "hint", "run", "start", "try",  "act",     "why", "claim",
};

enum { KEYS = sizeof keys / sizeof *keys };

const char *lesson_key(size_t index)
{
    return index < KEYS ? keys[index] : NULL;
}

static bool is_key(const char *key)
{
    for (int i = 0; i < KEYS; i++)
        if (strcmp(keys[i], key) == 0)
            return true;
    return false;
}

static int take_read(struct parser *p)
{
    if (p->lesson->read)
        return wrong(p, _("read: stands here a second time"));
    p->lesson->read = p->value;
    return *p->value ? 0 : wrong(p, _("read: says nothing"));
}

static int take_step_item(struct parser *p)
{
    bool in_step = p->lesson->steps > 0;
    if (strcmp(p->key, "step") == 0)
        return take_prose(p, LESSON_STEP);
    if (strcmp(p->key, "run") == 0)
        return take_command(p, LESSON_RUN);
    if (strcmp(p->key, "start") == 0)
        return take_command(p, LESSON_START);
    if (strcmp(p->key, "try") == 0)
        return take_command(p, LESSON_TRY);
    if (strcmp(p->key, "act") == 0)
        return take_act(p);
    if (!in_step)
        return wrong(p, _("%s: needs a \"step:\" above it"), p->key);
    if (*p->key == 'p')
        return take_predict(p);
    return *p->key == 'c' ? take_claim(p) : take_prose(p, *p->key == 't' ? LESSON_TEXT : LESSON_EXPLAIN);
}

static bool is_of_predict(const char *key)
{
    return (key[0] >= 'a' && key[0] < 'a' + LESSON_ANSWERS && !key[1]) || strcmp(key, "right") == 0 ||
           strcmp(key, "hint") == 0;
}

static int take_key(struct parser *p)
{
    struct lesson *l = p->lesson;
    size_t len = strlen(p->key);
    if (len > 3 && strcmp(p->key + len - 3, ".zh") == 0)
        return take_twin(p);
    p->twin = NULL;
    if (!is_key(p->key))
        return wrong(p, _("there is no \"%s:\" in a lesson"), p->key);
    if (strcmp(p->key, "right") == 0)
        return take_right(p);
    if (is_of_predict(p->key))
        return *p->key == 'h' ? take_hint(p) : take_answer(p);
    int line = p->entry_line;
    if (end_predict(p) < 0)
        return -1;
    p->entry_line = line;
    if (strcmp(p->key, "title") == 0)
        return take_head(p, &l->title);
    if (strcmp(p->key, "goal") == 0)
        return take_head(p, &l->goal);
    if (strcmp(p->key, "term") == 0)
        return take_term(p);
    return strcmp(p->key, "read") == 0 ? take_read(p) : take_step_item(p);
}

static int parse(struct parser *p)
{
    int got;
    while ((got = take_entry(p)) > 0)
        if (take_key(p) < 0)
            return -1;
    if (got < 0 || end_predict(p) < 0)
        return -1;
    p->entry_line = p->line ? p->line : 1;
    if (!p->lesson->title.en || !p->lesson->goal.en)
        return wrong(p, _("the lesson has no \"%s:\""), p->lesson->title.en ? "goal" : "title");
    return p->lesson->steps ? 0 : wrong(p, _("the lesson has no \"step:\""));
}

/* A path's last part, without .lesson. */
static void take_name(struct lesson *l, const char *path)
{
    const char *slash = strrchr(path, '/');
    snprintf(l->name, sizeof l->name, "%.40s", slash ? slash + 1 : path);
    char *end = strstr(l->name, ".lesson");
    if (end && !end[7])
        *end = '\0';
}

struct lesson *lesson_parse(const char *name, const char *text, size_t len, char *why)
{
    struct lesson *l = calloc(1, sizeof *l);
    struct parser p = {.lesson = l, .name = name, .value = "", .at = text, .left = len, .why = why};
    if (!l) {
        wrong(&p, _("out of memory"));
        return NULL;
    }
    take_name(l, name);
    if (check_bytes(&p, text, len) == 0 && parse(&p) == 0)
        return l;
    lesson_free(l);
    return NULL;
}
