/* Names as protoc-c and we spell them in C. */
#ifndef MEMORA_GEN_ROUTES_NAMES_H
#define MEMORA_GEN_ROUTES_NAMES_H

#include "base/arena.h"

/* ".memos.api.v1.UserStats.MemoStats" to Memos__Api__V1__UserStats__MemoStats. */
const char *name_c_type(struct arena *arena, const char *full_name);
/* The same to memos__api__v1__user_stats__memo_stats (capitals in a row stay together, as in protoc-c). */
const char *name_c_lower(struct arena *arena, const char *full_name);
/* "AIService" to ai_service: the last of several capitals begins a word. */
const char *name_snake(struct arena *arena, const char *camel);

#endif
