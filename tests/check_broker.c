#include "config.h"

#include "host/broker.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/file_out.h"
#include "host/helper.h"
#include "unit.h"

enum { PATH = 256 };

static char directory[PATH];
static struct broker *broker;

static void setup(void)
{
    strcpy(directory, "/tmp/udptalk-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(directory));
    broker = broker_new(NULL);
    ck_assert_ptr_nonnull(broker);
}

static void done(void)
{
    broker_free(broker);
    ck_assert_int_eq(rmdir(directory), 0);
}

static const char *in(const char *name)
{
    static char path[2 * PATH];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    return path;
}

/* What the file holds, up to 99 bytes. */
static const char *content(struct broker *b, const char *path)
{
    static char text[100];
    int fd = broker_open(b, path);
    ck_assert_msg(fd >= 0, "%s: %s", path, strerror(errno));
    ssize_t len = read(fd, text, sizeof text - 1);
    ck_assert_int_ge(len, 0);
    text[len] = '\0';
    close(fd);
    return text;
}

static void write_file(struct broker *b, const char *path, const char *text)
{
    struct file_out f;
    file_out_init(&f, b);
    ck_assert_int_eq(file_out_open(&f, path, false), 0);
    ck_assert_int_eq(file_out_write(&f, text, strlen(text)), 0);
    ck_assert_int_eq(file_out_finish(&f), 0);
}

/* Through the broker and without one, files are written and read alike. */
START_TEST(opens_and_writes)
{
    setup();
    struct stat is;
    struct file_out f;
    const char *path = in("file");
    for (int i = 0; i < 2; i++) {
        struct broker *b = i ? NULL : broker;
        ck_assert_int_lt(broker_open(b, path), 0);
        ck_assert_int_eq(errno, ENOENT);
        write_file(b, path, "one");
        ck_assert_str_eq(content(b, path), "one");
        write_file(b, path, "two");
        ck_assert_str_eq(content(b, path), "two");
        file_out_init(&f, b);
        ck_assert_int_eq(file_out_append(&f, path), 0);
        ck_assert_int_eq(f.place.length, 3);
        ck_assert(file_out_is_at(&f, path));
        file_out_begun(&f);
        ck_assert_int_eq(file_out_piece(&f, "!", 1), 0);
        file_out_drop(&f);
        ck_assert_str_eq(content(b, path), "two!");
        ck_assert_int_eq(broker_stat(b, path, &is), 0);
        ck_assert_int_eq(is.st_size, 4);
        file_out_init(&f, b);
        ck_assert_int_eq(file_out_open(&f, path, true), 0); /* begun, and given up */
        file_out_drop(&f);
        ck_assert_str_eq(content(b, path), "two!");
        ck_assert_int_eq(unlink(path), 0);
        ck_assert_int_eq(broker_make_directory(b, path), 0);
        ck_assert_int_lt(broker_make_directory(b, path), 0);
        ck_assert_int_eq(errno, EEXIST);
        ck_assert_int_eq(rmdir(path), 0);
    }
    done();
}
END_TEST

/* A name for what this process has open means that, not what the broker has. */
START_TEST(knows_our_own_descriptors)
{
    setup();
    char name[64];
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(write(ends[1], "piped", 5), 5);
    snprintf(name, sizeof name, "/dev/fd/%d", ends[0]);
    ck_assert_str_eq(content(broker, name), "piped");
    ck_assert_int_eq(write(ends[1], "again", 5), 5);
    snprintf(name, sizeof name, "/proc/self/fd/%d", ends[0]);
    ck_assert_str_eq(content(broker, name), "again");
    snprintf(name, sizeof name, "/dev/fd/%d", ends[1]);
    write_file(broker, name, "out");
    snprintf(name, sizeof name, "/dev/fd/%d", ends[0]);
    ck_assert_str_eq(content(broker, name), "out");
    close(ends[0]);
    close(ends[1]);
    done();
}
END_TEST

/* What comes from a terminal or ends a service ends this process in its own time, and the broker with it, not
 * before. */
START_TEST(outlives_signals)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};
    setup();
    char line[64];
    pid_t pid = 0;
    snprintf(line, sizeof line, "/proc/%d/task/%d/children", (int)getpid(), (int)getpid());
    FILE *children = fopen(line, "re");
    ck_assert(!children || fscanf(children, "%d", &pid) == 1);
    if (children)
        fclose(children);
    ck_assert_int_lt(broker_open(broker, in("file")), 0); /* it has begun */
    for (size_t i = 0; pid > 0 && i < UNIT_COUNT(signals); i++) {
        ck_assert_int_eq(kill(pid, signals[i]), 0);
        ck_assert_int_lt(broker_open(broker, in("file")), 0);
        ck_assert_int_eq(errno, ENOENT);
    }
    if (pid > 0)
        ck_assert_int_eq(kill(pid, SIGKILL), 0);
    while (pid > 0 && broker_open(broker, in("file")) < 0 && errno == ENOENT)
        ;
    ck_assert(pid == 0 || errno == ESRCH);
    done();
}
END_TEST

