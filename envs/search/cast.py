"""Search for a language model that decides: who the user is, and the acts that keep to it."""

from __future__ import annotations

from typing import Any, cast

from ...core.acts import Act, Say
from ...core.grammar import Grammar
from ...core.setting import Setting
from ...simulated_users.cast import FAILED, MET, OPEN, Goal, Moment
from ...simulated_users.speech import fill
from ..content import content
from .game import FACETS, SEARCH, UNSURE, Clarify, Confirm, Correct, Explain, Leave, Search, Tell
from .mind import Searcher
from .queries import QUERIES

_TEXT = content(__file__, "cast.toml")


class SearchCast:
    """A user who decides by a model. See `Cast`.

    It is held to the page that it needs: what it says of it is true. What it says at all, and when it leaves, are its
    own.
    """

    grammar = Grammar((Tell, Confirm, Correct, Leave))

    def facts(self, moment: Moment) -> str:
        """What the user needs, and what kind of person it is."""
        public, (meaning, aspect, depth) = moment.public, moment.hidden.page
        who = {"name": public.user, "query": public.query, "aspect": aspect, "depth": depth}
        who["meaning"] = QUERIES[public.query].meanings[int(meaning) - 1]
        return f"{fill(_TEXT['person'], who)} {_TEXT[moment.hidden.kind]}"

    def goals(self, moment: Moment) -> list[Goal]:
        """Be truthful, stay, and get the pages."""
        state, page = moment.state, moment.hidden.page
        untrue = any(fact not in ("", UNSURE, value) for fact, value in zip(state.facts, page, strict=True))
        left = any(isinstance(act, Leave) for act in moment.own())
        got = OPEN if state.mover is not None else MET if state.shown[:1] == (page,) else FAILED
        return list(map(Goal, _TEXT["goals"], (*(FAILED if bad else MET for bad in (untrue, left)), got)))

    def situation(self, moment: Moment) -> str:
        """The turn, and what the assistant has done."""
        state, topic, page = moment.state, moment.state.topic, moment.hidden.page
        if state.mover is None:
            return "It is over."
        about = ""
        if isinstance(topic, Clarify):
            about = fill(_TEXT["asked"], {"facet": topic.facet, "value": page[FACETS.index(topic.facet)]})
        elif isinstance(topic, Search):
            right = "as you mean it" if str(topic.meaning) == page[0] else f"but you mean {page[0]}"
            meaning = QUERIES[moment.public.query].meanings[topic.meaning - 1]
            about = fill(_TEXT["searched"], {"meaning": meaning, "right": right})
        elif isinstance(topic, Explain):
            about = _TEXT["explained"]
        return f"Turn {state.turn} of {_mind(moment.setting).game.turns}. {about}".strip()

    def acts(self, moment: Moment) -> list[Act]:
        """The truth, nothing, or to leave."""
        topic, page = moment.state.topic, moment.hidden.page
        if isinstance(topic, Clarify):
            return [Tell(page[FACETS.index(topic.facet)]), Tell(UNSURE), Leave()]
        if isinstance(topic, Search):
            right = int(page[0])
            return [Confirm() if topic.meaning == right else Correct(right), Say(), Leave()]
        return [Say(), Leave()] if isinstance(topic, Explain) else [Say()]

    def admissible(self, moment: Moment, act: Act) -> str:
        """One of these acts."""
        possible = self.acts(moment)
        if act in possible:
            return ""
        return f"All that you can do now is {' or '.join(self.grammar.print(one) or '[talk]' for one in possible)}."

    def bounds(self, setting: Setting, hidden: Any) -> tuple[float, float]:
        """What can be had of a user who answers and leaves as it likes.

        At least what it is worth to stop at once, which is nothing. At most a perfect list after a single search, since
        nothing can be shown without one. They do not depend on `hidden`.
        """
        return 0.0, 1.0 - SEARCH / 100


CAST = SearchCast()


def _mind(setting: Setting) -> Searcher:
    return cast(Searcher, setting.mind)
