"""Helpdesk: look, put right and restart a phone that only the customer can touch, as an environment."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar

from ...core.checks import at_least, between, whole
from ...core.dialogue import Dialogue
from ...core.setting import Setting
from ...simulated_users.user import Cue
from ..base import Family
from .calls import CASES, Case
from .game import ACTS, PARTS, PLAN, RESTART, SEATS, Call, Check, Done, Fix, Line, Report, Restart
from .mind import Caller, Phone
from .voice import PATTERNS, VOICE, printed, understand


@dataclass(frozen=True)
class Helpdesk(Family):
    """Technical support by phone: the agent guides, and only the customer can touch the device.

    ## Description

    The mobile data of a customer does not work. Any of four parts may be at fault: airplane mode, the SIM card, the
    access point name (APN), and the plan. With none at fault a restart is all it takes. The phone is in the customer's
    hand: the agent can ask to look at a part, to put it right, and to restart, and never sees the phone. The plan is
    kept at the desk, where the agent has tools of its own.

    Whether all is right shows only after a restart, and a restart takes two turns of the few there are. So looking and
    repairing pay nothing by themselves, and a call is won by a chain of acts or not at all. Half of the customers are
    *unsure*: they do not find what they should look at or misread it, often leave a repair undone without knowing, and
    may spoil a part that was in order. An explanation of where things are makes them sure of hand; it costs a turn and
    more, and those who know all that may hang up. What somebody finds, or not, is all that tells the two apart. A
    handover to a technician ends the call at once and is worth something, but less than a phone that works.

    Phones, plans and companies are invented. A call here is no advice for the repair of a real phone. Nobody calls in a
    crisis, and nothing is medical advice.

    ## Scenario

    One of 24 callers, all equally likely: a name, a phone, a plan, and where the mobile data fails. They are the same
    game in other words. Hidden are the faults, each independent of the others, and whether the customer is sure of hand
    (`able`). Repairs and explanations change what is hidden.

    | part | who can touch it | at fault with | looked at | put right |
    |---|---|---:|---|---|
    | airplane | customer | 0.25 | `odd`, `fine` or not found | "done", whatever came of it |
    | sim | customer | 0.25 | the same | the same |
    | apn | customer | 0.25 | the same | the same |
    | plan | desk | 0.35 | `active` or `suspended` | `resumed`, or `charged` if it was active |

    Somebody unsure does not find the part with probability 0.6, and else sees rightly with 0.7; a repair removes the
    fault with 0.1, and spoils a part that was in order with `breaks`. Somebody sure of hand sees rightly, and removes
    the fault, with 0.95 each, and spoils nothing, but hangs up with probability `annoyed` when told where things are.
    The desk never errs. After a restart the mobile data works if nothing is at fault.

    ## Acts

    An utterance is free text with at most one tag: `[check PART]`, `[fix PART]`, `[guide]`, `[restart]`, `[escalate]`;
    without a tag it is talk. `PART` is `airplane`, `sim`, `apn` or `plan`. The customer speaks first. What concerns the
    plan is answered by the desk, a third seat, which prints its record literally.

    With `grammar="tagged"` only tags bind. With `grammar="natural"`, the default, an utterance without a tag is read by
    these rules, which are deterministic:

    1. An utterance is cut into clauses. A clause binds if one of the patterns below covers it: it asks for a look
       (`is airplane mode on?`), for a repair (`please take the SIM card out and put it back`), or for a restart (`turn
       your phone off and on again`), it looks the plan up (`let me check your plan`) or resumes it (`I will reactivate
       your plan`), explains (`I will walk you through the menus`) or hands over (`I will transfer you to a
       technician`).
    2. A repair of the plan is the agent's own deed and one of the phone is the customer's: `I will reset the APN` and
       `please resume your plan` are talk.
    3. A clause that is denied, put off, under a condition, or reports what was said, repairs nothing (`have you reset
       the APN?`, `do not take the SIM card out`).
    4. Two different acts in one utterance are ambiguous. Everything else is talk: when in doubt, nothing binds.

    A turn is lost if it is malformed (a tag that cannot be read, two tags, more than 2,000 characters), ambiguous, or
    illegal (a part that was looked at and not touched since, a second explanation, a restart for which there is no
    time). It then counts as talk, and the customer says why. After an explanation all of the phone can be looked at
    again.

    ## Observation

    Text. The first observation is the brief (parts, probabilities, prices, turns, tags) and the customer's opening;
    after that, each reply: the customer's words, or the desk's line. It is empty after a handover. The words depend on
    the report, the public facts and a persona, never on what is hidden.

    ## Rewards

    `goal`, at the end: 1 if the mobile data works after a restart, `handover` for a handover, 0 if the customer hangs
    up or the time runs out; less `cost` for each turn but the one of a handover (a restart is two), `guide_cost` for
    the explanation, and `charge` if the customer was charged for a plan that was active.

    ## Episode end

    Terminated by a restart after which the mobile data works, by a handover, when the customer hangs up, or when it
    leaves after `turns` turns; what the customer is told in the last turn is not done any more, unless it is the
    restart. Truncated by the third lost turn in a row, which pays as if the time ran out, or by a failure of the
    simulated user's machinery; in the second case `info["error"]` says what failed.

    ## Optimum

    The best expected payoff is computed exactly, by expectimax over public states and beliefs about what is hidden
    (Kaelbling et al. 1998). Left out is what gains nothing: talk; a restart when something is certainly wrong; to look
    at or to put right what is certainly in order; to explain to somebody who is certainly sure of hand; and whatever
    leaves no time for a restart. All callers share one solution.

    ## Registered configurations

    | id | turns | cost | guide_cost | charge | handover | able | breaks | annoyed |
    |---|---:|---:|---:|---:|---:|---:|---:|---:|
    | `Helpdesk-v0` | 7 | 0.03 | 0.1 | 0.4 | 0.2 | 0.5 | 0.4 | 0.4 |

    ## Metrics

    `info["outcome"]`, at the end: `solved` (the mobile data works), `escalated` (handed over), `hung_up`,
    `user_actions` (what the customer was asked to do: looks, repairs and restarts), `action_success` (share of the
    customer's looks and repairs that came off: the report was true, or the part was in order afterwards; `None` without
    any), `agent_actions` (looks and repairs at the desk), `guided`, `charged`, `restarts`, `ending` (`solved`,
    `escalated`, `hung-up`, `limit` or `truncated`), `turns`, `malformed` (ambiguous turns included), `illegal`.
    `info["hidden"]` then holds `faults`, those that are left, and `able`, which everybody is after an explanation.

    ## References

    - V. Barres, H. Dong, S. Ray, X. Si and K. Narasimhan (2025). τ²-bench: evaluating conversational agents in a
      dual-control environment. arXiv:2506.07982.
    - D. Heckerman, J. S. Breese and K. Rommelse (1995). Decision-theoretic troubleshooting. *Communications of the ACM*
      38(3), 49-57.
    - J. Kalagnanam and M. Henrion (1990). A comparison of decision analysis and expert rules for sequential diagnosis.
      *Uncertainty in Artificial Intelligence* 4, 271-281.
    - L. P. Kaelbling, M. L. Littman and A. R. Cassandra (1998). Planning and acting in partially observable stochastic
      domains. *Artificial Intelligence* 101, 99-134.

    Args:
        turns: Turns of the agent, of which a restart takes two; from 4 to 7.
        cost: Price of a turn; from 0 to 1.
        guide_cost: Price of the explanation, on top of its turn; from 0 to 1.
        charge: Loss by putting a plan right that was active; at least 0.
        handover: Worth of a handover; from 0 to 1.
        able: Share of customers who are sure of hand; from 0 to 1.
        breaks: Probability that somebody unsure spoils a part that was in order; from 0 to 1.
        annoyed: Probability that somebody sure of hand hangs up when told where things are; from 0 to 1.
    """

    turns: int = 7
    cost: float = 0.03
    guide_cost: float = 0.1
    charge: float = 0.4
    handover: float = 0.2
    able: float = 0.5
    breaks: float = 0.4
    annoyed: float = 0.4

    role = SEATS[0]
    acts: ClassVar = ACTS
    understand: ClassVar = understand
    patterns: ClassVar = PATTERNS
    voice: ClassVar = VOICE
    tools: ClassVar[Mapping[str, Callable[[Cue], str]]] = {"desk": printed}
    metrics_of: ClassVar[Mapping[str, str]] = {
        "solved": "share of calls after which the mobile data works",
        "escalated": "share of calls that were handed over",
        "hung_up": "share of customers who hung up",
        "user_actions": "looks, repairs and restarts that the customer was asked for",
        "action_success": "share of the customer's looks and repairs that came off",
        "agent_actions": "looks and repairs at the desk",
        "guided": "share of customers who were shown where things are",
        "charged": "share of customers who were charged for a plan that was active",
        "restarts": "restarts",
        "turns": "turns that passed",
    }

    def __post_init__(self) -> None:
        whole(self, 4, 7, "turns")
        between(self, 0.0, 1.0, "cost", "guide_cost", "handover", "able", "breaks", "annoyed")
        at_least(self, 0.0, "charge")

    def scenarios(self) -> Sequence[Case]:
        """All callers; all equally likely."""
        return CASES

    def parts(self, scenario: Case) -> tuple[Line, Caller]:
        """Game and mind, the same for all scenarios."""
        game = Line(self.turns, self.cost, self.guide_cost, self.charge, self.handover)
        return game, Caller(game, self.able, self.breaks, self.annoyed)

    def setting(self, scenario: Case) -> Setting:
        """Game, mind and seat, with the solution that all callers share."""
        return _setting(self.parts(scenario)[1])

    def task(self, scenario: Case) -> str:
        """Parts, probabilities, prices, turns."""
        mind = self.parts(scenario)[1]
        (dim, clear), (clumsy, sure), last = mind.sees, mind.does, PARTS[-1]
        shares = ", ".join(f"{part} {p:g}" for part, p in zip(PARTS, mind.shares, strict=True))
        return (
            f"You are an agent of the help desk of a phone company. {scenario.name} has a {scenario.phone} on the plan "
            f"{scenario.plan}, and its mobile data does not work {scenario.place}. Each of these parts is at fault "
            f"with this probability, independently: {shares}. If none is, a restart is all it takes.\n\n"
            "Only the customer can touch airplane, sim and apn: you can ask for a look, which tells if the part is "
            f"odd or fine, or have it put right. The {last} is at your desk: a look shows active or suspended for "
            f"certain, and to fix it always works; but if it was active, the customer is charged, which costs "
            f"{self.charge:g}. Nothing but a restart shows if all is right. It takes {RESTART} turns.\n\n"
            f"{self.able:.0%} of all customers are sure of hand: they see rightly with probability {clear:g}, and a "
            f"fix removes the fault with probability {sure:g}. The others do not find what to look at with probability "
            f"{mind.lost:g}, else see rightly with {dim:g}; their fix removes the fault with {clumsy:g}, and spoils a "
            f"part that was in order with {self.breaks:g}. They say that it is done in any case. To guide, that is to "
            "explain where everything is, makes them sure of hand for the rest of the call; those who are sure of hand "
            f"hang up with probability {self.annoyed:g} when they are told, which is worth 0. What was looked at can "
            "be looked at again after a fix or, on the phone, after an explanation.\n\n"
            f"If the mobile data works after a restart, the call is over and worth 1. To escalate, a handover to a "
            f"technician, ends it and is worth {self.handover:g}. Each turn costs {self.cost:g}, the handover nothing, "
            f"and an explanation {self.guide_cost:g} more. You have {self.turns} turns.\n\n"
        )

    def context(self, dialogue: Dialogue) -> str:
        """The part that the last turn was about."""
        act = dialogue.steps[-1].act if dialogue.steps else None
        return act.part if isinstance(act, (Check, Fix)) else ""

    def known(self, seat: str, told: dict[str, Any]) -> dict[str, Any]:
        """Whether the customer is sure of hand; what is wrong with the phone it finds out when it looks."""
        return {"able": told["able"]}

    def success(self, game: Line, state: Call, hidden: Phone) -> bool:
        """Whether the mobile data works: tau2-bench's success."""
        return state.ending == "solved"

    def measure(self, dialogue: Dialogue) -> dict[str, Any]:
        """The metrics of a finished dialogue."""
        state, came_off = dialogue.state, []
        acts = [step.act for step in dialogue.steps]
        for step in dialogue.steps:
            said = step.exchange.replies[0][2] if step.exchange.replies else None
            if isinstance(step.act, (Check, Fix)) and isinstance(said, (Report, Done)):
                wrong = step.act.part in step.exchange.hidden.faults
                came_off.append(said == Report("odd" if wrong else "fine") if type(step.act) is Check else not wrong)
        restarts = acts.count(Restart())
        return {
            "solved": self.success(dialogue.setting.game_as(Line), state, dialogue.hidden),
            "escalated": state.ending == "escalated",
            "hung_up": state.ending == "hung-up",
            "user_actions": sum(map(_of_customer, acts)) + restarts,
            "action_success": sum(came_off) / len(came_off) if came_off else None,
            "agent_actions": sum(isinstance(act, (Check, Fix)) and act.part == PLAN for act in acts),
            "guided": state.guided,
            "charged": state.charged,
            "restarts": restarts,
            "ending": state.ending or "truncated",
            "turns": state.turn,
        }

    def in_words(self, outcome: Mapping[str, Any]) -> str:
        """How the call ended."""
        return {
            "solved": "got the mobile data to work",
            "escalated": "handed the customer over to a technician",
            "hung-up": "lost the customer, who hung up",
        }.get(outcome["ending"], "did not get the mobile data to work")


def _of_customer(act: Any) -> bool:
    """Whether it is a look or a repair that the customer is asked for."""
    return isinstance(act, (Check, Fix)) and act.part != PLAN


@cache
def _setting(mind: Caller) -> Setting:
    return Setting(mind.game, mind, SEATS[0], mind.candidates)