/* No descriptor is left here: the broker's own does not help. */
START_TEST(says_when_no_descriptor_is_left)
{
    setup();
    struct rlimit most, few = {4, 4};
    write_file(broker, in("file"), "x");
    getrlimit(RLIMIT_NOFILE, &most);
    few.rlim_max = most.rlim_max;
    int fd = open("/dev/null", O_RDONLY);
    few.rlim_cur = (rlim_t)fd + 1;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
    ck_assert_int_lt(broker_open(broker, in("file")), 0);
    ck_assert_int_eq(errno, EMFILE);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &most), 0);
    ck_assert_str_eq(content(broker, in("file")), "x");
    close(fd);
    unlink(in("file"));
    done();
}
END_TEST

static bool answered(struct helper *h, struct helper_answer *a)
{
    int got;
    while ((got = helper_answer(h, a)) == 0)
        ;
    return got > 0;
}

/* The helper is the broker's child; it can be given up on, and another one comes. */
START_TEST(starts_who_looks_names_up)
{
    setup();
    struct helper h;
    struct helper_answer a;
    helper_init(&h, broker);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(helper_lookup(&h, "127.0.0.1", AF_UNSPEC, 7), 0);
        ck_assert(answered(&h, &a));
        ck_assert_int_eq(a.error, 0);
        ck_assert_uint_eq(a.addresses[0].port, 7);
        ck_assert_int_eq(helper_lookup(&h, "127.0.0.1", AF_UNSPEC, 7), 0);
        helper_cancel(&h);
        ck_assert_int_lt(helper_fd(&h), 0);
    }
    helper_done(&h);
    done();
}
END_TEST

/* Once files are left alone, none of the requests about them is granted; the others are. */
START_TEST(leaves_files_alone)
{
    setup();
    struct stat is;
    struct file_place place;
    struct port_owner owner;
    int fd = -1;
    pid_t pid;
    write_file(broker, in("file"), "x");
    broker_leave_files(broker);
    ck_assert_int_lt(broker_open(broker, in("file")), 0);
    ck_assert_int_eq(errno, EACCES);
    ck_assert_int_lt(broker_stat(broker, in("file"), &is), 0);
    ck_assert_int_lt(broker_begin(broker, in("file"), 0600, &place, &fd), 0);
    ck_assert_int_lt(broker_append(broker, in("file"), 0600, &place, &fd), 0);
    ck_assert_int_lt(broker_settle(broker, in("file"), in("other")), 0);
    ck_assert_int_lt(broker_make_directory(broker, in("directory")), 0);
    broker_drop(broker, in("file"));
    ck_assert_int_eq(unlink(in("file")), 0);
    ck_assert_int_lt(broker_port_owner(broker, 0, &owner), 0);
    ck_assert_int_eq(errno, ENOENT);
    fd = broker_start_helper(broker, &pid);
    ck_assert_int_ge(fd, 0);
    close(fd);
    broker_end_helper(broker, pid);
    done();
}
END_TEST

/* Whoever could write what the kernel shows of a process could change the broker's own memory, and be the broker. */
START_TEST(writes_into_no_process)
{
    static const char *const files[] = {"/proc/thread-self/mem", "/proc/self/mem", "/proc/thread-self/comm", "/proc/sys/kernel/hostname"};
    setup();
    struct file_place place;
    int fd = -1;
    for (size_t i = 0; i < 2 * UNIT_COUNT(files); i++) {
        struct broker *b = i % 2 ? NULL : broker;
        ck_assert_msg(broker_append(b, files[i / 2], 0600, &place, &fd) < 0, "%s", files[i / 2]);
        ck_assert_int_eq(errno, EACCES);
        ck_assert_int_lt(fd, 0);
        ck_assert_int_lt(broker_begin(b, files[i / 2], 0600, &place, &fd), 0);
        ck_assert_int_lt(fd, 0);
    }
    done();
}
END_TEST

START_TEST(refuses_what_is_too_long)
{
    setup();
    char path[PATH_MAX + 10];
    struct port_owner owner;
    memset(path, 'x', sizeof path);
    path[sizeof path - 1] = '\0';
    ck_assert_int_lt(broker_open(broker, path), 0);
    ck_assert_int_eq(errno, ENAMETOOLONG);
    ck_assert_int_lt(broker_port_owner(broker, 0, &owner), 0);
    ck_assert_int_eq(errno, ENOENT);
    done();
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"opens and writes", opens_and_writes},
        {"knows our own descriptors", knows_our_own_descriptors},
        {"outlives signals", outlives_signals},
        {"says when no descriptor is left", says_when_no_descriptor_is_left},
        {"starts who looks names up", starts_who_looks_names_up},
        {"leaves files alone", leaves_files_alone},
        {"writes into no process", writes_into_no_process},
        {"refuses what is too long", refuses_what_is_too_long},
    };
    return unit_run("broker", tests, UNIT_COUNT(tests));
}
