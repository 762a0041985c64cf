/* Messages and enums of all files that protoc handed over, by full name. */
#ifndef MEMORA_GEN_ROUTES_TYPES_H
#define MEMORA_GEN_ROUTES_TYPES_H

#include <stdbool.h>

#include "base/arena.h"
#include "plugin.pb-c.h"

struct type {
    const char *name;                                 /* ".memos.api.v1.UserStats.MemoStats" */
    const Google__Protobuf__DescriptorProto *message; /* NULL for an enum */
    const Google__Protobuf__EnumDescriptorProto *enumeration;
    bool used; /* wanted in the output */
};

struct types {
    struct arena *arena;
    const Memora__Protoc__CodeGeneratorRequest *request;
    struct type *list;
    size_t count;
};

void types_build(struct types *types, struct arena *arena, const Memora__Protoc__CodeGeneratorRequest *request);
/* NULL if there is no such type. */
struct type *types_find(const struct types *types, const char *name);
/* What stands above a field of a message that is not nested; NULL: nothing. */
const char *type_comment(const struct types *types, const Google__Protobuf__FieldDescriptorProto *field);
/* The comment above what the path (descriptor.proto, SourceCodeInfo) leads to, in one line; NULL: none. */
const char *file_comment(struct arena *arena, const Google__Protobuf__FileDescriptorProto *file, const int32_t *path,
                         size_t length);
/* The field of a message by its .proto name; NULL if there is none. */
const Google__Protobuf__FieldDescriptorProto *type_field(const struct type *type, const char *name, size_t length);

#endif
