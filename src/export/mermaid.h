/* mermaid: the ladder as a diagram of Mermaid's language (sequenceDiagram), which many places that show Markdown draw:
 * a file for a report, or a slide.
 *
 * It is made of the same rows as the view (core/ladder), so it needs the journal that the entries are of
 * (x->journal). */
#ifndef UDPTALK_EXPORT_MERMAID_H
#define UDPTALK_EXPORT_MERMAID_H

#include "export/export.h"

extern const struct export mermaid_export;

#endif
