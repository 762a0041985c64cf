#include "filter/signatures.h"

/* clang-format off */
#define PAIRS(name, result) \
    {name, false, "bb", result}, {name, false, "ii", result}, {name, false, "uu", result}, \
    {name, false, "dd", result}, {name, false, "ss", result}, {name, false, "yy", result}, \
    {name, false, "tt", result}, {name, false, "rr", result}
#define TIME_PART(name) {name, true, "t", 'i'}, {name, true, "ts", 'i'}
#define CLOCK_PART(name) TIME_PART(name), {name, true, "r", 'i'}

const struct filter_signature filter_signatures[] = {
    {"_==_", false, "AA", 'b'}, {"_!=_", false, "AA", 'b'},
    PAIRS("_<_", 'b'), PAIRS("_<=_", 'b'), PAIRS("_>_", 'b'), PAIRS("_>=_", 'b'),
    {"!_", false, "b", 'b'}, {"-_", false, "i", 'i'}, {"-_", false, "d", 'd'},
    {"_+_", false, "ii", 'i'}, {"_+_", false, "uu", 'u'}, {"_+_", false, "dd", 'd'}, {"_+_", false, "ss", 's'},
    {"_+_", false, "yy", 'y'}, {"_+_", false, "LL", 'L'}, {"_+_", false, "tr", 't'}, {"_+_", false, "rt", 't'},
    {"_+_", false, "rr", 'r'},
    {"_-_", false, "ii", 'i'}, {"_-_", false, "uu", 'u'}, {"_-_", false, "dd", 'd'}, {"_-_", false, "tt", 'r'},
    {"_-_", false, "tr", 't'}, {"_-_", false, "rr", 'r'},
    {"_*_", false, "ii", 'i'}, {"_*_", false, "uu", 'u'}, {"_*_", false, "dd", 'd'},
    {"_/_", false, "ii", 'i'}, {"_/_", false, "uu", 'u'}, {"_/_", false, "dd", 'd'},
    {"_%_", false, "ii", 'i'}, {"_%_", false, "uu", 'u'},
    {"@in", false, "AL", 'b'}, {"_[_]", false, "Li", 'A'}, {"_?_:_", false, "bAA", 'A'},
    {"size", false, "s", 'i'}, {"size", false, "y", 'i'}, {"size", false, "L", 'i'},
    {"size", true, "s", 'i'}, {"size", true, "y", 'i'}, {"size", true, "L", 'i'},
    {"contains", true, "ss", 'b'}, {"startsWith", true, "ss", 'b'}, {"endsWith", true, "ss", 'b'},
    {"matches", true, "ss", 'b'}, {"matches", false, "ss", 'b'},
    {"bool", false, "b", 'b'}, {"bool", false, "s", 'b'},
    {"int", false, "i", 'i'}, {"int", false, "u", 'i'}, {"int", false, "d", 'i'}, {"int", false, "s", 'i'},
    {"int", false, "t", 'i'}, {"int", false, "r", 'i'},
    {"uint", false, "u", 'u'}, {"uint", false, "i", 'u'}, {"uint", false, "d", 'u'}, {"uint", false, "s", 'u'},
    {"double", false, "d", 'd'}, {"double", false, "i", 'd'}, {"double", false, "u", 'd'}, {"double", false, "s", 'd'},
    {"string", false, "s", 's'}, {"string", false, "b", 's'}, {"string", false, "i", 's'}, {"string", false, "u", 's'},
    {"string", false, "d", 's'}, {"string", false, "y", 's'}, {"string", false, "t", 's'}, {"string", false, "r", 's'},
    {"bytes", false, "y", 'y'}, {"bytes", false, "s", 'y'},
    {"timestamp", false, "t", 't'}, {"timestamp", false, "s", 't'}, {"timestamp", false, "i", 't'},
    {"duration", false, "r", 'r'}, {"duration", false, "s", 'r'}, {"duration", false, "i", 'r'},
    {"dyn", false, "A", '*'}, {"type", false, "A", 'T'},
    TIME_PART("getFullYear"), TIME_PART("getMonth"), TIME_PART("getDate"), TIME_PART("getDayOfMonth"),
    TIME_PART("getDayOfWeek"), TIME_PART("getDayOfYear"),
    CLOCK_PART("getHours"), CLOCK_PART("getMinutes"), CLOCK_PART("getSeconds"), CLOCK_PART("getMilliseconds"),
    {"sets.contains", false, "LL", 'b'}, {"sets.intersects", false, "LL", 'b'}, {"sets.equivalent", false, "LL", 'b'},
    {NULL, false, NULL, 0},
};
/* clang-format on */
