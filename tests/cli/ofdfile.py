"""OFD files written and taken apart with the standard library alone."""
import io
import os
import posixpath
import struct
import zipfile
import xml.etree.ElementTree as tree

NS = "{http://www.ofdspec.org/2016}"
_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
_XMLNS = 'xmlns:ofd="http://www.ofdspec.org/2016"'


def _entry_point(more):
    return (f'{_DECLARATION}<ofd:OFD {_XMLNS} Version="1.1" DocType="OFD"><ofd:DocBody>'
            f'<ofd:DocInfo><ofd:DocID>0123456789abcdef0123456789abcdef</ofd:DocID>{more}'
            f'</ofd:DocInfo><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>')


def _document(pages, more):
    listed = "".join(f'<ofd:Page ID="{100 + i}" BaseLoc="Pages/Page_{i}/Content.xml"/>'
                     for i in range(pages))
    return (f'{_DECLARATION}<ofd:Document {_XMLNS}><ofd:CommonData><ofd:MaxUnitID>9999'
            f'</ofd:MaxUnitID><ofd:PageArea><ofd:PhysicalBox>0 0 210 297</ofd:PhysicalBox>'
            f'</ofd:PageArea></ofd:CommonData><ofd:Pages>{listed}</ofd:Pages>{more}</ofd:Document>')


def text_object(number, x, y, runs):
    """One line of text; runs are (text, offset from the left in mm), 5 mm a character."""
    codes = "".join(
        f'<ofd:TextCode X="{left}" Y="4" DeltaX="{" ".join(["5"] * (len(text) - 1))}">{text}'
        f'</ofd:TextCode>' if len(text) > 1 else
        f'<ofd:TextCode X="{left}" Y="4">{text}</ofd:TextCode>'
        for text, left in runs)
    return (f'<ofd:TextObject ID="{number}" Boundary="{x} {y} 100 6" Font="3" Size="5">{codes}'
            f'</ofd:TextObject>')


def _page(objects):
    return (f'{_DECLARATION}<ofd:Page {_XMLNS}><ofd:Content><ofd:Layer ID="2">{objects}'
            f'</ofd:Layer></ofd:Content></ofd:Page>')


def write(path, pages=1, objects=None, doc_info="", document="", extra=None):
    """A document of so many pages. objects: page number from 1 -> XML of its text objects."""
    objects = objects or {}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("OFD.xml", _entry_point(doc_info))
        out.writestr("Doc_0/Document.xml", _document(pages, document))
        for i in range(pages):
            default = text_object(1000 + i, 20, 20, [(f"第{i + 1}页", 0)])
            out.writestr(f"Doc_0/Pages/Page_{i}/Content.xml", _page(objects.get(i + 1, default)))
        for name, data in (extra or {}).items():
            out.writestr(name, data)
    return path


# ---- taking apart ----

def _local(element):
    return element.tag.rsplit("}", 1)[-1]


def signature_files(path):
    """Paths of the Signature.xml files, in the order of Signatures.xml."""
    with zipfile.ZipFile(path) as package:
        lists = [n for n in package.namelist() if n.endswith("Signatures.xml")]
        if not lists:
            return []
        root = tree.fromstring(package.read(lists[0]))
        return [e.get("BaseLoc").lstrip("/") if e.get("BaseLoc").startswith("/")
                else os.path.dirname(lists[0]) + "/" + e.get("BaseLoc")
                for e in root.iter() if _local(e) == "Signature"]


def stamps(path, signature=-1):
    """StampAnnot of a signature: dicts of page (number from 1), box and clip in mm."""
    with zipfile.ZipFile(path) as package:
        root = tree.fromstring(package.read(signature_files(path)[signature]))
        pages = _page_numbers(package)
        return [{"page": pages[e.get("PageRef")], "box": _numbers(e.get("Boundary")),
                 "clip": _numbers(e.get("Clip"))}
                for e in root.iter() if _local(e) == "StampAnnot"]


def _page_numbers(package):
    entry = tree.fromstring(package.read("OFD.xml"))
    root = next(e.text.strip() for e in entry.iter() if _local(e) == "DocRoot")
    document = tree.fromstring(package.read(posixpath.normpath(root.lstrip("/"))))
    listed = [e for e in document.iter() if _local(e) == "Page" and e.get("BaseLoc")]
    return {e.get("ID"): i + 1 for i, e in enumerate(listed)}


def _numbers(text):
    return [float(n) for n in text.split()] if text else None


def compressed_entries(path):
    """Name -> (method, CRC, compressed bytes as they stand in the file)."""
    found = {}
    with open(path, "rb") as file, zipfile.ZipFile(path) as package:
        for info in package.infolist():
            file.seek(info.header_offset)
            head = file.read(30)
            name_len, extra_len = struct.unpack("<HH", head[26:30])
            file.seek(info.header_offset + 30 + name_len + extra_len)
            found[info.filename] = (info.compress_type, info.CRC, file.read(info.compress_size))
    return found


def change_entry(source, target, name, change):
    """Copy a package with one entry's content changed by a function on bytes."""
    with zipfile.ZipFile(source) as before, \
            zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as after:
        for info in before.infolist():
            data = before.read(info)
            after.writestr(info.filename, change(data) if info.filename == name else data)
    return target


def in_memory(**kwargs):
    """The bytes of a document."""
    data = io.BytesIO()
    write(data, **kwargs)
    return data.getvalue()
