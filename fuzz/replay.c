/* The driver of the fuzz targets in `make check`: it needs no fuzzer.
 *
 *     fuzz/NAME          each sample in $srcdir/fuzz/corpus/NAME, and some mutants of each, always the same ones
 *     fuzz/NAME FILE...  these inputs; - is standard input
 *
 * Without arguments the work is done in a child. What it is at lies in memory that both share, so that whatever ends
 * the child, the parent can keep the input in NAME.failed, to be tried again alone. UDPTALK_TEST_ROUNDS sets how many
 * mutants there are of each sample, UDPTALK_TEST_SEED which; UDPTALK_TEST_PATIENCE makes the time for one input
 * longer. */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/hash.h"
#include "fuzz.h"

enum { MOST = 1 << 18, MUTANTS = 1500, SECONDS = 10, CHANGES = 4, NAME = 256, EXIT_HARD = 99 };

/* What the child is at. */
struct present {
    size_t size;
    unsigned long done, mutant;     /* mutant 0: the sample as it is */
    char sample[NAME];
    unsigned char data[MOST];
};

struct sample {
    char *name;
    unsigned char *data;
    size_t size;
};

struct samples {
    struct sample *at;
    size_t count;
};

static unsigned number_from(const char *variable, unsigned otherwise)
{
    const char *text = getenv(variable);
    return text ? (unsigned)strtoul(text, NULL, 10) : otherwise;
}

/* --- reading --- */

static void fail(const char *what)
{
    fprintf(stderr, "%s: %s\n", what, strerror(errno));
    exit(EXIT_HARD);
}

static void read_sample(FILE *file, const char *name, struct sample *s)
{
    if (!file)
        fail(name);
    *s = (struct sample){.name = strdup(name), .data = malloc(MOST)};
    fuzz_claim(s->name && s->data, "there is memory");
    s->size = fread(s->data, 1, MOST, file);
    if (ferror(file) || fgetc(file) != EOF) {
        errno = ferror(file) ? errno : EFBIG;
        fail(name);
    }
}

