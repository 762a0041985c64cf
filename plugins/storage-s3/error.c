/* What the store, or the way to it, says, in terms of what the core should do. */
#include "s3.h"

#include <stdlib.h>

enum { CODE_MAX = 64, MESSAGE_MAX = 256 };

static const struct {
    const char *code;
    int result;
} codes[] = {
    {"NoSuchKey", MEMORA_E_NOT_FOUND},
    {"NoSuchUpload", MEMORA_E_NOT_FOUND},
    {"PreconditionFailed", MEMORA_E_EXISTS},
    {"InvalidRange", MEMORA_E_RANGE},
    {"AccessDenied", MEMORA_E_AUTH},
    {"InvalidAccessKeyId", MEMORA_E_AUTH},
    {"SignatureDoesNotMatch", MEMORA_E_AUTH},
    {"ExpiredToken", MEMORA_E_AUTH},
    {"InvalidToken", MEMORA_E_AUTH},
    {"RequestTimeTooSkewed", MEMORA_E_AUTH},
    {"QuotaExceeded", MEMORA_E_FULL},
    {"XMinioStorageFull", MEMORA_E_FULL},
    {"EntityTooLarge", MEMORA_E_FULL},
    {"KeyTooLongError", MEMORA_E_ARG},
    {"InvalidURI", MEMORA_E_ARG},
    {"XMinioInvalidObjectName", MEMORA_E_ARG},
};

static int by_status(long status)
{
    switch (status) {
    case 401:
    case 403:
        return MEMORA_E_AUTH;
    case 404:
        return MEMORA_E_NOT_FOUND;
    case 412:
        return MEMORA_E_EXISTS;
    case 416:
        return MEMORA_E_RANGE;
    case 507:
        return MEMORA_E_FULL;
    default:
        return MEMORA_E_IO;
    }
}

static int no_answer(const struct memora_storage *storage, const struct s3_channel *channel, struct memora_error *error)
{
    const char *text = channel->error[0] ? channel->error : curl_easy_strerror(channel->code);
    if (error)
        error->native_code = (int32_t)channel->code;
    if (channel->source_failed)
        return memora_fail(error, MEMORA_E_CANCELLED, "the source of an upload gave up");
    if (channel->code == CURLE_OUT_OF_MEMORY || channel->received.failed)
        return s3_nomem(error);
    if (channel->code == CURLE_PEER_FAILED_VERIFICATION || channel->code == CURLE_SSL_CACERT_BADFILE)
        return memora_fail(error, MEMORA_E_IO, "the certificate of %s is not trusted (ca_file, verify_tls): %s",
                           storage->authority, text);
    if (channel->too_long)
        return memora_fail(error, MEMORA_E_IO, "%s answers with more than %d bytes", storage->authority, S3_BODY_MAX);
    return memora_fail(error, MEMORA_E_IO, "no answer from %s: %s", storage->authority, text);
}

static int clock_skew(const struct memora_storage *storage, const struct s3_channel *channel,
                      struct memora_error *error)
{
    int64_t off = storage->host->wall_ns() / 1000000000 - channel->response.date_s;
    if (channel->response.date_s <= 0)
        return memora_fail(error, MEMORA_E_AUTH, "the clock of this machine differs too much from that of %s",
                           storage->authority);
    return memora_fail(error, MEMORA_E_AUTH, "the clock of this machine is %lld seconds %s that of %s; set it right",
                       (long long)(off < 0 ? -off : off), off < 0 ? "behind" : "before", storage->authority);
}

/* The answer to HEAD has no body that would say why. Stores take clocks that are up to a quarter of an hour off. */
static bool is_clock_skew(const struct memora_storage *storage, const struct s3_channel *channel, const char *code)
{
    enum { TOLERANCE_S = 900 };
    int64_t off = storage->host->wall_ns() / 1000000000 - channel->response.date_s;
    return strcmp(code, "RequestTimeTooSkewed") == 0 ||
           (channel->response.status == 403 && !*code && channel->response.date_s > 0 &&
            (off > TOLERANCE_S || off < -TOLERANCE_S));
}

/* What stores answer to a checksum, or a body without a signature, that is new to them. All else, also of status 400,
 * is about this upload. */
static bool is_unknown(long status, const char *code)
{
    static const char *const names[] = {"", "InvalidArgument", "InvalidRequest", "NotImplemented",
                                        "XAmzContentSHA256Mismatch" /* it takes UNSIGNED-PAYLOAD for one */};
    for (size_t i = 0; i < sizeof names / sizeof names[0] && status == 400; i++)
        if (strcmp(code, names[i]) == 0)
            return true;
    return status == 501;
}

int s3_error(const struct memora_storage *storage, const struct s3_request *request, const struct s3_channel *channel,
             struct memora_error *error)
{
    char code[CODE_MAX] = "", message[MESSAGE_MAX] = "";
    const char *what = request->key ? request->key : storage->bucket;
    if (channel->code != CURLE_OK || channel->response.status == 0)
        return no_answer(storage, channel, error);
    long status = channel->response.status;
    s3_error_parse(channel->received.data, channel->received.length, code, sizeof code, message, sizeof message);
    if (error)
        error->native_code = (int32_t)status;
    if (is_clock_skew(storage, channel, code))
        return clock_skew(storage, channel, error);
    if (strcmp(code, "NoSuchBucket") == 0)
        return memora_fail(error, S3_E_NO_BUCKET, "there is no bucket %s at %s", storage->bucket, storage->authority);
    if (strcmp(code, "SignatureDoesNotMatch") == 0)
        return memora_fail(error, MEMORA_E_AUTH, "%s does not accept the signature; is secret_key right?",
                           storage->authority);
    if (strcmp(code, "AuthorizationHeaderMalformed") == 0 || status == 301 || status == 307)
        return memora_fail(error, MEMORA_E_CONFIG, "%s wants another region or endpoint: %s", storage->authority,
                           message[0] ? message : "it redirects");
    int result = request->may_be_unknown && is_unknown(status, code) ? S3_E_UNCHECKED : by_status(status);
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (strcmp(codes[i].code, code) == 0)
            result = codes[i].result;
    return memora_fail(error, result, "%s %.150s: HTTP %ld%s%s%s%.150s", request->method, what, status,
                       code[0] ? " " : "", code, message[0] ? ": " : "", message);
}
