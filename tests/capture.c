/* Writes a capture of made-up datagrams on standard output, or with an argument what there is to find in it: a line
 * each, as tests/tshark.sh asks tshark for it. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "core/units.h"
#include "export/pcap.h"
#include "made_up.h"

enum { COUNT = 300, LARGEST = 65507 };

/* The nth datagram: both families, all sizes that are special, every tenth of them cut. */
static struct entry nth(uint64_t n, uint64_t *state, unsigned char *bytes)
{
    static const char *const ends[][2] = {{"127.0.0.1:40000", "127.0.0.1:12000"}, {"10.0.0.1:5000", "255.255.255.255:65535"},
                                          {"[::1]:5000", "[2001:db8::1]:6001"}, {"[fe80::1]:7000", "[ff02::1]:8001"}};
    static const size_t sizes[] = {0, 1, 2, 3, 17, 1472, 1473, 9000, 65000, LARGEST};
    size_t pair = n % 4, len = n < 40 ? sizes[n / 4] : made_up_random(state) % 600;
    for (size_t i = 0; i < len; i++)
        bytes[i] = (unsigned char)made_up_random(state);
    struct entry e = made_up_datagram(n, ROLE_CLIENT, n % 3 ? DIR_SENT : DIR_RECEIVED, ends[pair][0], ends[pair][1], bytes, len);
    e.wall += (int64_t)n * 1000000001;
    if (n >= 40 && n % 10 == 0)
        e.size += 1 + made_up_random(state) % 1000;
    return e;
}

/* Time, source, destination, ports, UDP length, the checksums' states, the captured payload in hexadecimal. */
static void list(const struct entry *e)
{
    char source[ADDRESS_TEXT], destination[ADDRESS_TEXT];
    const struct address *from = e->dir == DIR_SENT ? &e->local : &e->peer, *to = e->dir == DIR_SENT ? &e->peer : &e->local;
    bool v4 = from->family == AF_INET, cut = e->kept < e->size;
    address_format_host(from, source);
    address_format_host(to, destination);
    printf("%lld.%09lld|%s|%s|%s|%s|%u|%u|%zu|%s|", (long long)(e->wall / UNITS_SECOND), (long long)(e->wall % UNITS_SECOND), v4 ? source : "",
           v4 ? destination : "", v4 ? "" : source, v4 ? "" : destination, from->port, to->port, e->size + 8, v4 ? "1" : "");
    printf("%s|", !cut ? "1" : v4 ? "3" : "2"); /* good; not present; not verified */
    for (size_t i = 0; i < e->kept; i++)
        printf("%02x", e->data[i]);
    printf("\n");
}

int main(int argc, char **argv)
{
    static unsigned char bytes[LARGEST];
    uint64_t state = 1;
    struct buffer out;
    struct export_context *x = export_new(&pcap_export);
    (void)argv;
    buffer_init(&out);
    if (!x || export_begin(x, &out) < 0)
        return 1;
    for (uint64_t n = 0; n < COUNT; n++) {
        struct entry e = nth(n, &state, bytes);
        if (argc > 1)
            list(&e);
        else if (export_entry(x, &out, &e) < 0)
            return 1;
    }
    if (argc == 1)
        fwrite(out.data, 1, out.len, stdout);
    buffer_done(&out);
    export_free(x);
    return fflush(stdout) == 0 ? 0 : 1;
}
