#include "config.h"

#include "host/file_out.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"

enum { PATH = 256, NOBODY = 65534, NAME_LONGEST = 255 };
enum { LIMIT = 1 << 16 }; /* of a file, where disks are to be full: Check's own files stay below it */

/* A directory of the test's own; `path` names something in it. */
struct place {
    char directory[PATH];
    char path[2 * PATH];
};

static struct place place_make(void)
{
    struct place p;
    strcpy(p.directory, "/tmp/udptalk-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(p.directory));
    snprintf(p.path, sizeof p.path, "%s/file", p.directory);
    return p;
}

static const char *in(const struct place *p, const char *name)
{
    static char path[2 * PATH];
    snprintf(path, sizeof path, "%s/%s", p->directory, name);
    return path;
}

/* How many files are there; removes them with `remove`. */
static int count_files(const struct place *p, bool remove)
{
    DIR *directory = opendir(p->directory);
    ck_assert_ptr_nonnull(directory);
    int count = 0;
    for (struct dirent *d; (d = readdir(directory));) {
        if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0)
            continue;
        count++;
        if (remove)
            unlinkat(dirfd(directory), d->d_name, 0);
    }
    closedir(directory);
    return count;
}

static void place_done(const struct place *p, int files)
{
    ck_assert_int_eq(count_files(p, false), files);
    count_files(p, true);
    ck_assert_int_eq(rmdir(p->directory), 0);
}

static void put(const char *path, const char *text, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    ck_assert_int_eq(fchmod(fd, mode), 0);
    close(fd);
}

static void check_holds(const char *path, const char *text)
{
    char is[4096];
    int fd = open(path, O_RDONLY);
    if (fd < 0)
        ck_abort_msg("%s: %s", path, strerror(errno));
    ssize_t got = read(fd, is, sizeof is - 1);
    close(fd);
    ck_assert_int_ge(got, 0);
    is[got] = '\0';
    ck_assert_str_eq(is, text);
}

static void check_missing(const char *path)
{
    ck_assert_int_eq(access(path, F_OK), -1);
}

static mode_t mode_of(const char *path)
{
    struct stat is;
    ck_assert_int_eq(lstat(path, &is), 0);
    return is.st_mode;
}

static int write_text(struct file_out *f, const char *text)
{
    return file_out_write(f, text, strlen(text));
}

/* Opens, writes and finishes. Returns what the first that failed returned, with its errno. */
static int save(const char *path, const char *text)
{
    struct file_out f = {.broker = NULL};
    return file_out_open(&f, path, false) < 0 || write_text(&f, text) < 0 || file_out_finish(&f) < 0 ? -1 : 0;
}

