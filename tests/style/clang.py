#!/usr/bin/env python3
"""Shows every source of ours to clang as well, whose warnings are not the same as gcc's.

usage: clang.py BUILD   a build directory whose generated headers are there (compile_commands.json says the rest)
Ends with "N passed, M failed", counting sources."""
import concurrent.futures
import json
import os
import shlex
import subprocess
import sys

SANITIZERS = ("-fsanitize", "-fno-sanitize", "-fno-omit-frame-pointer")


def as_clang(command):
    """The same command with clang, which writes nothing."""
    words = iter(shlex.split(command)[1:])
    kept = ["clang", "-fsyntax-only", "-Werror"]
    for word in words:
        if word == "-o":
            next(words)
        elif word != "-c" and not word.startswith(SANITIZERS):
            kept.append(word)
    return kept


def check(entry):
    run = subprocess.run(as_clang(entry["command"]), cwd=entry["directory"], capture_output=True, text=True)
    return entry["file"], run.returncode, run.stderr


def main(build):
    build = os.path.abspath(build)
    with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as file:
        entries = [entry for entry in json.load(file) if not entry["file"].startswith(build + os.sep)]
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for name, code, text in pool.map(check, entries):
            if code != 0:
                failed += 1
                print(f"FAILED {name}\n{text}", flush=True)
    print(f"{len(entries) - failed} passed, {failed} failed")
    return 1 if failed or not entries else 0


if len(sys.argv) != 2:
    sys.exit(__doc__)
sys.exit(main(sys.argv[1]))
