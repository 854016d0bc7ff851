#include "config.h"

#include "ui/picture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ui/style.h"
#include "unit.h"

static const struct picture_wish wish = {.title = "a <&\"> title", .lang = "en", .color = true};
static const enum picture_form forms[] = {PICTURE_SCREEN, PICTURE_ANSI, PICTURE_SVG, PICTURE_HTML};
static const char *const names[] = {"none", "screen", "ansi", "svg", "html"};

static void start(struct cells *c, int rows, int cols)
{
    cells_init(c);
    ck_assert_int_eq(cells_resize(c, rows, cols), 0);
}

/* An area's picture, as a string. */
static char *area_picture(const struct cells *c, struct area a, enum picture_form form, const struct picture_wish *how)
{
    struct buffer out;
    buffer_init(&out);
    ck_assert_int_eq(picture_write(&out, form, c, a, how), 0);
    buffer_append_byte(&out, '\0');
    ck_assert(!out.failed && strlen((char *)out.data) == out.len - 1);
    return (char *)out.data; /* nothing was taken off its front */
}

static char *picture(const struct cells *c, enum picture_form form)
{
    return area_picture(c, (struct area){0, 0, c->rows, c->cols}, form, &wish);
}

static void check_has(const char *text, const char *part, int line)
{
    ck_assert_msg(strstr(text, part), "line %d: nothing of \"%s\" in:\n%s", line, part, text);
}

static void check_part(const struct cells *c, enum picture_form form, const char *part, int line)
{
    char *text = picture(c, form);
    check_has(text, part, line);
    free(text);
}

#define CHECK_PART(c, form, part) check_part(c, form, part, __LINE__)

static size_t count_of(const char *text, const char *part)
{
    size_t count = 0;
    for (; (text = strstr(text, part)); text += strlen(part))
        count++;
    return count;
}

/* --- well-formed --- */

static void wrong(const char *sentence, const char *at)
{
    ck_abort_msg("%s at \"%.60s\"", sentence, at);
}

static void check_characters(const char *text, bool escapes)
{
    const unsigned char *at = (const unsigned char *)text;
    uint32_t ch;
    for (size_t left = strlen(text), used; left; at += used, left -= used) {
        used = utf8_decode(at, left, &ch);
        if (!used || (ch < 0x20 && ch != '\n' && !(escapes && ch == 0x1b)) || (ch >= 0x7f && ch < 0xa0) ||
            (ch & 0xfffe) == 0xfffe)
            wrong("a character that must not be there", (const char *)at);
    }
}

static void check_entity(const char *at)
{
    static const char *const known[] = {"&lt;", "&gt;", "&amp;", "&quot;"};
    for (size_t i = 0; i < UNIT_COUNT(known); i++)
        if (strncmp(at, known[i], strlen(known[i])) == 0)
            return;
    wrong("a lone &", at);
}

/* Elements begin and end in order; a <meta> needs no end. */
static void check_markup(const char *text)
{
    enum { DEEP = 8 };
    char open[DEEP][16];
    int depth = 0;
    for (const char *at = text; *at; at++) {
        if (*at == '&')
            check_entity(at);
        if (*at == '>')
            wrong("a lone >", at);
        if (*at != '<')
            continue;
        const char *end = strchr(at, '>');
        char name[16] = "";
        if (!end || (depth == DEEP && at[1] != '/'))
            wrong("no end of it, or it is too deep", at);
        sscanf(at + 1, "%15[/?!a-zA-Z]", name);
        bool alone = end[-1] == '/' || name[0] == '?' || name[0] == '!' || strcmp(name, "meta") == 0;
        if (name[0] == '/' && name[1]) {
            if (depth == 0 || strcmp(open[--depth], name + 1) != 0)
                wrong("an end of something else", at);
        } else if (!alone) {
            strcpy(open[depth++], name);
        }
        at = end;
    }
    ck_assert_int_eq(depth, 0);
}

/* The only escape sequences are colours and attributes, and a row ends without any. */
static void check_escapes(const char *text)
{
    bool plain = true;
    for (const char *at = text; *at; at++) {
        if (*at == '\n' && !plain)
            wrong("a row that does not end plainly", at - 1);
        if (*at != '\033')
            continue;
        size_t digits = at[1] == '[' ? strspn(at + 2, "0123456789;") : 0;
        if (digits == 0 || at[2 + digits] != 'm')
            wrong("a sequence that is no colour", at + 1);
        plain = digits == 1 && at[2] == '0';
    }
    ck_assert(plain);
}

