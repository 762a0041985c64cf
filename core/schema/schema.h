/* The SQL files of this folder, embedded into the program: <dialect>/LATEST.sql makes a fresh database,
 * <dialect>/<minor version>/NN__name.sql upgrade an older one, <dialect>/INDEXES.sql and
 * <dialect>/TABLES.sql have the indexes and tables that we add; <dialect>/IDS.sql makes ids go on behind those of
 * inserted rows. */
#ifndef MEMORA_SCHEMA_SCHEMA_H
#define MEMORA_SCHEMA_SCHEMA_H

#include <stddef.h>

struct schema_file {
    const char *path; /* "sqlite/0.22/00__attachment_storage.sql" */
    const char *text; /* NUL-terminated */
    size_t length;
};

/* Sorted by path as text. */
extern const struct schema_file schema_files[];
extern const size_t schema_file_count;

#endif
