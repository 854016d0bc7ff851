#include "config.h"

#include "ui/style.h"

static const struct style_look looks[STYLE_COUNT] = {
    [STYLE_PLAIN] = {.name = "plain", .color = STYLE_COLOR_NONE},
    [STYLE_DIM] = {.name = "dim", .dim = true, .color = STYLE_COLOR_NONE},
    [STYLE_TITLE] = {.name = "title", .dim = true, .color = STYLE_COLOR_NONE},
    [STYLE_FOCUS] = {.name = "focus", .bold = true, .color = STYLE_COLOR_NONE},
    [STYLE_SENT] = {.name = "sent", .color = STYLE_COLOR_CYAN},
    [STYLE_RECEIVED] = {.name = "received", .color = STYLE_COLOR_GREEN},
    [STYLE_ERROR] = {.name = "error", .bold = true, .color = STYLE_COLOR_RED},
    [STYLE_NOTICE] = {.name = "notice", .color = STYLE_COLOR_YELLOW},
    [STYLE_OURS] = {.name = "ours", .color = STYLE_COLOR_MAGENTA},
    [STYLE_ESCAPED] = {.name = "escaped", .underlined = true, .color = STYLE_COLOR_NONE},
    [STYLE_PROMPT] = {.name = "prompt", .bold = true, .color = STYLE_COLOR_NONE},
    [STYLE_HINT] = {.name = "hint", .dim = true, .color = STYLE_COLOR_NONE},
    [STYLE_KEY] = {.name = "key", .bold = true, .color = STYLE_COLOR_NONE},
    [STYLE_HIT] = {.name = "hit", .bold = true, .reversed = true, .color = STYLE_COLOR_YELLOW},
    [STYLE_BOLD] = {.name = "bold", .bold = true, .color = STYLE_COLOR_NONE},
    [STYLE_UNDERLINED] = {.name = "underlined", .underlined = true, .color = STYLE_COLOR_NONE},
};

/* On paper, on a dark screen. */
static const char *const plain[] = {"#1b1f24", "#e4e8ed"}, *const dim[] = {"#5b6570", "#9aa4af"},
                  *const background[] = {"#ffffff", "#14181d"};
static const char *const colors[][2] = {
    [STYLE_COLOR_RED] = {"#b91c1c", "#ff8078"},     [STYLE_COLOR_GREEN] = {"#1a6e34", "#5fd07e"},
    [STYLE_COLOR_YELLOW] = {"#7d5700", "#e3b341"},  [STYLE_COLOR_MAGENTA] = {"#8a2da5", "#e09cf5"},
    [STYLE_COLOR_CYAN] = {"#0a6480", "#56cbe0"},
};

static const struct style_look *row_of(uint8_t style)
{
    unsigned base = style & ~(unsigned)STYLE_SELECTED;
    return &looks[base < STYLE_COUNT ? base : STYLE_PLAIN];
}

struct style_look style_look(uint8_t style)
{
    struct style_look look = *row_of(style);
    look.reversed = look.reversed || style & STYLE_SELECTED;
    return look;
}

const char *style_css(uint8_t style, bool dark, bool color)
{
    const struct style_look *look = row_of(style);
    if (color && look->color != STYLE_COLOR_NONE)
        return colors[look->color][dark];
    return look->dim ? dim[dark] : plain[dark];
}

const char *style_css_background(bool dark)
{
    return background[dark];
}