static void check_sound(const struct cells *c, struct area a)
{
    for (size_t i = 0; i < UNIT_COUNT(forms); i++) {
        char *text = area_picture(c, a, forms[i], &wish);
        check_characters(text, forms[i] == PICTURE_ANSI);
        if (forms[i] == PICTURE_ANSI)
            check_escapes(text);
        else if (forms[i] != PICTURE_SCREEN)
            check_markup(text);
        free(text);
    }
}

/* --- tests --- */

START_TEST(knows_the_endings)
{
    static const struct {
        const char *path;
        enum picture_form form;
    } cases[] = {
        {"a.svg", PICTURE_SVG},   {"A.SVG", PICTURE_SVG},    {"/x.y/b.html", PICTURE_HTML}, {"c.ansi", PICTURE_ANSI},
        {"d.screen", PICTURE_SCREEN}, {".svg", PICTURE_SVG}, {"a.svg.txt", PICTURE_NONE},   {"svg", PICTURE_NONE},
        {"", PICTURE_NONE},       {"a.jsonl", PICTURE_NONE}, {"a.svgz", PICTURE_NONE},      {"a.htm", PICTURE_NONE},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++)
        ck_assert_msg(picture_find(cases[i].path) == cases[i].form, "%s is taken for %s", cases[i].path,
                      names[picture_find(cases[i].path)]);
}
END_TEST

/* Two rows with a bit of all. */
static void draw_small(struct cells *c)
{
    start(c, 2, 12);
    cells_put(c, 0, 0, 12, STYLE_SENT, "→ a<b");
    cells_put(c, 0, 6, 12, STYLE_PLAIN, "你 ok");
    cells_put(c, 1, 0, 12, STYLE_ERROR, "no");
    cells_select(c, 1, 0, 4);
    cells_put(c, 1, 5, 12, STYLE_DIM, "│█");
}

START_TEST(writes_text)
{
    struct cells c;
    draw_small(&c);
    char *text = picture(&c, PICTURE_SCREEN);
    ck_assert_str_eq(text, "→ a<b 你 ok\nno   │█\n");
    free(text);
    text = picture(&c, PICTURE_ANSI);
    ck_assert_str_eq(text, "\033[0;36m→ a<b\033[0m 你 ok\n"
                           "\033[0;1;7;31mno\033[0;7m  \033[0m \033[0;2m│█\033[0m\n");
    free(text);
    struct picture_wish gray = {.title = "", .lang = "", .color = false};
    text = area_picture(&c, (struct area){0, 0, 2, 12}, PICTURE_ANSI, &gray);
    ck_assert_str_eq(text, "→ a<b 你 ok\n\033[0;1;7mno\033[0;7m  \033[0m \033[0;2m│█\033[0m\n");
    free(text);
    cells_done(&c);
}
END_TEST

START_TEST(writes_svg)
{
    struct cells c;
    draw_small(&c);
    char *text = picture(&c, PICTURE_SVG), *from = strstr(text, "<rect class=\"paper\"");
    ck_assert_ptr_nonnull(from);
    ck_assert_str_eq(from, "<rect class=\"paper\" width=\"560\" height=\"240\"/>\n"
                           "<rect class=\"error\" x=\"40\" y=\"120\" width=\"80\" height=\"80\"/>\n"
                           "<rect class=\"plain\" x=\"120\" y=\"120\" width=\"80\" height=\"80\"/>\n"
                           "<text class=\"c sent\" x=\"60\" y=\"98\">→</text>\n"
                           "<text class=\"sent\" x=\"120\" y=\"98\" textLength=\"120\">a&lt;b</text>\n"
                           "<text class=\"c\" x=\"320\" y=\"98\">你</text>\n"
                           "<text x=\"400\" y=\"98\" textLength=\"80\">ok</text>\n"
                           "<text class=\"error r\" x=\"40\" y=\"178\" textLength=\"80\">no</text>\n"
                           "<path class=\"l dim\" d=\"M240 120m20 0v80\"/>\n"
                           "<path class=\"b dim\" d=\"M280 120m0 0h40v80h-40z\"/>\n"
                           "</svg>\n");
    check_has(text, "<title>a &lt;&amp;&quot;&gt; title</title>", __LINE__);
    check_has(text, "xml:lang=\"en\" width=\"140\" height=\"60\" viewBox=\"0 0 560 240\"", __LINE__);
    check_has(text, "@media(prefers-color-scheme:dark){\n", __LINE__);
    free(text);
    cells_done(&c);
}
END_TEST

