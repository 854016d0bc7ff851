/* bindings: which keys do what in libedit.
 *
 * ~/.editrc (or what $EDITRC names) comes first, of which only `bind` lines count that name nothing forbidden; then
 * come the keys that the editor needs. */
#ifndef UDPTALK_EDIT_BINDINGS_H
#define UDPTALK_EDIT_BINDINGS_H

#include <histedit.h>

#include "edit/editor.h"

/* Codes of our own, behind enum editor_key. */
enum {
    CODE_PROBE = 0x90, /* in vi's command map: the function `probe`; else nothing */
    CODE_CANCEL,       /* in vi's command map: forget count and operator; else nothing */
    CODE_RESET,        /* everywhere: start over */
};

/* `probe` is called for CODE_PROBE. Returns 0, or −1 with ENOMEM. */
int bindings_set(EditLine *el, unsigned char (*probe)(EditLine *el, int key));

/* True when the last `bind -v` or `bind -e` chose vi. */
bool bindings_vi(EditLine *el);

#endif
