"""The rules of the house, held."""

from __future__ import annotations

import ast
import re
from pathlib import PurePath

import pytest

from engine.catalogue import part
from tests.house.source import ROOT, TEXT, functions, imports, python, text, tracked, tree

FORBIDDEN = {"utils", "util", "helpers", "helper", "manager", "managers", "base", "common", "misc", "tools"}
FAMILIES = set(part.families())
PAGES = [path for path in python("pages/") if PurePath(path).name in ("page.py", "shell.py")]
LINES = [path for path in tracked() if path.endswith((".py", ".js", ".mjs", ".css", ".sh"))]


def test_there_is_something_to_look_at() -> None:
    assert len(python("engine/")) > 80
    assert len(python("pages/")) > 10
    assert len(python("tests/")) > 20
    assert len(LINES) > 150


@pytest.mark.parametrize("path", LINES)
def test_files_are_under_300_lines(path: str) -> None:
    assert len(text(path).splitlines()) < 300


@pytest.mark.parametrize("path", python())
def test_functions_are_under_40_lines(path: str) -> None:
    for function in functions(path):
        length = (function.end_lineno or 0) - function.lineno + 1
        assert length < 40, f"{function.name} has {length} lines"


@pytest.mark.parametrize("path", PAGES)
def test_pages_are_under_120_lines(path: str) -> None:
    assert len(text(path).splitlines()) < 120


def test_the_launcher_is_at_most_25_lines() -> None:
    assert len(text("app.py").splitlines()) <= 25


@pytest.mark.parametrize("path", LINES)
def test_a_file_is_named_after_its_idea(path: str) -> None:
    assert not FORBIDDEN & set(re.split(r"[._]", PurePath(path).name.lower()))
    assert not FORBIDDEN & set(PurePath(path).parts[:-1])


@pytest.mark.parametrize("path", python("pages/"))
def test_colors_are_in_the_theme_and_not_in_pages(path: str) -> None:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            assert not re.search(r"#([0-9a-fA-F]{3}){1,2}\b(?!;)", node.value), node.value


@pytest.mark.parametrize("path", [*python("engine/", "pages/"), "app.py"])
def test_only_the_command_line_prints(path: str) -> None:
    if path.startswith("engine/cli/"):
        return
    calls = [node.func for node in ast.walk(tree(path)) if isinstance(node, ast.Call)]
    assert "print" not in [call.id for call in calls if isinstance(call, ast.Name)]


@pytest.mark.parametrize("path", python("engine/"))
def test_modules_and_classes_are_documented(path: str) -> None:
    module = tree(path)
    family_member = PurePath(path).parts[-2] in FAMILIES and overrides(module)
    assert family_member or PurePath(path).name == "__init__.py" or ast.get_docstring(module), "the module"
    for node in module.body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            assert ast.get_docstring(node), node.name


def overrides(module: ast.Module) -> bool:
    """Whether the file holds one part: what its methods mean stands once, in the family."""
    classes = [node for node in module.body if isinstance(node, ast.ClassDef)]
    names = {
        t.target.id for c in classes for t in c.body if isinstance(t, ast.AnnAssign) and isinstance(t.target, ast.Name)
    }
    return "kind" in names


@pytest.mark.parametrize("path", [*python("pages/"), "app.py"])
def test_pages_know_no_torch(path: str) -> None:
    assert "torch" not in imports(path)


@pytest.mark.parametrize("path", python("engine/"))
def test_the_engine_knows_no_page(path: str) -> None:
    assert not {"streamlit", "plotly", "pages"} & imports(path)


@pytest.mark.parametrize("path", python("engine/", "pages/"))
def test_what_a_user_gives_never_reaches_code(path: str) -> None:
    assert not {"pickle", "marshal", "shelve", "dill", "joblib", "yaml"} & imports(path)
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in ("eval", "exec", "compile"), node.lineno
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "load":
            options = {keyword.arg: keyword.value for keyword in node.keywords}
            if isinstance(node.func.value, ast.Name) and node.func.value.id == "torch":
                only = options.get("weights_only")
                assert isinstance(only, ast.Constant), node.lineno
                assert only.value is True, node.lineno


HOSTS = [
    r"pypi\.org|pythonhosted|files\.python|download\.pytorch|npmjs|unpkg|jsdelivr|cdnjs|conda\.anaconda|crates\.io",
    r"index-url|find-links|trusted-host",
]
PLACES = r"(?<![\w.$~}*])/(work|home|root|mnt|Users|opt|srv)/\w"


@pytest.mark.parametrize(
    "path", [p for p in tracked() if PurePath(p).suffix in TEXT and p != "tests/house/test_house.py"]
)
def test_nothing_names_a_registry_or_a_place_on_a_machine(path: str) -> None:
    content = text(path)
    for pattern in (*HOSTS, PLACES):
        found = re.search(pattern, content)
        assert not found, found


def test_nothing_generated_is_tracked() -> None:
    bad = r"(^|/)(__pycache__|\.venv|build|dist|node_modules)/|\.(pyc|mo|db|pt|safetensors|parquet|log)$|\.egg-info"
    assert [path for path in tracked() if re.search(bad, path)] == []


def test_the_two_commands_of_the_readme_are_in_the_makefile() -> None:
    targets = set(re.findall(r"^([a-z]+):", text("Makefile"), re.MULTILINE))
    head = text("README.md").splitlines()[:12]
    commands = [line.split()[1] for line in head if line.strip().startswith("make ")]
    assert commands == ["run", "test"]
    assert {*commands, "bench", "check"} <= targets


def test_the_readme_shows_the_app() -> None:
    (picture,) = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", text("README.md"))[:1]
    assert picture in tracked()
    data = (ROOT / picture).read_bytes()
    assert data[:4] == b"\x89PNG"
    assert len(data) > 20_000


def test_the_lock_pins_everything_plainly() -> None:
    lines = [line for line in text("requirements.lock").splitlines() if line and not line.startswith("#")]
    assert "torch==2.13.0" in lines
    assert len(lines) > 40
    for line in lines:
        assert re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][0-9A-Za-z.]*", line), line
    names = [line.split("==")[0].lower() for line in lines]
    assert len(set(names)) == len(names)


def test_every_dependency_is_locked() -> None:
    import tomllib

    project = tomllib.loads(text("pyproject.toml"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    names = {normal(re.split(r"[<>=!~\[; ]", entry)[0]) for entry in wanted}
    locked = {normal(line.split("==")[0]) for line in text("requirements.lock").splitlines() if "==" in line}
    assert names <= locked
    assert all("==" not in entry for entry in wanted), "ranges"
    assert project["optional-dependencies"]["ray"] == project["optional-dependencies"]["postgres"] == []


def normal(name: str) -> str:
    """A package's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()
