/* Memory that runs out on demand. The calls of malloc and its kin that stand in the plugin itself are redirected
 * through its relocation table (System V ABI, "Global Offset Table"), so that the libraries below it, and the check
 * itself, go on as ever, and so that it works under sanitizers too. */
#include "check.h"

#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <link.h>
#include <malloc.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Replacements for libc's functions have no argument of ours. 0 = none is to fail. */
static _Atomic int64_t left;
static atomic_bool failed;

bool memory_fails_now(void)
{
    int64_t n = atomic_load(&left);
    while (n > 0 && !atomic_compare_exchange_weak(&left, &n, n - 1))
        continue;
    if (n == 1)
        atomic_store(&failed, true);
    return n == 1;
}

void memory_fail_at(int64_t n)
{
    atomic_store(&failed, false);
    atomic_store(&left, n);
}

bool memory_failed(void)
{
    return atomic_load(&failed);
}

static bool refuse(void)
{
    if (!memory_fails_now())
        return false;
    errno = ENOMEM;
    return true;
}

static void *failing_malloc(size_t size)
{
    return refuse() ? NULL : malloc(size);
}

static void *failing_calloc(size_t count, size_t size)
{
    return refuse() ? NULL : calloc(count, size);
}

static void *failing_realloc(void *memory, size_t size)
{
    return refuse() ? NULL : realloc(memory, size);
}

static char *failing_strdup(const char *text)
{
    return refuse() ? NULL : strdup(text);
}

static char *failing_strndup(const char *text, size_t length)
{
    return refuse() ? NULL : strndup(text, length);
}

__attribute__((format(printf, 2, 0))) static int failing_vasprintf(char **out, const char *format, va_list args)
{
    return refuse() ? -1 : vasprintf(out, format, args);
}

__attribute__((format(printf, 2, 3))) static int failing_asprintf(char **out, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int length = failing_vasprintf(out, format, args);
    va_end(args);
    return length;
}

#define REPLACED(name, function)                                                                                       \
    {                                                                                                                  \
        name, (void (*)(void))function                                                                                 \
    }
static const struct {
    const char *name;
    void (*function)(void);
} replaced[] = {
    REPLACED("malloc", failing_malloc),       REPLACED("calloc", failing_calloc),
    REPLACED("realloc", failing_realloc),     REPLACED("strdup", failing_strdup),
    REPLACED("__strdup", failing_strdup),     REPLACED("strndup", failing_strndup),
    REPLACED("asprintf", failing_asprintf),   REPLACED("__asprintf", failing_asprintf),
    REPLACED("vasprintf", failing_vasprintf), REPLACED("__vasprintf", failing_vasprintf),
};

struct tables {
    const ElfW(Sym) * symbols;
    const char *strings;
    const ElfW(Rela) * jumps, *others;
    size_t jump_count, other_count;
};

static void read_dynamic(const struct link_map *map, struct tables *tables)
{
    size_t jump_bytes = 0, other_bytes = 0;
    for (const ElfW(Dyn) *tag = map->l_ld; tag->d_tag != DT_NULL; tag++) {
        const void *at = (const void *)tag->d_un.d_ptr; /* the loader has added the base */
        if (tag->d_tag == DT_SYMTAB)
            tables->symbols = at;
        else if (tag->d_tag == DT_STRTAB)
            tables->strings = at;
        else if (tag->d_tag == DT_JMPREL)
            tables->jumps = at;
        else if (tag->d_tag == DT_RELA)
            tables->others = at;
        else if (tag->d_tag == DT_PLTRELSZ)
            jump_bytes = tag->d_un.d_val;
        else if (tag->d_tag == DT_RELASZ)
            other_bytes = tag->d_un.d_val;
    }
    tables->jump_count = tables->jumps ? jump_bytes / sizeof *tables->jumps : 0;
    tables->other_count = tables->others ? other_bytes / sizeof *tables->others : 0;
}

static bool redirect(const struct link_map *map, const struct tables *tables, const ElfW(Rela) * entries, size_t count)
{
    bool found = false;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    for (size_t i = 0; i < count; i++) {
        const char *name = tables->strings + tables->symbols[ELF64_R_SYM(entries[i].r_info)].st_name;
        for (size_t k = 0; k < sizeof replaced / sizeof replaced[0]; k++) {
            if (strcmp(name, replaced[k].name) != 0)
                continue;
            uintptr_t place = map->l_addr + entries[i].r_offset;
            void *start = (void *)(place & ~(page - 1));
            /* The table is read-only after start (RELRO). It stays writable: other data of the plugin may be on the
             * page. */
            if (mprotect(start, page, PROT_READ | PROT_WRITE) != 0)
                continue;
            memcpy((void *)place, &replaced[k].function, sizeof replaced[k].function);
            found = true;
        }
    }
    return found;
}

/* Neither malloc nor any of its kin is called: then there is nothing that could fail beside host->alloc. */
bool memory_can_fail(const struct check *check)
{
    struct link_map *map = NULL;
    Dl_info info;
    struct tables tables = {0};
    void *address;
    memcpy(&address, &check->plugin->table->ops, sizeof address);
    if (!dladdr1(address, &info, (void **)&map, RTLD_DL_LINKMAP) || !map || strcmp(map->l_name, check->path) != 0)
        return false;
    read_dynamic(map, &tables);
    if (!tables.symbols || !tables.strings)
        return false;
    bool jumps = redirect(map, &tables, tables.jumps, tables.jump_count);
    return redirect(map, &tables, tables.others, tables.other_count) || jumps;
}

extern size_t __sanitizer_get_current_allocated_bytes(void) __attribute__((weak));

int64_t memory_in_use(void)
{
    if (__sanitizer_get_current_allocated_bytes)
        return (int64_t)__sanitizer_get_current_allocated_bytes();
    struct mallinfo2 info = mallinfo2();
    return (int64_t)(info.uordblks + info.hblkhd);
}

int memory_descriptors(void)
{
    int count = 0;
    DIR *dir = opendir("/proc/self/fd");
    while (dir && readdir(dir))
        count++;
    if (dir)
        closedir(dir);
    return count;
}
