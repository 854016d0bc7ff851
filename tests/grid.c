#include "config.h"

#include "grid.h"

#include <check.h>
#include <string.h>

#include "core/buffer.h"

void grid_check(const struct cells *c, int first, const char *const *rows, size_t count, int line)
{
    struct buffer got, want;
    ck_assert_int_lt(first, c->rows); /* nothing drawn would be nothing wrong */
    buffer_init(&got);
    buffer_init(&want);
    for (int row = first; row < c->rows; row++) {
        cells_row_text(c, row, &got);
        buffer_append_byte(&got, '\n');
        buffer_append_text(&want, row - first < (int)count ? rows[row - first] : "");
        buffer_append_byte(&want, '\n');
    }
    if (got.len != want.len || (got.len && memcmp(got.data, want.data, got.len) != 0))
        ck_abort_msg("line %d: there stands\n%.*sand not\n%.*s", line, (int)got.len, (char *)got.data, (int)want.len,
                     (char *)want.data);
    buffer_done(&got);
    buffer_done(&want);
}
