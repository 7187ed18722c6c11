"""Write the given policy files as a C table: embed_policies.py OUT.c FILE..."""
import pathlib
import sys


def rows(data):
    for i in range(0, len(data), 16):
        yield "    " + " ".join(f"0x{b:02x}," for b in data[i:i + 16])


def main():
    out = pathlib.Path(sys.argv[1])
    files = [pathlib.Path(p) for p in sys.argv[2:]]
    lines = ['/* Made by embed_policies.py. */', '#include "builtin_policies.h"', '']
    for f in files:
        lines += [f"static const uint8_t {f.stem}_json[] = {{", *rows(f.read_bytes()), "};", ""]
    lines += ["const struct es_builtin_policy es_builtin_policies[ES_BUILTIN_POLICY_COUNT] = {"]
    lines += [f'    {{"{f.stem}", {{{f.stem}_json, sizeof {f.stem}_json}}}},' for f in files]
    lines += ["};", ""]
    out.write_text("\n".join(lines), encoding="utf-8")


main()