START_TEST(writes_html)
{
    struct cells c;
    draw_small(&c);
    char *text = picture(&c, PICTURE_HTML), *from = strstr(text, "<body>");
    ck_assert_ptr_nonnull(from);
    ck_assert_str_eq(from, "<body>\n<pre>\n"
                           "<span class=\"sent\"><i>→</i> a&lt;b</span> <i class=\"w\">你</i> ok\n"
                           "<span class=\"error r\">no</span><span class=\"plain r\">  </span> "
                           "<span class=\"dim\"><i>│</i><i>█</i></span>\n"
                           "</pre>\n</body>\n</html>\n");
    check_has(text, "<html lang=\"en\">", __LINE__);
    check_has(text, "<title>a &lt;&amp;&quot;&gt; title</title>", __LINE__);
    check_has(text, "pre{font-size:10.0pt}", __LINE__);
    free(text);
    cells_done(&c);
}
END_TEST

/* Printed, rows of any length fit a page. */
START_TEST(shrinks_for_print)
{
    static const struct {
        int cols;
        const char *size;
    } cases[] = {{1, "10.0pt"}, {80, "9.7pt"}, {120, "6.5pt"}, {200, "3.9pt"}};
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct cells c;
        start(&c, 1, cases[i].cols);
        CHECK_PART(&c, PICTURE_HTML, cases[i].size);
        cells_done(&c);
    }
}
END_TEST

/* A run holds single blanks, and ends where the style does, at two blanks, and at what is not ASCII. */
START_TEST(makes_runs)
{
    static const struct {
        const char *text;
        const char *runs[4];
    } cases[] = {
        {"a", {"x=\"40\" y=\"98\">a<"}},
        {"ab c", {"x=\"40\" y=\"98\" textLength=\"160\">ab c<"}},
        {" a  b", {"x=\"80\" y=\"98\">a<", "x=\"200\" y=\"98\">b<"}},
        {"Straße", {"textLength=\"160\">Stra<", "class=\"c\" x=\"220\" y=\"98\">ß<", "x=\"240\" y=\"98\">e<"}},
        {"a é b", {"x=\"40\" y=\"98\">a<", "class=\"c\" x=\"140\" y=\"98\">é<", "x=\"200\" y=\"98\">b<"}},
        {"xe\xcc\x81y", {"x=\"40\" y=\"98\">x<", "class=\"c\" x=\"100\" y=\"98\">e\xcc\x81<", "x=\"120\" y=\"98\">y<"}},
        {"a─b", {"x=\"40\" y=\"98\">a<", "x=\"120\" y=\"98\">b<", "<path class=\"l\" d=\"M80 40m0 40h40\"/>"}},
        {"  ", {NULL}},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct cells c;
        start(&c, 1, 12);
        cells_put(&c, 0, 0, 12, STYLE_PLAIN, cases[i].text);
        char *text = picture(&c, PICTURE_SVG);
        size_t texts = 0;
        for (size_t k = 0; k < 4 && cases[i].runs[k]; k++) {
            check_has(text, cases[i].runs[k], __LINE__);
            texts += cases[i].runs[k][0] != '<';
        }
        ck_assert_msg(count_of(text, "<text") == texts, "\"%s\" has %zu runs", cases[i].text, count_of(text, "<text"));
        free(text);
        cells_done(&c);
    }
}
END_TEST

