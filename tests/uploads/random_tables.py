"""Random tables as text, with what pandas has to be told to read them right, and whether they could mean two things."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from engine.errors import InvalidExperiment
from engine.uploads.corrections import NO_CORRECTIONS, Corrections
from engine.uploads.sandbox import parse_file

LABELS: dict[str, Any] = {"utf-8": "UTF-8", "utf-8-sig": "UTF-8", "utf-16": "UTF-16", "cp1252": "Windows-1252"}
PLAIN = ("sí", "no", "red", "dark blue", "Año 1", "x-ray", "N°2", "über", "l'eau", "A/B", "50 %", "#3")
QUOTED = ("red, dark", 'the "big" one', "a;b", "u|v", "one\ntwo", "tab\there")
NAMES = ("width", "año", "the size", "Ωhm", "c", "col 7", "peso (kg)", "%fat", "is_ok", "n°", "group", "Größe")
GAPS = ("", "", "NA", "null", "?", "NaN", "n/a", "-")
QUOTING: tuple[Any, ...] = (csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC)


@dataclass
class Table:
    """A table as bytes and how it was written."""

    raw: bytes
    separator: Any  # one of those that the reader knows, as are the next two
    decimal: Any
    encoding: str
    header: bool
    gap: str
    doubtful: bool
    columns: list[Any] = field(default_factory=list)

    def truth(self) -> pd.DataFrame:
        """What pandas finds when it is told everything."""
        return pd.read_csv(
            io.BytesIO(self.raw),
            sep=self.separator,
            decimal=self.decimal,
            header=0 if self.header else None,
            encoding=self.encoding,
            keep_default_na=False,
            na_values=[self.gap],
            index_col=False,
        )

    def told(self) -> Corrections:
        """The same for the reader."""
        return Corrections(
            header=self.header,
            separator=self.separator,
            decimal=self.decimal,
            encoding=LABELS[self.encoding],
            first_row=0,
        )


def numbers(rng: np.random.Generator, count: int, kind: int) -> list[str]:
    """A column of numbers of one kind."""
    if kind == 0:
        return [str(v) for v in rng.integers(-50, 5000, count)]
    if kind == 1:
        return [f"{v:.{rng.integers(1, 3)}f}" for v in rng.normal(0, 30, count)]
    if kind == 2:
        return [repr(float(v)) for v in rng.normal(0, 1, count)]
    if kind == 3:
        return [f"{v:.3e}" for v in np.exp(rng.normal(0, 9, count))]
    return [f"{v:.3f}" for v in rng.uniform(0, 1500, count)]


def random_table(seed: int) -> Table:
    """One table."""
    rng = np.random.default_rng(seed)
    count, width = int(rng.integers(12, 40)), int(rng.integers(2, 7))
    separator, decimal = str(rng.choice([",", ";", "\t", "|"])), str(rng.choice([".", ","]))
    encoding, header = str(rng.choice(list(LABELS))), bool(rng.integers(2))
    gap, words = str(rng.choice(GAPS)), int(rng.integers(0, 3))
    quoting: Any = int(rng.choice(QUOTING))
    known = [*PLAIN, *(QUOTED if rng.integers(2) else ())]
    columns = []
    alike = int(rng.integers(5)) if rng.integers(3) == 0 else None
    for index in range(width):
        if index < words:
            own = rng.choice(known, int(rng.integers(2, 5)), replace=False)
            column = [str(word) for word in rng.choice(own, count)]
        else:
            column = [
                text.replace(".", decimal)
                for text in numbers(rng, count, int(rng.integers(5)) if alike is None else alike)
            ]
        if index and rng.integers(3) == 0:
            column = [gap if rng.random() < 0.15 else cell for cell in column]
        columns.append(column)
    order = [0, *(1 + rng.permutation(width - 1))]
    columns = [columns[index] for index in order]
    names = [str(name) for name in rng.choice([n for n in NAMES if encoding != "cp1252" or n != "Ωhm"], width, False)]
    stream = io.StringIO(newline="")
    end = "\r\n" if rng.integers(2) else "\n"
    writer = csv.writer(stream, delimiter=separator, quoting=quoting, lineterminator=end)
    if header:
        writer.writerow(names)
    writer.writerows(zip(*columns, strict=True))
    doubtful = words >= width or looks_grouped(columns[:], decimal)
    return Table(stream.getvalue().encode(encoding), separator, decimal, encoding, header, gap, doubtful, columns)


def looks_grouped(columns: list[list[str]], decimal: str) -> bool:
    """Whether all numbers of some column may be read as thousands as well: three digits after every decimal sign."""

    def grouped(cell: str) -> bool:
        whole, sign, rest = cell.lstrip("-").partition(decimal)
        return not sign or (len(rest) == 3 and rest.isdigit() and 1 <= len(whole) <= 3 and whole[0] != "0")

    return any(
        any(decimal in cell for cell in column)
        and all(grouped(cell) for cell in column if cell[:1].isdigit() or cell[:1] == "-")
        for column in columns
        if any(cell[:1].isdigit() for cell in column)
    )


def difference(table: Table, corrections: Corrections = NO_CORRECTIONS) -> str:
    """What the reader finds otherwise than pandas; nothing if nothing."""
    truth = table.truth()
    about, arrays = parse_file("t.csv", table.raw, corrections)
    names = (
        [" ".join(str(name).split()) for name in truth.columns]
        if table.header
        else [f"x{n + 1}" for n in range(truth.shape[1])]
    )
    if [column.name for column in about.columns] != names:
        return f"names {[column.name for column in about.columns]}"
    if about.rows != len(truth):
        return f"{about.rows} rows"
    numbers, codes = iter(arrays["values"].T), iter(arrays["codes"].T)
    for column, name in zip(about.columns, truth.columns, strict=True):
        own = truth[name]
        if column.missing != int(own.isna().sum()):
            return f"{column.missing} gaps in {column.name}"
        if column.sort == "number":
            if not pd.api.types.is_numeric_dtype(own.dtype):
                return f"{column.name} is no number"
            if not np.array_equal(next(numbers), own.to_numpy(np.float64), equal_nan=True):
                return f"values of {column.name}"
        elif pd.api.types.is_numeric_dtype(own.dtype) and not own.isna().all():
            return f"{column.name} is a number"
        elif column.sort == "category":
            found = [" ".join(column.levels[code].split()) if code >= 0 else None for code in next(codes)]
            if found != [
                None if cell is None or cell != cell else " ".join(str(cell).split()) for cell in own.astype(object)
            ]:
                return f"words of {column.name}"
    return ""


def fault(seed: int) -> str:
    """What is wrong with how a table is read. One that could mean two things may be read otherwise, or refused, if it
    can be corrected; a table that nothing is doubtful in may not."""
    table = random_table(seed)
    try:
        found = difference(table)
    except InvalidExperiment as error:
        found = str(error)
    corrected = difference(table, table.told())
    return corrected or ("" if table.doubtful else found)
