"""Write the given profile files as a C table: embed_profiles.py OUT.c FILE..."""
import pathlib
import sys


def rows(data):
    for i in range(0, len(data), 16):
        yield "    " + " ".join(f"0x{b:02x}," for b in data[i:i + 16])


def main():
    out = pathlib.Path(sys.argv[1])
    files = [pathlib.Path(p) for p in sys.argv[2:]]
    lines = ['/* Made by embed_profiles.py. */', '#include "profile/profile_internal.h"', '']
    for i, f in enumerate(files):
        lines += [f"static const uint8_t file_{i}[] = {{", *rows(f.read_bytes()), "};", ""]
    lines += ["const struct es_profile_builtin es_profile_builtins[] = {"]
    lines += [f'    {{"{f.stem}", {{file_{i}, sizeof file_{i}}}}},' for i, f in enumerate(files)]
    lines += ["    {NULL, {NULL, 0}},", "};", ""]
    out.write_text("\n".join(lines), encoding="utf-8")


main()
