from __future__ import annotations

from typing import ClassVar, Literal

from engine.catalogue.part import hparam
from engine.examples import Examples, Task
from engine.message import Message
from engine.parts.datasets import Dataset
from engine.uploads import encode, library
from engine.uploads.infer import infer_uses


class Upload(Dataset):
    """Own file, a table or images that were uploaded; it is named by its SHA-256 and stays on the machine.

    Numbers are inputs as they are, a category is one input a word (one-hot), and the words are those of the whole file.
    Missing inputs are filled after the split, with the median or the most frequent word of the training rows alone, so
    that nothing is known of validation rows; rows without a target are left out. Images come with the size that was
    chosen when they were uploaded, values scaled to 0…1.

    Use: To learn from data of your own; look at its columns and gaps before training.

    Trouble: A column that gives the answer away, or an identifier of the row, makes everything look too good: ignore
    it.

    Shape: table (inputs,); image (channels, height, width), vector (channels · height · width,), sequence (time,
    features): the rows of an image one after the other.

    Source: Kuhn and Johnson, Applied predictive modeling, 2013 (imputation and dummy variables within the split).
    """

    rank: ClassVar[int] = 1000
    is_own: ClassVar[bool] = True
    kind: Literal["upload"] = "upload"
    file: str = hparam(
        library.NO_FILE,
        "SHA-256 of the uploaded file.",
        pattern=r"^[0-9a-f]{64}$",
        pattern_help=Message("64 hexadecimal digits"),
        hidden=True,
    )
    called: str = hparam(
        "",
        "What the file was called.",
        pattern=r"^[\w .,()+-]{0,60}$",
        pattern_help=Message("at most 60 letters, digits, spaces and . , ( ) + - _"),
        hidden=True,
    )
    uses: str = hparam(
        "",
        "A letter for each column: n number, c category, t target, i ignored. Empty: as it is understood.",
        pattern=r"^[ncti]*$",
        pattern_help=Message("the letters n, c, t and i"),
        hidden=True,
    )
    task: Literal["classification", "regression"] = hparam("classification", "What the target is.", hidden=True)
    missing: Literal["drop", "fill"] = hparam(
        "fill", "Rows with gaps are left out, or gaps filled from the training rows.", hidden=True
    )
    layout: Literal["image", "vector", "sequence"] = hparam(
        "vector", "Images for convolutions, vectors for dense layers, sequences for recurrent ones.", hidden=True
    )

    @property
    def stated_task(self) -> Task:
        return self.task

    def load(self, seed: int) -> Examples:
        about, arrays = library.load_upload(self.file, self.called)
        uses, task = (self.uses, self.task) if self.uses else infer_uses(about)
        return encode.encode_upload(about, arrays, uses, task, self.missing, self.layout)
