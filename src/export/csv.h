/* csv: the journal as a table for spreadsheets, RFC 4180: a line of column names, then one row an entry of any kind, CR
 * LF behind each.
 *
 * `text` is the payload, a notice's sentence, or a call as one would write it, in safe UTF-8 (core/safe_text.h), so
 * that one row is one line and shows what it holds; a payload that is not valid UTF-8 stands in `base64` instead.
 * `flags` are joined by blanks. What does not apply is empty.
 *
 * No cell is a formula: where a text or base64 begins with = + - @, the full-width forms of these, or an apostrophe,
 * one apostrophe is put in front. So an apostrophe at the beginning is never the text's own. */
#ifndef UDPTALK_EXPORT_CSV_H
#define UDPTALK_EXPORT_CSV_H

#include "export/export.h"

extern const struct export csv_export;

#endif
