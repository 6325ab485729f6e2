"""Service: serve a customer with tools, by a policy, as an environment."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from ...core.checks import above, at_least, between, one_of, whole
from ...core.dialogue import Dialogue
from ..base import Family
from .domains import DOMAINS
from .game import ACTS, Ask, Call, Confirm, Helpline, Lookup, Tell, Write
from .mind import WISHES, Callers
from .voice import NAMES, PATTERNS, VOICE, printed, understand

MOST = 3  # orders of a case


class Known(NamedTuple):
    """What both sides know: who calls whom about what."""

    domain: str
    place: str
    name: str
    items: tuple[str, ...]
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Contact:
    """One scenario: a company, a customer, and what the customer has there."""

    domain: str
    place: str
    name: str
    items: tuple[str, ...]
    numbers: tuple[int, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "items", tuple(self.items))
        object.__setattr__(self, "numbers", tuple(self.numbers))

    @property
    def public(self) -> Known:
        """All of it."""
        return Known(self.domain, self.place, self.name, self.items, self.numbers)


@dataclass(frozen=True)
class Service(Family):
    """Customer service: an agent with tools finds out what a customer wants, and does what the policy allows.

    ## Description

    A customer calls about one of its orders. What it wants, which order it means and what else would do must be asked;
    what state the orders are in only the desk knows, a tool. The policy says which change is allowed, and that none may
    be made without an explicit yes. In the end the orders must be as they should be, as in tau-bench: it is all or
    nothing, and a change cannot be taken back. Some customers do not remember the order, some want what the policy
    forbids, and some are in a hurry and hang up if they are asked too much. Time is short: it is enough for the
    straight way and for nothing else. So what may be left out, and what has to be known before the one proposal is
    made, depends on what was answered so far. A written procedure that asks everybody the same is far from the best
    that can be done.

    The companies, the orders, the customers and all numbers are our own, and so are the words. Calls are about
    everyday goods and about flights: there is no crisis among them, and nothing is medical advice.

    ## Scenario

    A company, a customer's name, and what the customer has there: eight shops, or four airlines in the domain
    `airline`, with eight names, all equally likely. All of it is public, and only words depend on it. What is hidden:

    | what | how it is drawn |
    |---|---|
    | status of each order | `barred` shipped (airline: expired); else pending or delivered (insured, flexible) |
    | which order is meant | any, with equal chances |
    | the wish | cancel 40%, return 40%, exchange 20% (airline: cancel, change, upgrade), whatever the status |
    | flexible | where the policy forbids the wish: `flexible` would take the other of the first two actions |
    | remembers | `remembers` know which order it is |
    | hurried | `hurried` are in a hurry |
    | impostor | `impostors` are somebody else: they know the e-mail address with 0.6, and never which order |

    The policy, which the brief states: the first action is for the first status only (cancel what is pending), the
    second for the second (return what was delivered), the third for both. What is shipped cannot be changed, and
    nothing may be done for an impostor. So the right end is the wish where it is allowed, the other action where that
    is and the customer is flexible, and else no change at all. There are impostors and shipped orders in
    `ServiceHard-v0` alone; its customers also say yes to much that they do not want, and a wrong change costs twice as
    much.

    ## Acts

    An utterance is free text with at most one tag; without a tag it is talk. The customer speaks first. A turn is one
    call of a tool or one message.

    | tag | who answers | what it is |
    |---|---|---|
    | `[ask TOPIC]` | customer | `identity`, `wish`, `which` order, or `alternative`; each once |
    | `[lookup NUMBER]` | desk | the status of an order; each once, after the identity |
    | `[confirm action=ACTION number=NUMBER]` | customer | proposes a change, after a lookup; `confirms` in all |
    | `[write action=ACTION number=NUMBER]` | desk | makes a change, or is refused where the status does not allow it |
    | `[close]` | nobody | ends the conversation |

    An alternative can be asked for once it is known that the policy forbids what is wanted for an order that was looked
    up. A change that the customer has not said yes to is a *legal* act, and violates the policy: what counts is that
    nobody does it.

    With `grammar="tagged"` only tags bind. With `grammar="natural"`, the default, an utterance without a tag is read by
    the patterns below: an act binds if one of them covers a clause that neither denies it nor puts it off. An order
    goes by its place (`order 1`, `the second one`), its number or what it holds (`the kettle`). Two acts in one
    utterance are ambiguous. Everything else is talk: when in doubt, nothing binds.

    A turn is lost if it is malformed (a tag that cannot be read, two tags, more than 2,000 characters), ambiguous, or
    illegal (asked before, too early, no such order). It then counts as talk, and the customer says why.

    ## Observation

    Text. The first observation is the brief (orders, policy, all probabilities, costs, turns, tags) and the customer's
    opening; after that, each reply. What the desk returns stands after its name and is printed as it is: `Desk: order 1
    (number 4417, kettle): pending`. The customer's words depend on its answer, the public facts and a persona, never on
    what is hidden.

    ## Rewards

    `goal`, at the end: 1 for a success, less `harm` for a wrong change or one without a yes, less `cost` for each turn.
    It is a success if the right change was made with a yes, or if none had to be made and the agent closes.

    ## Episode end

    Terminated when the agent closes, which takes no turn, when the customer hangs up, or after `turns` turns.
    Truncated by the third lost turn in a row, which pays as if the customer had hung up, or by a failure of the
    simulated user's machinery; in the second case `info["error"]` says what failed.

    ## Optimum

    The best expected payoff is computed exactly, by expectimax over public states and beliefs about all that is hidden
    (Kaelbling et al. 1998). The solver does not try a change without a yes, a proposal that can be right for nobody, or
    a question whose answer is known; talk and, in the last turn, questions gain nothing. All scenarios share one
    solution.

    ## Registered configurations

    | id | domain | orders | turns | confirms | remembers | leave |
    |---|---|---:|---:|---:|---:|---:|
    | `Service-v0` | `shop` | 2 | 6 | 1 | 0.4 | 0.4 |
    | `ServiceEasy-v0` | `shop` | 2 | 9 | 2 | 0.7 | 0.05 |
    | `ServiceHard-v0` | `shop` | 2 | 7 | 1 | 0.5 | 0.4 |
    | `ServiceLarge-v0` | `shop` | 3 | 7 | 1 | 0.4 | 0.4 |
    | `ServiceAirline-v0` | `airline` | 2 | 6 | 1 | 0.4 | 0.4 |

    ## Metrics

    `info["outcome"]`, at the end: `success` (tau-bench's reward: the orders are as they should be, and the policy was
    kept), `done` and `should` (the change that was made, and the right one), `violated` (a change without a yes),
    `wrong_write` (a wrong change), `hung_up`, `ending` (`closed`, `left`, `limit` or `truncated`), `questions`,
    `proposals`, `calls` (of a tool), `turns`, `malformed` (ambiguous turns included), `illegal`. `info["hidden"]` then
    holds the `statuses`, the `order`, the `wish`, `flexible`, `remembers`, `hurried` and `impostor`.

    ## References

    - S. Yao, N. Shinn, P. Razavi and K. Narasimhan (2024). tau-bench: a benchmark for tool-agent-user interaction in
      real-world domains. arXiv:2406.12045.
    - V. Barres, H. Dong, S. Ray, X. Si and K. Narasimhan (2025). tau2-bench: evaluating conversational agents in a
      dual-control environment. arXiv:2506.07982.
    - W. Zhao, X. Wang, C. Ma, L. Kong, Z. Yang, M. Tuo, X. Shi, Y. Zhai and X. Cai (2025). MUA-RL: multi-turn
      user-interacting agent reinforcement learning for agentic tool use. arXiv:2508.18669.
    - A. Prabhakar, Z. Liu, M. Zhu et al. (2025). APIGen-MT: agentic pipeline for multi-turn data generation via
      simulated agent-human interplay. arXiv:2504.03601.
    - M. Chen, H. Sun, T. Li et al. (2024). Facilitating multi-turn function calling for LLMs via compositional
      instruction tuning. arXiv:2410.12952.
    - L. P. Kaelbling, M. L. Littman and A. R. Cassandra (1998). Planning and acting in partially observable stochastic
      domains. *Artificial Intelligence* 101, 99-134.

    Args:
        domain: What customers call about: `shop` or `airline`.
        orders: How many orders a customer has; from 1 to 3.
        turns: Turns of the agent; from 4 to 12.
        confirms: How often a change may be proposed; from 1 to 9.
        cost: Price of a turn; from 0 to 1.
        harm: What is lost by a wrong change, or by one without a yes; at least 0.
        flexible: Share of customers who take the other action, of those whose wish the policy forbids; from 0 to 1.
        remembers: Share of customers who know which order it is; from 0 to 1.
        slip: Probability of a yes to what a customer does not want; from 0 to 1.
        hurried: Share of customers in a hurry; from 0 to 1.
        leave: Probability that a customer in a hurry hangs up when it is to speak, from the agent's third turn on;
            above 0, below 1.
        calm_leave: The same of other customers; above 0, below 1.
        barred: Share of orders with a status for which the policy allows nothing; from 0 to 1.
        impostors: Share of calls by somebody else in the customer's name; from 0 to 1.
    """

    domain: str = "shop"
    orders: int = 2
    turns: int = 6
    confirms: int = 1
    cost: float = 0.02
    harm: float = 0.5
    flexible: float = 0.8
    remembers: float = 0.4
    slip: float = 0.1
    hurried: float = 0.5
    leave: float = 0.4
    calm_leave: float = 0.02
    barred: float = 0.0
    impostors: float = 0.0

    role = "agent"
    acts: ClassVar = ACTS
    understand: ClassVar = understand
    patterns: ClassVar = PATTERNS
    voice: ClassVar = VOICE
    tools: ClassVar = {"desk": printed}
    metrics_of: ClassVar[Mapping[str, str]] = {
        "success": "share of conversations that end with the right change, or rightly with none, and no violation",
        "violated": "share with a change that the customer had not said yes to",
        "wrong_write": "share with a wrong change",
        "hung_up": "share in which the customer hung up",
        "questions": "questions asked",
        "proposals": "changes proposed",
        "calls": "calls of a tool",
        "turns": "turns of the agent",
    }

    def __post_init__(self) -> None:
        one_of(self, DOMAINS, "domain")
        whole(self, 1, MOST, "orders")
        whole(self, 4, 12, "turns")
        whole(self, 1, 9, "confirms")
        at_least(self, 0.0, "harm")
        between(self, 0.0, 1.0, "cost", "flexible", "remembers", "slip", "hurried", "barred", "impostors")
        above(self, 0.0, "leave", "calm_leave", below=1.0)  # all who speak draw as many random numbers

    def scenarios(self) -> Sequence[Contact]:
        """Every company of the domain with every customer; all equally likely."""
        return [
            Contact(self.domain, case.place, name, case.items[: self.orders], case.numbers[: self.orders])
            for case in DOMAINS[self.domain].cases
            for name in NAMES
        ]

    def parts(self, scenario: Contact) -> tuple[Helpline, Callers]:
        """Game and mind: the same in all scenarios.

        Raises:
            ValueError: If there is no such domain, or another number of orders.
        """
        one_of(scenario, DOMAINS, "domain")
        if not len(scenario.items) == len(scenario.numbers) == self.orders:
            raise ValueError(
                f"items and numbers must be {self.orders} each, got {scenario.items!r}, {scenario.numbers!r}"
            )
        words = DOMAINS[scenario.domain]
        statuses = (*words.statuses, *[words.barred] * (self.barred > 0.0))
        game = Helpline(statuses, words.actions, self.orders, self.turns, self.confirms, self.cost, self.harm)
        mind = Callers(
            game,
            self.flexible,
            self.remembers,
            self.slip,
            self.hurried,
            self.leave,
            self.calm_leave,
            barred=self.barred,
            impostors=self.impostors,
        )
        return game, mind

    def task(self, scenario: Contact) -> str:
        """The orders, the policy, what customers are like, and what pays."""
        words, mind = DOMAINS[scenario.domain], self.parts(scenario)[1]
        first, second = words.statuses
        one, two, both = words.actions
        owned = "; ".join(
            f"{place} (number {number}, {item})"
            for place, (item, number) in enumerate(zip(scenario.items, scenario.numbers, strict=True), 1)
        )
        wishes = ", ".join(f"{p:.0%} want to {action}" for action, p in zip(words.actions, WISHES, strict=True))
        thing, things, name = words.thing, words.things, scenario.name
        states, that, traps = f"Each is {first} or {second} with equal chances", "that", ""
        if self.barred:
            states = f"Each is {words.barred} with probability {self.barred:g}, else {first} or {second}, evenly"
            that = "that, and not the other"
            traps = f"What is {words.barred} cannot be changed at all. "
        if self.impostors:
            traps += (
                f"Nothing may be done for somebody else, as {self.impostors:.0%} of the callers are: asked who they "
                f"are, {mind.passes:.0%} of these give the right e-mail address all the same, and the others none; "
                f"they never know which {thing} it is, and take nothing else. For the rest they are like customers. "
            )
        return (
            f"You serve the customers of {scenario.place}. {name} calls about one of these {things}: {owned}. "
            f"{states}; only the desk knows. The policy: Ask who it is before you look anything up or propose "
            f"anything. Look the {thing} up before you propose something about it. Do nothing without a yes to just "
            f"that. What is {first} can be {_past(one)} or {_past(both)}, what is {second} {_past(two)} or "
            f"{_past(both)}; the desk refuses anything else. One change at most. {traps}Customers do not know the "
            f"policy: whatever the status, {wishes}. If the policy forbids {that}, {self.flexible:.0%} would {one} in "
            f"place of {two}, or the reverse, and the others want nothing else. {self.remembers:.0%} remember which "
            f"{thing} it is. They say yes to what they want or should get, and to anything else with probability "
            f"{self.slip:g}. {self.hurried:.0%} are in a hurry; asked who they are, {mind.curt:.0%} of these are curt "
            f"(others {mind.calm_curt:.0%}). From your third turn on, each time it is to speak, a customer in a hurry "
            f"hangs up with probability {self.leave:g} (others {self.calm_leave:g}). You can ask each question once, "
            f"and propose {self.confirms} change{'s' * (self.confirms > 1)}. It is worth 1 if in the end the right "
            f"change was made, or if you close where there was none to make; a wrong change, or one without a yes, "
            f"costs {self.harm:g}. Each turn costs {self.cost:g}, closing nothing. You have {self.turns} turns; a turn "
            f"is one call of a tool or one message. The topics to ask about are identity, wish, which (which {thing}) "
            f"and alternative (what else would do; once you know that the policy forbids what is wanted). The actions "
            f"are {', '.join(words.actions)}."
        )

    def context(self, dialogue: Dialogue) -> Hashable:
        """What can be named, what was spoken of last, and what is agreed."""
        scenario, last = dialogue.scenario, 0
        for step in dialogue.steps:
            said = [step.act, *(act for _, _, act in step.exchange.replies)]
            for act in said:
                if isinstance(act, (Lookup, Confirm, Write)):
                    last = act.number
                elif isinstance(act, Tell) and act.word.isdigit():
                    last = int(act.word)
        return scenario.domain, scenario.items, scenario.numbers, last, dialogue.state.agreed

    def known(self, seat: str, told: dict[str, Any]) -> dict[str, Any]:
        """All but the statuses, which only the desk knows, and an order that the customer does not remember."""
        unknown = {"statuses"} if told["remembers"] else {"statuses", "order"}
        return {name: value for name, value in told.items() if name not in unknown}

    def success(self, game: Helpline, state: Call, hidden: Any) -> bool:
        """tau-bench's reward."""
        return game.success(state, hidden)

    def measure(self, dialogue: Dialogue) -> dict[str, Any]:
        """The metrics of a finished dialogue."""
        state: Call = dialogue.state
        game = dialogue.setting.game_as(Helpline)
        target = game.target(dialogue.hidden)
        made = [step.act for step in dialogue.steps]
        return {
            "success": game.success(state, dialogue.hidden),
            "done": " ".join(map(str, state.done)) if state.done else None,
            "should": " ".join(map(str, target)) if target else None,
            "violated": state.violated,
            "wrong_write": state.done is not None and state.done != target,
            "hung_up": state.ending == "left",
            "ending": state.ending or "truncated",
            "questions": sum(isinstance(act, Ask) for act in made),
            "proposals": sum(isinstance(act, Confirm) for act in made),
            "calls": sum(isinstance(act, (Lookup, Write)) for act in made),
            "turns": state.turn,
        }

    def in_words(self, outcome: Mapping[str, Any]) -> str:
        """What was done, and what should have been."""
        done = f"did {outcome['done']}" if outcome["done"] else "changed nothing"
        right = (
            "as it should be"
            if outcome["done"] == outcome["should"]
            else f"and {outcome['should'] or 'nothing'} was right"
        )
        return f"{done}, {right}"


def _past(action: str) -> str:
    """Such as "cancelled"."""
    return "cancelled" if action == "cancel" else f"{action}d" if action.endswith("e") else f"{action}ed"
