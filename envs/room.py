"""One dialogue in which several seats learn: what every face of such a dialogue shares.

Each learner has an inbox with what it heard since it last spoke. What is said with a sealed move is delivered when all
moves of its round are open, and what is for some seats alone to these. Seats that do not learn are held by minds, and
worded by the family's voice.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ..core.acts import Act, IllegalAct, Say
from ..core.dialogue import together
from ..core.duel import Seats
from ..core.game import hears, is_pending, movers_of, view_of
from ..core.grammar import TALK, Grammar, Heard
from ..core.people import People
from ..core.stream import Stream
from ..core.thoughts import spoken
from ..simulated_users.user import Cue, signed
from .base import Family
from .engine import PATIENCE
from .spaces import Utterance

_WORDS = Utterance()


class Move(NamedTuple):
    """What one seat did.

    Attributes:
        before: The state in which it was done, as its seat may see it.
        seat: Who did it.
        act: What it came to.
        text: The words, without a name before them; what a tool prints.
        problem: ``"malformed"``, ``"ambiguous"`` or ``"illegal"`` for a lost turn, else ``""``.
        reason: Why, in a sentence.
        heard: What the grammar made of the words of a learner.
    """

    before: Any
    seat: str
    act: Act
    text: str
    problem: str = ""
    reason: str = ""
    heard: Heard = TALK


class Room:
    """One dialogue between learners, and people who are simulated.

    Args:
        family: The family.
        both: What `Family.duel` has drawn.
        learners: The seats that learn.
        grammar: Reads their words.
        stream: Random numbers of the dialogue.

    Raises:
        ValueError: If a seat that does not learn has no mind.
    """

    def __init__(self, family: Family, both: Seats, learners: Sequence[str], grammar: Grammar, stream: Stream):
        self.family, self.learners, self.stream = family, tuple(learners), stream
        self.state = both.game.start()
        self.enter(both, grammar)
        people = self.people
        self.hidden: Any = people.prior().sample(stream) if people else None
        personas = family.voice.personas
        self._personas = {seat: personas[stream.choose(len(personas))] for seat in people.minds} if people else {}
        self.inbox: dict[str, list[Move]] = {seat: [] for seat in learners}
        self.heard: dict[str, list[Move]] = {seat: [] for seat in learners}  # what is answered just now
        self.lost = dict.fromkeys(learners, 0)
        self.told: list[Move] = []  # in the order in which it could be heard
        self.last: dict[str, Move] = {}  # of each learner
        self._sealed: list[tuple[Move, tuple[str, ...]]] = []  # with who will hear it
        self._go_on()

    def __getstate__(self) -> dict[str, Any]:
        """To be pickled or copied, without what is made again: see `enter`."""
        made = ("both", "grammar", "people")
        return {name: value for name, value in vars(self).items() if name not in made}

    def enter(self, both: Seats, grammar: Grammar) -> None:
        """Take in what a family has drawn, which may hold functions of its own."""
        self.both, self.grammar = both, grammar
        absent = [seat for seat in self.family.people_seats if seat not in self.learners]
        if missing := [seat for seat in absent if seat not in both.minds]:
            raise ValueError(f"learners must include {', '.join(missing)}: nobody is simulated in those seats")
        self.people = People(both.game, {seat: both.minds[seat] for seat in absent}) if absent else None

    @property
    def mover(self) -> str | None:
        """The learner whose turn it is; ``None`` when the dialogue is over."""
        return self.both.game.mover(self.state)

    @property
    def movers(self) -> tuple[str, ...]:
        """The learners who can speak now without having heard each other."""
        return tuple(seat for seat in movers_of(self.both.game, self.state) if seat in self.learners)

    @property
    def cut(self) -> bool:
        """Whether a learner has lost too many turns in a row."""
        return any(lost >= PATIENCE for lost in self.lost.values())

    def payoffs(self) -> dict[str, float]:
        """What each learner gets if the dialogue ends here."""
        return {seat: self.both.game.payoff(self.state, seat, self.hidden) for seat in self.learners}

    def words(self, seat: str) -> str:
        """What a learner has heard since it last spoke, or what it answered if it has heard nothing since.

        One line each, and after the name of who said it where several could have.
        """
        moves = self.inbox[seat] or self.heard[seat]
        named = len(self.family.people_seats) > 2
        tools = self.family.tools
        return together([signed(m.seat, m.text) if named or m.seat in tools else m.text for m in moves])

    def say(self, seat: str, text: str) -> Move:
        """A learner whose turn it is says something; then everybody moves who does not learn."""
        game = self.both.game
        text, seen = spoken(text), view_of(game, self.state, seat)
        heard = self.grammar.parse(text, self.both.context(seen))
        act, problem, reason = heard.act, heard.problem, heard.reason
        try:
            after = game.apply(self.state, seat, act)
        except IllegalAct as illegal:
            act, problem, reason = Say(), "illegal", str(illegal)
            after = game.apply(self.state, seat, act)
        self.lost[seat] = self.lost[seat] + 1 if problem else 0
        move = Move(seen, seat, act, text if _WORDS.contains(text) else "...", problem, reason, heard)
        self.heard[seat], self.inbox[seat] = self.inbox[seat], []
        self.last[seat] = move
        self._tell(move, after)
        self._go_on(text, problem, reason)
        return move

    def _go_on(self, heard: str = "", problem: str = "", reason: str = "") -> None:
        """Tools and simulated people move until it is a learner's turn, or all is over."""
        game = self.both.game
        while (seat := game.mover(self.state)) is not None and seat not in self.learners:
            before = self.state
            seen = view_of(game, before, seat)
            who = self._personas.get(seat, "")
            sealed = is_pending(game, before)
            said = "" if sealed else heard
            if seat in self.family.tools:
                act = self.both.tool(before)  # type: ignore[misc]  # a family with tools has it
                words = self.family.tools[seat](Cue(act, seat, self._public(seat), "", said, False, "", "", seen))
            else:
                assert self.people is not None
                self.hidden, act = self.people.react(self.hidden, before).sample(self.stream)
                opening = not self.told and not self._sealed
                cue = Cue(act, seat, self._public(seat), who, said, opening, problem, reason, seen, sealed)
                words, problem, reason = self.family.voice.say([cue], [self.stream])[0], "", ""
            self._tell(Move(seen, seat, act, words), game.apply(before, seat, act))

    def _public(self, seat: str) -> Any:
        return self.both.scenarios.get(seat, next(iter(self.both.scenarios.values()))).public

    def _tell(self, move: Move, after: Any) -> None:
        """Go on to the state after a move, and let everybody else hear it as soon as they may, if they may."""
        game, before = self.both.game, self.state
        ears = [seat for seat in self.learners if seat != move.seat and hears(game, before, move.seat, seat)]
        self.state = after
        self._sealed.append((move, tuple(ears)))
        if is_pending(game, after) and self.mover is not None:
            return
        for one, listeners in self._sealed:
            self.told.append(one)
            for listener in listeners:
                self.inbox[listener].append(one)
        self._sealed = []
