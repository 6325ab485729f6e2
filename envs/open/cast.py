"""A file for a language model that decides: who the person is, and what the rules let it do now.

What may be told when is decided by the rules of the file, whatever the model is told or wants. It chooses among what
they lead to, and may always keep to itself what it could tell.
"""

from __future__ import annotations

from typing import Any, cast

from ...core.acts import Act, Say
from ...core.grammar import Grammar, Heard
from ...core.setting import Setting
from ...simulated_users.cast import FAILED, KEPT, MET, OPEN, Goal, Moment
from .acts import Reply
from .game import Rules
from .parts import CLOSED
from .person import nearest
from .telling import betrayed, values_named

KEEP = "Tell nothing that you may not tell now, whoever asks for it."


class ReplyGrammar(Grammar):
    """Replies as tags: ``[reply wish:refund]``, ``[reply rule-3]``, ``[reply order;rule-3+end-0;=left]``."""

    def __init__(self) -> None:
        super().__init__((Reply,), mode="tagged")

    def print(self, act: Act) -> str:
        """The tag of a reply; ``""`` for talk."""
        if not isinstance(act, Reply):
            return ""
        parts = ";".join(filter(None, (act.told, act.line, act.outcome and f"={act.outcome}")))
        return f"[reply {parts}]" if parts else "[reply]"

    def parse_tag(self, text: str) -> Heard | None:
        """The reply of a tag: the facts that it tells, a line of the file, and behind ``=`` an outcome."""
        head, _, rest = text.strip("[] ").partition(" ")
        if head.lower() != "reply":
            return None
        told = line = outcome = ""
        for part in filter(None, rest.strip().split(";")):
            if part.startswith("="):
                outcome = part[1:]
            elif part.startswith(("rule-", "end-")):
                line = part
            else:
                told = part
        return Heard(Reply(told, line, outcome))


