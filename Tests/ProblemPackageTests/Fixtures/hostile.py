"""Writes one tar that a package archive must not be.

usage: hostile.py CASE PACKAGE-DIRECTORY MANIFEST OUTPUT
Every tar starts with the true manifest and, unless the case says otherwise, goes on with the true
files, so that the one thing that is wrong decides.
"""
import io
import json
import os
import sys
import tarfile

case, package, manifest_path, output = sys.argv[1:]
with open(manifest_path, "rb") as f:
    manifest = f.read()
paths = [file["path"] for file in json.loads(manifest)["files"]]
out = open(output, "wb")
tar = tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT)


def add(name, data=b"", kind=tarfile.REGTYPE, link="", size=None):
    info = tarfile.TarInfo(name)
    info.type = kind
    info.linkname = link
    info.size = len(data) if size is None else size
    tar.addfile(info, io.BytesIO(data))


def content(path):
    with open(os.path.join(package, path), "rb") as f:
        return f.read()


def add_files(skip=()):
    for path in paths:
        if path not in skip:
            add(path, content(path))


first = paths[0]
if case == "manifest-deep":
    manifest = b'{"format":' + b"[" * 100000
elif case == "manifest-wide":
    manifest = b'{"format":[' + b"0," * 20_000_000 + b"0]}\n"
elif case == "manifest-other":
    manifest = b'{"a":1}\n'
elif case == "manifest-binary":
    manifest = bytes(range(256))
elif case == "manifest-empty":
    manifest = b""
elif case == "manifest-linked":
    add("manifest.json", kind=tarfile.SYMTYPE, link="/etc/passwd")
links = {
    "symlink": (tarfile.SYMTYPE, "/etc/passwd"),
    "hardlink": (tarfile.LNKTYPE, "/etc/hostname"),
    "fifo": (tarfile.FIFOTYPE, ""),
    "device": (tarfile.CHRTYPE, ""),
    "directory": (tarfile.DIRTYPE, ""),
    "block-device": (tarfile.BLKTYPE, ""),
    "dump-directory": (b"D", ""),
}
names = {
    "dotdot": "data/../../../escaped",
    "absolute": "/tmp/escaped",
    "dot-first": "./" + first,
    "double-slash": first.replace("/", "//"),
    "trailing-slash": first + "/",
    "backslash": first.replace("/", "\\"),
    "dash-first": "data/-rf.in",
    "hidden": "data/.bashrc",
    "line-feed": "data/a\nb.in",
    "escape-sequence": "data/\x1b[2Ja.in",
    "blank": "data/a b.in",
    "not-ascii": "data/secret/\u00e9.in",
    "folded": first.upper(),
    "unlisted": "data/secret/zzz.in",
    "long-component": "data/" + "n" * 256,
    "long-path": "d/" * 520 + "x",
    "deep-path": "d/" * 32 + "x",
    "longest-name": "n" * (2 << 20),
}
if case == "manifest-late":
    add(first, content(first))
if case == "manifest-damaged":
    add("manifest.json", manifest.replace(b'"size"', b'"sise"', 1))
elif case == "manifest-spaced":
    add("manifest.json", manifest.replace(b'","', b'", "', 1))
elif case == "manifest-escaping":
    add("manifest.json", manifest.replace(b"data/sample/1.ans", b"../../sample/1.a"))
elif case == "manifest-large":
    # As long as it says, so that only a limit can keep a reader from taking all of it.
    add("manifest.json", b" " * ((64 << 20) + 1))
elif case == "manifest-claims":
    info = tarfile.TarInfo("manifest.json")
    info.size = 1 << 50
    tar.fileobj.write(info.tobuf(tarfile.GNU_FORMAT))
    tar.offset += 512
elif case != "manifest-absent":
    add("manifest.json", manifest)

if case in links:
    kind, target = links[case]
    add(first, kind=kind, link=target)
    add_files(skip=(first,))
elif case in names:
    add(names[case], b"x")
    add_files()
elif case == "pax-name":
    tar.format = tarfile.PAX_FORMAT
    info = tarfile.TarInfo(first)
    info.size = 1
    info.pax_headers = {"path": "../../escaped"}
    tar.addfile(info, io.BytesIO(b"x"))
    add_files(skip=(first,))