/* The same style is one element, lines and blocks apart. */
START_TEST(draws_lines_and_blocks)
{
    static const char *const drawn[] = {"─", "│", "┄", "┆", "┊", "┌", "┐", "└", "┘", "├", "┤", "┬",
                                        "┴", "┼", "═", "╭", "╮", "╯", "╰"};
    struct cells c;
    start(&c, 2, 20);
    for (size_t i = 0; i < UNIT_COUNT(drawn); i++)
        cells_put(&c, 0, (int)i, 20, STYLE_DIM, drawn[i]);
    cells_put(&c, 1, 0, 20, STYLE_DIM, "▁▂▃▄▅▆▇█▉▊▋▌▍▎▏");
    char *text = picture(&c, PICTURE_SVG);
    ck_assert_uint_eq(count_of(text, "<text"), 0);
    ck_assert_uint_eq(count_of(text, "<path"), 2);
    check_has(text, "<path class=\"b dim\" d=\"M40 120m0 70h40v10h-40zM80 120m0 60h40v20h-40z", __LINE__);
    check_has(text, "M320 120m0 0h40v80h-40zM360 120m0 0h35v80h-35zM400 120m0 0h30v80h-30z", __LINE__);
    check_has(text, "M600 120m0 0h5v80h-5z\"/>", __LINE__);
    free(text);
    cells_done(&c);
}
END_TEST

/* Each end of a line lies on the border that its neighbour begins at, in the middle: nothing gapes. */
START_TEST(joins_boxes)
{
    struct cells c;
    start(&c, 3, 3);
    cells_put(&c, 0, 0, 3, STYLE_PLAIN, "┌┬┐");
    cells_put(&c, 1, 0, 3, STYLE_PLAIN, "├┼┤");
    cells_put(&c, 2, 0, 3, STYLE_PLAIN, "└┴┘");
    CHECK_PART(&c, PICTURE_SVG,
               " d=\"M40 40m20 80v-40h20M80 40m0 40h40m-20 0v40M120 40m0 40h20v40"
               "M40 120m20 0v80m0-40h20M80 120m0 40h40m-20-40v80M120 120m20 0v80m0-40h-20"
               "M40 200m20 0v40h20M80 200m0 40h40m-20 0v-40M120 200m0 40h20v-40\"/>");
    cells_done(&c);
}
END_TEST

/* A part that cuts wide characters in two shows blanks for them. */
START_TEST(takes_a_part)
{
    struct cells c;
    start(&c, 3, 8);
    cells_put(&c, 1, 0, 8, STYLE_SENT, "你ab好c");
    char *text = area_picture(&c, (struct area){1, 1, 1, 4}, PICTURE_SCREEN, &wish);
    ck_assert_str_eq(text, " ab\n");
    free(text);
    text = area_picture(&c, (struct area){1, 2, 2, 4}, PICTURE_ANSI, &wish);
    ck_assert_str_eq(text, "\033[0;36mab好\033[0m\n\n");
    free(text);
    for (int col = 0; col < 8; col++)
        for (int cols = 0; cols <= 8 - col; cols++)
            check_sound(&c, (struct area){1, col, 1, cols});
    cells_done(&c);
}
END_TEST

/* A chosen line is seen to its end; in plain text there is nothing of it. */
START_TEST(keeps_reversed_blanks)
{
    struct cells c;
    start(&c, 1, 6);
    cells_put(&c, 0, 0, 6, STYLE_PLAIN, "a");
    cells_select(&c, 0, 0, 4);
    char *text = picture(&c, PICTURE_SCREEN);
    ck_assert_str_eq(text, "a\n");
    free(text);
    text = picture(&c, PICTURE_ANSI);
    ck_assert_str_eq(text, "\033[0;7ma   \033[0m\n");
    free(text);
    CHECK_PART(&c, PICTURE_HTML, "<pre>\n<span class=\"plain r\">a   </span>\n</pre>");
    CHECK_PART(&c, PICTURE_SVG, "<rect class=\"plain\" x=\"40\" y=\"40\" width=\"160\" height=\"80\"/>");
    cells_done(&c);
}
END_TEST

