/* The binary promise: sizes, offsets and numbers of ABI 1.0 on LP64. A line here may be added, never changed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <memora/db.h>
#include <memora/plugin.h>
#include <memora/storage.h>

#define OFFSET(type, member, value) assert_int_equal(offsetof(struct type, member), value)

static void test_frozen_structs(void **state)
{
    (void)state;
    assert_int_equal(sizeof(void *), 8);
    assert_int_equal(sizeof(struct memora_error), 512);
    OFFSET(memora_error, sqlstate, 4);
    OFFSET(memora_error, message, 12);
    assert_int_equal(sizeof(struct memora_value), 24);
    OFFSET(memora_value, len, 8);
    OFFSET(memora_value, u, 16);
    assert_int_equal(sizeof(struct memora_object), 216);
    OFFSET(memora_object, mtime_ns, 8);
    OFFSET(memora_object, etag, 16);
    OFFSET(memora_object, content_type, 88);
    assert_int_equal(sizeof(struct memora_config_key), 40);
    OFFSET(memora_config_key, type, 8);
    OFFSET(memora_config_key, flags, 12);
    OFFSET(memora_config_key, def, 16);
    OFFSET(memora_config_key, help, 24);
    OFFSET(memora_config_key, allowed, 32);
}

static void test_plugin_table(void **state)
{
    (void)state;
    OFFSET(memora_plugin, magic, 0);
    OFFSET(memora_plugin, struct_size, 4);
    OFFSET(memora_plugin, abi_major, 8);
    OFFSET(memora_plugin, abi_minor, 12);
    OFFSET(memora_plugin, needs_minor, 16);
    OFFSET(memora_plugin, kind, 20);
    OFFSET(memora_plugin, threads, 24);
    OFFSET(memora_plugin, config_key_count, 28);
    OFFSET(memora_plugin, name, 32);
    OFFSET(memora_plugin, version, 40);
    OFFSET(memora_plugin, summary, 48);
    OFFSET(memora_plugin, licence, 56);
    OFFSET(memora_plugin, config_keys, 64);
    OFFSET(memora_plugin, ops, 72);
    OFFSET(memora_plugin, load, 80);
    OFFSET(memora_plugin, describe, 88);
    assert_int_equal(sizeof(struct memora_plugin), 96);
}

static void test_host_table(void **state)
{
    (void)state;
    OFFSET(memora_host, abi_minor, 4);
    OFFSET(memora_host, core_version, 8);
    OFFSET(memora_host, log, 16);
    OFFSET(memora_host, log_enabled, 24);
    OFFSET(memora_host, alloc, 32);
    OFFSET(memora_host, free, 40);
    OFFSET(memora_host, wipe, 48);
    OFFSET(memora_host, random, 56);
    OFFSET(memora_host, wall_ns, 64);
    OFFSET(memora_host, mono_ns, 72);
    OFFSET(memora_host, config_str, 80);
    OFFSET(memora_host, config_int, 88);
    OFFSET(memora_host, config_bool, 96);
    OFFSET(memora_host, data_dir, 104);
    OFFSET(memora_host, stopping, 112);
    OFFSET(memora_host, utf8_fold, 120);
    OFFSET(memora_host, regex_match, 128);
    assert_int_equal(sizeof(struct memora_host), 136);
}

static void test_db_tables(void **state)
{
    (void)state;
    OFFSET(memora_dialect, family, 4);
    OFFSET(memora_dialect, features, 8);
    OFFSET(memora_dialect, max_params, 16);
    OFFSET(memora_dialect, quote, 20);
    OFFSET(memora_dialect, schema_dir, 24);
    OFFSET(memora_dialect, fragments, 32);
    assert_int_equal(sizeof(struct memora_dialect), 40);
    OFFSET(memora_db_ops, open, 8);
    OFFSET(memora_db_ops, close, 16);
    OFFSET(memora_db_ops, dialect, 24);
    OFFSET(memora_db_ops, connect, 32);
    OFFSET(memora_db_ops, disconnect, 40);
    OFFSET(memora_db_ops, recycle, 48);
    OFFSET(memora_db_ops, interrupt, 56);
    OFFSET(memora_db_ops, prepare, 64);
    OFFSET(memora_db_ops, bind, 72);
    OFFSET(memora_db_ops, step, 80);
    OFFSET(memora_db_ops, row, 88);
    OFFSET(memora_db_ops, affected, 96);
    OFFSET(memora_db_ops, last_id, 104);
    OFFSET(memora_db_ops, reset, 112);
    OFFSET(memora_db_ops, finalize, 120);
    OFFSET(memora_db_ops, begin, 128);
    OFFSET(memora_db_ops, commit, 136);
    OFFSET(memora_db_ops, rollback, 144);
    OFFSET(memora_db_ops, script, 152);
    OFFSET(memora_db_ops, migrate_lock, 160);
    OFFSET(memora_db_ops, migrate_unlock, 168);
    OFFSET(memora_db_ops, size_bytes, 176);
    OFFSET(memora_db_ops, backup, 184);
    OFFSET(memora_db_ops, notify, 192);
    OFFSET(memora_db_ops, listen, 200);
    OFFSET(memora_db_ops, execute_all, 208);
    assert_int_equal(sizeof(struct memora_db_ops), 216);
}

static void test_storage_tables(void **state)
{
    (void)state;
    OFFSET(memora_put, flags, 4);
    OFFSET(memora_put, size, 8);
    OFFSET(memora_put, content_type, 16);
    OFFSET(memora_put, read, 24);
    OFFSET(memora_put, ctx, 32);
    OFFSET(memora_put, read_at, 40);
    OFFSET(memora_put, take_file, 48);
    assert_int_equal(sizeof(struct memora_put), 56);
    OFFSET(memora_storage_ops, open, 8);
    OFFSET(memora_storage_ops, close, 16);
    OFFSET(memora_storage_ops, features, 24);
    OFFSET(memora_storage_ops, check, 32);
    OFFSET(memora_storage_ops, put, 40);
    OFFSET(memora_storage_ops, stat, 48);
    OFFSET(memora_storage_ops, get, 56);
    OFFSET(memora_storage_ops, read, 64);
    OFFSET(memora_storage_ops, reader_fd, 72);
    OFFSET(memora_storage_ops, reader_close, 80);
    OFFSET(memora_storage_ops, remove, 88);
    OFFSET(memora_storage_ops, presign, 96);
    OFFSET(memora_storage_ops, list, 104);
    OFFSET(memora_storage_ops, read_now, 112);
    assert_int_equal(sizeof(struct memora_storage_ops), 120);
}

static void test_numbers(void **state)
{
    (void)state;
    assert_int_equal(MEMORA_PLUGIN_MAGIC, 0x4d454d31);
    assert_int_equal(MEMORA_ABI_MAJOR, 1);
    static const int results[] = {MEMORA_E_INTERNAL,  MEMORA_E_ARG,    MEMORA_E_NOMEM,      MEMORA_E_UNSUPPORTED,
                                  MEMORA_E_NOT_FOUND, MEMORA_E_UNIQUE, MEMORA_E_CONSTRAINT, MEMORA_E_RETRY,
                                  MEMORA_E_CONN,      MEMORA_E_SYNTAX, MEMORA_E_AUTH,       MEMORA_E_IO,
                                  MEMORA_E_FULL,      MEMORA_E_RANGE,  MEMORA_E_CANCELLED,  MEMORA_E_EXISTS,
                                  MEMORA_E_CONFIG};
    for (int i = 0; i < 17; i++)
        assert_int_equal(results[i], -1 - i);
    static const int ascending[][9] = {
        {MEMORA_OK, MEMORA_ROW},
        {MEMORA_LOG_ERROR, MEMORA_LOG_WARN, MEMORA_LOG_INFO, MEMORA_LOG_DEBUG},
        {MEMORA_KEY_STRING, MEMORA_KEY_INT, MEMORA_KEY_BOOL, MEMORA_KEY_PATH, MEMORA_KEY_BYTES, MEMORA_KEY_SECONDS},
        {MEMORA_THREADS_SERIAL, MEMORA_THREADS_PER_CONN, MEMORA_THREADS_PARALLEL},
        {MEMORA_NULL, MEMORA_INT, MEMORA_DOUBLE, MEMORA_TEXT, MEMORA_BLOB, MEMORA_BOOL},
    };
    static const int counts[] = {2, 4, 6, 3, 6};
    for (int list = 0; list < 5; list++)
        for (int i = 0; i < counts[list]; i++)
            assert_int_equal(ascending[list][i], i);
    static const int features[] = {MEMORA_SQL_RETURNING,     MEMORA_SQL_ON_CONFLICT, MEMORA_SQL_ON_DUPLICATE,
                                   MEMORA_SQL_DOLLAR_PARAMS, MEMORA_SQL_DDL_IN_TX,   MEMORA_SQL_SKIP_LOCKED,
                                   MEMORA_SQL_NATIVE_BOOL,   MEMORA_SQL_CTE,         MEMORA_SQL_SINGLE_WRITER};
    for (int i = 0; i < 9; i++)
        assert_int_equal(features[i], 1 << i);
    assert_int_equal(MEMORA_KEY_REQUIRED, 1);
    assert_int_equal(MEMORA_KEY_SECRET, 2);
    assert_int_equal(MEMORA_KIND_DB, 1);
    assert_int_equal(MEMORA_KIND_STORAGE, 2);
    assert_int_equal(MEMORA_FAMILY_SQLITE, 1);
    assert_int_equal(MEMORA_FAMILY_MYSQL, 2);
    assert_int_equal(MEMORA_FAMILY_POSTGRES, 3);
    assert_int_equal(MEMORA_FAMILY_OTHER, 100);
    assert_int_equal(MEMORA_TX_READ, 1);
    assert_int_equal(MEMORA_TX_WRITE, 2);
    assert_int_equal(MEMORA_PUT_NO_REPLACE, 1);
    assert_int_equal(MEMORA_STORAGE_RANGE, 1);
    assert_int_equal(MEMORA_STORAGE_PRESIGN, 2);
    assert_int_equal(MEMORA_STORAGE_LIST, 4);
    assert_int_equal(MEMORA_STORAGE_FD, 8);
    assert_int_equal(MEMORA_STORAGE_KEY_MAX, 1024);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frozen_structs), cmocka_unit_test(test_plugin_table),   cmocka_unit_test(test_host_table),
        cmocka_unit_test(test_db_tables),      cmocka_unit_test(test_storage_tables), cmocka_unit_test(test_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
