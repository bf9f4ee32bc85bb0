"""File formats that are not read, recognized by their first bytes so that a refusal can name them."""

from __future__ import annotations

from collections.abc import Collection

from engine.message import NOTHING, Message
from engine.uploads.refusal import refusal

EXPECTED = Message("a table (CSV, Excel .xlsx, Parquet, ARFF, NPZ) or a zip of images")
CSV = Message("save it as CSV")
XLSX = Message("save it as .xlsx or CSV")
UNPACK = Message("unpack it first")
STARTS: tuple[tuple[bytes, Message, Message], ...] = (
    (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        Message("an old Office file, such as .xls"),
        XLSX,
    ),
    (b"$FL2", Message("a file of SPSS (.sav)"), CSV),
    (b"$FL3", Message("a file of SPSS (.zsav)"), CSV),
    (b"<stata_dta>", Message("a file of Stata (.dta)"), CSV),
    (b"\x89HDF\r\n\x1a\n", Message("an HDF5 file"), CSV),
    (b"MATLAB 5.0", Message("a file of MATLAB (.mat)"), CSV),
    (b"SQLite format 3\0", Message("a database of SQLite"), CSV),
    (b"ARROW1", Message("an Arrow or Feather file"), Message("save it as Parquet or CSV")),
    (b"FEA1", Message("an Arrow or Feather file"), Message("save it as Parquet or CSV")),
    (b"Obj\x01", Message("an Avro file"), Message("save it as Parquet or CSV")),
    (b"ORC", Message("an ORC file"), Message("save it as Parquet or CSV")),
    (b"\x93NUMPY", Message("a single array (.npy)"), Message("save arrays x and y with numpy.savez")),
    (b"\x80\x02", Message("a pickle of Python"), CSV),
    (b"\x80\x03", Message("a pickle of Python"), CSV),
    (b"\x80\x04", Message("a pickle of Python"), CSV),
    (b"\x80\x05", Message("a pickle of Python"), CSV),
    (b"RDX2\n", Message("a file of R"), CSV),
    (b"RDX3\n", Message("a file of R"), CSV),
    (b"\x1f\x8b", Message("a gzip file"), UNPACK),
    (b"BZh", Message("a bzip2 file"), UNPACK),
    (b"\xfd7zXZ\0", Message("an xz file"), UNPACK),
    (b"\x28\xb5\x2f\xfd", Message("a zstd file"), UNPACK),
    (b"7z\xbc\xaf\x27\x1c", Message("a 7z archive"), Message("pack it as a zip")),
    (b"Rar!", Message("a RAR archive"), Message("pack it as a zip")),
    (b"%PDF", Message("a PDF file"), CSV),
    (b"\x89PNG", Message("a single image"), Message("put images into a zip, one folder a class")),
    (b"\xff\xd8\xff", Message("a single image"), Message("put images into a zip, one folder a class")),
    (b"GIF8", Message("a single image"), Message("put images into a zip, one folder a class")),
    (b"II*\0", Message("a TIFF image"), Message("save images as PNG in a zip, one folder a class")),
    (b"MM\0*", Message("a TIFF image"), Message("save images as PNG in a zip, one folder a class")),
    (b"RIFF", Message("a sound, a film or an image"), NOTHING),
)
SAS = b"\xc2\xea\x81\x60\xb3\x14\x11\xcf"
STARTS_OF_TEXT = (
    (("<!doctype html", "<html", "<table"), Message("a web page"), Message("save the sheet as CSV")),
    (("<?xml", "<workbook"), Message("an XML file"), CSV),
    (("{\\rtf",), Message("a text with formats (.rtf)"), CSV),
    (("{", "["), Message("a JSON file"), CSV),
)
WORKBOOKS = (
    ("xl/workbook.bin", Message("a binary Excel workbook (.xlsb)"), XLSX),
    ("word/document.xml", Message("a Word document"), Message("save the table as CSV")),
    ("ppt/presentation.xml", Message("a presentation"), Message("save the table as CSV")),
)


def expect_known(raw: bytes) -> None:
    """Refuse a file of a format that is known and not read. Raises: InvalidExperiment."""
    for start, received, hint in STARTS:
        if raw.startswith(start):
            raise refusal(EXPECTED, received, hint)
    if raw[12:20] == SAS:
        raise refusal(EXPECTED, Message("a file of SAS (.sas7bdat)"), CSV)
    if raw[257:262] == b"ustar":
        raise refusal(EXPECTED, Message("a tar archive"), Message("pack it as a zip"))
    text = raw[:200].removeprefix(b"\xef\xbb\xbf").decode("latin-1").lstrip().lower()
    for starts, received, hint in STARTS_OF_TEXT:
        if text.startswith(starts) and not (text[0] in "{[" and not looks_like_json(text)):
            raise refusal(EXPECTED, received, hint)


def looks_like_json(text: str) -> bool:
    """Whether a text that begins with a bracket goes on as JSON does."""
    rest = text[1:].lstrip()
    return rest[:1] in '"{[]}' and rest[:1] != "" and (text[0] == "[" or rest[:1] in '"}')


def expect_known_archive(names: Collection[str], start: bytes) -> None:
    """Refuse a zip that is a document of a format that is not read. Raises: InvalidExperiment."""
    if b"application/vnd.oasis.opendocument" in start[:200]:
        raise refusal(EXPECTED, Message("an OpenDocument file, such as .ods"), XLSX)
    for inside, received, hint in WORKBOOKS:
        if inside in names:
            raise refusal(EXPECTED, received, hint)
