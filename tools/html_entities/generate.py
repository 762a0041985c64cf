#!/usr/bin/env python3
"""Writes the named character references of HTML as a sorted C table.

usage: generate.py OUTPUT
"""

import html.entities
import os
import sys


def main():
    output = sys.argv[1]
    names = {name[:-1]: text for name, text in html.entities.html5.items() if name.endswith(";")}
    assert max(map(len, names)) < 32 and max(len(text.encode()) for text in names.values()) < 8
    os.makedirs(os.path.dirname(output), exist_ok=True)
    with open(output + ".part", "w", encoding="ascii") as out:
        out.write("/* Generated from the named character references of HTML. */\n")
        out.write("static const struct { char name[32], text[8]; } html_entities[] = {\n")
        for name in sorted(names, key=str.encode):
            text = "".join(f"\\{byte:03o}" for byte in names[name].encode())
            out.write(f'{{"{name}", "{text}"}},\n')
        out.write("};\n")
    os.replace(output + ".part", output)


main()