static int is_file(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* In the order of their names, so that each run is the same. */
static struct samples read_corpus(const char *target)
{
    const char *top = getenv("srcdir");
    struct samples all = {0};
    struct dirent **entries;
    char path[2 * NAME];
    snprintf(path, sizeof path, "%s/fuzz/corpus/%s", top ? top : ".", target);
    int count = scandir(path, &entries, is_file, by_bytes);
    if (count < 0)
        fail(path);
    all.at = calloc((size_t)count + 1, sizeof *all.at);
    fuzz_claim(count && all.at, "a target has samples");
    for (; all.count < (size_t)count; all.count++) {
        const char *name = entries[all.count]->d_name;
        snprintf(path, sizeof path, "%s/fuzz/corpus/%s/%s", top ? top : ".", target, name);
        FILE *file = fopen(path, "rb");
        read_sample(file, name, &all.at[all.count]);
        fclose(file);
        free(entries[all.count]);
    }
    free(entries);
    return all;
}

static void free_samples(struct samples *all)
{
    for (size_t i = 0; i < all->count; i++) {
        free(all->at[i].name);
        free(all->at[i].data);
    }
    free(all->at);
}

/* --- mutants --- */

static size_t below(uint64_t *state, size_t most)
{
    *state += UINT64_C(0x9e3779b97f4a7c15);
    return most ? (size_t)(hash_mix(*state) % most) : 0;
}

/* Takes `out` bytes at `at` away and puts `in` bytes from elsewhere there, as far as there is room. `from` may lie in
 * it. */
static void splice(struct present *p, size_t at, size_t out, const unsigned char *from, size_t in)
{
    unsigned char bytes[256];
    if (in > sizeof bytes)
        in = sizeof bytes;
    if (p->size - out + in > MOST)
        return;
    memcpy(bytes, from, in);
    memmove(p->data + at + in, p->data + at + out, p->size - at - out);
    memcpy(p->data + at, bytes, in);
    p->size += in - out;
}

/* What parsers care about. */
static unsigned char telling(uint64_t *state)
{
    static const unsigned char bytes[] = "\0\377\177\200\001\n\r\t \"\\/:;,.%[](){}*+?|&#-09aZ\033\303";
    return bytes[below(state, sizeof bytes - 1)];
}

static void set_number(struct present *p, uint64_t *state)
{
    static const uint32_t numbers[] = {0, 1, 7, 8, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff};
    uint32_t number = numbers[below(state, sizeof numbers / sizeof *numbers)];
    size_t bytes = below(state, 2) ? 4 : 2, at = below(state, p->size);
    if (below(state, 2))
        number = __builtin_bswap32(number) >> (32 - 8 * bytes);
    for (size_t i = 0; i < bytes && at + i < p->size; i++)
        p->data[at + i] = (unsigned char)(number >> 8 * i);
}

static void change(struct present *p, uint64_t *state, const struct sample *other)
{
    size_t at = below(state, p->size + 1), left = p->size - at, run = below(state, left < 64 ? left + 1 : 65);
    size_t from = below(state, other->size + 1), most = other->size - from;
    unsigned char byte = telling(state);
    switch (below(state, 7)) {
    case 0:
        if (left)
            p->data[at] ^= (unsigned char)(1u << below(state, 8));
        break;
    case 1: splice(p, at, left > 0, &byte, 1); break;
    case 2: splice(p, at, 0, &byte, 1); break;
    case 3: splice(p, at, run, &byte, 0); break;
    case 4: splice(p, below(state, p->size + 1), 0, p->data + at, run); break;
    case 5: splice(p, at, run, other->data + from, below(state, most + 1)); break;
    case 6: set_number(p, state); break;
    }
    if (below(state, 20) == 0)
        p->size = below(state, p->size + 1);
}

/* --- running --- */

static void run(struct present *p)
{
    unsigned char *exact = fuzz_copy(p->data, p->size);
    alarm(SECONDS * number_from("UDPTALK_TEST_PATIENCE", 1));
    LLVMFuzzerTestOneInput(exact, p->size);
    alarm(0);
    free(exact);
    p->done++;
}

static void run_all(struct present *p, const struct samples *all)
{
    unsigned long mutants = number_from("UDPTALK_TEST_ROUNDS", (unsigned)(MUTANTS / all->count) + 1);
    uint64_t seed = hash_mix(number_from("UDPTALK_TEST_SEED", 20261122));
    for (size_t i = 0; i < all->count; i++)
        for (p->mutant = 0; p->mutant <= mutants; p->mutant++) {
            const struct sample *s = &all->at[i];
            uint64_t state = hash_bytes((const unsigned char *)s->name, strlen(s->name), seed + p->mutant);
            snprintf(p->sample, sizeof p->sample, "%s", s->name);
            memcpy(p->data, s->data, p->size = s->size);
            for (size_t changes = p->mutant ? 1 + below(&state, CHANGES) : 0; changes > 0; changes--)
                change(p, &state, &all->at[below(&state, all->count)]);
            run(p);
        }
}

static void keep(const struct present *p, const char *target, int status)
{
    char path[NAME + 16];
    snprintf(path, sizeof path, "%s.failed", target);
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(p->data, 1, p->size, file) != p->size || fclose(file) != 0)
        fail(path);
    fprintf(stderr, "%s: %s, mutant %lu, after %lu inputs: %s\nIt is kept; try it again with: fuzz/%s %s\n", target, p->sample, p->mutant, p->done,
            WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : "ended", target, path);
}

static int run_corpus(const char *target)
{
    struct samples all = read_corpus(target);
    struct present *p = mmap(NULL, sizeof *p, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        fail("mmap");
    int status;
    pid_t child = fork();
    if (child < 0)
        fail("fork");
    if (child == 0)
        run_all(p, &all);
    free_samples(&all);
    if (child == 0)
        return 0;
    if (waitpid(child, &status, 0) < 0)
        fail("waitpid");
    if (status)
        keep(p, target, status);
    else
        printf("%s: %zu samples, %lu inputs\n", target, all.count, p->done);
    return status ? 1 : 0;
}

static void run_file(const char *path)
{
    struct sample s;
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
    read_sample(file, path, &s);
    unsigned char *exact = fuzz_copy(s.data, s.size);
    LLVMFuzzerTestOneInput(exact, s.size);
    if (file != stdin)
        fclose(file);
    free(exact);
    free(s.data);
    free(s.name);
}

int main(int argc, char **argv)
{
    LLVMFuzzerInitialize(&argc, &argv);
    if (argc == 1)
        return run_corpus(program_invocation_short_name);
    for (int i = 1; i < argc; i++)
        run_file(argv[i]);
    return 0;
}
