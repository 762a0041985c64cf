/* The file itself and what the table says: what a packager would look at with nm and readelf. */
#include "check.h"

#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FACTS_MAX = 64, FACT_LENGTH_MAX = 200, EXPORTS_TEXT = 400 };

struct image {
    const unsigned char *bytes;
    size_t size;
};

static bool map_file(const char *path, struct image *image)
{
    struct stat info;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    void *bytes = MAP_FAILED;
    if (fd >= 0 && fstat(fd, &info) == 0 && info.st_size > 0)
        bytes = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (fd >= 0)
        close(fd);
    if (bytes == MAP_FAILED)
        return false;
    *image = (struct image){.bytes = bytes, .size = (size_t)info.st_size};
    return true;
}

static bool inside(const struct image *image, uint64_t offset, uint64_t length)
{
    return offset <= image->size && length <= image->size - offset;
}

/* The first section of the type; NULL if there is none, or the file ends before it does. */
static const Elf64_Shdr *find_section(const struct image *image, uint32_t type)
{
    const Elf64_Ehdr *header = (const void *)image->bytes;
    if (!inside(image, 0, sizeof *header) || memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 ||
        header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_shentsize != sizeof(Elf64_Shdr) ||
        !inside(image, header->e_shoff, (uint64_t)header->e_shnum * sizeof(Elf64_Shdr)))
        return NULL;
    const Elf64_Shdr *sections = (const void *)(image->bytes + header->e_shoff);
    for (unsigned i = 0; i < header->e_shnum; i++)
        if (sections[i].sh_type == type && sections[i].sh_link < header->e_shnum &&
            inside(image, sections[i].sh_offset, sections[i].sh_size))
            return &sections[i];
    return NULL;
}

static bool by_compiler(const char *name)
{
    /* Marks that sanitizers and old linkers leave in every object. */
    static const char *const prefixes[] = {"__odr_asan", "__asan_", "__tsan_", "__start_", "__stop_"};
    static const char *const names[] = {"_init", "_fini", "_edata", "_end", "__bss_start"};
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++)
        if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
            return true;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

/* Names of the exported symbols, the entry point left out, into text. */
static bool list_exports(const struct image *image, char text[EXPORTS_TEXT], bool *entry)
{
    const Elf64_Ehdr *header = (const void *)image->bytes;
    const Elf64_Shdr *table = find_section(image, SHT_DYNSYM);
    if (!table)
        return false;
    const Elf64_Shdr *strings = (const Elf64_Shdr *)(const void *)(image->bytes + header->e_shoff) + table->sh_link;
    const Elf64_Sym *symbols = (const void *)(image->bytes + table->sh_offset);
    size_t length = 0;
    text[0] = '\0';
    for (size_t i = 1; i < table->sh_size / sizeof *symbols; i++) {
        if (symbols[i].st_shndx == SHN_UNDEF || symbols[i].st_name >= strings->sh_size ||
            ELF64_ST_BIND(symbols[i].st_info) == STB_LOCAL)
            continue;
        const char *name = (const char *)image->bytes + strings->sh_offset + symbols[i].st_name;
        if (strcmp(name, MEMORA_PLUGIN_ENTRY) == 0)
            *entry = true;
        else if (!by_compiler(name) && length < EXPORTS_TEXT - 1)
            length += (size_t)snprintf(text + length, EXPORTS_TEXT - length, "%s ", name);
    }
    return true;
}

struct flags {
    bool now, nodelete, text_relocations;
};

static struct flags read_flags(const struct image *image)
{
    struct flags flags = {0};
    const Elf64_Shdr *section = find_section(image, SHT_DYNAMIC);
    const Elf64_Dyn *tags = section ? (const void *)(image->bytes + section->sh_offset) : NULL;
    for (size_t i = 0; tags && i < section->sh_size / sizeof *tags && tags[i].d_tag != DT_NULL; i++) {
        uint64_t value = tags[i].d_un.d_val;
        bool is_flags = tags[i].d_tag == DT_FLAGS, is_more = tags[i].d_tag == DT_FLAGS_1;
        flags.now |= tags[i].d_tag == DT_BIND_NOW || (is_flags && value & DF_BIND_NOW) || (is_more && value & DF_1_NOW);
        flags.nodelete |= is_more && value & DF_1_NODELETE;
        flags.text_relocations |= tags[i].d_tag == DT_TEXTREL || (is_flags && value & DF_TEXTREL);
    }
    return flags;
}

