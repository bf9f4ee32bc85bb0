"""The program in cells, as a Jupyter notebook (nbformat 4)."""

from __future__ import annotations

import json
from typing import Any

from engine.export.program.program import Program

PLOT = """try:
    import matplotlib.pyplot as plt
except ImportError:
    for step in range(0, len(losses), max(1, len(losses) // 20)):
        print(f"step {step + 1:>7}  loss {losses[step]:.5g}")
else:
    plt.semilogy(range(1, len(losses) + 1), losses, linewidth=1)
    plt.xlabel("step")
    plt.ylabel("loss of the batch")
    plt.show()
"""
# A first cell should answer within seconds; the whole run may take hours.
TRAINING = "model, losses = train(steps=1000)  # train() goes to the end of the run\nlosses[-1]\n"


def write_notebook(program: Program, head: str) -> str:
    """The notebook, nbformat 4, as JSON."""
    title, _, rest = head.partition("\n")
    cells = [
        make_markdown_cell(f"# {title}\n\n{rest.strip()}"),
        make_code_cell(f"{program.imports}\n{program.constants}"),
    ]
    if program.carried is not None and program.carried.inline:
        cells += [
            make_markdown_cell("The examples themselves, compressed."),
            make_code_cell(program.carried.assignment),
        ]
    for section in program.sections:
        cells += [
            make_markdown_cell(f"## {section.title}\n\n{section.about}".strip()),
            make_code_cell(section.text),
        ]
    cells += [make_markdown_cell("## Run"), make_code_cell(TRAINING), make_code_cell(PLOT)]
    for number, cell in enumerate(cells):
        # nbformat 4.5 asks for ids. These are the same each time, so that two exports of a run are equal files.
        cell["id"] = f"cell-{number}"
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    document = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def make_markdown_cell(text: str) -> dict[str, Any]:
    """A Markdown cell."""
    return {"cell_type": "markdown", "metadata": {}, "source": text.splitlines(keepends=True)}


def make_code_cell(text: str) -> dict[str, Any]:
    """A code cell."""
    source = text.rstrip("\n").splitlines(keepends=True)
    return {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [], "source": source}
