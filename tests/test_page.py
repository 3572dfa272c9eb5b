"""report.html of the host matrix in a browser."""
import html
import shutil
import struct
import subprocess
import zlib

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
         "--disable-sync", "--disable-dev-shm-usage", "--host-resolver-rules=MAP * ~NOTFOUND"]

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no chromium: ci/setup.sh test installs it")


def browse(page, profile, *options):
    """The browser's stdout for a page."""
    done = subprocess.run([CHROMIUM, *FLAGS, f"--user-data-dir={profile}", *options, page.resolve().as_uri()], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def pixels(png):
    """The set of row contents of a PNG: one for an empty picture."""
    data, at, size = b"", 8, None
    while at < len(png):
        length, kind = struct.unpack(">I4s", png[at:at + 8])
        if kind == b"IHDR":
            size = struct.unpack(">II", png[at + 8:at + 16])
        if kind == b"IDAT":
            data += png[at + 8:at + 8 + length]
        at += 12 + length
    raw = zlib.decompress(data)
    stride = len(raw) // size[1]
    return size, {raw[i * stride:(i + 1) * stride] for i in range(size[1])}


def test_every_cell_is_on_the_page(matrix, tmp_path):
    """What the browser made of the page names each cell and each check."""
    text = html.unescape(browse(matrix.tool.out / "report.html", tmp_path / "profile", "--dump-dom"))
    report = matrix.tool.report()
    assert [cell["id"] for cell in report["cells"] if cell["id"] not in text] == []
    assert {check["id"] for cell in report["cells"] for check in cell["checks"] if check["id"] not in text} == set()
    assert "</html>" in text


@pytest.mark.parametrize("width, height", [(1280, 900), (400, 800)])
def test_screenshot(matrix, tmp_path, width, height):
    """Something is to be seen, on a desk and on a telephone."""
    shot = tmp_path / "shot.png"
    browse(matrix.tool.out / "report.html", tmp_path / "profile", f"--window-size={width},{height}", f"--screenshot={shot}")
    size, rows = pixels(shot.read_bytes())
    assert size == (width, height) and len(rows) > 50
