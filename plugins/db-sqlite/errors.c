/* SQLite's result codes in terms of what the core should do. */
#include "sqlite.h"

static int classify(int code)
{
    if (code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY || code == SQLITE_CONSTRAINT_ROWID)
        return MEMORA_E_UNIQUE;
    switch (code & 0xFF) {
    case SQLITE_CONSTRAINT:
        return MEMORA_E_CONSTRAINT;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return MEMORA_E_RETRY;
    case SQLITE_NOMEM:
        return MEMORA_E_NOMEM;
    case SQLITE_FULL:
        return MEMORA_E_FULL;
    case SQLITE_IOERR:
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
        return MEMORA_E_IO;
    case SQLITE_INTERRUPT:
        return MEMORA_E_CANCELLED;
    case SQLITE_TOOBIG:
    case SQLITE_MISMATCH:
        return MEMORA_E_RANGE;
    case SQLITE_RANGE:
    case SQLITE_MISUSE:
        return MEMORA_E_ARG;
    case SQLITE_ERROR:
        return MEMORA_E_SYNTAX;
    default:
        return MEMORA_E_INTERNAL;
    }
}

/* What the library says about these codes does not help an operator. NULL: its own text will do. */
static const char *own_text(int code)
{
    switch (code & 0xFF) {
    case SQLITE_NOTADB:
        return "the file is not an SQLite database";
    case SQLITE_CORRUPT:
        return "the database file is damaged";
    case SQLITE_CANTOPEN:
        return "the database file cannot be opened";
    case SQLITE_READONLY:
        return "the database file or its directory is read-only";
    case SQLITE_BUSY:
        return "the database is locked by another program";
    default:
        return NULL;
    }
}

int sqlite_error(struct memora_error *error, int code, sqlite3 *handle)
{
    const char *text = own_text(code);
    if (!text)
        text = handle ? sqlite3_errmsg(handle) : sqlite3_errstr(code);
    if (error)
        error->native_code = code;
    return memora_fail(error, classify(code), "%s", text);
}