START_TEST(is_well_formed_for_hostile_text)
{
    static const char *const hostile[] = {
        "<script>alert(1)</script>", "]]>&#0;&amp;\"'", "\033[31m\033]0;x\a\x9b", "a\0b\x7f\x80\xff\xfe", "</text></svg>",
        "\xef\xbf\xbe\xef\xbf\xbf", "\xed\xa0\x80", "\xe2\x80\xae-abc", "e\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81",
        "\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d", "\xf0\x9f\x98\x80\xf0\x9f\x87\xa9", "</pre></style>--><!--",
    };
    struct cells c;
    start(&c, 12, 40);
    for (size_t i = 0; i < UNIT_COUNT(hostile); i++)
        cells_put_safe(&c, (int)i, 0, 40, (uint8_t)(i % STYLE_COUNT), (const unsigned char *)hostile[i],
                       i == 3 ? 7 : strlen(hostile[i]));
    check_sound(&c, (struct area){0, 0, 12, 40});
    CHECK_PART(&c, PICTURE_SVG, ">&lt;script&gt;alert(1)&lt;/script&gt;</text>");
    CHECK_PART(&c, PICTURE_HTML, "&lt;/pre&gt;&lt;/style&gt;--&gt;&lt;!--");
    cells_done(&c);
    uint64_t state = 1;
    for (int round = 0; round < 300; round++) {
        unsigned char bytes[60];
        start(&c, 2, 30);
        for (size_t i = 0; i < sizeof bytes; i++) {
            state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            bytes[i] = (unsigned char)(state >> 40);
        }
        cells_put_safe(&c, 0, 0, 30, (uint8_t)(state >> 56), bytes, sizeof bytes);
        check_sound(&c, (struct area){0, 0, 2, 30});
        cells_done(&c);
    }
}
END_TEST

/* Should ever anything else get into cells. */
START_TEST(shows_no_bad_character)
{
    static const uint32_t bad[] = {0, 1, '\t', '\n', 0x1b, 0x7f, 0x85, 0x9f, 0xd800, 0xdfff, 0xfffe, 0xffff, 0x1fffe,
                                   0x10ffff, 0x110000, UINT32_MAX};
    for (size_t i = 0; i < UNIT_COUNT(bad); i++) {
        struct cells c;
        start(&c, 1, 3);
        *cells_at(&c, 0, 1) = (struct cell){.base = bad[i], .marks = {bad[i]}, .style = 0x7f, .width = 1};
        check_sound(&c, (struct area){0, 0, 1, 3});
        CHECK_PART(&c, PICTURE_SCREEN, " \xef\xbf\xbd");
        cells_done(&c);
    }
    struct picture_wish odd = {.title = "a\xff\033\xed\xa0\x80z", .lang = "\"", .color = true};
    struct cells c;
    start(&c, 0, 0);
    for (size_t i = 0; i < UNIT_COUNT(forms); i++) {
        char *text = area_picture(&c, (struct area){0}, forms[i], &odd);
        check_characters(text, false);
        if (forms[i] == PICTURE_SVG || forms[i] == PICTURE_HTML) {
            check_markup(text);
            check_has(text, "a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz</title>", __LINE__);
        }
        free(text);
    }
    cells_done(&c);
}
END_TEST

/* Whatever stands before it, what comes behind is at its own column: for every character there is. */
START_TEST(shifts_nothing)
{
    enum { PIECE = 4096, COLS = SAFE_ESCAPE + 2, EMPTY = 0x40000, TAGS = 0xe0000, LAST = 0x110000 };
    struct cells c;
    start(&c, PIECE, COLS);
    int behind[PIECE];
    for (uint32_t first = 0; first < LAST; first = first + PIECE == EMPTY ? TAGS : first + PIECE) {
        cells_clear(&c);
        for (uint32_t i = 0; i < PIECE; i++) {
            bool surrogate = first + i >= 0xd800 && first + i < 0xe000;
            unsigned char text[4];
            behind[i] = cells_put_safe(&c, (int)i, 0, COLS, STYLE_SENT, text,
                                       utf8_encode(surrogate ? ' ' : first + i, text));
            cells_put(&c, (int)i, behind[i], COLS, STYLE_ERROR, "Z");
        }
        char *svg = picture(&c, PICTURE_SVG), want[80];
        const char *at = svg;
        for (int i = 0; i < PIECE; i++) {
            snprintf(want, sizeof want, "<text class=\"error\" x=\"%d\" y=\"%d\">Z</text>", 40 + 40 * behind[i],
                     98 + 80 * i);
            at = strstr(at, want);
            if (!at)
                ck_abort_msg("U+%04X: nothing of %s", first + (uint32_t)i, want);
        }
        free(svg);
    }
    cells_done(&c);
}
END_TEST

/* --- colours --- */

