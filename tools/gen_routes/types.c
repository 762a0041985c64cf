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
    *types = (struct types){
        .arena = arena, .request = request, .list = ARENA_ARRAY(arena, struct type, count_types(request))};
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

const char *file_comment(struct arena *arena, const Google__Protobuf__FileDescriptorProto *file, const int32_t *path,
                         size_t length)
{
    const Google__Protobuf__SourceCodeInfo *info = file->source_code_info;
    for (size_t i = 0; info && i < info->n_location; i++) {
        const Google__Protobuf__SourceCodeInfo__Location *location = info->location[i];
        if (location->n_path != length || memcmp(location->path, path, length * sizeof *path) != 0 ||
            !location->leading_comments)
            continue;
        char *text = arena_strdup(arena, location->leading_comments), *to = text;
        for (const char *from = text + strspn(text, " \n"); *from; from++) {
            bool blank = *from == ' ' || *from == '\n';
            if (!blank || (to > text && to[-1] != ' '))
                *to++ = blank ? ' ' : *from;
        }
        while (to > text && to[-1] == ' ')
            to--;
        *to = '\0';
        return *text ? text : NULL;
    }
    return NULL;
}

const char *type_comment(const struct types *types, const Google__Protobuf__FieldDescriptorProto *field)
{
    enum { FILE_MESSAGE = 4, MESSAGE_FIELD = 2 };
    for (size_t i = 0; i < types->request->n_proto_file; i++) {
        const Google__Protobuf__FileDescriptorProto *file = types->request->proto_file[i];
        for (size_t j = 0; j < file->n_message_type; j++)
            for (size_t k = 0; k < file->message_type[j]->n_field; k++)
                if (file->message_type[j]->field[k] == field) {
                    const int32_t path[] = {FILE_MESSAGE, (int32_t)j, MESSAGE_FIELD, (int32_t)k};
                    return file_comment(types->arena, file, path, sizeof path / sizeof path[0]);
                }
    }
    return NULL;
}
