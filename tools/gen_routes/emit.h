/* The generated files. */
#ifndef MEMORA_GEN_ROUTES_EMIT_H
#define MEMORA_GEN_ROUTES_EMIT_H

#include "base/buf.h"
#include "model.h"

/* <prefix>_handlers.h: a prototype per method. */
void emit_handlers(struct buf *out, const struct model *model, const char *prefix);
/* <table>.c: the method table (ordered by procedure), whose thunks call the handlers that the program has. */
void emit_table(struct buf *out, const struct model *model, const char *prefix, const char *table, const char *count);

#endif
