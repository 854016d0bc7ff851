/* Places as people write them, and addresses from the kernel. The first line is the place, the second, if there is one,
 * the port's own word; all of it is a socket address too. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "core/address.h"
#include "fuzz.h"

enum { WHY = 200 };

/* What is written is read as the same address. */
static void check_address(const struct address *a)
{
    char text[ADDRESS_TEXT], why[WHY];
    struct sockaddr_storage ss;
    struct address back;
    struct place p;
    socklen_t len = address_to_sockaddr(a, &ss);
    address_from_sockaddr(&back, (struct sockaddr *)&ss, len);
    fuzz_claim(address_equal(a, &back), "the kernel's form keeps an address");
    fuzz_claim(strlen(address_format(a, text)) < sizeof text, "an address fits");
    if (!address_is_set(a))
        return;
    fuzz_claim(place_parse(&p, text, NULL, why, sizeof why) == 0, "a written address is a place");
    fuzz_claim(p.port == a->port, "a written address keeps its port");
    fuzz_claim(address_parse_host(&back, p.host, (uint16_t)p.port) == 0, "a written address is numeric");
    fuzz_claim(address_equal(a, &back), "a written address is read as the same");
    fuzz_claim(address_hash(a, 1) == address_hash(&back, 1), "equal addresses have one hash");
}

static void check_place(const char *text, const char *port_word)
{
    char why[WHY] = "";
    struct address a;
    struct place p;
    if (place_parse(&p, text, port_word, why, sizeof why) < 0) {
        fuzz_claim_sentence(why, sizeof why);
        for (const char *c = why; *c; c++)
            fuzz_claim(*c >= 0x20 && *c <= 0x7e, "the sentence is safe to print");
        fuzz_claim(!p.host[0] && p.port == -1, "a place that is refused is empty");
        return;
    }
    fuzz_claim(strnlen(p.host, sizeof p.host) < sizeof p.host, "a host ends within its room");
    fuzz_claim(p.port >= -1 && p.port <= 65535, "a port is a port");
    fuzz_claim(!strpbrk(p.host, " \t\r\n[]\177"), "a host is one word without brackets");
    if (address_parse_host(&a, p.host, p.port < 0 ? 0 : (uint16_t)p.port) == 0)
        check_address(&a);
    else
        fuzz_claim(!address_is_set(&a), "what is not numeric leaves no address");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *end = size ? memchr(data, '\n', size) : NULL;
    size_t first = end ? (size_t)(end - data) : size;
    char *text = fuzz_text(data, first), *port = end ? fuzz_text(end + 1, size - first - 1) : NULL;
    struct sockaddr_storage ss = {0};
    struct address a;
    check_place(text, port);
    if (size)
        memcpy(&ss, data, size < sizeof ss ? size : sizeof ss);
    address_from_sockaddr(&a, (struct sockaddr *)&ss, (socklen_t)(size < sizeof ss ? size : sizeof ss));
    check_address(&a);
    free(text);
    free(port);
    return 0;
}
