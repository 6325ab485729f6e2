"""Hooks of MkDocs, named in mkdocs.yml: what the site needs beyond the pages of docs/.

- CONTRIBUTING.md and CHANGELOG.md become pages, and links out of docs/ lead to what the site has in their place.
- Each public module has a page of the API reference, made from its docstrings without importing it.
- Headings get the anchors that they have on GitHub, and Markdown in ``<details>`` is read.
"""

from __future__ import annotations

import ast
import os
import posixpath
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "dialogym"
FOLDERS = ("core", "simulated_users", "rewards", "envs", "policies", "evaluation", "trainers", "adapters")
OUTSIDE = {"CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changes.md", "README.md": "index.md"}
"""Pages of the site that lie outside docs/ in the repository; the README's place is taken by docs/index.md."""
REFERENCE = "reference/"
LINK = re.compile(r"(?<!!)\[([^\]]*)\]\(([^)#\s:]+)(#[^)\s]*)?\)")
FENCED = re.compile(r"(^```.*?^```\n?)", re.MULTILINE | re.DOTALL)


def on_startup(**_: Any) -> None:
    """Lay the package where mkdocstrings finds it by its name: the folder of the repository may be called anything."""
    home = ROOT / "build" / "reference" / PACKAGE
    home.mkdir(parents=True, exist_ok=True)
    for name in ("__init__.py", *FOLDERS):
        if not (home / name).exists():
            (home / name).symlink_to(os.path.relpath(ROOT / name, home))


def on_config(config: Any) -> Any:
    """Anchors as on GitHub, and the pages of the reference in the navigation."""
    config.mdx_configs["toc"] = {**config.mdx_configs.get("toc", {}), "slugify": anchor}
    for entry in config.nav:
        for title, page in entry.items() if isinstance(entry, dict) else ():
            if page == REFERENCE:
                entry[title] = [f"{REFERENCE}index.md", *navigation()]
    return config


def on_files(files: Any, config: Any) -> Any:
    """The pages that are not in docs/."""
    from mkdocs.structure.files import File  # pyright: ignore[reportMissingImports]

    texts = {page: (ROOT / name).read_text(encoding="utf-8") for name, page in OUTSIDE.items() if name != "README.md"}
    for page, text in {**texts, **reference()}.items():
        files.append(File.generated(config, page, content=text))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Links and ``<details>``, outside of code."""
    name = page.file.src_uri
    if name.startswith(REFERENCE):
        return markdown
    source = next((file for file, made in OUTSIDE.items() if made == name and made != "index.md"), f"docs/{name}")
    parts = FENCED.split(markdown)
    for place in range(0, len(parts), 2):  # in between lies code
        text = LINK.sub(lambda link: linked(link, source), parts[place])
        parts[place] = re.sub(r"<details( open)?>", r'<details markdown="1"\1>', text)
    return "".join(parts)


def anchor(heading: str, separator: str = "-") -> str:
    """The anchor of a heading, as on GitHub."""
    return re.sub(r"[^\w -]", "", heading.lower().strip()).replace(" ", separator)


def linked(link: re.Match[str], source: str) -> str:
    """A link of a file of the repository, as the page made of that file must have it; its words where none can be.

    Args:
        link: A match of `LINK`.
        source: The file that the link is in, from the root of the repository.
    """
    words, target, place = link[1], link[2], link[3] or ""
    path = posixpath.normpath(posixpath.join(posixpath.dirname(source), target))
    module = path.removesuffix("/__init__.py").removesuffix(".py")
    if path in OUTSIDE:
        found = OUTSIDE[path]
    elif path.startswith("docs/"):
        found = path.removeprefix("docs/")
    elif module in pages():
        found, place = pages()[module], ""
    else:
        return words if "`" in words else f"`{words}`"
    return f"[{words}]({found}{place})"


# ---- the API reference


def modules() -> Iterator[tuple[str, ...]]:
    """The public modules, as parts of their names; not those of a family, which has a page of its own."""
    for folder in FOLDERS:
        for file in sorted((ROOT / folder).rglob("*.py")):
            inside = file.relative_to(ROOT)
            module = inside.parent.parts if file.stem == "__init__" else (*inside.parent.parts, file.stem)
            package = all((folder / "__init__.py").exists() for folder in file.parents if ROOT in folder.parents)
            private = any(part.startswith("_") for part in module)
            of_family = inside.parts[0] == "envs" and len(inside.parts) > 2
            if package and not private and not of_family:
                yield module


def pages() -> dict[str, str]:
    """Path of a module in the repository, without its ending -> its page."""
    known = list(modules())
    packages = {parts[:-1] for parts in known}
    return {
        "/".join(parts): REFERENCE + "/".join(parts) + ("/index.md" if parts in packages else ".md") for parts in known
    }


def navigation() -> list[Any]:
    """The pages of the reference, folder in folder."""

    def entries(folder: str) -> list[Any]:
        found: list[Any] = []
        for module, page in pages().items():
            if posixpath.dirname(module) == folder:
                name = posixpath.basename(module)
                found.append({name: [page, *entries(module)] if page.endswith("/index.md") else page})
        return found

    return entries("")


def reference() -> dict[str, str]:
    """The text of each page of the reference."""
    made = {page: f"::: {PACKAGE}.{module.replace('/', '.')}\n" for module, page in pages().items()}
    return {f"{REFERENCE}index.md": front(), **made}


def front() -> str:
    """The first page of the reference: what the package itself offers, and where each of it is described."""
    lines = ["# API reference", "", f"What `import {PACKAGE}` offers:", ""]
    lines += [
        f"- [`{PACKAGE}.{name}`][{PACKAGE}.{home}.{name}]: {said(home, name)}" for name, home in offered().items()
    ]
    lines += ["", "Everything else, folder by folder, from the lowest floor up:", ""]
    for folder in FOLDERS:
        inside = {path: page for path, page in pages().items() if posixpath.dirname(path) == folder}
        names = [f"[{posixpath.basename(path)}]({page.removeprefix(REFERENCE)})" for path, page in inside.items()]
        lines.append(f"- **{folder}**: {' · '.join(names)}")
    return "\n".join(lines) + "\n"


def said(module: str, name: str) -> str:
    """The first line of the docstring of a function or class, without its full stop."""
    tree = ast.parse((ROOT / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8"))
    node = next(n for n in tree.body if isinstance(n, ast.FunctionDef | ast.ClassDef) and n.name == name)
    return (ast.get_docstring(node) or "").partition("\n")[0].rstrip(".")


def offered() -> dict[str, str]:
    """Name -> module of it, from the imports of the package's ``__init__`` and its table of lazy ones."""
    tree, found = ast.parse((ROOT / "__init__.py").read_text(encoding="utf-8")), {}
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.level:
            found.update({name.name: node.module for name in node.names})
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "_LAZY":
            found.update(ast.literal_eval(node.value))
    return dict(sorted(found.items()))