static double light_of(const char *css)
{
    unsigned parts[3];
    double light[3];
    ck_assert_msg(strlen(css) == 7 && sscanf(css, "#%2x%2x%2x", &parts[0], &parts[1], &parts[2]) == 3, "\"%s\"", css);
    for (int i = 0; i < 3; i++) {
        double part = parts[i] / 255.0;
        light[i] = part <= 0.04045 ? part / 12.92 : pow((part + 0.055) / 1.055, 2.4);
    }
    return 0.2126 * light[0] + 0.7152 * light[1] + 0.0722 * light[2];
}

/* The contrast that the web's guidelines ask for, reversed too since that is the same the other way round. */
START_TEST(can_be_read)
{
    for (int color = 0; color < 2; color++)
        for (int dark = 0; dark < 2; dark++)
            for (uint8_t style = 0; style < STYLE_COUNT; style++) {
                double ink = light_of(style_css(style, dark, color)), paper = light_of(style_css_background(dark));
                double contrast = ink > paper ? (ink + 0.05) / (paper + 0.05) : (paper + 0.05) / (ink + 0.05);
                ck_assert_msg(contrast >= 4.5, "%s is hard to read, %s: %.1f", style_look(style).name,
                              dark ? "dark" : "light", contrast);
            }
}
END_TEST

/* Each style has its rules in both halves; chosen lines are reversed ones. */
START_TEST(names_every_style)
{
    struct cells c;
    char rule[80];
    start(&c, 1, 1);
    char *text = picture(&c, PICTURE_SVG);
    for (uint8_t style = 0; style < STYLE_COUNT; style++) {
        struct style_look look = style_look(style);
        for (int dark = 0; dark < 2; dark++) {
            const char *ink = style_css(style, dark, true), *paper = style_css_background(dark);
            snprintf(rule, sizeof rule, ".%s{color:%s}.%s.r{color:%s;background:%s}\n", look.name, ink, look.name, paper,
                     ink);
            check_has(text, rule, __LINE__);
        }
        snprintf(rule, sizeof rule, ".%s{font-weight:bold}", look.name);
        ck_assert_int_eq(strstr(text, rule) != NULL, look.bold);
        snprintf(rule, sizeof rule, ".%s{text-decoration:underline}", look.name);
        ck_assert_int_eq(strstr(text, rule) != NULL, look.underlined);
        ck_assert(style_look((uint8_t)(style | STYLE_SELECTED)).reversed);
        ck_assert_uint_eq(strspn(look.name, "abcdefghijklmnopqrstuvwxyz"), strlen(look.name));
    }
    free(text);
    ck_assert(style_look(STYLE_HIT).reversed && !style_look(STYLE_ERROR).reversed);
    ck_assert_str_eq(style_look(STYLE_COUNT).name, "plain");
    cells_done(&c);
}
END_TEST

START_TEST(does_without_colours)
{
    struct picture_wish gray = {.title = "", .lang = "", .color = false};
    struct cells c;
    start(&c, 1, 1);
    for (size_t i = 2; i < UNIT_COUNT(forms); i++) {
        char *text = area_picture(&c, (struct area){0, 0, 1, 1}, forms[i], &gray);
        for (int dark = 0; dark < 2; dark++) {
            ck_assert_ptr_null(strstr(text, style_css(STYLE_ERROR, dark, true)));
            check_has(text, style_css(STYLE_DIM, dark, false), __LINE__);
        }
        free(text);
    }
    cells_done(&c);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"knows the endings", knows_the_endings},
        {"writes text, with colours and without", writes_text},
        {"writes SVG", writes_svg},
        {"writes HTML", writes_html},
        {"shrinks for print", shrinks_for_print},
        {"makes runs", makes_runs},
        {"draws lines and blocks", draws_lines_and_blocks},
        {"joins boxes", joins_boxes},
        {"takes a part", takes_a_part},
        {"keeps reversed blanks", keeps_reversed_blanks},
        {"is well-formed for hostile text", is_well_formed_for_hostile_text},
        {"shows no bad character", shows_no_bad_character},
        {"shifts nothing", shifts_nothing},
        {"can be read", can_be_read},
        {"names every style", names_every_style},
        {"does without colours", does_without_colours},
    };
    return unit_run("picture", tests, UNIT_COUNT(tests));
}
