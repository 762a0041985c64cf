/* memora-load: see usage below. Exit code 1 when requests failed, 2 when the command line is wrong. */
#include "load.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: memora-load --port P [options]\n"
    "       memora-load --port P --spawn LOG -- PROGRAM ARGUMENT...\n"
    "  --connections N   (32)        --seconds S  (3)      --warmup S  (0.5)\n"
    "  --requests N      stop after N requests instead of by time\n"
    "  --method M --path T --body T  T may hold {i} the counter, {r} a random number below --range, {memo} a text\n"
    "  --body-hex H      bytes of the body in hexadecimal\n"
    "  --body-file F     bytes of the body from a file\n"
    "  --header 'K: V'   may be repeated\n"
    "  --first N --range N --expect STATUS (200) --name NAME --json --stop-on-error\n"
    "  --acknowledged F  write the counter of every successful request to F\n"
    "  --counters F      take {i} from the lines of F, one request each\n";

static const struct option long_options[] = {{"port", required_argument, NULL, 'p'},
                                             {"connections", required_argument, NULL, 'c'},
                                             {"seconds", required_argument, NULL, 's'},
                                             {"warmup", required_argument, NULL, 'w'},
                                             {"requests", required_argument, NULL, 'n'},
                                             {"method", required_argument, NULL, 'm'},
                                             {"path", required_argument, NULL, 'u'},
                                             {"body", required_argument, NULL, 'b'},
                                             {"body-hex", required_argument, NULL, 'x'},
                                             {"body-file", required_argument, NULL, 'f'},
                                             {"header", required_argument, NULL, 'h'},
                                             {"first", required_argument, NULL, '1'},
                                             {"range", required_argument, NULL, 'r'},
                                             {"expect", required_argument, NULL, 'e'},
                                             {"name", required_argument, NULL, 'N'},
                                             {"json", no_argument, NULL, 'j'},
                                             {"stop-on-error", no_argument, NULL, 'S'},
                                             {"acknowledged", required_argument, NULL, 'a'},
                                             {"spawn", required_argument, NULL, 'P'},
                                             {"counters", required_argument, NULL, 'C'},
                                             {NULL, 0, NULL, 0}};

static bool read_hex(const char *text, struct load_options *options)
{
    size_t length = strlen(text) / 2;
    char *bytes = malloc(length + 1);
    if (!bytes)
        return false;
    for (size_t i = 0; i < length; i++) {
        unsigned value;
        if (sscanf(text + 2 * i, "%2x", &value) != 1) {
            free(bytes);
            return false;
        }
        bytes[i] = (char)value;
    }
    options->body_bytes = bytes;
    options->body_bytes_len = length;
    return true;
}

static bool read_file(const char *path, struct load_options *options)
{
    FILE *file = fopen(path, "rb");
    struct text text = {0};
    char block[65536];
    if (!file) {
        perror(path);
        return false;
    }
    for (size_t n; (n = fread(block, 1, sizeof block, file)) > 0;)
        text_add(&text, block, n);
    fclose(file);
    options->body_bytes = text.data ? text.data : "";
    options->body_bytes_len = text.len;
    return true;
}

static bool read_counters(const char *path, struct load_options *options)
{
    FILE *file = fopen(path, "r");
    unsigned long long value;
    size_t cap = 0;
    if (!file) {
        perror(path);
        return false;
    }
    options->requests = 0;
    while (fscanf(file, "%llu", &value) == 1) {
        if (options->requests == cap) {
            cap = cap ? cap * 2 : 1024;
            options->counters = realloc(options->counters, cap * sizeof options->counters[0]);
            if (!options->counters)
                abort();
        }
        options->counters[options->requests++] = value;
    }
    fclose(file);
    return options->requests > 0;
}

static bool set_number(struct load_options *options, int option)
{
    switch (option) {
    case 'p':
        options->port = atoi(optarg);
        return true;
    case 'c':
        options->connections = (unsigned)strtoul(optarg, NULL, 10);
        return options->connections > 0 && options->connections <= LOAD_MAX_CONNECTIONS;
    case 's':
        options->seconds = strtod(optarg, NULL);
        return true;
    case 'w':
        options->warmup_seconds = strtod(optarg, NULL);
        return true;
    case 'n':
        options->requests = strtoull(optarg, NULL, 10);
        return true;
    case '1':
        options->first = strtoull(optarg, NULL, 10);
        return true;
    case 'r':
        options->range = strtoull(optarg, NULL, 10);
        return true;
    case 'e':
        options->expect = atoi(optarg);
        return true;
    default:
        return false;
    }
}

static bool set_option(struct load_options *options, int option)
{
    switch (option) {
    case 'm':
        options->method = optarg;
        return true;
    case 'u':
        options->path = optarg;
        return true;
    case 'b':
        options->body = optarg;
        return true;
    case 'x':
        return read_hex(optarg, options);
    case 'f':
        return read_file(optarg, options);
    case 'h':
        if (options->header_count == LOAD_MAX_HEADERS)
            return false;
        options->headers[options->header_count++] = optarg;
        return true;
    case 'N':
        options->name = optarg;
        return true;
    case 'j':
        options->json = true;
        return true;
    case 'S':
        options->stop_on_error = true;
        return true;
    case 'C':
        return read_counters(optarg, options);
    case 'a':
        options->acknowledged = fopen(optarg, "a");
        /* By lines: durability.sh looks at the file while it grows. */
        return options->acknowledged && setvbuf(options->acknowledged, NULL, _IOLBF, 0) == 0;
    default:
        return set_number(options, option);
    }
}

int main(int argc, char **argv)
{
    struct load_options options = {.connections = 32,
                                   .seconds = 3,
                                   .warmup_seconds = 0.5,
                                   .range = 1,
                                   .method = "GET",
                                   .path = "/healthz",
                                   .expect = 200,
                                   .name = "load"};
    const char *spawn_log = NULL;
    for (int option; (option = getopt_long(argc, argv, "", long_options, NULL)) != -1;) {
        if (option == 'P') {
            spawn_log = optarg;
        } else if (!set_option(&options, option)) {
            fputs(usage, stderr);
            return 2;
        }
    }
    if (options.port <= 0 || (spawn_log && optind >= argc)) {
        fputs(usage, stderr);
        return 2;
    }
    if (spawn_log)
        return spawn_server(options.port, spawn_log, argv + optind);
    struct stats stats = {0};
    bool reached = engine_run(&options, &stats);
    if (options.acknowledged)
        fclose(options.acknowledged);
    if (reached)
        stats_print(&stats, &options);
    free(stats.samples);
    free(options.counters);
    return reached && stats.errors == 0 ? 0 : 1;
}
