/* storage-s3: objects in a bucket of a store that speaks S3's REST interface.
 *
 *   put.c, multipart.c, reader.c, list.c, presign.c ──► request.c ──► sigv4.c          one exchange, signed, with
 * retries error.c, xml.c: what answers mean                    channel.c                      one connection (libcurl)
 */
#ifndef MEMORA_STORAGE_S3_H
#define MEMORA_STORAGE_S3_H

#include <curl/curl.h>
#include <memora/storage.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "sigv4.h"

enum {
    S3_PART_MIN = 5 * 1024 * 1024,   /* what S3 takes as a part that is not the last; buffered if need be */
    S3_PART = 8 * 1024 * 1024,       /* where nothing has to be buffered */
    S3_SENDERS = 4,                  /* threads that send parts of one upload */
    S3_SINGLE_MAX = 8 * 1024 * 1024, /* objects up to here go in one request if their size is announced */
    S3_PARTS_MAX = 10000,            /* of one upload, as S3 has it */
    S3_BODY_MAX = 16 * 1024 * 1024,  /* of an answer that is kept whole: a page of a listing */
    S3_SOCKETS = 4,
    S3_STREAM_HIGH = 256 * 1024, /* received and not yet read: then the store has to wait */
    S3_CHANNELS_KEPT = 16,
    S3_ATTEMPTS = 4,
    S3_URL_MAX = 8192,
    S3_CHECKSUM_SIZE = 45,
    S3_CRC32C_SIZE = 9,
    S3_CRC32C_TOLD = 24, /* with "-N", for N parts, behind it */
    S3_EXTRA_MAX = 2,
    /* What s3_perform gives for it; the ABI knows no such code (see plugin.c). */
    S3_E_NO_BUCKET = -1000,
    S3_E_UNCHECKED = -1001 /* the store does not know the CRC-32C of parts; never leaves s3_put_parts */
};

/* Set with the size of its parts for every object that is sent in parts, so that the checksum which the store makes of
 * those of the parts can be made anew. */
#define S3_META_PART_SIZE "x-amz-meta-memora-part-size"

struct s3_channel;

struct memora_storage {
    const struct memora_host *host;
    struct s3_credentials credentials;
    char *scheme;    /* "https://" */
    char *authority; /* host[:port], with the bucket before it unless path_style */
    char *base_path; /* of the endpoint, and the bucket if path_style; "" or "/..." */
    char *bucket, *ca_file;
    bool verify_tls, compare_all;
    atomic_bool crc_parts; /* parts go with a CRC-32C, and unsigned; until a store turns out not to look at it */
    int64_t timeout_s;
    pthread_mutex_t mutex; /* guards the two below */
    struct s3_channel *idle;
    unsigned idle_count;
};

