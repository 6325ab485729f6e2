"""A person of one prompt, as in tau-bench: a model is told who it is and what it wants, and talks. Nothing holds it.

It is here to be compared with: no state, no rules for what may be told, no verification. What it does is read from its
words afterwards.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..core.acts import Act, IllegalAct, Say
from ..core.dialogue import Dialogue
from ..core.grammar import Heard
from ..core.stream import Stream
from .asking import Chat
from .backends.backend import Request
from .cast import Decision, Moment, WordsRead
from .llm_mind import LLMUser, Walk, goal_state, menu
from .llm_voice import tidy
from .personas import describe
from .user import Cue, Failure

SAID = "prompt"
"""Key of a dialogue's `memo` under which the words of its latest exchange are kept."""

RULES = (
    "Talk as this person would, in the first person, one short message at a time. Do not give everything away at once; "
    "say what the conversation asks for. Do not make up what you have not been told."
)
TAGGED = "What you do in a message stands at its end, as one of these tags: {tags}. Without a tag you only talk."
CLOSING = "When the conversation is over for you, end your message with [bye]."
_BYE = re.compile(r"\[\s*bye\s*\]", re.IGNORECASE)
_TAG = re.compile(r"\[[^\[\]\n]*\]")


class PromptUser(LLMUser):
    """One request a turn, whose answer is the person's words; see `LLMUser` for the arguments.

    The cast reads from the words what they do (`WordsRead`), or the model says so by a tag. What is not legal is talk.
    The first words of who opens are the phrase bank's where the rules leave no choice.
    """

    mind = "prompt"

    @property
    def bounded(self) -> bool:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Whether the bounds of the cast hold whatever is done."""
        return getattr(self.cast, "bounds_any", False)

    def chat(self, dialogue: Dialogue, moment: Moment) -> Chat:
        """One prompt and the dialogue. It holds what is hidden."""
        wants = " ".join(goal.text for goal in self.cast.goals(moment))
        acts = [act for act in self.cast.acts(moment) if act != Say()]
        tagged = TAGGED.format(tags=menu(self.cast, acts)) if acts else ""
        closing = CLOSING if isinstance(self.cast, WordsRead) else tagged
        told = [self.cast.facts(moment), describe(dialogue.persona), f"What you want: {wants}", RULES, closing]
        chat = [("system", "\n".join(filter(None, told)))]
        turns = [(turn.seat, dialogue.meant(str(turn.text))) for turn in dialogue.turns()]
        turns += [(dialogue.seat, dialogue.meant(dialogue.hearing))] if dialogue.hearing else []
        for seat, text in turns:
            said = text if seat in (moment.seat, dialogue.seat) else f"{seat}: {text}"
            chat.append(("assistant" if seat == moment.seat else "user", said or "..."))
        return (*chat, *([] if chat[-1][0] == "user" else [("user", "...")]))

    def worded(self, cues: Sequence[Cue], streams: Sequence[Stream], owners: Sequence[Dialogue]) -> list[str]:
        """The words that were found when it was decided; the bank's for a first act that the rules prescribe."""
        said, place = [], {}
        for cue, stream, owner in zip(cues, streams, owners, strict=True):
            number = place[id(owner)] = place.get(id(owner), -1) + 1
            kept = owner.memo.get(SAID, ())
            words = kept[number] if number < len(kept) else None
            said.append(
                self.voice.say([cue], [stream])[0] if words is None else " ".join(filter(None, (cue.reason, words)))
            )
        return said

    def _choose(self, walks: Sequence[Walk]) -> list[Act | Failure]:
        """What each does by its words."""
        seeds = [walk.dialogue.stream.choose(2**31) for walk in walks]
        moments = [walk.moment(walk.state) for walk in walks]
        begins = [walk.act is None or bool(walk.acts) for walk in walks]  # the dialogue, or a further one
        forced = [first and len(self.cast.acts(moment)) == 1 for first, moment in zip(begins, moments, strict=True)]
        asked = [i for i, prescribed in enumerate(forced) if not prescribed]
        requests = [
            Request(self.chat(walks[i].dialogue, moments[i]), self.max_tokens, self.temperature, seeds[i])
            for i in asked
        ]
        replies = dict(zip(asked, self.backend.generate(requests) if requests else [], strict=True))
        self.counts.decisions += len(walks)
        self.counts.forced += sum(forced)
        acts: list[Act | Failure] = []
        for i, (walk, moment) in enumerate(zip(walks, moments, strict=True)):
            reply = replies.get(i)
            if reply is not None:
                self.counts.meter(reply)
            if isinstance(reply, Failure):
                acts.append(reply)
                continue
            act, words = (self.cast.acts(moment)[0], None) if reply is None else self._heard(moment, reply.text)
            memo, first = walk.dialogue.memo, not walk.acts
            memo[SAID] = (*(() if first else memo.get(SAID, ())), words)
            if words is not None:
                problem = self.cast.admissible(moment, act)
                self.counts.inadmissible += bool(problem)
                self.counts.first_try += not problem
                found = Decision(self.cast.grammar.print(act), "", 1, False, (problem,) if problem else ())
                goal_state(walk.dialogue).decisions.append(found)
            acts.append(act)
        return acts

    def _heard(self, moment: Moment, text: str) -> tuple[Act, str]:
        """What words do, and the words without the tag that says so."""
        words = tidy(" ".join(text.split()))
        if isinstance(self.cast, WordsRead):
            plain = " ".join(_BYE.sub(" ", words).split())
            return self.cast.read(moment, plain, bool(_BYE.search(words))), plain or "..."
        tags = _TAG.findall(words)
        plain = " ".join(_TAG.sub(" ", words).split()) or "..."
        heard = self.cast.grammar.parse_tag(tags[-1]) if tags else Heard(Say())
        if heard is None or heard.problem:
            self.counts.unreadable += 1
            return Say(), plain
        try:
            moment.setting.game.apply(moment.state, moment.seat, heard.act)
        except IllegalAct:
            self.counts.illegal += 1
            return Say(), plain
        return heard.act, plain
