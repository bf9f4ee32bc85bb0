"""The program as one file."""

from __future__ import annotations

from engine.export.program.program import Program

MAIN = """
if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Train this network.")
    parser.add_argument("--steps", type=int, help="optimizer steps instead of the whole run")
    parser.add_argument("--csv", help="file for the loss of every step")
    options = parser.parse_args()
    _, losses = train() if options.steps is None else train(options.steps)
    print(f"step {len(losses)} · loss {losses[-1]!r}")
    if options.csv:
        with open(options.csv, "w", encoding="utf-8") as file:
            file.write("step,loss\\n" + "".join(f"{step},{loss!r}\\n" for step, loss in enumerate(losses, 1)))
"""


def write_script(program: Program, head: str) -> str:
    """The program as one file, under the comment `head`."""
    imports = "import argparse\n" + program.imports
    pieces = [f'"""{head.strip()}\n"""\n', imports, program.constants]
    for section in program.sections:
        rule = f"# {section.title} ".ljust(119, "-")
        pieces.append(f"\n{rule}\n\n{section.text}")
    # At the end: a reader wants the code first, not 40 kB of letters.
    carried = program.carried
    if carried is not None and carried.inline:
        pieces.append(f"\n# The examples themselves, compressed\n{carried.assignment}")
    return "\n".join([*pieces, MAIN])
