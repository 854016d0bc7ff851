/* style: how the styles of cells look: one table for terminals (ui/term_curses.c) and for pictures (ui/picture.c).
 *
 * No meaning hangs on a colour alone: directions have arrows, errors are bold, escapes are underlined. */
#ifndef UDPTALK_UI_STYLE_H
#define UDPTALK_UI_STYLE_H

#include <stdbool.h>
#include <stdint.h>

#include "ui/cells.h"

/* The colours as terminals number them; STYLE_COLOR_NONE is the terminal's own. */
enum style_color {
    STYLE_COLOR_NONE = -1,
    STYLE_COLOR_RED = 1,
    STYLE_COLOR_GREEN,
    STYLE_COLOR_YELLOW,
    STYLE_COLOR_MAGENTA = 5,
    STYLE_COLOR_CYAN,
};

struct style_look {
    const char *name;        /* letters only: a class in CSS */
    bool bold, dim, underlined, reversed;
    enum style_color color;
};

/* How a style looks, the chosen line (STYLE_SELECTED) too. One that is unknown looks plain. */
struct style_look style_look(uint8_t style);

/* The same in CSS: "#1b1f24", of text on paper or on a dark screen. Each can be read on the background of its side.
 * Without `color` all but dim ones are as plain text. */
const char *style_css(uint8_t style, bool dark, bool color);
const char *style_css_background(bool dark);

#endif
