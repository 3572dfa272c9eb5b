"""The packages of the corpus, and how they come into the cache.

packages.tsv has a line for each: registry, name, version, file, its SHA-256, what is in it.  A package is fetched by
the registry's own client as this machine has it set up, beside its place, and moved there when its sum is right; so
what is there is whole.
"""

import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass

TABLE = pathlib.Path(__file__).with_name("packages.tsv")
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache", "tlsmatrix/corpus")


class Lacking(Exception):
    """A package that is not there, and why: one line."""


@dataclass(frozen=True)
class Package:
    """A line of the table."""

    registry: str
    name: str
    version: str
    file: str
    sha256: str
    holds: str

    def place(self):
        """Where it lies when it is there."""
        return CACHE / self.file

    def client(self, folder):
        """The command that brings it into a folder."""
        if self.registry == "npm":
            return ["npm", "pack", "--silent", "--pack-destination", folder, f"{self.name}@{self.version}"]
        *_, python, abi, platforms = self.file.removesuffix(".whl").split("-")
        python = python.rsplit(".", maxsplit=1)[-1]
        tags = [
            "--python-version",
            python[2:] if len(python) > 3 else "3.12",
            "--abi",
            abi,
            "--implementation",
            python[:2],
        ]
        for platform in platforms.split("."):
            tags += ["--platform", platform]
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        return [*pip, "--only-binary=:all:", "--dest", folder, *tags, f"{self.name}=={self.version}"]


def table():
    """All lines."""
    lines = TABLE.read_text().splitlines()[1:]
    return [Package(*line.split("\t")) for line in lines]


def is_right(package, path):
    """Is the file there, and what the table says?"""
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == package.sha256


def fetched(package, offline=False):
    """The package's file in the cache, brought there if need be."""
    place = package.place()
    if is_right(package, place):
        return place
    what = f"corpus: {package.name} {package.version}"
    if offline:
        raise Lacking(f"{what}: not in {CACHE}: fetch it with make corpus")
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE, prefix=".fetching-") as folder:
        argv = package.client(folder)
        if not shutil.which(argv[0]):
            raise Lacking(f"{what}: there is no {argv[0]} here: install it")
        try:
            done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=300)
        except subprocess.TimeoutExpired:
            raise Lacking(f"{what}: {argv[0]} did not end in 300 s: try again") from None
        if done.returncode:
            said = (done.stderr.strip() or done.stdout.strip() or "no word").splitlines()[-1]
            raise Lacking(f"{what}: {pathlib.Path(argv[0]).name} failed: {said}")
        came = pathlib.Path(folder, package.file)
        if not is_right(package, came):
            names = ", ".join(sorted(path.name for path in pathlib.Path(folder).iterdir()))
            raise Lacking(f"{what}: {names or 'nothing'} came, not {package.file} with SHA-256 {package.sha256}")
        os.replace(came, place)
    return place
