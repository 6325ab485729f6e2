"""`dialogym play --web`: the same game in a browser, for several people at once.

Each visitor has a thread that plays as the terminal does; its console hands on what it prints, and waits for what the
visitor says. Extra ``web``: Gradio.
"""

from __future__ import annotations

import json
import secrets
import threading
import time
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from io import StringIO
from pathlib import Path
from queue import Empty, Queue
from typing import Any

from rich.console import Console
from rich.panel import Panel
from rich.text import Text

from ..envs.transcript import Utterance

PATIENCE = 1800.0  # seconds that a visitor may say nothing
CONSENT = (
    "Dialogues are recorded: what is said, the seed and the time. Nothing says who you are; please do not write it "
    "either. Who starts a dialogue agrees."
)
RECORDED = "sessions.jsonl"


@dataclass(frozen=True)
class Condition:
    """One arm of an experiment.

    Attributes:
        name: Kept with each dialogue.
        note: Shown to the visitor before the dialogue.
        advice: Whether beliefs, values and best acts are shown.
        settings: Of the environment.
    """

    name: str = ""
    note: str = ""
    advice: bool = False
    settings: dict[str, Any] = field(default_factory=dict)


def read_conditions(path: Path, advice: bool = False) -> list[Condition]:
    """The conditions in a TOML file: a table ``[[condition]]`` for each, with the fields of `Condition`.

    Raises:
        ValueError: If there is none, or one cannot be read.
    """
    try:
        found = tomllib.loads(path.read_text()).get("condition", [])
        conditions = [Condition(**{"advice": advice, **one}) for one in found]
    except (OSError, tomllib.TOMLDecodeError, TypeError) as error:
        raise ValueError(
            f"conditions must be a TOML file of tables [[condition]] with name, note, advice, settings; {path}: {error}"
        ) from error
    names = [condition.name for condition in conditions]
    if not names or "" in names or len({*names}) < len(names):
        raise ValueError(f"conditions must be some, each with a name of its own; {path} has {names}")
    return conditions


class PageConsole(Console):
    """A console whose lines are chat messages and whose input comes from a page.

    Attributes:
        messages: What was printed, as Gradio's chatbot shows it.
        asking: Set while input is waited for, or when there is no more to come.
    """

    def __init__(self, mine: Callable[[str], bool]):
        super().__init__(file=StringIO(), width=10_000, highlight=False)
        self.messages: list[dict[str, str]] = []
        self.asking, self._mine, self._said = threading.Event(), mine, Queue[str | None]()

    def print(self, *objects: Any, **options: Any) -> None:
        """Add a message: words in a bubble of who says them, all else as a note."""
        for thing in objects:
            if isinstance(thing, Utterance):
                if not self._mine(thing.seat):  # what the visitor says is there already
                    self._add("assistant", f"**{thing.seat.capitalize()}:** {_plain(thing.words)}")
            elif isinstance(thing, Panel):
                body = thing.renderable.plain if isinstance(thing.renderable, Text) else str(thing.renderable)
                self._add("assistant", f"**{thing.title}**\n\n{_plain(body)}")
            else:
                with self.capture() as captured:
                    super().print(thing, **options)
                if text := captured.get().strip():
                    self._add("assistant", "  \n".join(f"*{_plain(line.strip())}*" for line in text.splitlines()))

    def input(self, *_: Any, **__: Any) -> str:
        """Wait for the visitor.

        Raises:
            EOFError: If it left, or was silent for too long.
        """
        self.asking.set()
        try:
            said = self._said.get(timeout=PATIENCE)
        except Empty:
            said = None
        if said is None:
            raise EOFError
        return said

    def say(self, text: str | None) -> None:
        """The visitor says something, or leaves."""
        self.asking.clear()
        if text is not None:
            self._add("user", _plain(text))
        self._said.put(text)

    def _add(self, role: str, text: str) -> None:
        self.messages.append({"role": role, "content": text})


def _plain(text: str) -> str:
    """Words that Markdown and HTML leave as they are."""
    for mark in "\\`*_#|~":
        text = text.replace(mark, f"\\{mark}")
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\n", "  \n")


Play = Callable[[Condition, int, PageConsole], Any]
"""Plays a dialogue of a condition and a seed to its end, and returns its episode; `EOFError` if the visitor left."""


