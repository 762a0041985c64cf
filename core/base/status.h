/* The one error type of the core: a code and a message for people, passed as the last argument. */
#ifndef MEMORA_BASE_STATUS_H
#define MEMORA_BASE_STATUS_H

/* Numbers of the gRPC status codes (google.rpc.Code); they travel on the wire. */
enum status_code {
    STATUS_OK = 0,
    STATUS_CANCELLED = 1,
    STATUS_UNKNOWN = 2,
    STATUS_INVALID_ARGUMENT = 3,
    STATUS_DEADLINE_EXCEEDED = 4,
    STATUS_NOT_FOUND = 5,
    STATUS_ALREADY_EXISTS = 6,
    STATUS_PERMISSION_DENIED = 7,
    STATUS_RESOURCE_EXHAUSTED = 8,
    STATUS_FAILED_PRECONDITION = 9,
    STATUS_ABORTED = 10,
    STATUS_OUT_OF_RANGE = 11,
    STATUS_UNIMPLEMENTED = 12,
    STATUS_INTERNAL = 13,
    STATUS_UNAVAILABLE = 14,
    STATUS_DATA_LOSS = 15,
    STATUS_UNAUTHENTICATED = 16
};

/* Owned by the caller, never allocated, so that an error can be told when memory is short. */
struct status {
    enum status_code code;
    char message[1020]; /* NUL-terminated UTF-8, cut at a code point when too long */
};

/* Fills *status (which may be NULL) and returns code, so that a failing function ends in one line. */
enum status_code status_set(struct status *status, enum status_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "prefix" before the message that is there; the code stays. Returns the code. */
enum status_code status_prefix(struct status *status, const char *prefix);

/* The gRPC spelling in CamelCase as Go prints it ("NotFound"), for wrapped texts of the contract. */
const char *status_code_camel(enum status_code code);

#endif
