/* Taking the place out of videos. */
#include "metadata_cases.h"

#define FTYP                                                                                                           \
    "\0\0\0\x10"                                                                                                       \
    "ftypisom\0\0\0\0"
#define BLANK_8                                                                                                        \
    "\0\0\0\x10"                                                                                                       \
    "free\0\0\0\0\0\0\0\0"
#define META                                                                                                           \
    "\0\0\0\x10"                                                                                                       \
    "hdlr\0\0\0\0mdta"                                                                                                 \
    "\0\0\0\x37"                                                                                                       \
    "keys\0\0\0\0\0\0\0\2"                                                                                             \
    "\0\0\0\x0d"                                                                                                       \
    "mdtamodel"                                                                                                        \
    "\0\0\0\x1a"                                                                                                       \
    "mdtax.location.ISO6709"
#define ITEM_1                                                                                                         \
    "\0\0\0\x10"                                                                                                       \
    "\0\0\0\1"                                                                                                         \
    "data+one"
#define ITEM_2                                                                                                         \
    "\0\0\0\x10"                                                                                                       \
    "\0\0\0\2"                                                                                                         \
    "data+two"

/* Places become free boxes of the same length: nothing in the file moves. */
static void test_video(void **state)
{
    (void)state;
    EXPECT_SAME(FTYP "\0\0\0\x0c"
                     "mdatdata"
                     "\0\0\0\x08"
                     "moov");
    EXPECT_SAME("\0\0\0\x08"
                "wide"
                "\0\0\0\x08"
                "moov");
    EXPECT(FTYP "\0\0\0\x28"
                "moov"
                "\0\0\0\x20"
                "udta"
                "\0\0\0\x10"
                "\251xyz+12+13/\0"
                "\0\0\0\x08"
                "name",
           FTYP "\0\0\0\x28"
                "moov"
                "\0\0\0\x20"
                "udta" BLANK_8 "\0\0\0\x08"
                "name",
           1);
    EXPECT(FTYP "\0\0\0\x28"
                "moov"
                "\0\0\0\x20"
                "trak"
                "\0\0\0\x18"
                "udta"
                "\0\0\0\x10"
                "loci12345678"
                "\0\0\0\x0c"
                "mdatdata",
           FTYP "\0\0\0\x28"
                "moov"
                "\0\0\0\x20"
                "trak"
                "\0\0\0\x18"
                "udta" BLANK_8 "\0\0\0\x0c"
                "mdatdata",
           1);
    /* QuickTime's list, and the same with ISO's version and flags. */
    EXPECT(FTYP "\0\0\0\x7f"
                "moov"
                "\0\0\0\x77"
                "meta" META "\0\0\0\x28"
                "ilst" ITEM_1 ITEM_2,
           FTYP "\0\0\0\x7f"
                "moov"
                "\0\0\0\x77"
                "meta" META "\0\0\0\x28"
                "ilst" ITEM_1 BLANK_8,
           1);
    EXPECT(FTYP "\0\0\0\x83"
                "moov"
                "\0\0\0\x7b"
                "meta\0\0\0\0" META "\0\0\0\x28"
                "ilst" ITEM_1 ITEM_2,
           FTYP "\0\0\0\x83"
                "moov"
                "\0\0\0\x7b"
                "meta\0\0\0\0" META "\0\0\0\x28"
                "ilst" ITEM_1 BLANK_8,
           1);
    /* Samples are not looked into, wherever they lie; a length of 64 bits. */
    EXPECT(FTYP "\0\0\0\1"
                "mdat\0\0\0\0\0\0\0\x20"
                "\0\0\0\x10"
                "loci12345678"
                "\0\0\0\x18"
                "moov"
                "\0\0\0\x10"
                "XMP_<x:xmp/>",
           FTYP "\0\0\0\1"
                "mdat\0\0\0\0\0\0\0\x20"
                "\0\0\0\x10"
                "loci12345678"
                "\0\0\0\x18"
                "moov" BLANK_8,
           1);
    EXPECT(FTYP "\0\0\0\x08"
                "moov"
                "\0\0\0\x1a"
                "uuid\xbe\x7a\xcf\xcb\x97\xa9\x42\xe8\x9c\x71\x99\x94\x91\xe3\xaf\xac"
                "<>",
           FTYP "\0\0\0\x08"
                "moov"
                "\0\0\0\x1a"
                "free\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
           1);
    EXPECT_NONE(FTYP "\0\0\0\x0c"
                     "mdatdata");
    EXPECT_NONE(FTYP "\0\0\0\x07"
                     "moov");
    EXPECT_SAME(FTYP "\0\0\0\x10"
                     "moov"
                     "\0\0\0\xff"
                     "udta"); /* broken inside: what can be read counts */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_video)};
    arena = arena_create();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_destroy(arena);
    return failed;
}
