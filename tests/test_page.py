"""report.html of the host matrix, and of a run of many ports, in a browser."""

import html
import json
import os
import re
import shutil
import struct
import subprocess
import zlib

import pytest

from conftest import BUILD, CODES, ROOT, Tool

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--host-resolver-rules=MAP * ~NOTFOUND",
]

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no chromium: ci/setup.sh test installs it")


def browse(page, profile, *options):
    """The browser's stdout for a page."""
    done = subprocess.run(
        [CHROMIUM, *FLAGS, f"--user-data-dir={profile}", *options, page.resolve().as_uri()],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def pixels(png):
    """The set of row contents of a PNG: one for an empty picture."""
    data, at, size = b"", 8, None
    while at < len(png):
        length, kind = struct.unpack(">I4s", png[at : at + 8])
        if kind == b"IHDR":
            size = struct.unpack(">II", png[at + 8 : at + 16])
        if kind == b"IDAT":
            data += png[at + 8 : at + 8 + length]
        at += 12 + length
    raw = zlib.decompress(data)
    stride = len(raw) // size[1]
    return size, {raw[i * stride : (i + 1) * stride] for i in range(size[1])}


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
    browse(
        matrix.tool.out / "report.html", tmp_path / "profile", f"--window-size={width},{height}", f"--screenshot={shot}"
    )
    size, rows = pixels(shot.read_bytes())
    assert size == (width, height) and len(rows) > 50


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """The reports of a run of 2,040 cells with 50,000 checks, as tests/unit/test_reports_ports.c makes them, and
    targets.html of one of 5,000 cells on 80 targets (test_reports_targets.c)."""
    folder = tmp_path_factory.mktemp("large")
    for test in ("test_reports_ports", "test_reports_targets"):
        subprocess.run(
            [BUILD / "unit" / test],
            cwd=ROOT,
            env={**os.environ, "TLSMATRIX_LARGE": str(folder)},
            check=True,
            capture_output=True,
            timeout=300,
        )
    return folder


def with_script(page, to, script):
    """A copy of the page that runs a script at its end."""
    to.write_text(page.read_text().replace("</body>", f"<script>{script}</script></body>"))
    return to


def opened(dom, kind):
    """The ids of the open blocks of a kind."""
    return re.findall(rf'<details class="{kind}" id="([^"]*)" open=""', dom)


# What sticks out of the page when everything on it is open, but for what is in a box that scrolls by itself.
STICKS_OUT = """addEventListener('load', () => setTimeout(() => {
  const page = document.documentElement, out = [];
  document.querySelectorAll('details').forEach(e => e.open = true);
  document.querySelectorAll('body *').forEach(e => {
    const box = e.getBoundingClientRect(), own = e.closest('.wide');
    if ((!own || own === e) && box.width && (box.right > page.clientWidth + 1 || box.left < -1))
      out.push(e.tagName + ' ' + e.textContent.slice(0, 60));
  });
  parent.postMessage(JSON.stringify([innerWidth, page.scrollWidth - page.clientWidth, out.slice(0, 9)]), '*');
}, 100))"""


def sticks_out(page, folder, width):
    """The width that the page is given, how far it scrolls sideways, and what sticks out. A headless window is at
    least 500 wide, a frame is not."""
    copy = with_script(page, folder / "inner.html", STICKS_OUT)
    frame = folder / "frame.html"
    frame.write_text(
        f'<iframe src="{copy.name}" width={width} height=844 style="border:0"></iframe><pre id=told></pre>'
        "<script>onmessage = e => document.getElementById('told').textContent = e.data</script>"
    )
    dom = browse(frame, folder / "profile", "--virtual-time-budget=8000", "--dump-dom")
    return json.loads(html.unescape(re.search(r'<pre id="told">(.*?)</pre>', dom, re.DOTALL)[1]))


@pytest.mark.parametrize("name", ["report.html", "targets.html"])
def test_narrow_page(large, tmp_path, name):
    """At a telephone's width, with all open, only tables in their own box scroll sideways; what would is seen."""
    page = large / name
    assert sticks_out(page, tmp_path, 390) == [390, 0, []]
    wide = tmp_path / "wide.html"
    wide.write_text(page.read_text().replace("</body>", '<p style="width: 500px">wide</p></body>'))
    width, sideways, what = sticks_out(wide, tmp_path, 390)
    assert sideways > 0 and what == ["P wide"]


# Wall clock with the machine to itself. The page costs the browser some 0.3 s of CPU time; with passes as table rows it
# took three times as long.
LOADED_MS = 2000
TIME = (
    "addEventListener('load', () => setTimeout(() => { document.body.dataset.loaded = "
    "Math.round(performance.getEntriesByType('navigation')[0].loadEventEnd); "
    "document.body.dataset.elements = document.querySelectorAll('*').length; }))"
)


def test_large_page_loads_fast(large, tmp_path):
    """Two seconds for 2,040 cells; of three tries the best, and longer where others keep the processors busy."""
    allowed = LOADED_MS * max(1, os.getloadavg()[0] / os.cpu_count())
    page = with_script(large / "report.html", tmp_path / "timed.html", TIME)
    times = []
    while len(times) < 3 and not (times and min(times) < LOADED_MS):
        dom = browse(page, tmp_path / "profile", "--dump-dom")
        times.append(int(re.search(r'data-loaded="(\d+)"', dom)[1]))
    assert min(times) < allowed, times
    assert int(re.search(r'data-elements="(\d+)"', dom)[1]) < 80_000
    assert (large / "report.html").stat().st_size < 8 << 20 and (large / "report.json").stat().st_size < 24 << 20


def test_large_page_opens_what_failed(large, tmp_path):
    """A block for each port; those with an unexpected result are open, the others and all cells are not."""
    dom = browse(large / "report.html", tmp_path / "profile", "--dump-dom")
    assert dom.count('<details class="port"') == 85 and dom.count('<details class="cell"') == 2040
    failed = sorted(
        {
            match[1]
            for match in re.finditer(
                r'class="cell" id="[^"/]*/([^"/]*/[^"/]*)/[^"]*"><summary><abbr class="mark fail"', dom
            )
        }
    )
    assert failed and sorted(opened(dom, "port")) == [f"port:go1.27.4/{port}" for port in failed]
    assert opened(dom, "cell") == []


def test_filter_box_of_many_ports(large, tmp_path):
    """Words select cells; a port without one is hidden, one with some is open."""
    script = (
        "const i = document.querySelector('#filter input'); i.value = 'exe cgo1 model=key'; "
        "i.dispatchEvent(new Event('input'))"
    )
    dom = browse(
        with_script(large / "report.html", tmp_path / "filtered.html", script), tmp_path / "profile", "--dump-dom"
    )
    shown = re.findall(r'<details class="cell" id="([^"]*)"(?! hidden)>', dom)
    assert shown and all("/windows/" in cell and "/exe/cgo1/" in cell for cell in shown)
    assert f"{len(shown)} of 2040</output>" in dom
    assert set(opened(dom, "port")) == {"port:" + cell.split("/exe/")[0] for cell in shown}


def test_link_to_a_cell_opens_its_port(large, tmp_path):
    """The cell that the address names is open, and so is the block that it stands in."""
    cell = "go1.27.4/aix/ppc64/exe/cgo1/external@none"
    page = with_script(
        large / "report.html",
        tmp_path / "linked.html",
        f"location.hash = '{cell}'; dispatchEvent(new Event('hashchange'))",
    )
    dom = browse(page, tmp_path / "profile", "--dump-dom")
    assert opened(dom, "cell") == [cell] and "port:go1.27.4/aix/ppc64" in opened(dom, "port")


def test_page_of_eighty_targets(large, tmp_path):
    """A mark of the grid leads to its cell, which opens, and so does the block of its port, in a few seconds."""
    cell = "go1.27.4/linux/amd64/c-shared/cgo1/external-gold@musl-1.2.6-9:dlopen"
    link = f"document.querySelector('table.bytarget a[href=\"#{cell}\"]')"
    script = f"{TIME}; {link}.click(); dispatchEvent(new Event('hashchange'))"
    dom = browse(
        with_script(large / "targets.html", tmp_path / "clicked.html", script), tmp_path / "profile", "--dump-dom"
    )
    assert opened(dom, "cell") == [cell] and "port:go1.27.4/linux/amd64" in opened(dom, "port")
    assert dom.count('class="target"') == 2 * 80 and dom.count('<details class="cell"') > 4900
    assert int(re.search(r'data-elements="(\d+)"', dom)[1]) < 160_000
    assert int(re.search(r'data-loaded="(\d+)"', dom)[1]) < 3 * LOADED_MS * max(1, os.getloadavg()[0] / os.cpu_count())


STYLES = (
    "document.body.dataset.styles = JSON.stringify([...document.querySelectorAll('#contract .legend .mark')]"
    ".map(mark => [mark.textContent, getComputedStyle(mark).backgroundColor]))"
)


def test_chart_of_the_contract(tmp_path):
    """Clause x release of two releases: letters, a colour of its own for each end, links that lead somewhere."""
    tool = Tool(tmp_path / "out")
    assert tool("toolchain", "get", "1.7.1").status == CODES["ok"]
    done = tool("run", "go=1.7.1,1.26.8 & mode=exe & cgo=0 & link=internal & check=contract.start-*")
    assert done.status == CODES["ok"], done
    page = with_script(tool.out / "report.html", tmp_path / "styled.html", STYLES)
    dom = browse(page, tmp_path / "profile", "--dump-dom")
    styles = json.loads(html.unescape(re.search(r'data-styles="([^"]*)"', dom)[1]))
    letters = [letter for letter, _ in styles]
    assert letters == [".", "W", "H", "E", "D", "-", "?"]
    assert len({colour for _, colour in styles[:5]}) == 5, styles
    chart = dom[dom.index('<section id="contract">') :].split("</section>")[0]
    rows = dict(re.findall(r'<tr><th scope="row"><a href="[^"]*" title="[^"]*">([a-z0-9-]+)</a></th>(.*?)</tr>', chart))
    seen = {name: re.findall(r'class="mark [a-z]+"[^>]*>([^<]*)<', row) for name, row in rows.items()}
    assert seen["start-page-size-odd"] == ["E1", "E2"] and seen["start-random-readonly"] == [".", "D"], seen
    assert seen["start-mxcsr-rounding"] == ["W"] and seen["start-page-size-64k"] == ["E", "-"], seen
    assert "http" not in chart
    leads = {html.unescape(to) for to in re.findall(r'href="#([^"]*)"', chart)}
    assert leads and {to for to in leads if f'id="{to}"' not in dom} == set(), leads