/* From now on no file grows beyond LIMIT, as if the disk was full; or the end of that. */
static void fill_disk(bool full)
{
    struct rlimit limit;
    signal(SIGXFSZ, full ? SIG_IGN : SIG_DFL);
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = full ? LIMIT : limit.rlim_max;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* A file of nothing but holes that can take `left` bytes on the full disk. */
static void put_holes(const char *path, off_t left)
{
    put(path, "", 0600);
    ck_assert_int_eq(truncate(path, LIMIT - left), 0);
}

/* What stands behind those holes. */
static void check_behind(const char *path, off_t left, const char *text)
{
    char is[256];
    int fd = open(path, O_RDONLY);
    ssize_t got = pread(fd, is, sizeof is - 1, LIMIT - left);
    close(fd);
    ck_assert_int_ge(got, 0);
    is[got] = '\0';
    ck_assert_str_eq(is, text);
}

/* --- whole files --- */

START_TEST(makes_a_new_file)
{
    static const mode_t masks[] = {022, 077, 0, 027};
    for (size_t i = 0; i < UNIT_COUNT(masks); i++) {
        struct place p = place_make();
        mode_t before = umask(masks[i]);
        ck_assert_int_eq(save(p.path, "text"), 0);
        ck_assert_uint_eq(umask(before), masks[i]);
        check_holds(p.path, "text");
        ck_assert_uint_eq(mode_of(p.path), S_IFREG | (0666 & ~masks[i]));
        place_done(&p, 1);
    }
}
END_TEST

START_TEST(keeps_the_old_ones_mode)
{
    static const mode_t modes[] = {0600, 0640, 0644, 0666, 0755, 0200};
    for (size_t i = 0; i < UNIT_COUNT(modes); i++) {
        struct place p = place_make();
        put(p.path, "an old one that is longer", modes[i]);
        ck_assert_int_eq(save(p.path, "new"), 0);
        ck_assert_uint_eq(mode_of(p.path), S_IFREG | modes[i]);
        ck_assert_int_eq(chmod(p.path, 0600), 0);
        check_holds(p.path, "new");
        place_done(&p, 1);
    }
}
END_TEST

START_TEST(leaves_the_old_one_until_it_is_whole)
{
    struct place p = place_make();
    struct file_out f = {.broker = NULL};
    put(p.path, "old", 0600);
    ck_assert_int_eq(file_out_open(&f, p.path, false), 0);
    ck_assert_int_eq(write_text(&f, "new"), 0);
    check_holds(p.path, "old");
    ck_assert_int_eq(count_files(&p, false), 2);
    file_out_drop(&f);
    check_holds(p.path, "old");
    ck_assert_int_eq(f.fd, -1);
    ck_assert_int_eq(count_files(&p, false), 1);

    ck_assert_int_eq(file_out_open(&f, p.path, false), 0);
    ck_assert_int_eq(write_text(&f, "one "), 0);
    ck_assert_int_eq(write_text(&f, ""), 0);
    ck_assert_int_eq(write_text(&f, "two"), 0);
    ck_assert_int_eq(file_out_finish(&f), 0);
    ck_assert_int_eq(f.fd, -1);
    check_holds(p.path, "one two");
    place_done(&p, 1);
}
END_TEST

START_TEST(follows_links)
{
    struct place p = place_make();
    put(in(&p, "real"), "old", 0640);
    ck_assert_int_eq(symlink("real", in(&p, "middle")), 0);
    ck_assert_int_eq(symlink(in(&p, "middle"), p.path), 0);
    ck_assert_int_eq(save(p.path, "new"), 0);
    ck_assert(S_ISLNK(mode_of(p.path)));
    ck_assert(S_ISLNK(mode_of(in(&p, "middle"))));
    ck_assert_uint_eq(mode_of(in(&p, "real")), S_IFREG | 0640);
    check_holds(in(&p, "real"), "new");
    place_done(&p, 3);
}
END_TEST

/* What a link to nothing names is made, whole or not at all, and the link stays. */
START_TEST(follows_a_link_to_nothing)
{
    static const bool absolute[] = {false, true};
    for (size_t i = 0; i < UNIT_COUNT(absolute); i++) {
        struct place p = place_make();
        struct file_out f = {.broker = NULL};
        ck_assert_int_eq(symlink("real", in(&p, "middle")), 0);
        ck_assert_int_eq(symlink(absolute[i] ? in(&p, "middle") : "middle", p.path), 0);
        ck_assert_int_eq(file_out_open(&f, p.path, false), 0);
        ck_assert_int_eq(write_text(&f, "half"), 0);
        check_missing(in(&p, "real"));
        file_out_drop(&f);
        ck_assert_int_eq(count_files(&p, false), 2);
        ck_assert_int_eq(save(p.path, "whole"), 0);
        ck_assert(S_ISLNK(mode_of(p.path)));
        ck_assert(S_ISREG(mode_of(in(&p, "real"))));
        check_holds(in(&p, "real"), "whole");
        place_done(&p, 3);
    }
}
END_TEST

/* In a directory where all may write, somebody else's link would have our file replaced that he chose. Ours, and the
 * directory's owner's, are meant. */
START_TEST(follows_no_strangers_link)
{
    static const struct {
        mode_t directory;
        uid_t link, owner;
        bool followed;
    } cases[] = {{01777, NOBODY, 0, false}, {01777, NOBODY, NOBODY, true}, {01777, 0, NOBODY, true}, {0755, NOBODY, 0, true}, {01755, NOBODY, 0, true}};
    for (size_t i = 0; i < UNIT_COUNT(cases) && geteuid() == 0; i++) {
        struct place p = place_make(), home = place_make();
        const char *middle = in(&home, "middle");
        put(home.path, "old", 0600);
        ck_assert_int_eq(symlink(p.path, middle), 0);
        ck_assert_int_eq(symlink(home.path, p.path), 0);
        ck_assert_int_eq(lchown(p.path, cases[i].link, 0), 0);
        ck_assert_int_eq(chown(p.directory, cases[i].owner, 0), 0);
        ck_assert_int_eq(chmod(p.directory, cases[i].directory), 0);
        errno = 0;
        ck_assert_int_eq(save(middle, "new"), cases[i].followed ? 0 : -1);
        ck_assert(cases[i].followed || errno == EACCES);
        check_holds(home.path, cases[i].followed ? "new" : "old");
        ck_assert_int_eq(unlink(home.path), 0); /* now it leads to nothing */
        ck_assert_int_eq(save(p.path, "new"), cases[i].followed ? 0 : -1);
        place_done(&p, 1);
        place_done(&home, cases[i].followed ? 2 : 1);
    }
}
END_TEST

START_TEST(names_what_is_wrong_with_the_path)
{
    static char too_long[PATH_MAX + 50], long_name[NAME_LONGEST + 40];
    struct place p = place_make();
    memset(too_long, 'x', sizeof too_long - 1);
    for (size_t i = 0; i < sizeof too_long - 1; i += 200)
        too_long[i] = '/';
    snprintf(long_name, sizeof long_name, "%s/", p.directory);
    memset(long_name + strlen(long_name), 'x', NAME_LONGEST + 1);
    ck_assert_int_eq(symlink("loop", in(&p, "loop")), 0);
    ck_assert_int_eq(symlink("nowhere/file", in(&p, "lost")), 0);
    put(in(&p, "plain"), "stays", 0600);
    const struct {
        const char *path;
        int error;
    } cases[] = {
        {p.directory, EISDIR}, {"/", EISDIR}, {"/nonexistent/file", ENOENT}, {"", ENOENT}, {too_long, ENAMETOOLONG}, {long_name, ENAMETOOLONG},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        errno = 0;
        ck_assert_int_eq(save(cases[i].path, "text"), -1);
        ck_assert_int_eq(errno, cases[i].error);
    }
    static const struct {
        const char *name;
        int error;
    } here[] = {{"loop", ELOOP}, {"lost", ENOENT}, {"plain/file", ENOTDIR}, {"plain/", ENOTDIR}, {"not there/", ENOENT}};
    for (size_t i = 0; i < UNIT_COUNT(here); i++) {
        errno = 0;
        ck_assert_int_eq(save(in(&p, here[i].name), "text"), -1);
        ck_assert_int_eq(errno, here[i].error);
    }
    check_holds(in(&p, "plain"), "stays");
    place_done(&p, 3);
}
END_TEST

/* The name beside is longer than the file's own, which may be as long as names can be. */
START_TEST(takes_the_longest_name)
{
    char name[NAME_LONGEST + 1] = "";
    struct place p = place_make();
    memset(name, 'n', NAME_LONGEST);
    ck_assert_int_eq(save(in(&p, name), "text"), 0);
    check_holds(in(&p, name), "text");
    ck_assert_int_eq(save(in(&p, name), "again"), 0);
    check_holds(in(&p, name), "again");
    place_done(&p, 1);
}
END_TEST

/* Runs it as a user whom permissions concern. */
static void as_nobody(void (*run)(const struct place *p), const struct place *p)
{
    pid_t child = fork();
    int status;
    if (child == 0) {
        if (geteuid() == 0 && (setgid(NOBODY) < 0 || setuid(NOBODY) < 0))
            _exit(1);
        run(p);
        _exit(0);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
}

static void check_denied(const struct place *p)
{
    if (save(p->path, "text") == 0 || errno != EACCES)
        _exit(2);
}

START_TEST(is_denied_a_read_only_directory)
{
    struct place p = place_make();
    ck_assert_int_eq(chmod(p.directory, 0555), 0);
    as_nobody(check_denied, &p);
    ck_assert_int_eq(chmod(p.directory, 0777), 0);
    put(p.path, "old", 0666); /* to be written in place, but then it could be torn */
    ck_assert_int_eq(chmod(p.directory, 0555), 0);
    as_nobody(check_denied, &p);
    ck_assert_int_eq(chmod(p.directory, 0777), 0);
    ck_assert_int_eq(chmod(p.path, 0444), 0);
    as_nobody(check_denied, &p);
    check_holds(p.path, "old");
    place_done(&p, 1);
}
END_TEST

START_TEST(leaves_the_old_one_where_the_disk_is_full)
{
    static const char much[LIMIT - 10];
    struct place p = place_make();
    struct file_out f = {.broker = NULL};
    put(p.path, "old", 0600);
    fill_disk(true);
    ck_assert_int_eq(file_out_open(&f, p.path, false), 0);
    ck_assert_int_eq(file_out_write(&f, much, sizeof much), 0);
    ck_assert_int_eq(write_text(&f, "more than ten bytes"), -1);
    ck_assert_int_eq(errno, EFBIG);
    fill_disk(false);
    ck_assert_int_eq(f.fd, -1);
    check_holds(p.path, "old");
    place_done(&p, 1);
}
END_TEST

START_TEST(writes_devices_in_place)
{
    ck_assert_int_eq(save("/dev/null", "text"), 0);
    ck_assert(S_ISCHR(mode_of("/dev/null")));
    errno = 0;
    ck_assert_int_eq(save("/dev/full", "text"), -1);
    ck_assert_int_eq(errno, ENOSPC);
    ck_assert(S_ISCHR(mode_of("/dev/full")));
}
END_TEST

/* As /dev/stdout may be. The link in the process's own directory must not be replaced by a file. */
START_TEST(writes_an_open_file_without_a_name_in_place)
{
    struct place p = place_make();
    char path[64], is[16] = "";
    int fd = open(p.path, O_RDWR | O_CREAT, 0600);
    ck_assert_int_eq(write(fd, "what was there", 14), 14);
    ck_assert_int_eq(unlink(p.path), 0);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    ck_assert_int_eq(symlink(path, p.path), 0);
    ck_assert_int_eq(save(p.path, "text"), 0);
    ck_assert_int_eq(pread(fd, is, sizeof is, 0), 4);
    ck_assert_str_eq(is, "text");
    ck_assert(S_ISLNK(mode_of(p.path)));
    close(fd);
    place_done(&p, 1);
}
END_TEST

START_TEST(writes_pipes_in_place)
{
    struct place p = place_make();
    char is[16] = "";
    ck_assert_int_eq(mkfifo(p.path, 0600), 0);
    errno = 0;
    ck_assert_int_eq(save(p.path, "text"), -1); /* nobody reads: it does not wait */
    ck_assert_int_eq(errno, ENXIO);
    int reader = open(p.path, O_RDONLY | O_NONBLOCK);
    ck_assert_int_eq(save(p.path, "text"), 0);
    ck_assert_int_eq(read(reader, is, sizeof is), 4);
    ck_assert_str_eq(is, "text");
    close(reader);
    ck_assert(S_ISFIFO(mode_of(p.path)));
    place_done(&p, 1);
}
END_TEST

/* It waits a second for a reader that stalls, and no longer. */
START_TEST(gives_a_stalled_reader_up)
{
    static char much[1 << 20];
    struct place p = place_make();
    struct file_out f = {.broker = NULL};
    ck_assert_int_eq(mkfifo(p.path, 0600), 0);
    int reader = open(p.path, O_RDONLY | O_NONBLOCK);
    ck_assert_int_eq(file_out_open(&f, p.path, false), 0);
    errno = 0;
    ck_assert_int_eq(file_out_write(&f, much, sizeof much), -1);
    ck_assert_int_eq(errno, EAGAIN);
    ck_assert_int_eq(f.fd, -1);
    close(reader);
    place_done(&p, 1);
}
END_TEST

START_TEST(notices_that_the_reader_went)
{
    struct place p = place_make();
    struct file_out f = {.broker = NULL};
    signal(SIGPIPE, SIG_IGN);
    ck_assert_int_eq(mkfifo(p.path, 0600), 0);
    int reader = open(p.path, O_RDONLY | O_NONBLOCK);
    ck_assert_int_eq(file_out_open(&f, p.path, false), 0);
    close(reader);
    errno = 0;
    ck_assert_int_eq(write_text(&f, "text"), -1);
    ck_assert_int_eq(errno, EPIPE);
    signal(SIGPIPE, SIG_DFL);
    place_done(&p, 1);
}
END_TEST

/* --- appending --- */

static int add(struct file_out *f, const char *text)
{
    return file_out_piece(f, text, strlen(text));
}

START_TEST(appends_to_what_is_there)
{
    struct place p = place_make();
    struct file_out f = {.broker = NULL};
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(file_out_append(&f, p.path), 0);
        ck_assert_int_eq(f.place.length, i * 8);
        ck_assert_int_eq(add(&f, "one\n"), 0);
        ck_assert_int_eq(add(&f, "two\n"), 0);
        ck_assert_int_eq(add(&f, ""), 0);
        file_out_drop(&f);
        ck_assert_int_eq(f.fd, -1);
    }
    check_holds(p.path, "one\ntwo\none\ntwo\n");
    place_done(&p, 1);
}
END_TEST

/* Whoever else begins with it waits until what stands at its beginning is there. */
START_TEST(begins_alone)
{
    struct place p = place_make();
    struct file_out f = {.broker = NULL};
    ck_assert_int_eq(file_out_append(&f, p.path), 0);
    int other = open(p.path, O_RDONLY | O_CLOEXEC);
    ck_assert_int_ge(other, 0);
    ck_assert_int_eq(flock(other, LOCK_EX | LOCK_NB), -1);
    ck_assert_int_eq(add(&f, "head\n"), 0);
    file_out_begun(&f);
    ck_assert_int_eq(flock(other, LOCK_EX | LOCK_NB), 0);
    file_out_drop(&f);
    ck_assert_int_eq(file_out_append(&f, p.path), 0); /* one that never ends is not waited for */
    ck_assert_int_eq(f.place.length, 5);
    file_out_drop(&f);
    close(other);
    place_done(&p, 1);
}
END_TEST

START_TEST(appends_through_links)
{
    struct place p = place_make();
    struct file_out f = {.broker = NULL};
    ck_assert_int_eq(symlink("real", p.path), 0);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(file_out_append(&f, p.path), 0);
        ck_assert_int_eq(add(&f, "x"), 0);
        file_out_drop(&f);
    }
    check_holds(in(&p, "real"), "xx");
    ck_assert(S_ISLNK(mode_of(p.path)));
    place_done(&p, 2);
}
END_TEST

