"""Runs in Pyodide: a zip of modules, compiled, less what no page needs.

The same bytes on every run: fixed dates, and each module carries the hash of
its source instead of a time.
"""

import re
from importlib.util import MAGIC_NUMBER, source_hash
from marshal import dumps
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

# A third of the library; nothing that Pyodide itself or ksmlib imports.
LEFT_OUT = re.compile(
    "_pyrepl|bdb|cProfile|cmd|doctest|email|ftplib|http|imaplib|mailbox"
    "|modulefinder|multiprocessing|netrc|optparse|pdb|pickletools|plistlib|poplib"
    "|profile|pstats|pydoc|pydoc_data|smtplib|socketserver|tarfile|trace|unittest"
    "|wsgiref|xml|xmlrpc"
)
# The source is never asked whether it has changed: there is none.
UNCHECKED = (1).to_bytes(4, "little")


def compiled(name: str, source: bytes) -> bytes:
    """What Python keeps in a .pyc, without docstrings."""
    code = compile(source, name, "exec", dont_inherit=True, optimize=2)
    return MAGIC_NUMBER + UNCHECKED + source_hash(source) + dumps(code)


with ZipFile("/library.zip") as library, ZipFile("/compiled.zip", "w") as out:
    for name in sorted(library.namelist()):
        if name.endswith("/") or LEFT_OUT.fullmatch(re.split("[/.]", name)[0]):
            continue
        data = library.read(name)
        if name.endswith(".py"):
            name, data = f"{name}c", compiled(name, data)
        file = ZipInfo(name, (1980, 1, 1, 0, 0, 0))
        out.writestr(file, data, ZIP_DEFLATED, compresslevel=9)
