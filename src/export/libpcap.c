#include "config.h"

#include "export/libpcap.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "core/words.h"

/* As Debian names it, and as it names itself elsewhere. */
static void *find(void)
{
    static const char *const names[] = {"libpcap.so.0.8", "libpcap.so.1", "libpcap.so"};
    void *library = NULL;
    for (size_t i = 0; !library && i < sizeof names / sizeof *names; i++)
        library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
    return library;
}

/* Puts a function's address where a pointer to it is; C has no cast from one to the other. */
static int fetch(void *library, const char *name, void *pointer)
{
    void *function = dlsym(library, name);
    memcpy(pointer, &function, sizeof function);
    return function ? 0 : -1;
}

int libpcap_load(struct libpcap *l, char *why, size_t why_size)
{
    void *library = find();
    int failed = !library || fetch(library, "pcap_fopen_offline_with_tstamp_precision", &l->open) ||
                 fetch(library, "pcap_datalink", &l->datalink) ||
                 fetch(library, "pcap_datalink_val_to_description", &l->describe) ||
                 fetch(library, "pcap_next_ex", &l->next) || fetch(library, "pcap_geterr", &l->geterr) ||
                 fetch(library, "pcap_close", &l->close);
    if (!failed)
        return 0;
    snprintf(why, why_size, "%s", _("libpcap, which reads captures, cannot be loaded (Debian package libpcap0.8)"));
    return -1;
}
