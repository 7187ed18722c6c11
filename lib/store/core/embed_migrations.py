"""Write migrations as C tables: embed_migrations.py OUT.c FOLDER/NNNN-name.sql... The folder names
the driver. Numbers of a driver are 1, 2, 3, … without gaps, or nothing is written."""
import pathlib
import re
import sys


def rows(data):
    for i in range(0, len(data), 16):
        yield "    " + " ".join(f"0x{b:02x}," for b in data[i:i + 16])


def parts(path):
    match = re.fullmatch(r"(\d{4})-([a-z0-9_]+)\.sql", path.name)
    if match is None:
        sys.exit(f"{path}: not NNNN-name.sql")
    data = path.read_bytes()
    if b"\0" in data or not data.isascii():
        sys.exit(f"{path}: holds something else than ASCII text")
    return int(match[1]), match[2], data


def table(driver, files):
    found = sorted(parts(f) for f in files)
    if [number for number, _, _ in found] != list(range(1, len(found) + 1)):
        sys.exit(f"{driver}: numbers of migrations are not 1, 2, 3, …")
    for number, _, data in found:
        yield f"static const char {driver}_{number}[] = {{"
        yield from rows(data + b"\0")
        yield "};"
    yield f"static const struct es_migration {driver}_list[] = {{"
    for number, name, _ in found:
        yield f'    {{{number}, "{name}", {driver}_{number}}},'
    yield "};"
    yield (f"const struct store_migrations store_migrations_{driver} = "
           f"{{{driver}_list, {len(found)}}};")


def main():
    out = pathlib.Path(sys.argv[1])
    files = [pathlib.Path(p) for p in sys.argv[2:]]
    lines = ["/* Made by embed_migrations.py. */", '#include "core/migrate.h"', ""]
    for driver in ("sqlite", "postgres"):
        lines += [*table(driver, [f for f in files if f.parent.name == driver]), ""]
    out.write_text("\n".join(lines), encoding="utf-8")


main()
