/* The REST side of the services as an OpenAPI 3.1 document. */
#ifndef MEMORA_GEN_ROUTES_OPENAPI_H
#define MEMORA_GEN_ROUTES_OPENAPI_H

#include "base/buf.h"
#include "model.h"
#include "types.h"

void emit_openapi(struct buf *out, const struct model *model, struct types *types);

/* The schema of one field, repeated and maps included; marks the types that it refers to as used. */
void openapi_add_field_schema(struct buf *out, struct types *types,
                              const Google__Protobuf__FieldDescriptorProto *field);
/* {"$ref": ...} or the inline schema of a well-known type. */
void openapi_add_type(struct buf *out, struct types *types, const char *type_name);
/* "components.schemas" of all used types and what they refer to. */
void openapi_add_schemas(struct buf *out, struct types *types);
/* Whether a field of this type can be given in a query: a scalar, an enum, or a message that is one text in JSON. */
bool openapi_fits_query(const Google__Protobuf__FieldDescriptorProto *field);
/* "/api/v1/memos/{memo}/reactions/{reaction}" */
const char *openapi_path(struct arena *arena, const struct method *method);
/* Whether the path or the body already gives the field. */
bool openapi_is_bound(const struct method *method, const char *field);
void openapi_add_name(struct buf *out, const char *proto_name); /* quoted lowerCamelCase */

#endif