elif case == "pax-long":
    tar.format = tarfile.PAX_FORMAT
    info = tarfile.TarInfo(first)
    info.size = len(content(first))
    info.pax_headers = {"comment": "c" * (2 << 20)}
    tar.addfile(info, io.BytesIO(content(first)))
    add_files(skip=(first,))
elif case in ("negative-size", "huge-size"):
    info = tarfile.TarInfo(first)
    header = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    value = -1 if case == "negative-size" else (1 << 63) + 5
    header[124:136] = (value % (1 << 96)).to_bytes(12, "big")
    header[124] |= 0x80
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    tar.fileobj.write(header)
    tar.offset += 512
    add_files(skip=(first,))
elif case == "bad-checksum":
    info = tarfile.TarInfo(first)
    header = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    header[150] ^= 1
    tar.fileobj.write(header)
    tar.offset += 512
    add_files(skip=(first,))
elif case == "set-uid":
    info = tarfile.TarInfo(first)
    info.size = len(content(first))
    info.mode = 0o7777
    info.uid, info.gid, info.uname, info.mtime = 4711, 4711, "somebody", 1 << 33
    tar.addfile(info, io.BytesIO(content(first)))
    add_files(skip=(first,))
elif case in ("sparse-0.0", "sparse-0.1"):
    tar.format = tarfile.PAX_FORMAT
    data = content(first)
    info = tarfile.TarInfo(first)
    info.size = 1
    info.pax_headers = {"GNU.sparse.size": str(len(data)), "GNU.sparse.numblocks": "1"}
    if case == "sparse-0.0":
        info.pax_headers["GNU.sparse.offset"] = str(len(data) - 1)
        info.pax_headers["GNU.sparse.numbytes"] = "1"
    else:
        info.pax_headers["GNU.sparse.name"] = first
        info.pax_headers["GNU.sparse.map"] = "%d,1" % (len(data) - 1)
    tar.addfile(info, io.BytesIO(data[-1:]))
    tar.format = tarfile.GNU_FORMAT
    add_files(skip=(first,))
elif case == "duplicate":
    add_files()
    add(first, content(first))
elif case == "second-manifest":
    add_files()
    add("manifest.json", manifest)
elif case == "missing":
    add_files(skip=(first,))
elif case == "wrong-size":
    add(first, content(first) + b"more")
    add_files(skip=(first,))
elif case == "wrong-hash":
    data = bytearray(content(first))
    data[0] ^= 1
    add(first, bytes(data))
    add_files(skip=(first,))
elif case == "sparse-pax":
    tar.format = tarfile.PAX_FORMAT
    info = tarfile.TarInfo(first)
    data = content(first)
    body = b"1\n%d\n%d\n" % (len(data) - 1, 1)
    body += b"\0" * (512 - len(body)) + data[-1:]
    info.size = len(body)
    info.pax_headers = {
        "GNU.sparse.major": "1",
        "GNU.sparse.minor": "0",
        "GNU.sparse.name": first,
        "GNU.sparse.realsize": str(len(data)),
    }
    tar.addfile(info, io.BytesIO(body))
    tar.format = tarfile.GNU_FORMAT
    add_files(skip=(first,))
elif case == "sparse-tib":
    info = tarfile.TarInfo(first)
    info.size = 0
    header = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    header[156:157] = b"S"
    header[386:398] = b"%011o\0" % (1 << 32)
    header[398:410] = b"%011o\0" % 0
    header[483:495] = b"\x80" + (1 << 40).to_bytes(11, "big")
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    tar.fileobj.write(header)
    tar.offset += 512
    add_files(skip=(first,))
elif case == "endless-member":
    info = tarfile.TarInfo(first)
    info.size = 1 << 40
    tar.fileobj.write(info.tobuf(tarfile.GNU_FORMAT))
    tar.fileobj.write(b"\0" * (1 << 20))
    tar.offset += 512 + (1 << 20)
else:
    add_files()

if case == "no-end":
    tar.fileobj.flush()
    out.close()
    sys.exit(0)
tar.close()
out = open(output, "ab")
if case == "after-end":
    out.write(b"\0" * 512 + b"something" * 100)
elif case == "bomb":
    block = b"\0" * (1 << 20)
    for _ in range(64):
        out.write(block)
elif case == "padding":
    out.write(b"\0" * (128 << 10))
elif case == "cut-member":
    out.close()
    with open(output, "r+b") as f:
        f.truncate(1024 + (len(manifest) + 511) // 512 * 512 + 1)
out.close()
