"""Decoding of text files: UTF-8, or UTF-16 with a byte order mark. Bytes of other encodings are refused by place."""

import io
import re
from collections.abc import Iterator
from typing import BinaryIO

from app.core.languages import Text
from app.core.problems import Malformed

MAX_ROW_LENGTH = 1024 * 1024  # characters, as many as a request body may have
UTF_8_MARK, UTF_16_MARKS = b"\xef\xbb\xbf", (b"\xff\xfe", b"\xfe\xff")
UTF_32_MARKS = (b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")
XLSX_START, XLS_START = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
UNDECODED = re.compile("[\udc80-\udcff]")  # a byte that is not UTF-8, as the error handler "surrogateescape" shows it
SAVE_AS = Text(
    'Di Excel, simpan berkas dengan jenis "CSV UTF-8", atau sebagai XLSX.',
    'In Excel, save the file as "CSV UTF-8", or as XLSX.',
)
BINARY_FILES = {
    XLSX_START: Text(
        "Isi ini buku kerja, bukan teks. Kirim sebagai XLSX: "
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet, atau nama yang berakhir dengan .xlsx.",
        "This is a workbook, not text. Send it as XLSX: "
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet, or with a name that ends with .xlsx.",
    ),
    XLS_START: Text(
        "Isi ini buku kerja Excel 97-2003 (.xls). Simpan sebagai XLSX atau CSV UTF-8.",
        "This is a workbook of Excel 97-2003 (.xls). Save it as XLSX or as CSV UTF-8.",
    ),
}


def join_sentences(*texts: Text) -> Text:
    """Return texts one after another, with a space between them, in both languages."""
    return Text(" ".join(text.id for text in texts), " ".join(text.en for text in texts))


def read_lines(file: BinaryIO) -> Iterator[str]:
    """Yield the lines of a text file with their ends, without a byte order mark; lines are of any length up to a limit.

    Raises:
        Malformed: The file is no text, or is in another encoding. The text names the line, the character and the byte.
    """
    head = file.read(4)
    file.seek(0)
    for start, sentence in BINARY_FILES.items():
        if head.startswith(start):
            raise Malformed(detail=sentence)
    is_utf_16 = head.startswith(UTF_16_MARKS) and not head.startswith(UTF_32_MARKS)
    text = io.TextIOWrapper(file, "utf-16" if is_utf_16 else "utf-8", "strict" if is_utf_16 else "surrogateescape", "")
    number = 0
    try:
        while line := text.readline(MAX_ROW_LENGTH + 1):
            number += 1
            if not line.isascii() and (found := UNDECODED.search(line)):
                raise _undecodable(number, found.start() + 1, ord(found.group()) - 0xDC00)
            if "\0" in line:
                raise _undecodable(number, line.index("\0") + 1, 0)
            yield line.lstrip("\ufeff") if number == 1 else line
    except UnicodeDecodeError:
        raise Malformed(
            detail=join_sentences(
                Text(f"Isi bukan UTF-16 yang sah sesudah baris {number}.", f"Not valid UTF-16 after line {number}."),
                SAVE_AS,
            )
        ) from None
    finally:
        text.detach()


def _undecodable(line: int, character: int, byte: int) -> Malformed:
    """Build (not raise) the problem for a byte that is not UTF-8 at a place, without the text around it."""
    return Malformed(
        detail=join_sentences(
            Text(
                f"Baris {line}, karakter {character}: byte 0x{byte:02X} bukan teks dalam UTF-8.",
                f"Line {line}, character {character}: the byte 0x{byte:02X} is not text in UTF-8.",
            ),
            SAVE_AS,
        )
    )