START_TEST(appends_whole_pieces_only)
{
    struct place p = place_make();
    struct file_out f = {.broker = NULL};
    put_holes(p.path, 10);
    fill_disk(true);
    ck_assert_int_eq(file_out_append(&f, p.path), 0);
    ck_assert_int_eq(add(&f, "1234\n"), 0);
    errno = 0;
    ck_assert_int_eq(add(&f, "123456789\n"), -1);
    ck_assert_int_eq(errno, EFBIG);
    check_behind(p.path, 10, "1234\n");
    ck_assert_int_eq(add(&f, "678\n"), 0);
    ck_assert_int_eq(add(&f, "0\n"), -1);
    check_behind(p.path, 10, "1234\n678\n");
    fill_disk(false);
    ck_assert_int_eq(add(&f, "when there is room again\n"), 0);
    check_behind(p.path, 10, "1234\n678\nwhen there is room again\n");
    file_out_drop(&f);
    place_done(&p, 1);
}
END_TEST

/* Two programs that append to one file: what a full disk takes back is nobody else's. */
START_TEST(takes_back_nobody_elses_piece)
{
    struct place p = place_make();
    struct file_out mine = {.broker = NULL}, other = {.broker = NULL};
    put_holes(p.path, 20);
    fill_disk(true);
    ck_assert_int_eq(file_out_append(&mine, p.path), 0);
    ck_assert_int_eq(file_out_append(&other, p.path), 0);
    ck_assert_int_eq(add(&mine, "mine\n"), 0);
    ck_assert_int_eq(add(&other, "other\n"), 0);
    ck_assert_int_eq(add(&mine, "this is too much of it\n"), -1);
    fill_disk(false);
    check_behind(p.path, 20, "mine\nother\n");
    ck_assert_int_eq(add(&other, "and on\n"), 0);
    check_behind(p.path, 20, "mine\nother\nand on\n");
    file_out_drop(&mine);
    file_out_drop(&other);
    place_done(&p, 1);
}
END_TEST