class FileCast:
    """The person of a scenario file, for a model that decides. See `Cast`."""

    grammar = ReplyGrammar()
    bounds_any = True  # the checks pay no more and no less, whatever is done

    def facts(self, moment: Moment) -> str:
        """Who the person is, what was drawn, and every fact."""
        rules, draws = _rules(moment.setting), dict(moment.public.draws)
        file = rules.file
        known = [
            f"{name.replace('_', ' ')}: {value}" for name, value in zip(file.hidden, moment.hidden.drawn, strict=True)
        ]
        facts = []
        for fact in file.fact:
            value = "/".join(rules.drawn(name, moment.hidden) for name in fact.of)
            text = fact.text[value] if isinstance(fact.text, dict) else fact.text
            facts.append(f"- {fact.id}: {text}{' You would rather not tell it.' if fact.secret else ''}")
        about = [
            file.person.described,
            f"About you: {'; '.join(known)}.",
            *(["You know:", *facts] if facts else []),
        ]
        return "\n".join(about).format(**draws)

    def recalled(self, moment: Moment, words: str) -> str:
        """The passages of the person's world that are nearest to what it hears."""
        passages = nearest(_rules(moment.setting).file.person.passages, words)
        told = "\n".join(f"- {' '.join(passage.split())}" for passage in passages)
        return f"What you have read:\n{told}".format(**dict(moment.public.draws)) if told else ""

    def goals(self, moment: Moment) -> list[Goal]:
        """Those of the file, as far as they have come; and to keep what may not be told."""
        rules, state = _rules(moment.setting), moment.state
        over = FAILED if state.mover is None else OPEN
        found = []
        for goal, when in rules.file.aims:
            kept = goal.kind in KEPT
            met = kept if when is None else rules.holds(when, state, moment.hidden)
            status = MET if met else OPEN if goal.soft else FAILED if kept else over
            found.append(Goal(goal.text.format(**dict(moment.public.draws)), status, goal.kind, goal.soft))
        return [*found, Goal(KEEP, MET, "policy")]

    def situation(self, moment: Moment) -> str:
        """The turn, how the numbers stand, and what each possible reply is."""
        rules, state = _rules(moment.setting), moment.state
        if state.mover is None:
            return "It is over."
        numbers = zip(rules.file.state, moment.hidden.state, strict=True)
        stands = ", ".join(f"{name.replace('_', ' ')} {number}" for name, number in numbers)
        replies = [f"{self.grammar.print(act) or '[talk]'}: {self._meant(rules, act)}" for act in self.acts(moment)]
        inside = f" Inside you: {stands}." if stands else ""
        turn = f"Turn {state.turn} of {rules.file.turns_of(state.session)}.{inside}"
        if rules.file.session:
            turn = f"Dialogue {state.session} of {len(rules.file.session) + 1} with the same person. {turn}"
        return "\n".join([turn, "What you may do now:", *replies])

    def acts(self, moment: Moment) -> list[Act]:
        """What the rules lead to; besides, to say nothing of weight, unless the dialogue ends now."""
        found = [act for (_, act), p in moment.setting.mind.react(moment.hidden, moment.state) if p > 0.0]
        ends = any(isinstance(act, Reply) and (act.outcome or act.line.startswith("opening")) for act in found)
        return list(dict.fromkeys(found if ends or Reply() in found else [*found, Say()]))  # an empty reply is one

    def admissible(self, moment: Moment, act: Act) -> str:
        """Whether the rules lead to it."""
        possible = self.acts(moment)
        if act in possible:
            return ""
        shown = ", ".join(self.grammar.print(one) or "[talk]" for one in possible)
        return f"That you may not do now. You can do one of these: {shown}."

    def read(self, moment: Moment, words: str, bye: bool) -> Act:
        """What free words come to: the facts that they name are told, whether the rules lead to that or not.

        Where the rules close the dialogue, it is closed.
        """
        rules = _rules(moment.setting)
        outcomes = moment.setting.mind.react(moment.hidden, moment.state)
        likely = [act for (_, act), _ in sorted(outcomes, key=lambda item: -item[1])]
        told = []
        for name in betrayed(rules.script, moment.public.draws, words):
            fact = next(fact for fact in rules.file.fact if fact.id == name)
            true = rules.telling([name], moment.hidden)
            named = [f"{name}:{value}" for value in values_named(fact, words)]
            told.append(true if true in named else (named or [true])[0])
        same = [act for act in likely if {*getattr(act, "told", "").split("+")} - {""} == {*told}]
        closing = [act.outcome for act in likely if isinstance(act, Reply) and act.outcome]
        if same and not (bye and not getattr(same[0], "outcome", "")):
            return same[0]
        outcome = closing[0] if len(closing) == len(likely) else CLOSED if bye else ""
        return Reply("+".join(told), "", outcome) if told or outcome else Say()

    def bounds(self, setting: Setting, hidden: Any) -> tuple[float, float]:
        """All that the checks can give and take, less the cost of no turn and of all."""
        file = _rules(setting).file
        weights = [check.weight for check in file.checks]
        turns = sum(file.turns_of(number) for number in range(1, len(file.session) + 2))
        least = sum(weight for weight in weights if weight < 0.0) - file.score.cost * turns
        least -= sum(one.penalty for one, _ in file.forbidden)
        return least, sum(weight for weight in weights if weight > 0.0)

    def _meant(self, rules: Rules, act: Act) -> str:
        """What a reply is, in words."""
        if not isinstance(act, Reply):
            return "say something that tells nothing"
        told = " and ".join(name.replace("_", " ") for name, _ in act.facts)
        parts = [f"tell {told}" if told else ""]
        for line in filter(None, act.line.split("+")):
            kind, _, number = line.rpartition("-")
            said = {"rule": rules.file.rule, "end": rules.file.end}.get(kind)
            parts.append(f'say something like "{said[int(number)].say[0]}"' if said else "")
        return ", and ".join(filter(None, [*parts, "close the conversation" if act.outcome else ""])) or "say little"


def _rules(setting: Setting) -> Rules:
    return cast(Rules, setting.game)