/* Text that grows; after failed it stays as it is. */
struct s3_text {
    char *data;
    size_t length, capacity;
    bool failed; /* out of memory */
};
void s3_text_add(struct s3_text *text, const void *bytes, size_t length);
void s3_text_printf(struct s3_text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Percent-encodes all but RFC 3986's unreserved characters, and '/' if keep_slash. */
void s3_text_encode(struct s3_text *text, const char *bytes, bool keep_slash);
void s3_text_free(struct s3_text *text);

/* What an answer's head tells. */
struct s3_response {
    long status;
    int64_t content_length; /* -1 = not told */
    int64_t range_size;     /* the whole size in Content-Range; -1 = not told */
    int64_t last_modified_s, date_s;
    char etag[72], content_type[128];
    /* Both in base64, of those of the parts if "-N" follows; "" = not told. */
    char crc32c[S3_CRC32C_TOLD], checksum[64]; /* checksum: SHA-256 */
    uint64_t part_size;                        /* S3_META_PART_SIZE; 0 = not told */
    bool etag_is_no_md5;                       /* since the store encrypts */
};

/* What a request sends: bytes in memory, or those of a put that can be read at any place. */
struct s3_body {
    const void *bytes;               /* NULL: read from source */
    const struct memora_put *source; /* with read_at */
    uint64_t at;
    size_t length;
    unsigned char sha256[32]; /* see s3_body_hash */
    uint32_t crc32c;          /* see s3_body_crc */
};

/* One exchange. Texts are borrowed until it is over. */
struct s3_request {
    const char *method;
    const char *key; /* NULL: the bucket */
    const struct s3_param *params;
    size_t param_count;
    const char *content_type, *range, *if_none_match; /* NULL = not sent */
    const struct s3_param *extra;                     /* more headers, in lower case */
    size_t extra_count;                               /* S3_EXTRA_MAX at most */
    bool send_checksum;                               /* of the body, for the store to keep */
    bool crc;                                         /* that is the CRC-32C, and the body is not signed */
    bool may_be_unknown;                              /* S3_E_UNCHECKED if the store says that it does not know it */
    bool ask_checksum;                                /* of the object, if the store has kept it */
    const struct s3_body *body;                       /* with its hash; NULL = none */
};

/* channel.c */
struct s3_channel {
    CURL *easy;
    CURLM *multi;
    struct s3_channel *next;
    struct curl_slist *headers;
    struct s3_response response;
    struct s3_text received; /* body, from read_at on not yet read */
    size_t read_at;
    const struct s3_body *body;
    size_t body_sent;
    unsigned char *sink; /* of s3_channel_pump, during it */
    size_t sink_size, sink_used;
    int64_t timeout_s, waited_ns; /* waited: since the last look at the speed, while a reader waits */
    size_t arrived;               /* bytes in that time */
    int sockets[S3_SOCKETS];      /* open; libcurl does not tell which one it uses before it is done with it */
    unsigned socket_count;        /* also of those that found no room */
    int64_t later_ns; /* since when a reader that does not wait knows that there is nothing; 0: it doesn't */
    bool streaming, paused, attached, head_complete, finished, too_long;
    bool source_failed; /* that of the body */
    CURLcode code;
    char error[CURL_ERROR_SIZE];
};
struct s3_channel *s3_channel_take(struct memora_storage *storage);
/* For the next user, if the exchange is complete; else its connection is closed. NULL is fine. */
void s3_channel_give(struct memora_storage *storage, struct s3_channel *channel);
void s3_channel_free(struct s3_channel *channel);
/* Starts an exchange; url and headers are copied resp. taken over, body is borrowed. streaming: the answer's body is
 * for s3_channel_pump. */
int s3_channel_start(struct s3_channel *channel, const struct memora_storage *storage, const char *url,
                     const struct s3_request *request, bool streaming, struct curl_slist *headers);
/* Works until the head is complete (whole false), or all is. */
void s3_channel_run(struct s3_channel *channel, bool whole);
/* Works until there is a byte to read, or the end. Gives the number of bytes put into out, 1..size; 0 at the end, for
 * which channel->code says whether it is a good one. */
size_t s3_channel_pump(struct s3_channel *channel, void *out, size_t size);
/* The same without waiting: 0 also if there is nothing yet, and then the channel is not finished. */
size_t s3_channel_pump_now(struct s3_channel *channel, void *out, size_t size);
/* What is readable when there may be more; -1: not known. */
int s3_channel_fd(const struct s3_channel *channel);

/* request.c. Runs the exchange, again after errors that may pass. With MEMORA_OK (any 2xx) *out is the channel, with
 * the whole answer, or, if streaming, at the start of its body; give it back. Else *out is NULL, the ABI's code is
 * returned and the error filled; *response (may be NULL) has the head in any case. */
int s3_perform(struct memora_storage *storage, const struct s3_request *request, bool streaming,
               struct s3_channel **out, struct s3_response *response, struct memora_error *error);
/* "https://host/bucket/key?..." of a request. */
void s3_url(const struct memora_storage *storage, const char *key, const struct s3_param *params, size_t count,
            struct s3_text *out);
int s3_nomem(struct memora_error *error);
int64_t s3_time_ns(int64_t unix_s); /* 0, for unknown, if it is out of range */
void s3_object_fill(struct memora_object *object, const struct s3_response *response, uint64_t size);
int s3_key_check(const char *key, struct memora_error *error);

/* checksum.c */
/* Reads all of the body. MEMORA_E_CANCELLED if its source gives up. */
int s3_body_hash(struct s3_body *body, struct memora_error *error);
void s3_checksum_encode(const unsigned char sha256[32], char out[S3_CHECKSUM_SIZE]);

/* compare.c */
struct s3_compare;
/* What is to be compared of an object that is read whole: its SHA-256 or CRC-32C where the store tells it; all: also
 * that of an object in parts, or the MD5. NULL: nothing can be, or memory is short. */
struct s3_compare *s3_compare_begin(const struct s3_response *response, bool all);
bool s3_compare_add(struct s3_compare *compare, const void *bytes, size_t length); /* false: libgnutls failed */
bool s3_compare_equal(struct s3_compare *compare);                                 /* once, after all bytes */
void s3_compare_free(struct s3_compare *compare);                                  /* NULL is fine */

/* crc32c.c */
int s3_body_crc(struct s3_body *body, struct memora_error *error); /* as s3_body_hash */
/* Of what crc, 0 at first, is of, and these bytes behind it. Portable: the same on every processor. */
uint32_t s3_crc32c(uint32_t crc, const void *bytes, size_t length);
uint32_t s3_crc32c_portable(uint32_t crc, const void *bytes, size_t length);
void s3_crc32c_encode(uint32_t crc, char out[S3_CRC32C_SIZE]);

/* error.c. From a failed exchange to a code and a message. */
int s3_error(const struct memora_storage *storage, const struct s3_request *request, const struct s3_channel *channel,
             struct memora_error *error);
/* xml.c. Whether the body is S3's <Error>; its code and message. */
bool s3_error_parse(const char *xml, size_t length, char *code, size_t code_size, char *message, size_t message_size);

/* multipart.c. Of a source with read_at and a known size. */
int s3_put_parts(struct memora_storage *storage, const char *key, const struct memora_put *put,
                 struct memora_object *out, struct memora_error *error);
/* Of any other source. buffer holds its first bytes (a whole part); capacity is the size of a part. */
int s3_put_buffered(struct memora_storage *storage, const char *key, const struct memora_put *put,
                    unsigned char *buffer, size_t capacity, struct memora_object *out, struct memora_error *error);
/* What a process that was killed has left of its uploads of the key; failures are logged. */
void s3_abandon_uploads(struct memora_storage *storage, const char *key);
/* Fills the buffer from the source. MEMORA_OK with less than capacity at its end. */
int s3_source_read(const struct memora_put *put, const char *key, unsigned char *buffer, size_t capacity,
                   int64_t *total, size_t *length, struct memora_error *error);

/* Members of memora_storage_ops. */
int s3_put(struct memora_storage *storage, const char *key, const struct memora_put *put, struct memora_object *out,
           struct memora_error *error);
int s3_stat(struct memora_storage *storage, const char *key, struct memora_object *out, struct memora_error *error);
int s3_get(struct memora_storage *storage, const char *key, uint64_t off, uint64_t len, struct memora_reader **out,
           struct memora_object *info, struct memora_error *error);
int64_t s3_read(struct memora_reader *reader, void *buf, size_t cap, struct memora_error *error);
int64_t s3_read_now(struct memora_reader *reader, void *buf, size_t cap, int *wait_fd, struct memora_error *error);
void s3_reader_close(struct memora_reader *reader);
int s3_remove(struct memora_storage *storage, const char *key, struct memora_error *error);
int s3_remove_object(struct memora_storage *storage, const char *key, struct memora_error *error); /* nothing else */
int s3_presign(struct memora_storage *storage, const char *key, int64_t ttl_s, char *url, size_t cap,
               struct memora_error *error);
int s3_list(struct memora_storage *storage, const char *prefix, const char *after,
            int (*item)(void *, const char *key, const struct memora_object *), void *ctx, struct memora_error *error);

/* settings.c */
int s3_open(const struct memora_config *config, struct memora_storage **out, struct memora_error *error);
void s3_close(struct memora_storage *storage);
const struct memora_host *s3_host(void);

#endif
