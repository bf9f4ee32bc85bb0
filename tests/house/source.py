"""The repository's own files, as git tracks them."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
TEXT = {
    ".py",
    ".js",
    ".mjs",
    ".css",
    ".toml",
    ".json",
    ".md",
    ".sh",
    ".txt",
    ".lock",
    ".po",
    ".pot",
    ".svg",
    ".html",
    "",
}


@cache
def tracked() -> tuple[str, ...]:
    """Every tracked path; what stands in the folders of a copy without history."""
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if done.returncode == 0 and done.stdout:
        return tuple(p for p in done.stdout.decode().split("\0") if p and (ROOT / p).is_file())
    folders = ("engine", "pages", "assets", "tests")
    found = [
        p for folder in folders for p in (ROOT / folder).rglob("*") if p.is_file() and "__pycache__" not in p.parts
    ]
    return tuple(str(p.relative_to(ROOT)) for p in (*found, ROOT / "app.py", ROOT / "README.md", ROOT / "Makefile"))


def python(*folders: str) -> list[str]:
    """The tracked Python files under some folders, or all of them."""
    return [p for p in tracked() if p.endswith(".py") and (not folders or p.startswith(folders))]


def text(path: str) -> str:
    """What is in a file."""
    return (ROOT / path).read_text(encoding="utf-8")


@cache
def tree(path: str) -> ast.Module:
    """A file's syntax tree."""
    return ast.parse(text(path))


Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(path: str) -> Iterator[Function]:
    """Every function in a file, nested ones too."""
    return (node for node in ast.walk(tree(path)) if isinstance(node, Function))


def imports(path: str) -> set[str]:
    """The top-level packages that a file imports anywhere."""
    found = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found
