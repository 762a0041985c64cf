/* RFC 3339 text to and from Unix seconds and nanoseconds. */
#ifndef MEMORA_BASE_TIME_RFC3339_H
#define MEMORA_BASE_TIME_RFC3339_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TIME_RFC3339_SIZE = 40 };

/* "2026-11-24T02:17:48Z" with 0, 3, 6 or 9 fractional digits; years 1..9999, else false. nanos 0..999999999. */
bool time_format(int64_t seconds, int32_t nanos, char out[TIME_RFC3339_SIZE]);
/* Any offset and up to 9 fractional digits; false on anything else. */
bool time_parse(const char *text, size_t length, int64_t *seconds, int32_t *nanos);
/* Days since 1970-01-01 of a proleptic Gregorian date, and back. */
int64_t time_days_from_civil(int64_t year, unsigned month, unsigned day);
void time_civil_from_days(int64_t days, int64_t *year, unsigned *month, unsigned *day);
/* "Tue, 24 Nov 2026 03:01:15 GMT" (RFC 9110, section 5.6.7); parse gives false on anything but that form. */
void time_format_http(int64_t seconds, char out[TIME_RFC3339_SIZE]);
bool time_parse_http(const char *text, int64_t *seconds);

#endif
