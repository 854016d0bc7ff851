/* picture: cells as a file for slides, papers and handouts, in four forms.
 *
 * .screen is plain text. .ansi has the colours of terminals, row by row, so that less -R shows it. .svg stands alone:
 * each run of ASCII and each other character is placed at its own column, and lines and blocks are drawn, so that no
 * font shifts anything or leaves gaps. .html is a page of text to be printed. Both are light or dark as the viewer's
 * system is; text can be read on either (ui/style.h).
 *
 * Whatever cells hold, the files are well-formed, and no control character gets into them. Pure: cells in, bytes
 * out. */
#ifndef UDPTALK_UI_PICTURE_H
#define UDPTALK_UI_PICTURE_H

#include <stdbool.h>

#include "core/buffer.h"
#include "ui/cells.h"

enum picture_form { PICTURE_NONE, PICTURE_SCREEN, PICTURE_ANSI, PICTURE_SVG, PICTURE_HTML };

struct picture_wish {
    const char *title;   /* what it shows, UTF-8: of .svg and .html */
    const char *lang;    /* the language of its words: "en" */
    bool color;          /* else only bold, dim, underlined and reversed ones differ */
};

/* The form that a file's ending names, in capitals too, or PICTURE_NONE. */
enum picture_form picture_find(const char *path);

/* Appends the cells of an area that lies within them. Half a wide character at its edge is a blank. Returns 0, or −1
 * with ENOMEM. */
int picture_write(struct buffer *out, enum picture_form form, const struct cells *c, struct area a,
                  const struct picture_wish *wish);

/* Pieces of pages that have more than one picture: the rules of a style sheet, and a <pre>. As picture_write(). */
int picture_css(struct buffer *out, bool color);
int picture_pre(struct buffer *out, const struct cells *c, struct area a);

#endif