START_TEST(names_what_it_cannot_append_to)
{
    struct place p = place_make();
    struct file_out f = {.broker = NULL};
    ck_assert_int_eq(mkfifo(p.path, 0600), 0);
    const struct {
        const char *path;
        int error;
    } cases[] = {{p.directory, EISDIR}, {"/nonexistent/file", ENOENT}, {p.path, ENXIO}, {"", ENOENT}};
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        errno = 0;
        ck_assert_int_eq(file_out_append(&f, cases[i].path), -1);
        ck_assert_int_eq(errno, cases[i].error);
        ck_assert_int_eq(f.fd, -1);
    }
    place_done(&p, 1);
}
END_TEST

START_TEST(appends_to_devices_and_pipes)
{
    struct place p = place_make();
    struct file_out f = {.broker = NULL};
    char is[16] = "";
    ck_assert_int_eq(file_out_append(&f, "/dev/full"), 0);
    ck_assert_int_eq(f.place.length, -1);
    errno = 0;
    ck_assert_int_eq(add(&f, "text"), -1);
    ck_assert_int_eq(errno, ENOSPC);
    file_out_drop(&f);
    ck_assert_int_eq(mkfifo(p.path, 0600), 0);
    int reader = open(p.path, O_RDONLY | O_NONBLOCK);
    ck_assert_int_eq(file_out_append(&f, p.path), 0);
    ck_assert_int_eq(add(&f, "text"), 0);
    ck_assert_int_eq(read(reader, is, sizeof is), 4);
    file_out_drop(&f);
    close(reader);
    place_done(&p, 1);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"makes a new file", makes_a_new_file},
        {"keeps the old one's mode", keeps_the_old_ones_mode},
        {"leaves the old one until it is whole", leaves_the_old_one_until_it_is_whole},
        {"follows links", follows_links},
        {"follows a link to nothing", follows_a_link_to_nothing},
        {"follows no stranger's link", follows_no_strangers_link},
        {"names what is wrong with the path", names_what_is_wrong_with_the_path},
        {"takes the longest name", takes_the_longest_name},
        {"is denied a read-only directory", is_denied_a_read_only_directory},
        {"leaves the old one where the disk is full", leaves_the_old_one_where_the_disk_is_full},
        {"writes devices in place", writes_devices_in_place},
        {"writes an open file without a name in place", writes_an_open_file_without_a_name_in_place},
        {"writes pipes in place", writes_pipes_in_place},
        {"gives a stalled reader up", gives_a_stalled_reader_up},
        {"notices that the reader went", notices_that_the_reader_went},
        {"appends to what is there", appends_to_what_is_there},
        {"begins alone", begins_alone},
        {"appends through links", appends_through_links},
        {"appends whole pieces only", appends_whole_pieces_only},
        {"takes back nobody else's piece", takes_back_nobody_elses_piece},
        {"names what it cannot append to", names_what_it_cannot_append_to},
        {"appends to devices and pipes", appends_to_devices_and_pipes},
    };
    return unit_run("file_out", tests, UNIT_COUNT(tests));
}
