"""The pane's files are named after their content and found through their imports. No other files are served."""

import gzip
from pathlib import Path

import pytest

from shared.addin.bundle import ROUTE, Bundle, load
from shared.addin.pane import FOLDER


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "src").mkdir()
    (tmp_path / "vendor").mkdir()
    (tmp_path / "pane.html").write_text("<!-- head -->")
    (tmp_path / "commands.html").write_text("<!-- head -->")
    (tmp_path / "launch.js").write_text("// gone\nrun();\n")
    (tmp_path / "commands").mkdir()
    (tmp_path / "commands" / "command.js").write_text("import { a } from '../src/a.js';\n")
    (tmp_path / "pane.css").write_text("body { color: red }")
    (tmp_path / "secret.json").write_text("{}")
    (tmp_path / "vendor" / "big.min.js").write_text("var big = 1;")
    (tmp_path / "src" / "main.js").write_text("import { a } from './a.js';\nawait import(\"./big.min.js\");\n")
    (tmp_path / "src" / "a.js").write_text("export const a = './not-a-module.txt';\n")
    return tmp_path


def body(bundle: Bundle, file: str) -> str:
    return bundle.assets[bundle.url(file).removeprefix(ROUTE)].body.decode()


def test_imports_are_rewritten_to_the_served_file_names(folder: Path) -> None:
    bundle = load(folder)
    lines = body(bundle, "main.js").splitlines()
    assert lines == [
        f"import {{ a }} from './{bundle.hash}-a.js';",
        f'await import("./{bundle.hash}-big.min.js");',
    ]
    assert body(bundle, "command.js") == f"import {{ a }} from './{bundle.hash}-a.js';\n"
    assert body(bundle, "a.js") == (folder / "src" / "a.js").read_text()


def test_only_the_panes_own_modules_are_preloaded(folder: Path) -> None:
    bundle = load(folder)
    assert sorted(bundle.modules) == [bundle.url("a.js"), bundle.url("main.js")]


def test_only_listed_files_are_served(folder: Path) -> None:
    bundle = load(folder)
    assert {name.removeprefix(f"{bundle.hash}-") for name in bundle.assets} == {
        "a.js",
        "big.min.js",
        "command.js",
        "main.js",
        "pane.css",
    }
    assert bundle.launch == "run();\n"
    for name in ("../secret.json", "secret.json", "pane.html", "launch.js"):
        with pytest.raises(KeyError, match="no file"):
            bundle.url(name)


@pytest.mark.parametrize("file", ["pane.html", "commands.html", "pane.css", "src/a.js", "vendor/big.min.js"])
def test_any_change_to_the_files_changes_their_names(folder: Path, file: str) -> None:
    before = load(folder)
    assert before.hash == load(folder).hash
    changed = folder / file
    changed.write_text(changed.read_text() + " ")
    after = load(folder)
    assert not before.assets.keys() & after.assets.keys()


def test_moving_text_from_one_file_to_another_counts_as_a_change(folder: Path) -> None:
    before = load(folder).hash
    (folder / "pane.css").write_text("body { color: red }x")
    (folder / "src" / "a.js").write_text((folder / "src" / "a.js").read_text()[1:])
    assert load(folder).hash != before


def test_every_file_is_also_stored_compressed(folder: Path) -> None:
    for asset in load(folder).assets.values():
        assert gzip.decompress(asset.gzipped) == asset.body


def test_an_import_of_a_missing_file_is_detected_on_load(folder: Path) -> None:
    (folder / "src" / "a.js").write_text("import './gone.js';")
    with pytest.raises(ValueError, match=r"a\.js imports \./gone\.js"):
        load(folder)


def test_two_files_with_the_same_name_are_refused(folder: Path) -> None:
    (folder / "vendor" / "a.js").write_text("")
    with pytest.raises(ValueError, match="the same name"):
        load(folder)


def test_the_real_pane_loads() -> None:
    bundle = load(FOLDER)
    assert bundle.url("main.js") in bundle.modules
    assert bundle.url("pane.css")
    own = [asset for name, asset in bundle.assets.items() if "msal" not in name]
    assert sum(len(asset.gzipped) for asset in own) < 60 * 1024, "the pane without Office.js"


def test_comments_on_their_own_lines_are_not_served(folder: Path) -> None:
    gone = "/** What it is.\n * More.\n */\n", "  // gone\n", "/** gone */\n"
    kept = 'const a = "// no comment"; // kept\n', 'const b = "/* none */";\n', "/** @type {number} */ const c = 1;\n"
    (folder / "src" / "commented.js").write_text(gone[0] + kept[0] + gone[1] + kept[1] + kept[2] + gone[2])
    bundle = load(folder)
    assert bundle.assets[f"{bundle.hash}-commented.js"].body.decode() == "".join(kept)


def test_the_real_pane_is_small() -> None:
    """The transferred size, excluding Office.js and the sign-in library, is well below the limit of 60 KB."""
    addin = Path("addin")
    bundle = load(addin)
    own = {path.name for path in (*addin.glob("*.css"), *addin.glob("src/*.js"))}
    sizes = [len(asset.gzipped) for name, asset in bundle.assets.items() if name.partition("-")[2] in own]
    assert len(sizes) == len(own)
    assert sum(sizes) + len(bundle.page.encode()) <= 32 * 1024
