#include "types.h"

#include <string.h>

static size_t count_message(const Google__Protobuf__DescriptorProto *message)
{
    size_t count = 1 + message->n_enum_type;
    for (size_t i = 0; i < message->n_nested_type; i++)
        count += count_message(message->nested_type[i]);
    return count;
}

static size_t count_types(const Memora__Protoc__CodeGeneratorRequest *request)
{
    size_t count = 0;
    for (size_t i = 0; i < request->n_proto_file; i++) {
        count += request->proto_file[i]->n_enum_type;
        for (size_t j = 0; j < request->proto_file[i]->n_message_type; j++)
            count += count_message(request->proto_file[i]->message_type[j]);
    }
    return count;
}

static struct type *add(struct types *types, const char *name)
{
    struct type *type = &types->list[types->count++];
    *type = (struct type){.name = name};
    return type;
}

static void add_message(struct types *types, struct arena *arena, const char *scope,
                        const Google__Protobuf__DescriptorProto *message)
{
    const char *name = arena_printf(arena, "%s.%s", scope, message->name);
    add(types, name)->message = message;
    for (size_t i = 0; i < message->n_enum_type; i++)
        add(types, arena_printf(arena, "%s.%s", name, message->enum_type[i]->name))->enumeration =
            message->enum_type[i];
    for (size_t i = 0; i < message->n_nested_type; i++)
        add_message(types, arena, name, message->nested_type[i]);
}

void types_build(struct types *types, struct arena *arena, const Memora__Protoc__CodeGeneratorRequest *request)
{
    *types = (struct types){.list = ARENA_ARRAY(arena, struct type, count_types(request))};
    for (size_t i = 0; i < request->n_proto_file; i++) {
        const Google__Protobuf__FileDescriptorProto *file = request->proto_file[i];
        const char *scope = file->package ? arena_printf(arena, ".%s", file->package) : "";
        for (size_t j = 0; j < file->n_message_type; j++)
            add_message(types, arena, scope, file->message_type[j]);
        for (size_t j = 0; j < file->n_enum_type; j++)
            add(types, arena_printf(arena, "%s.%s", scope, file->enum_type[j]->name))->enumeration = file->enum_type[j];
    }
}

struct type *types_find(const struct types *types, const char *name)
{
    for (size_t i = 0; i < types->count; i++)
        if (strcmp(types->list[i].name, name) == 0)
            return &types->list[i];
    return NULL;
}

const Google__Protobuf__FieldDescriptorProto *type_field(const struct type *type, const char *name, size_t length)
{
    for (size_t i = 0; type && type->message && i < type->message->n_field; i++) {
        const char *known = type->message->field[i]->name;
        if (strlen(known) == length && memcmp(known, name, length) == 0)
            return type->message->field[i];
    }
    return NULL;
}
