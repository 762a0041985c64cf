/* The functions of CEL that filters may name, with the types they take. Private to filter/. */
#ifndef MEMORA_FILTER_SIGNATURES_H
#define MEMORA_FILTER_SIGNATURES_H

#include "filter/ast.h"

/* args: one letter per argument, the receiver first if it is a method: b bool, i int, u uint, d double, s string,
 * y bytes, n null, t timestamp, r duration, A any one type, L list of A, * anything. result likewise, T for a type. */
struct filter_signature {
    const char *name;
    bool method;
    const char *args;
    char result;
};

/* The table, ended by a NULL name. */
extern const struct filter_signature filter_signatures[];

#endif
