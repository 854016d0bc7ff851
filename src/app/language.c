#include "config.h"

#include "app/language.h"

#include <langinfo.h>
#include <libintl.h>
#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/words.h"

enum { NAME = 32 };

/* Those that po/ has. */
static const char *const translations[] = {"zh_CN"};

static bool is_english(const char *language)
{
    return strncmp(language, "en", 2) == 0 && (!language[2] || strchr("_.@", language[2]));
}

/* gettext looks for "zh" in a folder of that name only; Chinese is translated as China writes it. */
static void name_folder(const char *wanted, char *name)
{
    snprintf(name, NAME, "%.*s", (int)strcspn(wanted, ".@"), wanted);
    if (strcmp(name, "zh") == 0)
        snprintf(name, NAME, "zh_CN");
}

/* A translation that the program has may still not lie where it looks: before it is installed, say. */
static int refuse(const char *wanted, const char *name, const char *folder, char *why, size_t why_size)
{
    for (size_t i = 0; i < sizeof translations / sizeof *translations; i++)
        if (strcmp(translations[i], name) == 0) {
            snprintf(why, why_size,
                     _("--lang: the translation into \"%s\" is not below %.200s: make install puts it there; "
                       "TEXTDOMAINDIR names another folder, such as po/locale where it was built"),
                     name, folder);
            return -1;
        }
    snprintf(why, why_size, _("--lang: there is no translation into \"%.40s\": it takes en or zh_CN"), wanted);
    return -1;
}

static int choose(const char *wanted, const char *folder, char *why, size_t why_size)
{
    char name[NAME];
    const char *before = getenv("LANGUAGE");
    char *kept = before ? strdup(before) : NULL;
    name_folder(wanted, name);
    if (strcmp(setlocale(LC_MESSAGES, NULL), "C") == 0) /* there gettext looks for nothing at all */
        setlocale(LC_MESSAGES, "C.UTF-8");
    if (setenv("LANGUAGE", name, 1) == 0 && (words_translated() || is_english(name))) {
        free(kept);
        return 0;
    }
    if (kept)
        setenv("LANGUAGE", kept, 1);
    else
        unsetenv("LANGUAGE");
    free(kept);
    return refuse(wanted, name, folder, why, why_size);
}

/* What the environment asks for, by setlocale(3)'s rules; "" for nothing. */
static const char *asked_for(const char *category)
{
    const char *const names[] = {"LC_ALL", category, "LANG"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = getenv(names[i]);
        if (value && *value)
            return value;
    }
    return "";
}

static bool is_utf8(const char *locale)
{
    const char *dot = strchr(locale, '.');
    return dot && (strncasecmp(dot + 1, "UTF-8", 5) == 0 || strncasecmp(dot + 1, "UTF8", 4) == 0);
}

/* A locale that is not installed, as in a container, is as good as the C library's own where both are UTF-8. Returns
 * false when that was taken in its place. */
static bool take_locale(int category, const char *name)
{
    if (setlocale(category, "") || !is_utf8(asked_for(name)))
        return true;
    return !setlocale(category, "C.UTF-8");
}

int language_start(const char *wanted, char *why, size_t why_size)
{
    const char *folder = getenv("TEXTDOMAINDIR");
    const char *asked = asked_for("LC_MESSAGES"), *language = getenv("LANGUAGE");
    take_locale(LC_CTYPE, "LC_CTYPE"); /* not LC_NUMERIC: JSON and programs have points, whatever people write */
    bool own = take_locale(LC_MESSAGES, "LC_MESSAGES");
    if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0) {
        if (!wanted || is_english(wanted))
            return 0;
        snprintf(why, why_size, "--lang %.40s needs a locale that is UTF-8, such as LC_ALL=C.UTF-8", wanted);
        return -1;
    }
    folder = folder && *folder ? folder : LOCALEDIR;
    bindtextdomain(PACKAGE, folder);
    bind_textdomain_codeset(PACKAGE, "UTF-8");
    textdomain(PACKAGE);
    words_translated(); /* opens the catalogue, which the sandbox would not let later */
    if (wanted)
        return choose(wanted, folder, why, why_size);
    if (!own && !(language && *language)) /* without a translation it is English, as everywhere */
        choose(asked, folder, why, why_size);
    return 0;
}
