#include "config.h"

#include "host/identity.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "core/words.h"

int identity_find(struct identity *who, const char *name, char *why, size_t why_size)
{
    *who = (struct identity){.group_count = IDENTITY_GROUPS};
    if (geteuid() != 0) {
        snprintf(why, why_size, _("--user %.60s: only root can become somebody else; it is needed only where root is"),
                 name);
        return -1;
    }
    const struct passwd *user = strlen(name) < IDENTITY_NAME ? getpwnam(name) : NULL;
    if (!user || user->pw_uid == 0) {
        snprintf(why, why_size, user ? _("--user %.60s: that is root") : _("--user: there is no user \"%.60s\" here"),
                 name);
        return -1;
    }
    strcpy(who->name, name);
    who->user = user->pw_uid;
    who->group = user->pw_gid;
    if (getgrouplist(name, user->pw_gid, who->groups, &who->group_count) < 0) { /* more than that: its own alone */
        who->groups[0] = who->group;
        who->group_count = 1;
    }
    return 0;
}

int identity_become(const struct identity *who)
{
    if (setgroups((size_t)who->group_count, who->groups) < 0 || setresgid(who->group, who->group, who->group) < 0 ||
        setresuid(who->user, who->user, who->user) < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return -1;
    errno = EPERM;
    return setuid(0) == 0 || geteuid() != who->user || getegid() != who->group ? -1 : 0;
}
