#ifndef MEMORA_DB_H
#define MEMORA_DB_H
#include "memora/plugin.h"
#ifdef __cplusplus
extern "C" {
#endif
struct memora_db; struct memora_conn; struct memora_stmt; /* the plugin's */

enum { MEMORA_NULL, MEMORA_INT, MEMORA_DOUBLE, MEMORA_TEXT, MEMORA_BLOB, MEMORA_BOOL };
struct memora_value {          /* frozen: it travels in arrays */
  uint32_t type, reserved;
  uint64_t len;                /* TEXT and BLOB bytes */
  union { int64_t i; double d; const void *p; } u;
};

enum { MEMORA_FAMILY_SQLITE = 1, MEMORA_FAMILY_MYSQL = 2, MEMORA_FAMILY_POSTGRES = 3, MEMORA_FAMILY_OTHER = 100 };
enum { /* dialect features */
  MEMORA_SQL_RETURNING = 1 << 0, MEMORA_SQL_ON_CONFLICT = 1 << 1, MEMORA_SQL_ON_DUPLICATE = 1 << 2,
  MEMORA_SQL_DOLLAR_PARAMS = 1 << 3, MEMORA_SQL_DDL_IN_TX = 1 << 4, MEMORA_SQL_SKIP_LOCKED = 1 << 5,
  MEMORA_SQL_NATIVE_BOOL = 1 << 6, MEMORA_SQL_CTE = 1 << 7,
  MEMORA_SQL_SINGLE_WRITER = 1 << 8 /* writers queue; the core shares one commit among those waiting */
};
struct memora_dialect {
  uint32_t struct_size, family;
  uint64_t features;
  uint32_t max_params;
  char quote;                  /* ` or " */
  char pad[3];
  const char *schema_dir;      /* "sqlite", "mysql", "postgres" or a third party's */
  const char *const *fragments;/* NULL-terminated "name","sql with {0}" pairs */
};
enum { MEMORA_TX_READ = 1, MEMORA_TX_WRITE = 2 };

struct memora_db_ops {
  uint32_t struct_size, reserved;
  /* instance: may be opened many times in one process */
  int (*open)(const struct memora_config *, struct memora_db **out, struct memora_error *);
  void (*close)(struct memora_db *);
  const struct memora_dialect *(*dialect)(struct memora_db *);
  /* connection: pooled by the core, one thread at a time */
  int (*connect)(struct memora_db *, struct memora_conn **out, struct memora_error *);
  void (*disconnect)(struct memora_conn *);
  int (*recycle)(struct memora_conn *, struct memora_error *);
  void (*interrupt)(struct memora_conn *);      /* from any thread */
  /* statements */
  int (*prepare)(struct memora_conn *, const char *sql, size_t len, struct memora_stmt **out, struct memora_error *);
  int (*bind)(struct memora_stmt *, const struct memora_value *, uint32_t n, struct memora_error *);
  int (*step)(struct memora_stmt *, struct memora_error *);
  int (*row)(struct memora_stmt *, struct memora_value *out, uint32_t n);
  int64_t (*affected)(struct memora_stmt *);
  int64_t (*last_id)(struct memora_stmt *);
  void (*reset)(struct memora_stmt *);
  void (*finalize)(struct memora_stmt *);
  /* transactions and scripts */
  int (*begin)(struct memora_conn *, uint32_t mode, struct memora_error *);
  int (*commit)(struct memora_conn *, struct memora_error *);
  int (*rollback)(struct memora_conn *, struct memora_error *);
  int (*script)(struct memora_conn *, const char *sql, size_t len, struct memora_error *);
  int (*migrate_lock)(struct memora_conn *, int64_t timeout_ns, struct memora_error *);
  void (*migrate_unlock)(struct memora_conn *);
  /* optional: NULL means "not offered" */
  int64_t (*size_bytes)(struct memora_db *);
  int (*backup)(struct memora_db *, int (*write)(void *, const void *, size_t), void *, struct memora_error *);
  int (*notify)(struct memora_conn *, const char *channel, const char *payload, struct memora_error *);
  int (*listen)(struct memora_db *, const char *channel, void (*cb)(void *, const char *payload, size_t), void *, struct memora_error *);
};
#ifdef __cplusplus
}
#endif
#endif