class Talk:
    """A dialogue of one visitor, in a thread.

    Args:
        play: What the thread does.
        condition: The arm of the experiment.
        seed: Of the dialogue.
        mine: Whether a seat is the visitor's.
        keep: Gets the episode when it has ended, or ``None`` if the visitor left.
    """

    def __init__(
        self, play: Play, condition: Condition, seed: int, mine: Callable[[str], bool], keep: Callable[[Any], None]
    ):
        self.console, self.over = PageConsole(mine), False
        if condition.note:
            self.console.print(Text(condition.note))

        def run() -> None:
            episode = None
            try:
                episode = play(condition, seed, self.console)
            except EOFError:
                self.console.print(Text("You left."))
            except Exception as error:  # the visitor is told, and the server goes on
                self.console.print(Text(f"This dialogue cannot go on: {error}"))
            keep(episode)
            self.over = True
            self.console.asking.set()

        threading.Thread(target=run, daemon=True).start()

    def wait(self, seconds: float = 300.0) -> list[dict[str, str]]:
        """The messages, when the visitor is asked or the dialogue has ended."""
        self.console.asking.wait(seconds)
        return self.console.messages

    def say(self, text: str) -> list[dict[str, str]]:
        """Say something, and wait for what follows."""
        if self.over:
            return self.console.messages
        self.console.say(text)
        return self.wait()

    def leave(self) -> None:
        """End it."""
        if not self.over:
            self.console.say(None)


class Room:
    """All talks of a server: gives out seeds and conditions in turn, and keeps what was said.

    Args:
        play: See `Talk`.
        conditions: Arms of the experiment, or a single one.
        mine: Whether a seat is the visitors'.
        first: Seed of the first dialogue; the others follow it.
        store: Gets the episodes; ``None`` if they are not recorded.
        folder: Of ``sessions.jsonl``, which says what each dialogue was.
    """

    def __init__(
        self,
        play: Play,
        conditions: Sequence[Condition],
        mine: Callable[[str], bool],
        first: int = 0,
        store: Any = None,
        folder: Path | None = None,
    ):
        self.play, self.conditions, self.mine, self.first = play, conditions, mine, first
        self.store, self.folder, self.talks = store, folder, dict[str, Talk]()
        self._started, self._lock = 0, threading.Lock()

    def start(self, key: str = "") -> str:
        """Begin a dialogue in place of the one of `key`; returns its own key. Nobody else can guess it."""
        self.leave(key)
        with self._lock:
            number, self._started = self._started, self._started + 1
        # each condition meets the same seeds
        condition, seed = self.conditions[number % len(self.conditions)], self.first + number // len(self.conditions)
        about = {"session": secrets.token_hex(8), "condition": condition.name, "seed": seed, "started": _now()}
        new = secrets.token_urlsafe(16)
        self.talks[new] = Talk(self.play, condition, seed, self.mine, lambda episode: self._keep(about, episode))
        return new

    def messages(self, key: str) -> list[dict[str, str]]:
        """What the visitor of `key` sees, as soon as it is asked."""
        return self.talks[key].wait() if key in self.talks else []

    def say(self, key: str, text: str) -> list[dict[str, str]]:
        """The visitor of `key` says something; returns what it sees then."""
        return self.talks[key].say(text) if key in self.talks else []

    def leave(self, key: str) -> None:
        """The visitor of `key` is gone."""
        if talk := self.talks.pop(key, None):
            talk.leave()

    def _keep(self, about: dict[str, Any], episode: Any) -> None:
        if self.store is None or self.folder is None:
            return
        with self._lock:
            if episode is not None:
                self.store.append([episode])
            with (self.folder / RECORDED).open("a") as file:
                file.write(json.dumps({**about, "ended": _now(), "finished": episode is not None}) + "\n")


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def page(room: Room, title: str, recorded: bool) -> Any:
    """The page, a Gradio app.

    Raises:
        ModuleNotFoundError: If Gradio is not installed.
    """
    try:
        gradio: Any = import_module("gradio")
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError('--web needs Gradio: pip install "dialogym[web]"') from error
    with gradio.Blocks(title=title, analytics_enabled=False) as app:
        gradio.Markdown(f"## {_plain(title)}")
        if recorded:
            gradio.Markdown(CONSENT)
        key = gradio.State("", delete_callback=room.leave)
        chat = gradio.Chatbot(height="65vh", show_label=False, latex_delimiters=[], buttons=[])  # a $ is a price
        with gradio.Row():
            words = gradio.Textbox(placeholder="What you say", show_label=False, scale=5, interactive=False)
            begin = gradio.Button("Start", variant="primary", scale=1)

        def start(old: str) -> tuple[str, list[dict[str, str]], Any, Any]:
            new = room.start(old)
            return new, room.messages(new), gradio.Textbox(interactive=True), gradio.Button("New dialogue")

        def say(mine: str, text: str) -> tuple[list[dict[str, str]], Any]:
            seen = room.say(mine, text) if text.strip() else room.messages(mine)
            going = mine in room.talks and not room.talks[mine].over
            return seen, gradio.Textbox(value="", interactive=going)

        begin.click(start, key, [key, chat, words, begin], api_name="start", concurrency_limit=None)
        words.submit(say, [key, words], [chat, words], api_name="say", concurrency_limit=None)
    return app
