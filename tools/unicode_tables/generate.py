#!/usr/bin/env python3
"""Writes the Unicode tables of core/base/unicode.c as a C header.

usage: generate.py UNICODE_DIR OUTPUT

UNICODE_DIR holds the Unicode Character Database (UnicodeData.txt, CaseFolding.txt, Scripts.txt).
"""

import os
import sys

LIMIT = 0x110000
BLOCK = 128

# Order of enum unicode_category in core/base/unicode.h.
CATEGORIES = ["Cn", "Cc", "Cf", "Co", "Cs", "Ll", "Lm", "Lo", "Lt", "Lu", "Mc", "Me", "Mn", "Nd", "Nl", "No",
              "Pc", "Pd", "Pe", "Pf", "Pi", "Po", "Ps", "Sc", "Sk", "Sm", "So", "Zl", "Zp", "Zs"]


def rows(directory, name):
    """The fields of every line of a UCD file, comments and empty lines left out."""
    with open(os.path.join(directory, name), encoding="utf-8") as file:
        for line in file:
            line = line.split("#")[0].strip()
            if line:
                yield [field.strip() for field in line.split(";")]


def read_characters(directory):
    """General category of every code point, and the simple lower-case mappings."""
    category, lower, first = [0] * LIMIT, {}, None
    for row in rows(directory, "UnicodeData.txt"):
        code, name, kind = int(row[0], 16), row[1], CATEGORIES.index(row[2])
        if name.endswith(", First>"):
            first = code
            continue
        start = first if name.endswith(", Last>") else code
        category[start:code + 1] = [kind] * (code + 1 - start)
        if row[13]:
            lower[code] = int(row[13], 16)
    return category, lower


def read_folding(directory):
    """Full folding (statuses C and F) and simple folding (C and S)."""
    full, simple = {}, {}
    for row in rows(directory, "CaseFolding.txt"):
        code, status = int(row[0], 16), row[1]
        targets = [int(part, 16) for part in row[2].split()]
        if status in "CF":
            full[code] = targets
        if status in "CS":
            simple[code] = targets[0]
    return full, simple


def orbits(simple):
    """For each character that differs from another only in case: the next one of its cycle."""
    groups = {}
    for code, target in simple.items():
        groups.setdefault(target, {target}).add(code)
    following = {}
    for members in groups.values():
        cycle = sorted(members)
        for index, code in enumerate(cycle):
            following[code] = cycle[(index + 1) % len(cycle)]
    return following


def read_scripts(directory):
    """Sorted, merged ranges (first, last, script name)."""
    ranges = []
    for row in rows(directory, "Scripts.txt"):
        ends = [int(part, 16) for part in row[0].split("..")]
        ranges.append((ends[0], ends[-1], row[1]))
    merged = []
    for first, last, script in sorted(ranges):
        if merged and merged[-1][2] == script and merged[-1][1] + 1 == first:
            merged[-1] = (merged[-1][0], last, script)
        else:
            merged.append((first, last, script))
    return merged


def write_array(out, declaration, items, per_line):
    out.write(f"static const {declaration}[] = {{\n")
    for start in range(0, len(items), per_line):
        out.write(" ".join(f"{item}," for item in items[start:start + per_line]) + "\n")
    out.write("};\n\n")


def write_category(out, category):
    blocks, stage = {}, []
    for start in range(0, LIMIT, BLOCK):
        stage.append(blocks.setdefault(tuple(category[start:start + BLOCK]), len(blocks)))
    assert len(blocks) <= 0xFFFF
    out.write(f"enum {{ CATEGORY_BLOCK = {BLOCK} }};\n\n")
    write_array(out, "uint16_t category_stage", stage, 24)
    write_array(out, "uint8_t category_blocks", [value for block in blocks for value in block], 32)


def write_tables(directory, out):
    category, lower = read_characters(directory)
    full, simple = read_folding(directory)
    out.write("/* Generated from the Unicode Character Database. */\n#include <stdint.h>\n\n")
    write_category(out, category)
    write_array(out, "struct { uint32_t from, to[3]; } full_folds",
                ["{%d, {%s}}" % (code, ", ".join(map(str, (full[code] + [0, 0])[:3]))) for code in sorted(full)], 4)
    following = orbits(simple)
    write_array(out, "struct pair fold_orbits", ["{%d, %d}" % pair for pair in sorted(following.items())], 8)
    write_array(out, "struct pair lower_cases", ["{%d, %d}" % pair for pair in sorted(lower.items())], 8)
    scripts = read_scripts(directory)
    names = sorted({script for _, _, script in scripts})
    write_array(out, "char *const script_names", [f'"{name}"' for name in names], 6)
    write_array(out, "struct { uint32_t first, last, script; } script_ranges",
                ["{%d, %d, %d}" % (first, last, names.index(script)) for first, last, script in scripts], 6)


def main():
    directory, output = sys.argv[1:]
    os.makedirs(os.path.dirname(output), exist_ok=True)
    with open(output + ".part", "w", encoding="ascii") as out:
        write_tables(directory, out)
    os.replace(output + ".part", output)


main()
