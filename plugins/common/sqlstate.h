/* SQLSTATE codes (SQL standard; PostgreSQL manual, appendix A) in terms of what the core should do. For every plugin
 * whose database speaks them. */
#ifndef PLUGINS_COMMON_SQLSTATE_H
#define PLUGINS_COMMON_SQLSTATE_H

/* sqlstate: five characters. Returns a MEMORA_E_* code, MEMORA_E_INTERNAL for what is not known. */
int sqlstate_result(const char *sqlstate);

#endif
