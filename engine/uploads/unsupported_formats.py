"""Kinds of files that are not read, so that they are refused by their names."""

from __future__ import annotations

from collections.abc import Collection

from engine.uploads.refusal import refusal

EXPECTED = "a table (CSV, Excel .xlsx, Parquet, ARFF, NPZ) or a zip of images"
CSV = "save it as CSV"
UNPACK = "unpack it first"
STARTS: tuple[tuple[bytes, str, str], ...] = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office file, such as .xls", "save it as .xlsx or CSV"),
    (b"$FL2", "a file of SPSS (.sav)", CSV),
    (b"$FL3", "a file of SPSS (.zsav)", CSV),
    (b"<stata_dta>", "a file of Stata (.dta)", CSV),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file", CSV),
    (b"MATLAB 5.0", "a file of MATLAB (.mat)", CSV),
    (b"SQLite format 3\0", "a database of SQLite", CSV),
    (b"ARROW1", "an Arrow or Feather file", "save it as Parquet or CSV"),
    (b"FEA1", "an Arrow or Feather file", "save it as Parquet or CSV"),
    (b"Obj\x01", "an Avro file", "save it as Parquet or CSV"),
    (b"ORC", "an ORC file", "save it as Parquet or CSV"),
    (b"\x93NUMPY", "a single array (.npy)", "save arrays x and y with numpy.savez"),
    (b"\x80\x02", "a pickle of Python", CSV),
    (b"\x80\x03", "a pickle of Python", CSV),
    (b"\x80\x04", "a pickle of Python", CSV),
    (b"\x80\x05", "a pickle of Python", CSV),
    (b"RDX2\n", "a file of R", CSV),
    (b"RDX3\n", "a file of R", CSV),
    (b"\x1f\x8b", "a gzip file", UNPACK),
    (b"BZh", "a bzip2 file", UNPACK),
    (b"\xfd7zXZ\0", "an xz file", UNPACK),
    (b"\x28\xb5\x2f\xfd", "a zstd file", UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "pack it as a zip"),
    (b"Rar!", "a RAR archive", "pack it as a zip"),
    (b"%PDF", "a PDF file", CSV),
    (b"\x89PNG", "a single image", "put images into a zip, one folder a class"),
    (b"\xff\xd8\xff", "a single image", "put images into a zip, one folder a class"),
    (b"GIF8", "a single image", "put images into a zip, one folder a class"),
    (b"II*\0", "a TIFF image", "save images as PNG in a zip, one folder a class"),
    (b"MM\0*", "a TIFF image", "save images as PNG in a zip, one folder a class"),
    (b"RIFF", "a sound, a film or an image", ""),
)
SAS = b"\xc2\xea\x81\x60\xb3\x14\x11\xcf"
STARTS_OF_TEXT = (
    (("<!doctype html", "<html", "<table"), "a web page", "save the sheet as CSV"),
    (("<?xml", "<workbook"), "an XML file", CSV),
    (("{\\rtf",), "a text with formats (.rtf)", CSV),
    (("{", "["), "a JSON file", CSV),
)
WORKBOOKS = (
    ("xl/workbook.bin", "a binary Excel workbook (.xlsb)", "save it as .xlsx or CSV"),
    ("word/document.xml", "a Word document", "save the table as CSV"),
    ("ppt/presentation.xml", "a presentation", "save the table as CSV"),
)


def expect_known(raw: bytes) -> None:
    """Refuses a file of a kind that is known and not read."""
    for start, received, hint in STARTS:
        if raw.startswith(start):
            raise refusal(EXPECTED, received, hint)
    if raw[12:20] == SAS:
        raise refusal(EXPECTED, "a file of SAS (.sas7bdat)", CSV)
    if raw[257:262] == b"ustar":
        raise refusal(EXPECTED, "a tar archive", "pack it as a zip")
    text = raw[:200].removeprefix(b"\xef\xbb\xbf").decode("latin-1").lstrip().lower()
    for starts, received, hint in STARTS_OF_TEXT:
        if text.startswith(starts) and not (text[0] in "{[" and not looks_like_json(text)):
            raise refusal(EXPECTED, received, hint)


def looks_like_json(text: str) -> bool:
    """Whether a text that begins with a bracket goes on as JSON does."""
    rest = text[1:].lstrip()
    return rest[:1] in '"{[]}' and rest[:1] != "" and (text[0] == "[" or rest[:1] in '"}')


def expect_known_archive(names: Collection[str], start: bytes) -> None:
    """Refuses a zip that is a document of a kind that is not read."""
    if b"application/vnd.oasis.opendocument" in start[:200]:
        raise refusal(EXPECTED, "an OpenDocument file, such as .ods", "save it as .xlsx or CSV")
    for inside, received, hint in WORKBOOKS:
        if inside in names:
            raise refusal(EXPECTED, received, hint)