static void check_file(struct check *check)
{
    struct image image;
    char exports[EXPORTS_TEXT];
    bool entry = false;
    if (!check_that(check, map_file(check->path, &image), "the file can be read", "%s", check->path))
        return;
    bool read = list_exports(&image, exports, &entry);
    check_that(check, read && entry && exports[0] == '\0', "exports " MEMORA_PLUGIN_ENTRY " and nothing else",
               "%s%s; compile with -fvisibility=hidden",
               !read ? "no table of dynamic symbols" : "it also exports: ", read ? exports : "");
    struct flags flags = read_flags(&image);
    check_that(check, flags.now, "linked with -z now", "a symbol that is missing would show only when it is called");
    check_that(check, flags.nodelete, "linked with -z nodelete", "threads and exit handlers may outlive an unload");
    check_that(check, !flags.text_relocations, "no text relocations", "compile with -fPIC");
    munmap((void *)(uintptr_t)image.bytes, image.size);
}

static uint32_t first_word(const void *table)
{
    uint32_t word;
    memcpy(&word, table, sizeof word);
    return word;
}

static void check_tables(struct check *check)
{
    const struct memora_plugin *table = check->plugin->table;
    bool is_db = table->kind == MEMORA_KIND_DB;
    size_t wanted = is_db ? sizeof(struct memora_db_ops) : sizeof(struct memora_storage_ops);
    check_that(check, table->struct_size == sizeof *table || table->abi_minor != MEMORA_ABI_MINOR,
               "struct memora_plugin has the size of its interface version", "%u bytes, expected %zu with %u.%u",
               table->struct_size, sizeof *table, table->abi_major, table->abi_minor);
    check_that(check, first_word(table->ops) == wanted || table->abi_minor != MEMORA_ABI_MINOR,
               "the operations have the size of their interface version", "%u bytes, expected %zu",
               first_word(table->ops), wanted);
    check_that(check, table->needs_minor <= table->abi_minor, "needs no newer core than it was built with",
               "needs_minor %u, abi_minor %u", table->needs_minor, table->abi_minor);
    if (is_db) {
        const struct memora_db_ops *ops = table->ops;
        check_that(check, !ops->notify == !ops->listen, "notify and listen: both or none", "only one of them is set");
    }
}

static void check_keys(struct check *check)
{
    const struct memora_plugin *table = check->plugin->table;
    for (uint32_t i = 0; i < table->config_key_count; i++) {
        const struct memora_config_key *key = &table->config_keys[i];
        bool secret = strstr(key->name, "password") || strstr(key->name, "secret") || strstr(key->name, "token");
        /* "credentials_file" and the like name a place, not the secret itself. */
        if (secret && key->type == MEMORA_KEY_STRING)
            check_that(check, key->flags & MEMORA_KEY_SECRET, "a key that names a secret is marked as one",
                       "%s lacks MEMORA_KEY_SECRET", key->name);
        if (strchr(key->help, '\n'))
            check_that(check, false, "help texts are one line", "that of %s has several", key->name);
    }
}

struct facts {
    unsigned count;
    bool bad;
};

static void take_fact(void *ctx, const char *name, const char *value)
{
    struct facts *facts = ctx;
    facts->count++;
    facts->bad |= !name || !value || !*name || strnlen(name, FACT_LENGTH_MAX) == FACT_LENGTH_MAX ||
                  strnlen(value, FACT_LENGTH_MAX) == FACT_LENGTH_MAX || strchr(value, '\n');
}

static void check_describe(struct check *check)
{
    struct facts facts = {0};
    if (!check->plugin->table->describe) {
        check_skip(check, "describe() gives short facts", "the plugin has no describe()");
        return;
    }
    check->plugin->table->describe(take_fact, &facts);
    check_that(check, !facts.bad && facts.count > 0 && facts.count <= FACTS_MAX, "describe() gives short facts",
               "%u facts; each needs a name and a value of one line", facts.count);
}

static void check_entry(struct check *check)
{
    const struct plugin *again = NULL;
    struct status status = {0};
    plugin_load("/", (enum memora_kind)check->plugin->table->kind, check->path, &again, &status);
    check_that(check, again == check->plugin, "loading twice gives the same plugin", "%s", status.message);
    void *handle = dlopen(check->path, RTLD_NOW | RTLD_LOCAL | RTLD_NOLOAD);
    void *symbol = handle ? dlsym(handle, MEMORA_PLUGIN_ENTRY) : NULL;
    memora_plugin_entry_fn *entry = NULL;
    memcpy(&entry, &symbol, sizeof entry);
    check_that(check, entry && entry() && entry() == entry(), "the entry point gives the same table each time",
               "another table, or none");
    if (entry && entry())
        check_that(check, entry()->ops == check->plugin->table->ops, "load() leaves the table as it is",
                   "ops changed after load()");
    if (handle)
        dlclose(handle);
}

void check_abi(struct check *check)
{
    check_file(check);
    check_tables(check);
    check_keys(check);
    check_describe(check);
    check_entry(check);
}
