/* transcript: the journal as a person would read it: one line a datagram or notice, in the local time zone, below a
 * line that names the day.
 *
 *     15:31:10.123  #1  client  0.0.0.0:40000 → 127.0.0.1:12000  11 B  hello world
 *     15:31:10.124  #1  client  0.0.0.0:40000 ← 127.0.0.1:12000  11 B  0.210 ms  HELLO WORLD
 *     15:31:13.124  #2  client  · no answer in 2 s
 *
 * #1 is the exchange. What is to be said of a datagram stands in brackets before its text, which comes last and is safe
 * to print, so that no payload can pass for more than a payload. Calls are left out. */
#ifndef UDPTALK_EXPORT_TRANSCRIPT_H
#define UDPTALK_EXPORT_TRANSCRIPT_H

#include "export/export.h"

extern const struct export transcript_export;

#endif
