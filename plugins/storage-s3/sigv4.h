/* AWS Signature Version 4 (AWS General Reference, "Signing AWS API requests"), with the rules that S3 has for paths:
 * they are encoded once and not normalised. Pure functions; thread-safe. */
#ifndef MEMORA_STORAGE_S3_SIGV4_H
#define MEMORA_STORAGE_S3_SIGV4_H

#include <stddef.h>
#include <stdint.h>

enum { SIGV4_HASH_HEX = 65, SIGV4_TIME = 17, SIGV4_SCOPE = 128, SIGV4_PAIRS_MAX = 16 };
#define SIGV4_UNSIGNED_PAYLOAD "UNSIGNED-PAYLOAD"

struct s3_credentials {
    char *access_key, *secret_key, *session_token; /* session_token "" = none */
    char *region;
};

/* Query parameter (not yet encoded), or header (name in lower case). */
struct s3_param {
    const char *name, *value;
};

struct sigv4_request {
    const char *method, *service;
    const char *path; /* encoded, begins with '/' */
    const struct s3_param *params;
    size_t param_count;
    const struct s3_param *headers; /* those to be signed */
    size_t header_count;
    const char *payload_hash; /* hex, or SIGV4_UNSIGNED_PAYLOAD */
    char time[SIGV4_TIME];    /* see sigv4_time */
};

/* "20130524T000000Z" of Unix seconds. */
void sigv4_time(int64_t unix_s, char out[SIGV4_TIME]);
/* 32 bytes as lower-case hex. */
void sigv4_hex(const unsigned char bytes[32], char out[SIGV4_HASH_HEX]);
/* SHA-256 as lower-case hex. */
void sigv4_hash(const void *bytes, size_t length, char out[SIGV4_HASH_HEX]);
/* "20130524/us-east-1/s3/aws4_request" */
void sigv4_scope(const struct s3_credentials *credentials, const char *service, const char *time,
                 char out[SIGV4_SCOPE]);
/* Names of the headers in order, separated by ';'. 0, or -1 if it does not fit. */
int sigv4_signed_headers(const struct sigv4_request *request, char *out, size_t size);
/* The signature as hex. 0, or -1 if memory is short or there are too many parameters or headers. */
int sigv4_sign(const struct s3_credentials *credentials, const struct sigv4_request *request, char out[SIGV4_HASH_HEX]);

#endif
